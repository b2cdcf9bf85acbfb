"""What a format must do. Everything here blocks; the flow calls it from threads of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from captioner.samples.outcome import Outcome
from captioner.samples.sample import Position, Record

Token: TypeAlias = Any
"""Where a sink stood at a checkpoint: opaque, made of JSON values."""


class Source(Protocol):
    """Records in a fixed order, that can be opened again where an earlier reader stopped."""

    image_base: str
    """The absolute folder from which relative image paths start."""

    def identity(self) -> dict[str, Any]:
        """What must be equal for a stopped run to go on (JSON values: path, size, mtime, …)."""

    def total(self) -> int | None:
        """How many samples there are, where that is cheap to know."""

    def notes(self) -> list[str]:
        """What a person should know before the run, such as files that were skipped."""

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the records after `position` (None: all); each carries its own position."""


class Sink(Protocol):
    """Takes finished outcomes in order and can be cut back to a checkpoint.

    Every method may raise OSError: the caller turns it into a verdict.
    """

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the rows of these outcomes and hand them to the operating system."""

    def checkpoint(self) -> Token:
        """Make what was written durable, and return a token for it."""

    def resume(self, token: Token) -> None:
        """Open what an earlier run left, cut to `token` (None: begin anew, empty)."""

    def finish(self) -> None:
        """Durably give the output its final name; nothing is written after it."""

    def close(self) -> None:
        """Let go of everything; what was written stays. Safe to call twice."""
