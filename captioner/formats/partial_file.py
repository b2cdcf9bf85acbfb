"""A file written piece by piece under another name: cut by bytes, renamed when it is whole."""

from __future__ import annotations

from pathlib import Path

from captioner.errors import ConfigError
from captioner.formats.base import Token
from captioner.formats.durable import AppendedFile, move_durably


class PartialFile:
    """An AppendedFile `partial` that becomes `output`. A token is `bytes`, the size."""

    def __init__(self, output: Path, partial: Path) -> None:
        # A link is followed, so that what it points to is replaced and not the link.
        self.output = output.resolve()
        self._file = AppendedFile(partial.absolute())

    def __repr__(self) -> str:
        return f"{self.output}, {self._file.size_bytes} bytes in {self._file.path}"

    @property
    def size_bytes(self) -> int:
        """How much was appended."""
        return self._file.size_bytes

    def append(self, data: bytes) -> None:
        """Hand `data` to the operating system."""
        self._file.append(data)

    def checkpoint(self) -> Token:
        """Force everything to the disk, and return the size."""
        return {"bytes": self._file.sync()}

    def resume(self, token: Token) -> None:
        """Open it, cut to `token` (None: empty); a finished output is taken back first.

        Raises ConfigError if neither file holds what the token speaks of.
        """
        if token is None:
            self._file.begin()
            return
        size_bytes = int(token["bytes"])
        if size_bytes and not self._file.path.exists() and self.output.is_file():
            if self.output.stat().st_size < size_bytes:
                raise ConfigError(
                    f"{self.output} is shorter than the {size_bytes} bytes that were written to "
                    "it: put the whole file back, or begin anew with --restart"
                )
            move_durably(self.output, self._file.path)
        self._file.cut(size_bytes)

    def finish(self, end: bytes = b"") -> None:
        """Append `end`, which is no part of a token, and give the file its name, durably."""
        size_bytes = self._file.size_bytes
        self._file.append(end)
        self._file.sync()
        self._file.close()
        self._file.size_bytes = size_bytes
        move_durably(self._file.path, self.output)

    def close(self) -> None:
        """Close it; it stays."""
        self._file.close()
