"""Images in a folder of a bucket: they are listed, and each is fetched when it is asked for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from captioner.errors import ConfigError
from captioner.formats.places import is_url
from captioner.formats.suffixes import REMEDIES, SUPPORTED, suffix_of
from captioner.formats.tree import IGNORED, sort_key
from captioner.samples.sample import Position, Record, Sample


class RemoteImages:
    """Every supported image among `paths`, relative to the folder at `url`, in the order of `tree`.

    A sample is `{image_key: [path]}`, the path relative to `image_base`, a URL: that of the folder
    or of one above it. A position is `sample`, the count of those before. Hidden names are passed
    over. Raises ConfigError where the folder is not below `image_base`.
    """

    def __init__(
        self,
        url: str,
        paths: Iterable[str],
        *,
        image_base: str | None = None,
        image_key: str = "images",
    ) -> None:
        self._url = url
        self._image_key = image_key
        self.image_base = (image_base or url).rstrip("/")
        if not f"{url}/".startswith(f"{self.image_base}/"):
            raise ConfigError(
                f"{url} is not below image_base {self.image_base}: name the URL of a folder above "
                "it, or leave it out"
            )
        self._prefix = f"{url}/"[len(self.image_base) + 1 :]
        self._skipped: Counter[str] = Counter()
        self._paths: list[str] = []
        for path in paths:
            suffix = suffix_of(path)
            if is_hidden(path):
                continue
            if suffix in SUPPORTED:
                self._paths.append(path)
            elif suffix in REMEDIES:
                self._skipped[suffix] += 1
        self._paths.sort(key=sort_key)

    def __repr__(self) -> str:
        return f"<RemoteImages {self._url}, {len(self._paths)} images>"

    def identity(self) -> dict[str, Any]:
        """The URL, and a digest of the paths of all images; their content is no part."""
        listing = blake2b(digest_size=16)
        for path in self._paths:
            listing.update(os.fsencode(path) + b"\0")
        return {"path": self._url, "listing": listing.hexdigest()}

    def total(self) -> int | None:
        """The number of images."""
        return len(self._paths)

    def notes(self) -> list[str]:
        """What was skipped, by suffix, with the remedy."""
        notes = [
            f"skipped {count} {suffix} {'file' if count == 1 else 'files'}: {REMEDIES[suffix]}"
            for suffix, count in sorted(self._skipped.items())
        ]
        if not self._paths:
            known = ", ".join(sorted(SUPPORTED))
            notes.append(f"no image found below {self._url} (supported: {known})")
        return notes

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the images after `position`."""
        start = position["sample"] if position else 0
        for sample in range(start, len(self._paths)):
            path = self._paths[sample]
            fields = {self._image_key: [self._named(path)]}
            yield Sample(sample, fields, position={"sample": sample + 1}, size_bytes=len(path))

    def _named(self, path: str) -> str:
        """The path, or the whole URL where the path alone would be taken for something else."""
        below = self._prefix + path
        odd = any(part in ("", ".", "..") for part in below.split("/"))
        if odd or is_url(below) or below.lower().startswith(("data:", "file:")):
            return f"{self._url}/{path}"
        return below


def is_hidden(path: str) -> bool:
    """Whether it, or a folder that it is in, has a name that is passed over."""
    return any(part.startswith(".") or part in IGNORED for part in path.split("/"))
