"""Lines of a text file, plain or compressed: streamed, counted, and found again by their offset.

A line ends at a line feed, of which a carriage return before it is part; a byte order mark in front
of a line is dropped. Nothing else is decoded here.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from captioner.errors import ConfigError

READ_BYTES: Final = 256 * 1024
ZSTD_READ_BYTES: Final = (64, 4096)
"""Least and most. Small, because one call gives back all that its input holds: at worst 128 KiB for
4 bytes; so it is fitted to how much came out last."""
COUNTED_BYTES: Final = 64 * 1024 * 1024
"""Plain files up to this size are counted beforehand: a fraction of a second."""
START: Final[dict[str, Any]] = {"offset": 0, "line": 0, "sample": 0}
"""The position before the first record of any file of lines."""

_BOM: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE: Final = b"\x2a\x4d\x18"


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; `number` counts from 1, `end` is the offset behind it in bytes."""

    text: bytes
    number: int
    end: int

    @property
    def blank(self) -> bool:
        """Whether it holds nothing but white space."""
        return not self.text or self.text.isspace()


class DamagedError(Exception):
    """The file cannot be decompressed any further.

    `tail` is what was left: the last line, perhaps cut, with the number and end that it has.
    """

    def __init__(self, detail: str, tail: Line | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.tail = tail or Line(b"", 0, 0)


class LineFile:
    """A file of UTF-8 lines; `.gz` and `.zst` files are read through all their members or frames.

    Raises ConfigError where there is no such file, it cannot be read, or is not what its name says.
    """

    def __init__(self, path: str | Path) -> None:
        given = Path(path)
        self.path = given.parent.resolve() / given.name
        self.compression = {".gz": "gzip", ".zst": "zstd"}.get(self.path.suffix.lower(), "")
        try:
            if self.path.is_dir():
                raise ConfigError(f"{self.path} is a folder, not a file: check INPUT")
            if self.path.exists() and not self.path.is_file():
                raise ConfigError(f"{self.path} is not a regular file: pipe it in, with INPUT '-'")
            with self.path.open("rb") as file:
                head = file.read(4)
            status = self.path.stat()
        except FileNotFoundError:
            raise ConfigError(f"{self.path}: no such file: check INPUT") from None
        except PermissionError:
            raise ConfigError(
                f"{self.path} may not be read: give this user permission to read it"
            ) from None
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self.path} cannot be read: {error}") from error
        self.size_bytes = status.st_size
        self.mtime_ns = status.st_mtime_ns
        self._check(head)

    def identity(self) -> dict[str, Any]:
        """What tells this file from another, or from itself after a change."""
        return {"path": str(self.path), "size": self.size_bytes, "mtime_ns": self.mtime_ns}

    def count(self) -> int | None:
        """The number of lines that are not blank; None where counting would take long."""
        if self.compression or self.size_bytes > COUNTED_BYTES:
            return None
        return sum(not line.blank for line in self.lines())

    def lines(self, offset: int = 0, number: int = 0) -> Iterator[Line]:
        """Yield the lines behind `offset` (bytes, decompressed), which is behind line `number`.

        Raises DamagedError after the last whole line before a damage, and OSError as reading does.
        """
        return split_lines(self._chunks(offset), offset, number)

    def _chunks(self, offset: int) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            if not self.compression:
                file.seek(offset)
                while chunk := file.read(READ_BYTES):
                    yield chunk
                return
            unpack = _gzip_chunks if self.compression == "gzip" else _zstd_chunks
            for chunk in unpack(file):
                if offset < len(chunk):
                    yield chunk[offset:]
                offset = max(0, offset - len(chunk))

    def _check(self, head: bytes) -> None:
        found = compression_of(head)
        if found != self.compression and head:
            if found:
                ending = ".gz" if found == "gzip" else ".zst"
                raise ConfigError(
                    f"{self.path} holds {found} data: rename it so that it ends in {ending}"
                )
            raise ConfigError(f"{self.path} is no {self.compression} file, in spite of its name")
        if self.compression:
            try:
                head = next(self._chunks(0), b"")
            except (DamagedError, OSError):
                return  # found again, and reported, when it is read
        if encoding := wide_encoding_of(head):
            raise ConfigError(
                f"{self.path} is {encoding}: convert it to UTF-8, for example with "
                f"`iconv -f {encoding} -t UTF-8`"
            )


def split_lines(chunks: Iterable[bytes], offset: int = 0, number: int = 0) -> Iterator[Line]:
    """Yield each line as soon as its end has been read; the last one needs none.

    `offset` and `number` are those of the line before the first chunk.
    """
    pieces: list[bytes] = []
    try:
        for chunk in chunks:
            start = 0
            while (end := chunk.find(b"\n", start) + 1) > 0:
                pieces.append(chunk[start:end])
                whole = b"".join(pieces)
                pieces.clear()
                start = end
                number += 1
                offset += len(whole)
                yield Line(_bare(whole), number, offset)
            if start < len(chunk):
                pieces.append(chunk[start:])
    except DamagedError as damage:
        raise DamagedError(damage.detail, _last(pieces, number, offset)) from damage.__cause__
    if pieces:
        yield _last(pieces, number, offset)


def compression_of(head: bytes) -> str:
    """The compression that these first bytes speak of: `gzip`, `zstd` or none."""
    if head.startswith(_GZIP):
        return "gzip"
    skippable = head[1:4] == _ZSTD_SKIPPABLE and head[0] >> 4 == 5
    return "zstd" if head.startswith(_ZSTD) or skippable else ""


def wide_encoding_of(head: bytes) -> str:
    """The encoding of a text that starts like this where it is UTF-16 or UTF-32, else nothing.

    Known by a byte order mark or, without one, by two ASCII characters in front.
    """
    first = head[:4]
    if first in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        return "UTF-32"
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    zeros = tuple(byte == 0 for byte in first)
    if zeros in ((True, True, True, False), (False, True, True, True)):
        return "UTF-32"
    return "UTF-16" if zeros in ((True, False) * 2, (False, True) * 2) else ""


def _last(pieces: list[bytes], number: int, offset: int) -> Line:
    """The line that has no end, or an empty one where `number` is the last and nothing follows."""
    text = b"".join(pieces)
    return Line(_bare(text), number + bool(text), offset + len(text))


def _bare(line: bytes) -> bytes:
    if line.endswith(b"\n"):
        line = line[:-2] if line.endswith(b"\r\n") else line[:-1]
    return line.removeprefix(_BOM)


def _gzip_chunks(file: Any) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file) as members:
            while chunk := members.read1(READ_BYTES):
                yield chunk
    except EOFError as error:
        raise DamagedError("it ends in the middle of its gzip data") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DamagedError(f"its gzip data is broken ({error})") from error


def _zstd_chunks(file: Any) -> Iterator[bytes]:
    import zstandard

    context = zstandard.ZstdDecompressor()
    frame = None
    least, most = ZSTD_READ_BYTES
    read_bytes = least
    try:
        while data := file.read(read_bytes):
            fitting = 2 * read_bytes
            while data:
                frame = frame or context.decompressobj()
                if chunk := frame.decompress(data):
                    fitting = min(fitting, len(data) * READ_BYTES // len(chunk))
                    yield chunk
                read_bytes = max(least, min(fitting, most))
                data = b""
                if frame.eof:
                    data, frame = frame.unused_data, None
    except zstandard.ZstdError as error:
        raise DamagedError(f"its zstd data is broken ({error})") from error
    if frame is not None:
        raise DamagedError("it ends in the middle of its zstd data")
