"""Where the sidecar of an image stands."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from captioner.errors import ConfigError

_ADDRESS: Final = re.compile(r"(?:data|file):|[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ONE_CASE: Final = sys.platform in ("darwin", "win32")
_SHOWN: Final = 200


class SidecarNames:
    """Names below OUTPUT as those of the images below `root`, with another suffix.

    `image_base` is where relative paths of images start.
    """

    def __init__(self, root: str, image_base: str, ext: str) -> None:
        self._root = root.rstrip(os.sep) + os.sep
        self._base = image_base
        self._ext = ext

    def of(self, image: str) -> str:
        """The sidecar's path below OUTPUT.

        Raises ConfigError for an address, and for a file that is not below the root.
        """
        if _ADDRESS.match(image):
            raise ConfigError(
                f"{image[:_SHOWN]}: an image at an address has no place for a sidecar: write a "
                ".jsonl file instead, or list files"
            )
        # Not pathlib: there are millions of them.
        path = os.path.normpath(os.path.join(self._base, image))  # noqa: PTH118
        if not path.startswith(self._root):
            folder, name = os.path.split(path)
            path = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118
        if not path.startswith(self._root):
            raise ConfigError(
                f"{image[:_SHOWN]} is not below {self._root}: sidecars stand as the images do, so "
                "name a folder above them all with --image-base"
            )
        return os.path.splitext(path[len(self._root) :])[0] + self._ext  # noqa: PTH122


def check_clashes(images: Callable[[], Iterator[str]], names: SidecarNames) -> None:
    """Raise ConfigError, naming both, where two images would have one sidecar.

    `images` yields all of them, as often as it is called. Holds a number for each, no name.
    """
    seen: set[int] = set()
    suspect: set[int] = set()
    for image in images():
        mark = hash(_key(names.of(image)))
        (suspect if mark in seen else seen).add(mark)
    if not suspect:
        return
    first: dict[str, str] = {}
    for image in images():
        key = _key(names.of(image))
        if hash(key) not in suspect:
            continue
        if key in first:
            if first[key] == image:
                raise ConfigError(f"{image} is listed twice: leave one out")
            raise ConfigError(
                f"{first[key]} and {image} would share the sidecar {Path(key).name}: rename or "
                "move one of them"
            )
        first[key] = image


def _key(sidecar: str) -> str:
    return sidecar.casefold() if _ONE_CASE else sidecar
