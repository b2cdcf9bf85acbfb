"""The failures of a run by reason: how many, an example, and what would help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from captioner.report.results import DETAIL_WIDTH, IMAGE_WIDTH, NOT_SENT_BACK
from captioner.report.wording import clean, counted, place_name, shorten, shorten_front
from captioner.samples.failure import Failure
from captioner.samples.outcome import Verdict
from captioner.samples.reasons import REASONS

_REASON_WIDTH: Final = 40
_SAID_BY_THE_MODEL: Final = frozenset(Verdict) - {NOT_SENT_BACK}
"""Reasons whose detail may hold words of the model."""


@dataclass(slots=True)
class ReasonCount:
    """One reason: its `count`, how many of these can be asked again, and the first of them."""

    first: Failure
    count: int = 0
    placeholders: int = 0

    @property
    def example(self) -> str:
        """The first one's image or place and a short detail, printable, never a reply's text."""
        return _example(self.first)


@dataclass(slots=True)
class FailureTable:
    """A fold of failures; its size is that of the list of reasons, however many there are."""

    by_reason: dict[str, ReasonCount] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many failures there are."""
        return sum(reason.count for reason in self.by_reason.values())

    def add(self, failure: Failure) -> None:
        """Count one."""
        counted_so_far = self.by_reason.setdefault(failure.reason, ReasonCount(failure))
        counted_so_far.count += 1
        counted_so_far.placeholders += failure.placeholder is not None

    def sorted(self) -> list[tuple[str, ReasonCount]]:
        """Reasons and their counts, the most frequent first, then by name."""
        return sorted(self.by_reason.items(), key=lambda item: (-item[1].count, item[0]))


def render_failures(table: FailureTable, path: str, retry: str | None) -> str:
    """The table as lines of plain text, with a final line end.

    `path` is the failures file, `retry` the command that asks again for all of them, None where
    the run cannot be retried. There must be at least one failure.
    """
    reasons = table.sorted()
    shown = [
        (shorten(clean(reason), _REASON_WIDTH), f"{found.count:,}", found)
        for reason, found in reasons
    ]
    reason_width = max(len("Reason"), *(len(reason) for reason, _, _ in shown))
    count_width = max(len("Count"), *(len(count) for _, count, _ in shown))
    indent = " " * (reason_width + 2 + count_width + 2)
    lines = [
        f"{counted(table.count, 'failure')} in {clean(path)}",
        "",
        f"{'Reason':<{reason_width}}  {'Count':>{count_width}}  Example, and what to do",
    ]
    for (reason, count, found), (name, _) in zip(shown, reasons, strict=True):
        lines.append(f"{reason:<{reason_width}}  {count:>{count_width}}  {found.example}")
        if name in REASONS:
            lines.append(indent + REASONS[name])
    return "\n".join([*lines, "", _what_next(reasons, retry)]) + "\n"


def failures_as_json(table: FailureTable, path: str, retry: str | None) -> dict[str, Any]:
    """The same as JSON values: `count`, `file`, `reasons` (the most frequent first) and `retry`.

    A reason has `count`, `example`, `sample` and `placeholder` of that example, `help`, and
    `retry`, null where it cannot be asked again. Without failures `reasons` is empty.
    """
    reasons = {
        reason: {
            "count": found.count,
            "example": found.example,
            "sample": found.first.sample,
            "placeholder": found.first.placeholder,
            "help": REASONS.get(reason, ""),
            "retry": f"{retry} --only {reason}" if retry and found.placeholders else None,
        }
        for reason, found in table.sorted()
    }
    any_again = any(found.placeholders for found in table.by_reason.values())
    return {
        "count": table.count,
        "file": path,
        "reasons": reasons,
        "retry": retry if any_again else None,
    }


def _what_next(reasons: list[tuple[str, ReasonCount]], retry: str | None) -> str:
    if not retry:
        return "These cannot be asked again: the rows went to standard output."
    again = [reason for reason, found in reasons if found.placeholders]
    if not again:
        return "None of these can be asked again: mend the input."
    reason = shorten(clean(again[0]), _REASON_WIDTH)
    return f"Ask again: {clean(retry)}, or for one reason: {clean(retry)} --only {reason}"


def _example(failure: Failure) -> str:
    name = place_name(failure.image) if failure.image else clean(failure.where)
    example = shorten_front(name or f"sample {failure.sample}", IMAGE_WIDTH)
    if failure.detail and failure.reason not in _SAID_BY_THE_MODEL:
        example += ": " + shorten(clean(failure.detail), DETAIL_WIDTH)
    return example
