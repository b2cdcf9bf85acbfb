"""The files below a folder, in one order on every system.

Sorted by the parts of the relative path, each by the code points of its NFC form (so that it does
not matter how a file system composes letters), then by its own. Folders are entered where their
name stands in that order: nothing is held but the names in the folders that are open.
Hidden names, `@eaDir` and `__MACOSX` are passed over. Links to files count as files; links to
folders are reported and not entered, so that no loop can arise.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, TypeAlias

IGNORED: Final = frozenset({"@eaDir", "__MACOSX"})


class Kind(Enum):
    """What stands behind a name."""

    FILE = "file"
    FOLDER = "folder"
    LINKED_FOLDER = "linked folder"
    UNREADABLE_FOLDER = "unreadable folder"


@dataclass(frozen=True, slots=True)
class Entry:
    """A name below the root: `path` is relative, with `/` between its parts."""

    path: str
    kind: Kind


_Key: TypeAlias = tuple[str, str]
_Level: TypeAlias = Iterator[tuple[_Key, Kind]]


def sort_key(path: str) -> list[_Key]:
    """What relative paths are ordered by."""
    return [_key(part) for part in path.split("/")]


def walk(root: Path, after: str = "") -> Iterator[Entry]:
    """Yield files, and folders that were not entered, behind the path `after` in the order.

    Raises OSError where the root itself cannot be read; a folder below that cannot is yielded.
    """
    floor = sort_key(after) if after else []
    stack: list[tuple[str, _Level, list[_Key]]] = [("", _names(str(root)), floor)]
    while stack:
        prefix, names, floor = stack[-1]
        for key, kind in names:
            if floor and key < floor[0]:
                continue
            behind = floor[1:] if floor and key == floor[0] else []
            path = prefix + key[1]
            if kind is Kind.FOLDER:
                try:
                    inner = _names(f"{root}/{path}")
                except OSError:
                    if not (floor and key == floor[0]):
                        yield Entry(path, Kind.UNREADABLE_FOLDER)
                    continue
                stack.append((f"{path}/", inner, behind))
                break
            if not (floor and key == floor[0]):
                yield Entry(path, kind)
        else:
            stack.pop()


def _names(folder: str) -> _Level:
    with os.scandir(folder) as entries:
        found = [
            (_key(entry.name), kind)
            for entry in entries
            if not entry.name.startswith(".")
            and entry.name not in IGNORED
            and (kind := _kind(entry)) is not None
        ]
    found.sort(key=lambda name: name[0])
    return iter(found)


def _key(name: str) -> _Key:
    return unicodedata.normalize("NFC", name), name


def _kind(entry: os.DirEntry[str]) -> Kind | None:
    """None for what is neither file nor folder, such as a pipe: opening it could wait for ever."""
    try:
        if entry.is_dir(follow_symlinks=False):
            return Kind.FOLDER
        if entry.is_file():
            return Kind.FILE
        if entry.is_dir():
            return Kind.LINKED_FOLDER
        entry.stat()
    except OSError:
        return Kind.FILE  # a broken link, for one: whoever reads it says so
    return None
