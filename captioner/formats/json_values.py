"""Rows of tables and tars as JSON: bytes left out, times and decimals as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from captioner.formats.base import Sink, Token
from captioner.formats.table_row import TableRow
from captioner.samples.outcome import Outcome


class JsonRows:
    """A sink of JSON for rows that hold more than JSON can: gives it what it can write."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __repr__(self) -> str:
        return repr(self._sink)

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the rows as JSON has them."""
        self._sink.write([in_json(outcome) for outcome in outcomes])

    def checkpoint(self) -> Token:
        """The sink's."""
        return self._sink.checkpoint()

    def resume(self, token: Token) -> None:
        """The sink's."""
        self._sink.resume(token)

    def finish(self) -> None:
        """The sink's."""
        self._sink.finish()

    def close(self) -> None:
        """The sink's."""
        self._sink.close()


def json_value(value: Any) -> Any:
    """A value in terms that JSON has; bytes are left out of mappings and null elsewhere."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes() | bytearray() | memoryview():
            return None
        case Mapping():
            kept = {name: part for name, part in value.items() if not _is_bytes(part)}
            return {str(name): json_value(part) for name, part in kept.items()}
        case list() | tuple() | set() | frozenset():
            return [json_value(part) for part in value]
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case Decimal() | UUID():
            return str(value)
        case _:
            to_list = getattr(value, "tolist", None)
            return json_value(to_list()) if callable(to_list) else str(value)


def in_json(outcome: Outcome) -> Outcome:
    """An outcome whose rows JSON can hold: without bytes, where they are of a table or tar."""
    fields = getattr(outcome.record, "fields", None)
    if not isinstance(fields, TableRow):
        return outcome
    return replace(outcome, rows=tuple(_row(row, fields) for row in outcome.rows))


def _row(row: Mapping[str, Any], fields: TableRow) -> dict[str, Any]:
    values = {
        name: fields.given(name) if fields.is_own(name, value) else value
        for name, value in row.items()
    }
    converted: dict[str, Any] = json_value(values)
    return converted


def _is_bytes(value: object) -> bool:
    return isinstance(value, bytes | bytearray | memoryview)
