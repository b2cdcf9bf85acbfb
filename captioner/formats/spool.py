"""Record batches in a file that only grows: what a table is gathered in until it is whole.

Each append is an Arrow stream of its own, schema and dictionaries with it, so that the file can be
cut behind any of them. A parquet file could not be: it is nothing without its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from captioner.formats.durable import AppendedFile


class Spool:
    """An AppendedFile of record batches of one schema. Raises OSError and ConfigError as that."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._file = AppendedFile(path)
        self._schema = schema
        self.path = path

    def begin(self) -> None:
        """Open it empty."""
        self._file.begin()

    def cut(self, size_bytes: int) -> None:
        """Open what is there, cut to `size_bytes`."""
        self._file.cut(size_bytes)

    def append(self, batch: Any) -> None:
        """Hand a record batch to the operating system."""
        buffer = pa.BufferOutputStream()
        with pa.ipc.new_stream(buffer, self._schema) as stream:
            stream.write_batch(batch)
        data: Any = memoryview(buffer.getvalue())
        self._file.append(data)

    def sync(self) -> int:
        """Force everything to the disk; returns the size in bytes."""
        return self._file.sync()

    def close(self) -> None:
        """Close it; safe to call twice."""
        self._file.close()

    def batches(self) -> Iterator[Any]:
        """Yield what was appended, from the beginning."""
        with pa.OSFile(str(self.path)) as file:
            size_bytes = file.size()
            while file.tell() < size_bytes:
                yield from pa.ipc.open_stream(file)
