"""Amounts of what can be spent, and the most that may be. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from captioner.dollars import limit_picodollars
from captioner.record import record

_AMOUNTS: Final = ("requests", "tokens", "picodollars", "unpriced_tokens")


@record
class Spend:
    """An amount of what can be spent.

    `requests` are those that may have been billed, `tokens` prompt and completion together.
    `unpriced_tokens` are those among them that are not in `picodollars`: no price was known.
    """

    requests: int = 0
    tokens: int = 0
    picodollars: int = 0
    unpriced_tokens: int = 0

    # Both are needed several times for each request, so they are written out.
    def __add__(self, other: Spend) -> Spend:
        return Spend(
            self.requests + other.requests,
            self.tokens + other.tokens,
            self.picodollars + other.picodollars,
            self.unpriced_tokens + other.unpriced_tokens,
        )

    def __sub__(self, other: Spend) -> Spend:
        return Spend(
            self.requests - other.requests,
            self.tokens - other.tokens,
            self.picodollars - other.picodollars,
            self.unpriced_tokens - other.unpriced_tokens,
        )

    def times(self, factor: int) -> Spend:
        """So many times as much."""
        return self._each(operator.mul, Spend(factor, factor, factor, factor))

    def lower(self, other: Spend) -> Spend:
        """The lower of both, amount by amount."""
        return self._each(min, other)

    def higher(self, other: Spend) -> Spend:
        """The higher of both, amount by amount."""
        return self._each(max, other)

    def covers(self, other: Spend) -> bool:
        """Whether it is at least as much, whichever way one counts."""
        return self.lower(other) == other

    def to_dict(self) -> dict[str, int]:
        """Each amount by its name, to be kept."""
        return {name: getattr(self, name) for name in _AMOUNTS}

    @classmethod
    def from_dict(cls, kept: Mapping[str, int]) -> Spend:
        """What `to_dict` gave; an amount that is not in it is 0."""
        return cls(**{name: int(kept.get(name, 0)) for name in _AMOUNTS})

    def _each(self, combine: Callable[[int, int], int], other: Spend) -> Spend:
        return Spend(
            combine(self.requests, other.requests),
            combine(self.tokens, other.tokens),
            combine(self.picodollars, other.picodollars),
            combine(self.unpriced_tokens, other.unpriced_tokens),
        )


NOTHING: Final = Spend()

Dimension: TypeAlias = Literal["picodollars", "requests", "tokens"]


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may be spent, each None where it is not limited."""

    requests: int | None = None
    tokens: int | None = None
    picodollars: int | None = None

    @classmethod
    def of(
        cls, *, max_cost: float | None, max_requests: int | None, max_total_tokens: int | None
    ) -> Caps:
        """From the settings; `max_cost` is in dollars."""
        cost = None if max_cost is None else limit_picodollars(max_cost)
        return cls(max_requests, max_total_tokens, cost)

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return not (self.requests is self.tokens is self.picodollars is None)

    def passed_by(self, spend: Spend) -> Dimension | None:
        """Which cap this much would pass, the cost first; None where it passes none."""
        if self.picodollars is not None and spend.picodollars > self.picodollars:
            return "picodollars"
        if self.requests is not None and spend.requests > self.requests:
            return "requests"
        if self.tokens is not None and spend.tokens > self.tokens:
            return "tokens"
        return None

    def less(self, spend: Spend) -> Caps:
        """What is left of the caps where so much is spent; below zero where it is too much."""
        return Caps(
            None if self.requests is None else self.requests - spend.requests,
            None if self.tokens is None else self.tokens - spend.tokens,
            None if self.picodollars is None else self.picodollars - spend.picodollars,
        )

    def cut(self, spend: Spend) -> Spend:
        """`spend`, but nowhere more than the caps."""
        return spend.lower(
            Spend(
                spend.requests if self.requests is None else self.requests,
                spend.tokens if self.tokens is None else self.tokens,
                spend.picodollars if self.picodollars is None else self.picodollars,
                spend.unpriced_tokens,
            )
        )


NO_CAPS: Final = Caps()
