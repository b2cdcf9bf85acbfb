"""Rows into one file of a columnar format, gathered in a spool until they are all there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

from captioner.errors import ConfigError
from captioner.formats.arrow_columns import ArrowColumns
from captioner.formats.base import Token
from captioner.formats.durable import move_durably, sync_folder
from captioner.formats.spool import Spool
from captioner.formats.table import BATCH_BYTES, GROUP_BYTES
from captioner.samples.outcome import Outcome

_PENDING_BYTES: Final = 8 * 1024 * 1024
_PENDING_ROWS: Final = 4096
_MOST_GROUP_ROWS: Final = 65_536
_ROW_BYTES: Final = 512
"""What a row is reckoned with beyond what it has from the input."""


class Form(Protocol):
    """A columnar file format: how to write and read one whole file of it."""

    suffix: str

    def write(self, path: Path, schema: Any, groups: Iterable[Any]) -> None:
        """Write a whole file from these tables, the groups of its rows."""

    def read(
        self, path: Path, rows_at_once: int, columns: Sequence[str] | None = None
    ) -> Iterator[Any]:
        """Yield the rows of a file, all or some of its columns, as record batches."""


class ArrowSink:
    """A file in `form`, written when all rows are there; until then they are in `partial`.

    `row_bytes` is about how large a row of the input is: row groups follow from it, so that they
    are the same however the rows came in. A token is `bytes` of the spool and `rows` in it.
    """

    def __init__(
        self, output: Path, *, partial: Path, form: Form, columns: ArrowColumns, row_bytes: int = 1
    ) -> None:
        self._output = output.resolve()
        self._form = form
        self._columns = columns
        size_bytes = row_bytes + _ROW_BYTES
        self._group_rows = min(_MOST_GROUP_ROWS, max(1, GROUP_BYTES // size_bytes))
        self._batch_rows = min(_PENDING_ROWS, max(1, BATCH_BYTES // size_bytes))
        self._spool = Spool(partial.absolute(), columns.schema)
        self._pending: list[Outcome] = []
        self._pending_bytes = 0
        self._token: dict[str, int] = {"bytes": 0, "rows": 0}

    def __repr__(self) -> str:
        return f"<ArrowSink {self._output}, {self._token['rows']} rows in {self._spool.path}>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Take the rows; they are handed to the operating system a few MiB at a time."""
        for outcome in outcomes:
            self._pending.append(outcome)
            size_bytes = getattr(outcome.record, "size_bytes", 0) + _ROW_BYTES
            self._pending_bytes += size_bytes * max(1, len(outcome.rows))
            if self._pending_bytes >= _PENDING_BYTES or len(self._pending) >= _PENDING_ROWS:
                self._flush()

    def checkpoint(self) -> Token:
        """Force what was written to the disk; after `finish`, where it stood then."""
        self._flush()
        self._token["bytes"] = self._spool.sync()
        return dict(self._token)

    def resume(self, token: Token) -> None:
        """Go on behind `token`; rows of a finished output are taken back into the spool."""
        self._pending, self._pending_bytes = [], 0
        self._token = {"bytes": 0, "rows": 0} if token is None else dict(token)
        if token is None:
            self._spool.begin()
        elif token["rows"] and not self._spool.path.exists() and self._output.is_file():
            self._take_back(int(token["rows"]))
        else:
            self._spool.cut(int(token["bytes"]))

    def finish(self) -> None:
        """Write the file beside its final name, durably, and rename it."""
        self._flush()
        self._token["bytes"] = self._spool.sync()
        self._spool.close()
        whole = self._output.with_name(f".{self._output.name}.whole")
        self._form.write(whole, self._columns.schema, self._groups())
        with whole.open("rb+") as file:
            os.fsync(file)
        move_durably(whole, self._output)
        self._spool.path.unlink(missing_ok=True)
        sync_folder(self._spool.path.parent)

    def close(self) -> None:
        """Close the spool; it stays."""
        self._spool.close()

    def _flush(self) -> None:
        if not self._pending:
            return
        batch = self._columns.batch(self._pending)
        if batch.num_rows:
            self._spool.append(batch)
        self._token["rows"] += batch.num_rows
        self._pending, self._pending_bytes = [], 0

    def _take_back(self, rows: int) -> None:
        back = self._spool.path.with_name(f"{self._spool.path.name}.back")
        spool = Spool(back, self._columns.schema)
        spool.begin()
        left = rows
        for batch in self._form.read(self._output, self._batch_rows):
            taken = batch.slice(0, left)
            if taken.num_rows:
                spool.append(taken.cast(self._columns.schema))
            left -= taken.num_rows
        if left:
            spool.close()
            spool.path.unlink()
            raise ConfigError(
                f"{self._output} holds {rows - left} rows where {rows} were written: put the whole "
                "file back, or begin anew with --restart"
            )
        self._token["bytes"] = spool.sync()
        spool.close()
        move_durably(spool.path, self._spool.path)
        self._spool.cut(self._token["bytes"])
        self._output.unlink()

    def _groups(self) -> Iterator[Any]:
        """The rows in groups of one size, each in one piece, wherever the spool was cut."""
        schema = self._columns.schema
        pieces: list[Any] = []
        rows = 0
        for batch in self._spool.batches():
            start = 0
            while start < batch.num_rows:
                piece = batch.slice(start, self._group_rows - rows)
                pieces.append(piece)
                rows += piece.num_rows
                start += piece.num_rows
                if rows == self._group_rows:
                    yield _whole(pieces, schema)
                    pieces, rows = [], 0
        if pieces:
            yield _whole(pieces, schema)


def written_cells(
    files: Iterable[Path], form: Form, columns: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """Yield of each row of files in `form` the cells of these columns; raises OSError."""
    for path in files:
        try:
            for batch in form.read(path, _PENDING_ROWS, columns):
                # Readers leave out what is not there.
                if missing := [name for name in columns if name not in batch.schema.names]:
                    raise OSError(f"{path.name} has no column {missing[0]!r}")
                yield from batch.to_pylist()
        except (pa.ArrowException, KeyError) as error:
            raise OSError(f"{path.name}: {str(error).partition(chr(10))[0]}") from error


def _whole(pieces: list[Any], schema: Any) -> Any:
    table = pa.Table.from_batches(pieces, schema=schema)
    for number, field in enumerate(schema):
        if pa.types.is_dictionary(field.type):
            # Which values a dictionary holds, and in which order, depends on how it came together.
            values = table.column(number).cast(field.type.value_type).combine_chunks()
            coded = values.dictionary_encode()
            array = pa.DictionaryArray.from_arrays(
                coded.indices.cast(field.type.index_type),
                coded.dictionary,
                ordered=field.type.ordered,
            )
            table = table.set_column(number, field, array)
    return table.combine_chunks()
