"""Room for replies that are paid for when the database can take no more.

A small file beside the ledger, whose blocks are written at opening and overwritten in need: a full
disk, or a limit on file sizes, does not keep it from taking what was in flight. Behind a header,
each record is a length, a CRC-32 and JSON; the first that is not whole ends the file.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, Final

from captioner.ledger import trouble
from captioner.ledger.rows import Row

_SIZES_BYTES: Final = (4 * 2**20, 2**20, 256 * 2**10, 64 * 2**10)
"""The first that the disk affords four times; the last in any case."""

_HEADERS: Final = {
    False: b"captioner lifeboat 1 run      \n",
    True: b"captioner lifeboat 1 rehearsal\n",
}
_HEADER_BYTES: Final = len(_HEADERS[False])
_FRAME: Final = struct.Struct("<II")
_ZEROS: Final = bytes(2**16)


class Lifeboat:
    """The lifeboat of one ledger. Raises OSError, and RunStopped where the file is none."""

    def __init__(self, ledger: Path, *, rehearsal: bool) -> None:
        self.path = ledger.with_name(f"{ledger.name}-lifeboat")
        self._header = _HEADERS[rehearsal]
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._file = FileIO(os.open(self.path, flags, 0o666), "r+")
        try:
            self.aboard, self._end = self._read(ledger)
        except BaseException:
            self._file.close()
            raise

    def make_ready(self) -> None:
        """Empty it, and make sure of its room."""
        if self.aboard:
            self._fill(_HEADER_BYTES, self._end)
        self.aboard, self._end = [], _HEADER_BYTES
        for size_bytes in _SIZES_BYTES:
            last = size_bytes == _SIZES_BYTES[-1]
            if last or shutil.disk_usage(self.path.parent).free >= 4 * size_bytes:
                try:
                    self._grow(size_bytes)
                except OSError:
                    if last:
                        raise
                else:
                    break
        self._write(0, self._header)
        os.fsync(self._file)
        _sync_folder(self.path.parent)

    def add(self, rows: Sequence[Row]) -> list[Row]:
        """Write rows and fsync; returns those for which there was room."""
        saved = []
        with suppress(OSError):
            for row in rows:
                text = json.dumps(row, default=_as_hex, separators=(",", ":")).encode()
                record = _FRAME.pack(len(text), zlib.crc32(text)) + text
                self._write(self._end, record)
                self._end += len(record)
                saved.append(row)
        try:
            os.fsync(self._file)
        except OSError:
            return []
        self.aboard += saved
        return saved

    def close(self) -> None:
        """Let go of the file, and remove it where nothing is aboard."""
        if self._file.closed:
            return
        if not self.aboard:
            with suppress(OSError):
                self.path.unlink()
        self._file.close()

    def _read(self, ledger: Path) -> tuple[list[Row], int]:
        data = self._file.readall()
        header = data[:_HEADER_BYTES]
        if header != self._header and header.strip(b"\0") and not self._header.startswith(header):
            raise trouble.unusable(
                ledger, f"has a file beside it that is not of it ({self.path})", "move that away"
            )
        end, rows = _HEADER_BYTES, []
        for row, behind in _records(data, end):
            rows.append(row)
            end = behind
        return rows, end

    def _grow(self, size_bytes: int) -> None:
        before = self._file.seek(0, os.SEEK_END)
        try:
            self._fill(before, size_bytes)
        except OSError:
            self._file.truncate(before)
            raise

    def _fill(self, start: int, end: int) -> None:
        for at in range(start, end, len(_ZEROS)):
            self._write(at, _ZEROS[: end - at])
        os.fsync(self._file)

    def _write(self, at: int, data: bytes) -> None:
        self._file.seek(at)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


def _records(data: bytes, at: int) -> Iterator[tuple[Row, int]]:
    """Each whole record and where it ends."""
    while at + _FRAME.size <= len(data):
        length, checksum = _FRAME.unpack_from(data, at)
        text = data[at + _FRAME.size : at + _FRAME.size + length]
        if not length or len(text) < length or zlib.crc32(text) != checksum:
            return
        at += _FRAME.size + length
        yield json.loads(text, object_hook=_from_hex), at


def _as_hex(value: bytes) -> dict[str, str]:
    return {"hex": value.hex()}


def _from_hex(value: dict[str, Any]) -> bytes:
    return bytes.fromhex(value["hex"])


def _sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
