"""Local copies of objects: made once, and again where an object is no longer what it was.

Below one folder each URL has a folder of its own, and beside it a list of what is in that, a line
of JSON for each object that was copied whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from captioner.errors import ConfigError
from captioner.formats.places import Place, Stored, told

Tell: TypeAlias = Callable[[str, int, int | None], None]
"""Hears of a copy: the URL, the bytes that are here, and of how many where that is known."""

_AT_ONCE: Final = 4


class Copies:
    """The copies of what is at `place`, below `folder`: `path` is the copy of the place itself."""

    def __init__(self, place: Place, folder: Path) -> None:
        key = blake2b(place.url.encode(), digest_size=8).hexdigest()
        self._root = folder.absolute() / key
        self.path = self._root / place.name
        self._list = folder.absolute() / f"{key}.jsonl"
        self._place = place
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<Copies of {self._place.url} in {self.path}>"

    def bring(self, files: Sequence[Stored], tell: Tell | None = None) -> int:
        """Copy what is not here yet, and remove all that is no longer there; returns the bytes.

        Blocks, and is given up when the thread is interrupted. `tell` hears, from any thread, of
        what came. Raises ConfigError where an object cannot be copied whole.
        """
        for file in files:
            if file.path and any(part in ("", ".", "..") for part in file.path.split("/")):
                raise ConfigError(
                    f"{self._place.url}/{file.path} cannot be the name of a local file: rename it"
                )
        with told(self._place.url, doing=f"copied to {self.path}"):
            known = self._known()
            missing = [file for file in files if not self._is_here(file, known)]
            self._clear({self._path(file) for file in files})
            for file in missing:
                self._path(file).parent.mkdir(parents=True, exist_ok=True)
            return self._bring(missing, tell)

    def _bring(self, missing: Sequence[Stored], tell: Tell | None) -> int:
        sizes_bytes = [file.size_bytes for file in missing]
        total_bytes = None if None in sizes_bytes else sum(map(int, filter(None, sizes_bytes)))
        done_bytes = 0
        given_up = False

        def came(more_bytes: int) -> None:
            nonlocal done_bytes
            if given_up:
                raise InterruptedError
            with self._lock:
                done_bytes += more_bytes
                if tell is not None:
                    tell(self._place.url, done_bytes, total_bytes)

        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="captioner-copies") as pool:
            try:
                return sum(pool.map(lambda file: self._copy(file, came), missing))
            except BaseException:
                # The others end with their next piece, not with their last.
                given_up = True
                raise

    def _copy(self, file: Stored, came: Callable[[int], None]) -> int:
        target = self._path(file)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            self._place.get(file.path, part, came)
            with part.open("rb+") as written:
                os.fsync(written)
            size_bytes = part.stat().st_size
            if file.size_bytes not in (None, size_bytes):
                raise ConfigError(
                    f"{self._place.url} was changed while it was copied: give the command again"
                )
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        line = json.dumps([file.path, size_bytes, file.version])
        with self._lock, self._list.open("a", encoding="utf-8") as known:
            known.write(f"{line}\n")
        return size_bytes

    def _known(self) -> dict[str, tuple[int, str]]:
        if not self._list.exists():
            return {}
        known: dict[str, tuple[int, str]] = {}
        for line in self._list.read_text(encoding="utf-8").splitlines():
            try:
                path, size_bytes, version = json.loads(line)
            except ValueError:  # half a line, of a process that was killed
                continue
            known[path] = (size_bytes, version)
        return known

    def _is_here(self, file: Stored, known: dict[str, tuple[int, str]]) -> bool:
        size_bytes, version = known.get(file.path, (None, ""))
        if version != file.version or size_bytes is None or not version:
            return False
        path = self._path(file)
        return (
            file.size_bytes in (None, size_bytes)
            and path.is_file()
            and path.stat().st_size == size_bytes
        )

    def _clear(self, kept: set[Path]) -> None:
        for path in self._root.rglob("*"):
            if path.is_file() and path not in kept:
                path.unlink()

    def _path(self, file: Stored) -> Path:
        return self.path / file.path if file.path else self.path
