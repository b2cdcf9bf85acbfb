"""Files that survive a crash: grown by whole writes, cut back to a checkpoint, renamed at once."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from io import FileIO
from pathlib import Path

from captioner.errors import ConfigError


class AppendedFile:
    """A file that only grows, and that can be cut back to a size it once had. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._file: FileIO | None = None

    def begin(self) -> None:
        """Open it empty."""
        self._open(0)

    def cut(self, size_bytes: int) -> None:
        """Open what is there, cut to `size_bytes`; raises ConfigError if it is shorter or gone."""
        try:
            there = self.path.stat().st_size
        except FileNotFoundError:
            there = 0
        if there < size_bytes:
            raise ConfigError(
                f"{self.path} holds {there} bytes where {size_bytes} were written: put the whole "
                "file back, or remove the state of the earlier run"
            )
        self._open(size_bytes)

    def append(self, data: bytes) -> None:
        """Hand `data` to the operating system, all of it or, with an OSError, nothing."""
        file = self._opened()
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            with suppress(OSError):
                file.truncate(self.size_bytes)
                file.seek(self.size_bytes)
            raise
        self.size_bytes += len(data)

    def sync(self) -> int:
        """Force what was appended to the disk, if it is still open; returns the size in bytes."""
        if self._file is not None:
            os.fsync(self._file)
        return self.size_bytes

    def close(self) -> None:
        """Close it; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, size_bytes: int) -> None:
        self.close()
        # Opened for update and not for appending: a write goes where the last one ended.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self._file = FileIO(descriptor, "r+")
        self._file.truncate(size_bytes)
        self._file.seek(size_bytes)
        self.size_bytes = size_bytes
        sync_folder(self.path.parent)

    def _opened(self) -> FileIO:
        if self._file is None:
            raise ValueError(f"{self.path} is not open: call resume() first")
        return self._file


def move_durably(source: Path, target: Path) -> None:
    """Give a file another name, also on another file system; `target` is whole at any moment."""
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = target.with_name(f".{target.name}.moving")
        try:
            with source.open("rb") as read, copy.open("wb") as written:
                shutil.copyfileobj(read, written, 1024 * 1024)
                written.flush()
                os.fsync(written)
            copy.replace(target)
        except OSError:
            copy.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)
        source.unlink()
    sync_folder(target.parent)
    sync_folder(source.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system can do that."""
    if os.name == "nt":
        return
    with suppress(OSError):  # some file systems cannot, and some folders may not be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
