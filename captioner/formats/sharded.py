"""A part of an input, so that several machines do it together."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final

from captioner.errors import ConfigError
from captioner.formats.base import Source
from captioner.formats.sharded_extent import Extent, Measured, extent_of
from captioner.formats.stdio import StdinSource
from captioner.samples.sample import Position, Record

_WRITTEN: Final = re.compile(r"(\d{1,9})/(\d{1,9})")
_OF_A_COPY: Final = ("path", "mtime_ns", "listing")
"""What tells a file from its own copy on another machine."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` (from 0) of `count`."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`I/N` as a shard; raises ConfigError where it is none."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is not None:
            index, count = map(int, found.groups())
            if index < count:
                return cls(index, count)
        raise ConfigError(
            f"--shard {text} is no part of a whole: write I/N, with I from 0 to N - 1, such as 0/8"
        )

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def cuts(total: int, count: int, edges: Sequence[int] = ()) -> list[int]:
    """Where `count` parts of `total` positions begin, and behind them the end; pure.

    They are as equal as can be. With `edges` (positions in order, 0 and `total` among them, at
    least `count` + 1) every cut is at an edge and no part is empty.
    """
    even = [index * total // count for index in range(count + 1)]
    if not edges:
        return even
    chosen = [0]
    for index in range(1, count):
        above = bisect_left(edges, even[index])
        nearest = min(above, above - 1, key=lambda edge: abs(edges[max(0, edge)] - even[index]))
        chosen.append(min(max(nearest, chosen[-1] + 1), len(edges) - 1 - (count - index)))
    return [edges[edge] for edge in chosen] + [total]


class Sharded:
    """One shard of a source: a contiguous range of its samples, with the ids that they have there.

    Whole files where there are at least as many as shards, else whole row groups, else positions:
    the same on every machine, each sample in one shard. What has no files is read through once to
    be counted. Raises ConfigError for standard input.
    """

    def __init__(self, whole: Source, shard: Shard) -> None:
        if isinstance(whole, StdinSource):
            raise ConfigError(
                "--shard: standard input is read only once: save it to a file, and name that"
            )
        self.whole = whole
        self.shard = shard
        self.image_base = whole.image_base

    def __repr__(self) -> str:
        return f"<Sharded {self.shard} of {self.whole!r}>"

    def identity(self) -> dict[str, Any]:
        """The whole's, and which shard it is."""
        return {**self.whole.identity(), "shard": str(self.shard)}

    def total(self) -> int | None:
        """The number of samples in the shard."""
        return len(self.samples)

    def notes(self) -> list[str]:
        """The whole's, and which samples these are."""
        samples = self.samples
        which = f"samples {samples[0]:,} to {samples[-1]:,}" if samples else "no sample"
        return [*self.whole.notes(), f"shard {self.shard}: {which} of {self._extent.total:,}"]

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the shard's records after `position`; raises OSError if reading fails."""
        samples = self.samples
        if not samples:
            return
        if position is None:
            position = self._extent.position_at(samples.start)
        records: Any = self.whole.open(position)
        with closing(records):
            for record in records:
                if record.id >= samples.stop:
                    return
                if record.id >= samples.start:
                    yield record
                if record.id + 1 == samples.stop:
                    return

    @cached_property
    def samples(self) -> range:
        """The ids of the shard's samples."""
        extent, count = self._extent, self.shard.count
        edges: Sequence[int] = ()
        for starts in (extent.files, extent.groups):
            distinct = sorted({0, *starts, extent.total})
            if len(distinct) > count:
                edges = distinct
                break
        at = cuts(extent.total, count, edges)
        return range(at[self.shard.index], at[self.shard.index + 1])

    @cached_property
    def files(self) -> range:
        """The numbers of the whole's files that the shard is of, at least one.

        An empty file is of the shard that begins with it, or of the last one.
        """
        starts, samples = self._extent.files, self.samples
        ends = (*starts[1:], self._extent.total)
        last = self.shard.index + 1 == self.shard.count
        ours = [
            number
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
            if (start < samples.stop and end > samples.start)
            or (start == end and (start in samples or (last and start == samples.stop)))
        ]
        if not ours:
            before = [number for number, start in enumerate(starts) if start <= samples.start]
            ours = before[-1:]
        return range(ours[0], ours[-1] + 1)

    def about(self) -> dict[str, Any]:
        """What the summary tells of the shard, for all of them to be put together again.

        `index` and `count`, `first` (id of a sample), `samples`, the `total` of the whole, and
        `input`, a digest that is the same for a copy of the input on another machine.
        """
        return {
            "index": self.shard.index,
            "count": self.shard.count,
            "first": self.samples.start,
            "samples": len(self.samples),
            "total": self._extent.total,
            "input": self._digest(),
        }

    def _digest(self) -> str:
        identity = self.whole.identity()
        # A listing of files that can be measured has their times in it; that of images has not.
        left = _OF_A_COPY if isinstance(self.whole, Measured) else _OF_A_COPY[:2]
        told: dict[str, Any] = {name: identity[name] for name in identity if name not in left}
        told["extent"] = [self._extent.total, self._extent.files, self._extent.groups]
        text = json.dumps(told, sort_keys=True)
        return blake2b(text.encode(), digest_size=16).hexdigest()

    @cached_property
    def _extent(self) -> Extent:
        return extent_of(self.whole)
