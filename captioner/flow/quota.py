"""A quota that is learned from what the server tells about it, and shared with others. Pure.

The server's limiter is taken to be a bucket that refills evenly. Its headers describe the moment
at which a request was admitted, not the moment at which the answer arrives: kept is the reading
whose request was *sent* last, and what is free now is its remainder, plus the refill since, minus
what we sent after it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from captioner.vision.rate_headers import RateReading

_IN_HAND = 0.05
"""Share of the capacity that is never used: what was on the way when the reading was taken."""

_AIM = 0.1
"""Share of the capacity at which the level is held while others use the quota too."""

_HORIZON_S = 2.0
_HORIZON_AGES = 5.0
"""What is above the aim is spent over this long, and over no less than five times the age that
readings have when they arrive: who steers by old news must steer gently."""

_MEMORY_S = 2.0
"""Time constant of the moving average of what others use."""

_LEAST_SHARE = 0.05
"""We never send slower than this share of the rate, whatever others seem to use."""


_LATE_S = 0.05
"""A start may be this late without the next ones waiting longer for it."""


@dataclass(frozen=True, slots=True)
class _Sent:
    at_s: float
    amount: float


class LearnedQuota:
    """One limit (requests or tokens) of an endpoint, as far as its answers have told it.

    Until the first reading it limits nothing. `others_per_s` is how fast others spend from it.
    """

    def __init__(self) -> None:
        self.rate_per_s = 0.0
        self.capacity = 0.0
        self.others_per_s = 0.0
        self._others_average = 0.0
        self._remaining = 0.0
        self._at_s = -math.inf
        self._age_s = 0.0
        self._sent: deque[_Sent] = deque()
        self._sent_amount = 0.0
        self._next_s = -math.inf

    @property
    def is_known(self) -> bool:
        """Whether there was a reading."""
        return self.rate_per_s > 0

    @property
    def burst_s(self) -> float:
        """How many seconds of the rate the bucket holds."""
        return self.capacity / self.rate_per_s if self.is_known else 0.0

    def ready_at_s(self, amount: float, now_s: float) -> float:
        """When a request of this amount may start; `now_s` or earlier if it may now."""
        if not self.is_known:
            return now_s
        floor = _IN_HAND * self.capacity
        # More than there ever is can only be asked when all is there; the server decides.
        missing = min(floor + amount, self.capacity) - self.free(now_s)
        enough_s = now_s + missing / self._ours_per_s() if missing > 0 else now_s
        return max(enough_s, self._next_s)

    def start(self, amount: float, now_s: float) -> None:
        """A request of this amount goes out now."""
        self._sent.append(_Sent(now_s, amount))
        self._sent_amount += amount
        if not self.is_known:
            return
        horizon_s = max(_HORIZON_S, _HORIZON_AGES * self._age_s)
        surplus = self.free(now_s) - _AIM * self.capacity
        pace = self._ours_per_s() + surplus / horizon_s
        pace = max(pace, _LEAST_SHARE * self.rate_per_s)
        self._next_s = max(self._next_s, now_s - _LATE_S) + amount / pace

    def observe(
        self, reading: RateReading, *, sent_s: float, amount: float, admitted: bool, now_s: float
    ) -> None:
        """An answer to the request of this amount sent at `sent_s` told a reading.

        A request that was not admitted was not charged either.
        """
        self.rate_per_s, self.capacity = reading.rate_per_s, reading.capacity
        if not admitted:
            self._forget(_Sent(sent_s, amount))
        if sent_s <= self._at_s:
            return
        age_s = now_s - sent_s
        self._age_s += 0.3 * (age_s - self._age_s) if self._age_s else age_s
        if self._at_s > -math.inf:
            self._estimate_others(reading, sent_s)
        self._remaining, self._at_s = reading.remaining, sent_s
        while self._sent and self._sent[0].at_s <= sent_s:
            self._sent_amount -= self._sent.popleft().amount
        if not self._sent:
            self._sent_amount = 0.0

    def pause_until(self, until_s: float) -> None:
        """Nothing starts before then, and what would have started does not all start then."""
        self._next_s = max(self._next_s, until_s)

    def free(self, now_s: float) -> float:
        """What is estimated to be left now; may be below 0."""
        grown = self._remaining + self._ours_per_s() * (now_s - self._at_s)
        return min(self.capacity, grown) - self._sent_amount

    def _ours_per_s(self) -> float:
        return max(self.rate_per_s - self.others_per_s, _LEAST_SHARE * self.rate_per_s)

    def _estimate_others(self, reading: RateReading, sent_s: float) -> None:
        """From what should be left, had nobody else spent, and what is."""
        seconds = sent_s - self._at_s
        ours = sum(sent.amount for sent in self._sent if sent.at_s <= sent_s)
        expected = self._remaining + self.rate_per_s * seconds - ours
        if expected >= self.capacity and reading.remaining >= 0.999 * self.capacity:
            return  # full either way: it tells nothing
        per_s = (expected - reading.remaining) / seconds
        weight = 1 - math.exp(-seconds / _MEMORY_S)
        # Below 0 within bounds: estimates of amounts are never exact, and must average out.
        least, most = -_LEAST_SHARE * self.rate_per_s, self.rate_per_s
        averaged = self._others_average + weight * (per_s - self._others_average)
        self._others_average = min(most, max(least, averaged))
        self.others_per_s = max(0.0, self._others_average)

    def _forget(self, sent: _Sent) -> None:
        try:
            self._sent.remove(sent)
        except ValueError:
            return  # a later reading has taken it into account already
        self._sent_amount -= sent.amount

    def __repr__(self) -> str:
        return (
            f"<LearnedQuota {self.rate_per_s:g}/s, capacity {self.capacity:g}, "
            f"others {self.others_per_s:.3g}/s, {len(self._sent)} sent since>"
        )
