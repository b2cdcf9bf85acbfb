"""Small files that are read faster than they are handed to a thread: those the system has at hand.

A file qualifies where nothing has to be waited for: its folder is on a disk of this machine and was
read from before, and its content is in the system's memory. On other systems than Linux that
cannot be told, and no file qualifies.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from captioner.vision.image_ref import ImageRef
from captioner.vision.reach import Reach, is_url

_MOST_BYTES: Final = 2**18
"""Reading and hashing as much takes a fifth of a millisecond."""

_QUICK_S: Final = 0.002
_LONGEST_S: Final = 0.01
_WEIGHT: Final = 0.1
_FORGIVEN: Final = 0.99
_MOST_FOLDERS: Final = 4096

# Their names do not lead to other machines, nor to programs that may take their time.
_OF_THIS_MACHINE: Final = frozenset(
    ("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "tmpfs", "xfs", "zfs")
)
_MOUNTS: Final = Path("/proc/self/mountinfo")
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")
_NOT_WAITING: Final[int | None] = getattr(os, "RWF_NOWAIT", None)
# A link may lead anywhere.
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class Nearby:
    """Reads what is at hand, from one thread; what it does not read is left to `ImageRef.read`.

    Where it takes long all the same, as with names that a disk has to be asked for, it reads
    nothing for a while.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        mounts: Path = _MOUNTS,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._may_read = reach.image_root is None and reach.allow_local_files
        self._mounts = mounts
        self._now_s = now_s
        self._folders: dict[str, bool] = {}
        self._average_s = 0.0
        self._buffer = memoryview(bytearray(_MOST_BYTES + 1))

    def read(self, image: ImageRef) -> bytes | None:
        """The image's bytes, where they are at hand; else None, and no error either."""
        path = _path_of(image)
        if not self._folders.get(path.rpartition("/")[0]):
            return None
        if self._average_s > _QUICK_S:
            self._average_s *= _FORGIVEN
            return None
        started_s = self._now_s()
        source = self._at_hand(path)
        # One stall, as of a busy machine, is no slow disk.
        taken_s = min(self._now_s() - started_s, _LONGEST_S)
        self._average_s += _WEIGHT * (taken_s - self._average_s)
        return source

    def look(self, image: ImageRef) -> None:
        """Find out whether what is beside this image may be at hand; blocks, for any thread."""
        path = _path_of(image)
        folder = path.rpartition("/")[0]
        if path and self._may_read and _NOT_WAITING is not None and folder not in self._folders:
            if len(self._folders) >= _MOST_FOLDERS:
                self._folders.clear()
            self._folders[folder] = self._is_of_this_machine(folder)

    def _at_hand(self, path: str) -> bytes | None:
        try:
            file = os.open(path, _OPEN_FLAGS)
            try:
                # Pipes have no end, nor have folders and devices one that is as near.
                size_bytes = os.lseek(file, 0, os.SEEK_END)
                if not 0 < size_bytes <= _MOST_BYTES:
                    return None
                # One byte more, to see that it has not grown.
                given = self._buffer[: size_bytes + 1]
                if os.preadv(file, [given], 0, _NOT_WAITING or 0) == size_bytes:
                    return bytes(given[:size_bytes])
            finally:
                os.close(file)
        except (OSError, ValueError):
            pass  # `suppress` would be called twice for each image
        return None

    def _is_of_this_machine(self, folder: str) -> bool:
        kind = ""
        with suppress(OSError, ValueError):
            real, longest = os.path.realpath(folder or os.sep), -1
            for line in self._mounts.read_text(errors="surrogateescape").splitlines():
                mount, _, told = line.partition(" - ")
                point = _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), mount.split(" ")[4])
                inside = real == point or real.startswith(point.rstrip("/") + "/")
                # Of those at one point the last is seen.
                if inside and len(point) >= longest:
                    longest, kind = len(point), told.split(" ")[0]
        return kind in _OF_THIS_MACHINE

    def __repr__(self) -> str:
        return f"<Nearby {sum(self._folders.values())} of {len(self._folders)} folders>"


def _path_of(image: ImageRef) -> str:
    """As `read_file` makes it, but for a base that is relative itself; empty for what is no path.

    Whole paths beside a base that is a URL are no files of this machine.
    """
    if image.kind != "path":
        return ""
    name, base = str(image.source), image.image_base
    if not name.startswith("/"):
        name = f"{base}/{name}"
    elif is_url(base):
        return ""
    return os.path.normpath(name)
