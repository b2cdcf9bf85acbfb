"""Parquet: a file, or a folder of shards; row groups are streamed and written one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from captioner.errors import ConfigError
from captioner.formats.shard_files import identity_of, shards_of
from captioner.formats.table import batch_rows

_BUFFER_BYTES = 1024 * 1024


class ParquetTable:
    """A parquet file, or every `.parquet` below a folder in the order of `tree`, one schema in all.

    Raises ConfigError where one of them is missing, no parquet file, or of another schema.
    """

    what = "parquet shards"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        self.shards = shards_of(self.path, ".parquet")
        self.rows = 0
        self.row_bytes = 1
        group_rows: list[tuple[int, ...]] = []
        schema = None
        for name in self.shards:
            with _opened(self._file(name)) as file:
                theirs, metadata = file.schema_arrow, file.metadata
            if schema is None:
                schema = theirs
            elif not schema.equals(theirs):
                raise ConfigError(
                    f"{self._file(name)} has other columns than {self.shards[0]}: give shards of "
                    "one schema, or each as an INPUT of its own"
                )
            self.rows += metadata.num_rows
            groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
            group_rows.append(tuple(group.num_rows for group in groups))
            for group in groups:
                mean_bytes = group.total_byte_size // max(1, group.num_rows)
                self.row_bytes = max(self.row_bytes, mean_bytes)
        self.schema: Any = schema
        self.group_rows = tuple(group_rows)

    def identity(self) -> dict[str, Any]:
        """The file's, or a digest of all shards' names, sizes and times."""
        return identity_of(self.path, self.shards)

    def batches(self, shard: int, group: int, row: int) -> Iterator[tuple[int, int, Any]]:
        """Yield the rows from `row` of row group `group` on, a few MiB at a time."""
        path = self._file(self.shards[shard])
        with _reader(path) as file:
            for number in range(group, file.num_row_groups):
                yield from self._group(file, path, number, row if number == group else 0)

    def _group(
        self, file: Any, path: Path, number: int, skipped: int
    ) -> Iterator[tuple[int, int, Any]]:
        start = 0
        batches = file.iter_batches(batch_rows(self.row_bytes), [number], use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise OSError(f"{path}, row group {number}: {_first_line(error)}") from error
            if batch is None:
                return
            end = start + batch.num_rows
            if end > skipped:
                first = max(start, skipped)
                yield number, first, batch.slice(first - start)
            start = end

    def _file(self, name: str) -> Path:
        return self.path / name if self.path.is_dir() else self.path


class ParquetForm:
    """How rows become a parquet file, and come back from one."""

    suffix = ".parquet"

    def write(self, path: Path, schema: Any, groups: Iterable[Any]) -> None:
        """Write a whole file, each table as one row group."""
        with pq.ParquetWriter(path, schema) as writer:
            for group in groups:
                writer.write_table(group, row_group_size=max(1, group.num_rows))

    def read(
        self, path: Path, rows_at_once: int, columns: Sequence[str] | None = None
    ) -> Iterator[Any]:
        """Yield the rows of a file, all or some of its columns, as record batches."""
        with _reader(path) as file:
            yield from file.iter_batches(rows_at_once, columns=columns, use_threads=False)


def _reader(path: Path) -> Any:
    # Without the buffer ahead, a column of a row group is read piece by piece.
    return pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER_BYTES)


def _opened(path: Path) -> Any:
    try:
        return _reader(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file: check INPUT") from None
    except (pa.ArrowException, OSError) as error:
        raise ConfigError(f"{path} cannot be read as parquet: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
