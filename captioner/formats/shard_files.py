"""The files of one format that an INPUT names: itself, or those below a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from captioner.errors import ConfigError
from captioner.formats.suffixes import suffix_of
from captioner.formats.tree import Kind, walk


def shards_of(path: Path, suffix: str) -> tuple[str, ...]:
    """Names of the files, relative to a folder and in the order of `tree`, or the file's own.

    Raises ConfigError where a folder has none with this suffix.
    """
    if not path.is_dir():
        return (path.name,)
    names = (entry.path for entry in walk(path) if entry.kind is Kind.FILE)
    shards = tuple(name for name in names if suffix_of(name) == suffix)
    if not shards:
        raise ConfigError(f"{path} holds no {suffix} file: check INPUT and --format")
    return shards


def identity_of(path: Path, shards: Sequence[str]) -> dict[str, Any]:
    """A file's path, size and time of last change; of a folder a digest of those of its shards."""
    if not path.is_dir():
        status = path.stat()
        return {"path": str(path), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    listing = blake2b(digest_size=16)
    for name in shards:
        status = (path / name).stat()
        listing.update(os.fsencode(name) + b"\0")
        listing.update(f"{status.st_size} {status.st_mtime_ns}\0".encode())
    return {"path": str(path), "listing": listing.hexdigest()}
