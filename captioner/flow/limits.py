"""The limits of a gate as a person sets them, and how fast it lets requests through. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

_MEMORY_S = 10.0
"""Time constant of the average: long enough for a few requests, short enough to follow a pause."""


class Guard(Protocol):
    """A coarse limit on starts: asyncio-throttle's Throttler."""

    rate_limit: int

    async def acquire(self) -> None:
        """Return when one more start fits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings; None leaves it to the endpoint, or to what is found out."""

    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


class StartRate:
    """Starts per second, averaged over the last seconds."""

    def __init__(self, now_s: float) -> None:
        self._begun_s = self._at_s = now_s
        self._weight = 0.0

    def started(self, now_s: float) -> None:
        """One more starts now."""
        self._weight = self._faded(now_s) + 1.0
        self._at_s = now_s

    def per_s(self, now_s: float) -> float:
        """The average; 0 where nothing was started for long."""
        seen_s = _MEMORY_S * (1.0 - math.exp(-max(1.0, now_s - self._begun_s) / _MEMORY_S))
        return self._faded(now_s) / seen_s

    def _faded(self, now_s: float) -> float:
        return self._weight * math.exp(-(now_s - self._at_s) / _MEMORY_S)
