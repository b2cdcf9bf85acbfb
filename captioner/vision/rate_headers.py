"""What the rate-limit headers of an answer say: the limit, what is left, when it is full. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from captioner.vision.hints import duration_s

Kind: TypeAlias = Literal["requests", "tokens"]
KINDS: tuple[Kind, ...] = ("requests", "tokens")

_LIMITS: tuple[tuple[Kind, tuple[str, str, str]], ...] = tuple(
    (
        kind,
        (
            f"x-ratelimit-limit-{form}{kind}",
            f"x-ratelimit-remaining-{form}{kind}",
            f"x-ratelimit-reset-{form}{kind}",
        ),
    )
    for kind in KINDS
    for form in ("", "project-")
)
"""For each kind, the headers of the organisation's limit and those of the project's."""


@dataclass(frozen=True, slots=True)
class RateReading:
    """One limit at the moment at which its request was admitted.

    `per_minute` is the limit, `remaining` what was left, `reset_s` the seconds until all of it
    would be there again.
    """

    per_minute: float
    remaining: float
    reset_s: float

    @property
    def rate_per_s(self) -> float:
        """How fast it refills."""
        return self.per_minute / 60

    @property
    def capacity(self) -> float:
        """How much there is at most: what is left and what refills until it is full.

        Limits per minute are enforced over shorter spans too, so this is mostly less than a
        minute's worth.
        """
        return self.remaining + self.reset_s * self.rate_per_s


def read_rates(headers: Mapping[str, str]) -> dict[Kind, RateReading]:
    """The limits that an answer tells; where organisation and project both do, the tighter one.

    Left out is what cannot be: a limit of 0 or less means that it is unknown, and so does what is
    left of it when below 0. `headers` must find names without regard to case.
    """
    found: dict[Kind, RateReading] = {}
    for kind, names in _LIMITS:
        reading = _reading(headers, names) if names[0] in headers else None
        if reading is not None and (kind not in found or reading.remaining < found[kind].remaining):
            found[kind] = reading
    return found


def _reading(headers: Mapping[str, str], names: tuple[str, str, str]) -> RateReading | None:
    limit_name, remaining_name, reset_name = names
    limit = headers.get(limit_name)
    if limit is None:
        return None
    per_minute, remaining = _number(limit), _number(headers.get(remaining_name))
    if per_minute is None or remaining is None or per_minute <= 0 or remaining < 0:
        return None
    reset_s = duration_s(headers.get(reset_name, ""))
    if reset_s is None:
        return None
    if reset_s == 0 and remaining == 0:
        return None  # nothing left and nothing to wait for: a sentinel, no reading
    reading = RateReading(per_minute, remaining, reset_s)
    # Figures beyond all measure, whose product is infinite or nothing, are no reading either.
    usable = reading.rate_per_s > 0 and 0 < reading.capacity < math.inf
    return reading if usable else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < math.inf else None
