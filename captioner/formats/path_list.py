"""A list of images, one path or URL a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from captioner.formats.lines import START, LineFile
from captioner.samples.sample import Position, Record, Sample


class PathListSource:
    """The lines of a text file as samples `{image_key: [line]}`; blank lines are none.

    A line is taken as it stands: no comments, no quotes. Bytes that are not UTF-8 are kept, as file
    names may hold them. `image_base` defaults to the file's folder; a position is that of
    `JsonlSource`. Raises ConfigError where the file is missing, unreadable or not UTF-8 text.
    """

    def __init__(
        self, path: str | Path, *, image_base: str | None = None, image_key: str = "images"
    ) -> None:
        self._file = LineFile(path)
        self._image_key = image_key
        self.image_base = image_base or str(self._file.path.parent)

    def __repr__(self) -> str:
        return f"<PathListSource {self._file.path}>"

    def identity(self) -> dict[str, Any]:
        """Path, size in bytes and time of last change."""
        return self._file.identity()

    def total(self) -> int | None:
        """The number of images; None for large files."""
        return self._file.count()

    def notes(self) -> list[str]:
        """Say so if the file is empty."""
        return [] if self._file.size_bytes else [f"{self._file.path} is empty"]

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the images after `position`; raises OSError if reading fails."""
        place = position or START
        sample = place["sample"]
        for line in self._file.lines(place["offset"], place["line"]):
            if line.blank:
                continue
            image = line.text.decode("utf-8", "surrogateescape")
            position = {"offset": line.end, "line": line.number, "sample": sample + 1}
            fields = {self._image_key: [image]}
            yield Sample(sample, fields, position=position, size_bytes=len(line.text))
            sample += 1
