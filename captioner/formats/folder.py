"""A folder of images, or one image: each file is a sample that holds nothing but its path."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from captioner.errors import ConfigError
from captioner.formats.suffixes import REMEDIES, SUPPORTED, suffix_of
from captioner.formats.tree import Kind, walk
from captioner.samples.sample import Position, Record, Sample


@dataclass(frozen=True, slots=True)
class Survey:
    """What one walk through a folder found: images, a digest of their paths, and what was left."""

    images: int
    digest: str
    skipped: dict[str, int]
    linked: tuple[str, ...]
    unreadable: tuple[str, ...]


class FolderSource:
    """Every supported image below a folder, in the order of `tree`.

    A sample is `{image_key: [path]}`, the path relative to `image_base`, which is the folder itself
    or one above it. A position is `after`, the last path, and `sample`, the count of those before.
    Raises ConfigError where the folder is missing or unreadable, or not below `image_base`.
    """

    def __init__(
        self, path: str | Path, *, image_base: str | None = None, image_key: str = "images"
    ) -> None:
        self._root = Path(path).resolve()
        self._image_key = image_key
        try:
            with os.scandir(self._root):
                pass
        except FileNotFoundError:
            raise ConfigError(f"{self._root}: no such folder: check INPUT") from None
        except OSError as error:
            raise ConfigError(
                f"{self._root} cannot be read as a folder: {error.strerror}"
            ) from error
        self.image_base = image_base or str(self._root)
        below = relative_to_base(self._root, self.image_base)
        self._prefix = "" if below == "." else f"{below}/"

    def __repr__(self) -> str:
        return f"<FolderSource {self._root}>"

    def identity(self) -> dict[str, Any]:
        """The path, and a digest of the relative paths of all images; their content is no part."""
        return {"path": str(self._root), "listing": self._survey.digest}

    def total(self) -> int | None:
        """The number of images."""
        return self._survey.images

    def notes(self) -> list[str]:
        """What was skipped, by suffix, with the remedy; folders that were not entered."""
        survey = self._survey
        notes = [
            f"skipped {count} {suffix} {'file' if count == 1 else 'files'}: {REMEDIES[suffix]}"
            for suffix, count in sorted(survey.skipped.items())
        ]
        if survey.linked:
            notes.append(
                f"{_folders(survey.linked)} not entered, being a link: "
                "give what it points to as an INPUT of its own"
            )
        if survey.unreadable:
            notes.append(f"{_folders(survey.unreadable)} not readable: mend its permissions")
        if not survey.images:
            known = ", ".join(sorted(SUPPORTED))
            notes.append(f"no image found below {self._root} (supported: {known})")
        return notes

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the images after `position`; raises OSError if the folder is gone."""
        place = position or {"after": "", "sample": 0}
        sample = place["sample"]
        for path in self._images(place["after"]):
            position = {"after": path, "sample": sample + 1}
            fields = {self._image_key: [self._prefix + path]}
            yield Sample(sample, fields, position=position, size_bytes=len(path))
            sample += 1

    def _images(self, after: str) -> Iterator[str]:
        for entry in walk(self._root, after):
            if entry.kind is Kind.FILE and suffix_of(entry.path) in SUPPORTED:
                yield entry.path

    @cached_property
    def _survey(self) -> Survey:
        images = 0
        listing = blake2b(digest_size=16)
        skipped: Counter[str] = Counter()
        others: dict[Kind, list[str]] = {Kind.LINKED_FOLDER: [], Kind.UNREADABLE_FOLDER: []}
        for entry in walk(self._root):
            if entry.kind is not Kind.FILE:
                others[entry.kind].append(entry.path)
            elif (suffix := suffix_of(entry.path)) in SUPPORTED:
                images += 1
                listing.update(os.fsencode(entry.path) + b"\0")
            elif suffix in REMEDIES:
                skipped[suffix] += 1
        return Survey(
            images,
            listing.hexdigest(),
            dict(skipped),
            tuple(others[Kind.LINKED_FOLDER]),
            tuple(others[Kind.UNREADABLE_FOLDER]),
        )


class ImageFileSource:
    """One image file as a sample, as if it were alone in its folder.

    Raises ConfigError where there is no such file, or its suffix says that it cannot be sent.
    """

    def __init__(
        self, path: str | Path, *, image_base: str | None = None, image_key: str = "images"
    ) -> None:
        self._path = Path(path).parent.resolve() / Path(path).name
        suffix = suffix_of(self._path.name)
        if suffix not in SUPPORTED:
            remedy = REMEDIES.get(suffix, f"supported are {', '.join(sorted(SUPPORTED))}")
            raise ConfigError(f"{self._path} cannot be sent: {remedy}")
        try:
            self._status = self._path.stat()
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read: {error.strerror}") from error
        self.image_base = image_base or str(self._path.parent)
        self._fields = {image_key: [relative_to_base(self._path, self.image_base)]}

    def __repr__(self) -> str:
        return f"<ImageFileSource {self._path}>"

    def identity(self) -> dict[str, Any]:
        """Path, size in bytes and time of last change."""
        size, mtime_ns = self._status.st_size, self._status.st_mtime_ns
        return {"path": str(self._path), "size": size, "mtime_ns": mtime_ns}

    def total(self) -> int | None:
        """One."""
        return 1

    def notes(self) -> list[str]:
        """Nothing."""
        return []

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the image, unless `position` is behind it."""
        if not position:
            yield Sample(0, self._fields, position={"sample": 1}, size_bytes=len(self._path.name))


def relative_to_base(path: Path, image_base: str) -> str:
    """`path` as samples name it, with `/`; raises ConfigError if it is not below `image_base`."""
    try:
        return path.relative_to(Path(image_base).resolve()).as_posix()
    except ValueError:
        raise ConfigError(
            f"{path} is not below image_base {image_base}: name a folder above it, or leave it out"
        ) from None


def _folders(paths: tuple[str, ...]) -> str:
    if len(paths) == 1:
        return f"folder {paths[0]} was"
    return f"{len(paths)} folders, {paths[0]} for one, were"
