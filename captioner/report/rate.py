"""How fast something happens right now: amounts in buckets of a second over a sliding window."""

from __future__ import annotations

import math
from collections import deque


class Rate:
    """Amounts per second over the last `span_s` seconds, or since `began_s` if that is shorter."""

    def __init__(self, began_s: float, span_s: int) -> None:
        self._began_s = began_s
        self._span_s = span_s
        self._second = math.floor(began_s)
        self._amount = 0
        # The seconds before this one, and what happened in each.
        self._buckets: deque[tuple[int, int]] = deque()

    def add(self, now_s: float, amount: int) -> None:
        """`amount` more happened at `now_s`, which never goes back."""
        if now_s >= self._second + 1:
            self._begin(math.floor(now_s))
        self._amount += amount

    def per_second(self, now_s: float) -> float:
        """The mean over the window as it stands at `now_s`; in the first second, over a second."""
        oldest = self._forget(math.floor(now_s))
        covered_s = now_s - max(float(oldest), self._began_s)
        latest = self._amount if self._second >= oldest else 0
        return (sum(amount for _, amount in self._buckets) + latest) / max(covered_s, 1.0)

    def _begin(self, second: int) -> None:
        if self._amount:
            self._buckets.append((self._second, self._amount))
        self._second, self._amount = second, 0
        self._forget(second)

    def _forget(self, second: int) -> int:
        oldest = second - self._span_s + 1
        while self._buckets and self._buckets[0][0] < oldest:
            self._buckets.popleft()
        return oldest
