"""Rows as lines of CSV or TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from captioner.formats.base import Token
from captioner.formats.columns import added_columns
from captioner.formats.csv import CsvRow, csv_rows
from captioner.formats.encode import encode_json
from captioner.formats.json_values import json_value
from captioner.formats.lines import START, DamagedError, LineFile
from captioner.formats.partial_file import PartialFile
from captioner.formats.table_row import TableRow
from captioner.samples.outcome import Outcome
from captioner.samples.rules import Rules


class CsvSink:
    """Rows as lines of CSV or TSV, in `partial` until `finish` gives them the name `output`.

    `columns` are the input's, in front of what is added; `image_column` keeps what it had. A row
    whose columns stay as they were is written as it stood, with the new ones behind, where the
    input has the same delimiter (`keeps_lines`). A sample without placeholders has a row too.
    """

    def __init__(
        self,
        output: Path,
        *,
        partial: Path,
        rules: Rules,
        columns: Sequence[str] = (),
        image_column: str | None = None,
        keeps_lines: bool = False,
    ) -> None:
        self._file = PartialFile(output, partial)
        self._delimiter = _delimiter_of(output)
        added = added_columns(rules)
        if image_column is not None:
            added.pop(image_column, None)
        self._columns = tuple(columns)
        self._new = tuple(name for name in added if name not in columns)
        self._ours = frozenset(added) if rules.rows == "captions" else frozenset()
        self._image_column = image_column
        self._each = rules.rows == "captions"
        self._keeps_lines = keeps_lines

    def __repr__(self) -> str:
        return f"<CsvSink {self._file!r}>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the rows; raises TypeError for a value that text cannot stand for."""
        self._file.append(b"".join(map(self._encode, outcomes)))

    def checkpoint(self) -> Token:
        """Force what was written to the disk, and return its size."""
        return self._file.checkpoint()

    def resume(self, token: Token) -> None:
        """Open the partial file, cut to `token`; begun anew it has a header line."""
        self._file.resume(token)
        if token is None or not token["bytes"]:
            self._file.append(self._line([*self._columns, *self._new]))

    def finish(self) -> None:
        """Force everything to the disk and rename it."""
        self._file.finish()

    def close(self) -> None:
        """Close the partial file; it stays."""
        self._file.close()

    def _encode(self, outcome: Outcome) -> bytes:
        fields = getattr(outcome.record, "fields", None)
        rows: Sequence[Mapping[str, Any]] = outcome.rows
        if not rows and fields is not None and self._each:
            rows = ({"sample": outcome.record.id, "verdict": "failed" if outcome.fault else None},)
        return b"".join(self._row(row, fields or {}) for row in rows)

    def _row(self, row: Mapping[str, Any], fields: Mapping[str, Any]) -> bytes:
        new = [_text(row.get(name)) for name in self._new]
        if isinstance(fields, CsvRow) and self._is_as_it_stood(row, fields):
            if not new:
                return fields.raw
            end = b"\r\n" if fields.raw.endswith(b"\r\n") else b"\n"
            return (
                fields.raw.removesuffix(end)
                + self._delimiter.encode()
                + self._line(new).removesuffix(b"\n")
                + end
            )
        return self._line([*(_text(self._cell(name, row, fields)) for name in self._columns), *new])

    def _is_as_it_stood(self, row: Mapping[str, Any], fields: CsvRow) -> bool:
        if not self._keeps_lines:
            return False
        if row is fields:
            return True
        return not any(
            name in self._ours
            or (name in row and name != self._image_column and not fields.is_own(name, row[name]))
            for name in self._columns
        )

    def _cell(self, name: str, row: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
        if name in row and (name != self._image_column):
            return row[name]
        if name in self._ours:
            return None
        return fields.given(name) if isinstance(fields, TableRow) else fields.get(name)

    def _line(self, cells: Sequence[str]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter, lineterminator="\n").writerow(cells)
        try:
            return text.getvalue().encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half a character, in a reply
            return text.getvalue().encode("utf-8", "backslashreplace")


def written_cells(
    output: Path, rules: Rules, image_column: str | None
) -> Iterator[Mapping[str, str]]:
    """Yield of each row of a complete output the cells that the run wrote; raises OSError."""
    added = [name for name in added_columns(rules) if name != image_column]
    try:
        rows = csv_rows(LineFile(output), _delimiter_of(output), START["offset"], START["line"])
        header = next(rows, None)
        numbers = {name: n for n, name in enumerate(header.cells)} if header is not None else {}
        if missing := [name for name in added if name not in numbers]:
            raise OSError(f"it has no column {missing[0]!r}")
        for row in rows:
            if row.fault or len(row.cells) != len(numbers):
                raise OSError(f"line {row.first} is no row of it")
            yield {name: row.cells[numbers[name]] for name in added}
    except DamagedError as damage:
        raise OSError(damage.detail) from damage


def _delimiter_of(output: Path) -> str:
    return "\t" if output.name.lower().endswith(".tsv") else ","


def _text(value: Any) -> str:
    """A value as a cell: nothing for null, JSON for what has parts."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    value = json_value(value)
    return value if isinstance(value, str) else encode_json(value).decode("utf-8")
