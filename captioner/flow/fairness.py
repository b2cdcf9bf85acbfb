"""Whose turn it is where several share one thing. Pure.

Start-time fair queueing (Goyal, Vin and Cheng, 1996): each share carries the virtual time at which
what it was given ends, and the one with the least goes next. A share that was away begins at the
virtual time of now, so it can neither save up turns nor be made to wait for having been away.
"""

from __future__ import annotations

from collections.abc import Iterable


class Turns:
    """Gives turns so that all shares that want some are given the same cost over time."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ends: dict[str, float] = {}

    def next(self, shares: Iterable[str]) -> str:
        """The share that goes next, the first of equals; there is at least one."""
        return min(shares, key=self._start)

    def given(self, share: str, cost: float) -> None:
        """This share has a turn that costs so much."""
        self._now = self._start(share)
        self._ends[share] = self._now + cost

    def _start(self, share: str) -> float:
        return max(self._now, self._ends.get(share, 0.0))
