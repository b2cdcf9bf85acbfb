"""What became of a placeholder, and of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from captioner.record import record
from captioner.samples.sample import Record
from captioner.samples.turns import Turn, parse_turns


class Verdict(StrEnum):
    """How a reply was judged; `failed` stands for no reply at all."""

    OK = "ok"
    REFUSED = "refused"
    FILTERED = "filtered"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    LOOPED = "looped"
    ECHOED = "echoed"
    FAILED = "failed"


@record
class Usage:
    """Tokens as the endpoint billed them."""

    prompt_tokens: int
    completion_tokens: int


@record
class CaptionOutcome:
    """One placeholder: its caption or its failure.

    `sample` and `index` are its id. `image` is the image as a person would name it.
    `caption` is the accepted text, None where there is none. `verdict` is how the reply was judged;
    `reason` (one of `reasons.REASONS`) and `detail` say why there is no caption, and are empty
    where there is one. `attempts` counts the requests sent for it, `latency_s` is the last one's.
    `reused` says that another placeholder or an earlier run paid for it. `is_dialogue` says
    that it was asked for as questions and answers.
    """

    sample: int
    index: int
    image: str | None
    caption: str | None
    verdict: Verdict
    reason: str = ""
    detail: str = ""
    usage: Usage | None = None
    attempts: int = 0
    latency_s: float = 0.0
    reused: bool = False
    is_dialogue: bool = False

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The caption read as a dialogue, in the modes that ask for one; empty where it is none."""
        # Read only where it is asked for: that takes longer than all else about an outcome.
        return parse_turns(self.caption) if self.is_dialogue and self.caption else ()


@record
class Outcome:
    """One record of the input, done.

    `rows` are what goes to the output, in order; a row that *is* `record.fields` (the same object)
    is the kept original. `captions` has one entry a placeholder. `fault` and `fault_detail` say
    why the record as a whole was unusable (`malformed`, `not_json`), and are empty otherwise.
    `unused_images` counts images beyond the placeholders; `met_images` says that it had images.
    """

    record: Record
    rows: tuple[Mapping[str, Any], ...]
    captions: tuple[CaptionOutcome, ...] = ()
    fault: str = ""
    fault_detail: str = ""
    unused_images: int = 0
    met_images: bool = False
