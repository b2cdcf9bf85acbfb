"""How long a source is, and where in it one can begin to read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from captioner.formats.base import Source
from captioner.formats.jsonl import JsonlSource
from captioner.formats.lines import START, DamagedError, LineFile
from captioner.formats.path_list import PathListSource
from captioner.samples.sample import Position

Mark: TypeAlias = tuple[int, Position]
"""The id of a sample, and the position from which it is the next one."""

_MARK_SAMPLES: Final = 4096
_MARK_BYTES: Final = 8 * 1024 * 1024
"""At most so much is read in vain to come to a sample, from the mark before it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many records a source has, and what it is made of.

    `files` and `groups` are the ids of the first sample of each file and of each row group, in
    order; those of empty ones are that of the next. `position_at` gives a position at a sample, or
    somewhat before it.
    """

    total: int
    files: tuple[int, ...]
    groups: tuple[int, ...]
    position_at: Callable[[int], Position]


@runtime_checkable
class Measured(Protocol):
    """A source of files that can be measured without reading them."""

    def extent(self) -> Extent:
        """Its extent; blocks."""


def extent_of(source: Source) -> Extent:
    """The extent of a source, read once where there is no shorter way. Raises OSError."""
    if isinstance(source, Measured):
        return source.extent()
    total, marks = (_of_lines(source) if _has_lines(source) else None) or _of_records(source)
    return Extent(total, (0,), (0,), by_marks(marks))


def by_marks(marks: Sequence[Mark]) -> Callable[[int], Position]:
    """`position_at` by marks in order, of which the first is at sample 0."""
    samples = [sample for sample, _ in marks]
    return lambda sample: marks[bisect_right(samples, sample) - 1][1]


def _has_lines(source: Source) -> bool:
    """Whether every line of its file that is not blank is a record, so that none need be parsed."""
    return isinstance(source, JsonlSource | PathListSource)


def _of_lines(source: Source) -> tuple[int, list[Mark]] | None:
    """None where the file is damaged: only the source itself knows what becomes of its end."""
    marks: list[Mark] = [(0, None)]
    sample = offset = 0
    try:
        for line in LineFile(source.identity()["path"]).lines():
            if line.blank:
                continue
            sample += 1
            if sample - marks[-1][0] >= _MARK_SAMPLES or line.end - offset >= _MARK_BYTES:
                position: dict[str, Any] = {"offset": line.end, "line": line.number}
                marks.append((sample, START | position | {"sample": sample}))
                offset = line.end
    except DamagedError:
        return None
    return sample, marks


def _of_records(source: Source) -> tuple[int, list[Mark]]:
    marks: list[Mark] = [(0, None)]
    total = size_bytes = 0
    for record in source.open():
        total = record.id + 1
        size_bytes += getattr(record, "size_bytes", 0)
        if total - marks[-1][0] >= _MARK_SAMPLES or size_bytes >= _MARK_BYTES:
            marks.append((total, record.position))
            size_bytes = 0
    return total, marks
