"""What a complete run wrote of each sample, as the formats of outputs read it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from captioner.formats.failure_lines import FailureLine
from captioner.samples.outcome import Outcome
from captioner.samples.plan import Plan
from captioner.samples.rows import RowKind
from captioner.samples.rules import Rules
from captioner.samples.sample import Record, Sample

PastRow: TypeAlias = Any
"""A row as an output's format has it: a line of bytes, or a mapping of what the run added."""


@dataclass(frozen=True, slots=True)
class PastSample:
    """A record, what it asked for (None: it is no sample), and what became of it.

    `rows` are those of `kinds`, one each, or of a tar one for each image; `line` is the number of
    the first in its file.
    """

    record: Record
    plan: Plan | None
    failures: tuple[FailureLine, ...]
    kinds: tuple[RowKind, ...]
    rows: tuple[PastRow, ...]
    line: int


class PastRows(Protocol):
    """The rows of a complete output, read once from the beginning to the end.

    Its methods raise ValueError, saying what is wrong, where the output is not as its run left it,
    and ConfigError where it cannot be read. `count` is how many rows were read.
    """

    path: Path
    count: int

    def take(self, sample: Sample, planned: Plan, kinds: Sequence[RowKind]) -> tuple[PastRow, ...]:
        """The rows of this sample, which comes behind the one before it."""

    def captions_of(self, past: PastSample, planned: Plan, rules: Rules) -> list[str | None]:
        """The captions in a sample's rows, one a placeholder; empty where they do not hold any."""

    def end(self) -> None:
        """Make sure that nothing follows."""

    def close(self) -> None:
        """Let go of the output; safe to call twice."""


class Remaking(Protocol):
    """How a sample's outcome is made again, for the sink that wrote it, from what it wrote."""

    def kept(self, past: PastSample) -> Outcome:
        """That of a sample of which nothing is asked again."""

    def mixed(self, past: PastSample, outcome: Outcome, asked: Set[int], rules: Rules) -> Outcome:
        """`outcome` with all that does not depend on the placeholders `asked` as it was."""


def caption_in(row: Mapping[str, Any], sample: int, placeholder: int | None) -> Any:
    """The caption in a row of a placeholder; raises ValueError where it is that of another."""
    # Tables of text have numbers as text.
    if str(row.get("sample")) != str(sample) or str(row.get("placeholder")) != str(placeholder):
        raise ValueError(f"it is not that of placeholder {placeholder} of sample {sample}")
    return row.get("caption")
