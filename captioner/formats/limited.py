"""The first samples only: the pilot before the job."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from captioner.formats.base import Source
from captioner.samples.sample import Position, Record


class Limited:
    """A source that ends after so many records from where it is opened; None: at its own end."""

    def __init__(self, source: Source, records: int | None) -> None:
        self._source = source
        self._records = records
        self.image_base = source.image_base

    def identity(self) -> dict[str, Any]:
        """The source's: how many are taken may change from run to run."""
        return self._source.identity()

    def total(self) -> int | None:
        """How many samples the source has, at most as many as are taken."""
        total = self._source.total()
        if total is None or self._records is None:
            return total
        return min(total, self._records)

    def notes(self) -> list[str]:
        """The source's."""
        return self._source.notes()

    def open(self, position: Position = None) -> Iterator[Record]:
        """The records after `position`, so many of them."""
        return islice(self._source.open(position), self._records)
