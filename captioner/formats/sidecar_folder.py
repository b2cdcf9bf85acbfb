"""The folder in which sidecars stand: each is there whole, or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from captioner.errors import ConfigError
from captioner.formats.durable import sync_folder

_MOST_BYTES: Final = 1024 * 1024


class SidecarFolder:
    """Reads and writes sidecars by their paths below `path`.

    A link in the place of a sidecar is replaced: nothing is written through it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._touched: set[Path] = set()

    def __repr__(self) -> str:
        return f"<SidecarFolder {self.path}>"

    def size_bytes(self, sidecar: str) -> int | None:
        """How long it is, None where there is none; raises ConfigError where it is no file."""
        path = self.path / sidecar
        try:
            if path.is_file():
                return path.stat().st_size
        except OSError as error:
            raise ConfigError(f"{path} cannot be looked at: {error.strerror or error}") from error
        if path.is_dir():
            raise ConfigError(f"{path} is a folder where a sidecar should be: rename it")
        return None

    def read(self, sidecar: str) -> str | None:
        """What it holds, None where there is none. Raises ConfigError where that is no text."""
        path = self.path / sidecar
        try:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise ConfigError(f"{path} is too long for a caption: more than {_MOST_BYTES:,} B")
            return content.decode("utf-8-sig")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise ConfigError(
                f"{path} is not UTF-8 text, so that nothing can be added to it: save it as UTF-8"
            ) from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error

    def write(self, sidecar: str, text: str) -> None:
        """Put it there, durable but for its name, which `sync` sees to. Raises OSError."""
        path = self.path / sidecar
        path.parent.mkdir(parents=True, exist_ok=True)
        # Short whatever the name, hidden from whoever looks for captions, and the same next time.
        temporary = path.with_name(f".captioner-{digest_of(os.fsencode(path.name))}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(encoded(text))
                file.flush()
                os.fsync(file)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        self._touched.add(path.parent)

    def sync(self) -> None:
        """Force the names of what was written to the disk."""
        for folder in self._touched:
            sync_folder(folder)
        self._touched.clear()


def encoded(text: str) -> bytes:
    """A sidecar's bytes; half a character, in a reply, becomes an escape."""
    return text.encode("utf-8", "backslashreplace")


def digest_of(content: bytes) -> str:
    """What tells one content from another."""
    return blake2b(content, digest_size=8).hexdigest()
