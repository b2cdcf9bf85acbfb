"""The images of a source whose sidecars are still to be written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from captioner.formats.base import Source
from captioner.formats.sidecar import Sidecars
from captioner.formats.sidecar_added import Added
from captioner.formats.sidecar_folder import SidecarFolder
from captioner.formats.sidecar_names import SidecarNames
from captioner.samples.sample import Position, Record, Sample


class SidecarSource:
    """A source of images without those that are done, so that nothing is paid for them.

    Done are, in mode `skip`, those that have a sidecar; where sidecars are added to, those that a
    stopped run added to (`added`). Ids stay. Looks at all sidecars once, when it is made: raises
    ConfigError where one cannot be used.
    """

    def __init__(
        self,
        source: Source,
        how: Sidecars,
        *,
        image_key: str,
        names: SidecarNames,
        folder: SidecarFolder,
        added: Added | None = None,
    ) -> None:
        self.image_base = source.image_base
        self._source = source
        self._how = how
        self._image_key = image_key
        self._names = names
        self._folder = folder
        self._added = added
        self._left = self._done = self._empty = 0
        for record in source.open():
            self._count(record)

    def __repr__(self) -> str:
        return f"<SidecarSource {self._left} of {self._source!r}>"

    def identity(self) -> dict[str, Any]:
        """The source's: what is done is no part of it."""
        return self._source.identity()

    def total(self) -> int | None:
        """How many images were left."""
        return self._left

    def notes(self) -> list[str]:
        """The source's, and how many images are passed over."""
        notes = self._source.notes()
        if self._added is not None:
            if self._done:
                notes.append(
                    f"going on with a run that was stopped: {self._done:,} sidecars were added to "
                    "already (--restart adds to all)"
                )
        elif self._done:
            verb = "has" if self._done == 1 else "have"
            notes.append(f"{self._done:,} of {self._done + self._left:,} {verb} a sidecar: skipped")
            if self._empty:
                notes.append(
                    f"{self._empty:,} of these sidecars {'is' if self._empty == 1 else 'are'} "
                    "empty: remove them to have their images captioned"
                )
        return notes

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the images after `position` that are not done; raises OSError as the source does.

        What has got a sidecar since is passed over, too.
        """
        if self._added is not None:
            self._added.seen_all = False
        for record in self._source.open(position):
            if not isinstance(record, Sample) or not self._is_done(self.sidecar_of(record)):
                yield record
        if self._added is not None:
            self._added.seen_all = True

    def sidecar_of(self, sample: Sample) -> str:
        """The sidecar of a sample's image."""
        return self._names.of(sample.fields[self._image_key][0])

    def _is_done(self, sidecar: str) -> bool:
        if self._added is not None:
            return self._added.holds(sidecar)
        return self._how.mode == "skip" and self._folder.size_bytes(sidecar) is not None

    def _count(self, record: Record) -> None:
        if not isinstance(record, Sample):
            self._left += 1
            return
        sidecar = self.sidecar_of(record)
        size_bytes = self._folder.size_bytes(sidecar)
        if self._how.adds:
            self._folder.read(sidecar)
        done = self._is_done(sidecar)
        self._done += done
        self._left += not done
        self._empty += done and size_bytes == 0
