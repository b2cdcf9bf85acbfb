"""A quota that is learned from what the server tells about it, and shared with others. Pure.

The server's limiter is taken to be a bucket that refills evenly. Its headers describe the moment
at which a request was admitted, not the moment at which the answer arrives: kept is the reading
whose request was *sent* last, and what is free now is its remainder, plus the refill since, minus
what we sent after it.

Others spend from the same bucket, mostly programs like this one. If each made up alone for what
all of them spent too much or too little, they would overshoot together, the more the later the
news arrives. So each takes its share of the rate, and of every correction: the share that it had
lately of all that was spent.
"""

from __future__ import annotations

import math
from collections import deque

from captioner.vision.rate_headers import RateReading

_IN_HAND = 0.05
"""Share of the capacity that is never used: what was on the way when the reading was taken."""

_AIM = 0.1
"""Share of the capacity at which the level is held."""

_HORIZON_S = 2.0
_HORIZON_AGES = 3.0
"""What is above the aim is spent over this long, and over no less than three times the age that
readings have when they arrive: who steers by old news must steer gently."""

_MEMORY_S = 1.0
_MEMORY_REQUESTS = 5.0
"""Time constant of what is remembered of others, in seconds and in requests at the full rate:
requests arrive in another order than they were sent in, and a few must average that out."""

_EXTRA = 0.01
"""Share of the rate that each adds to its pace; it brings unequal shares together in time."""

_LEAST = 0.05
"""We never send slower than this share of the rate, whatever others seem to use."""

_IDLE, _NEARLY_ALL = 0.5, 0.75

_LATE_S = 0.05
"""A start may be this late without the next ones waiting longer for it."""

_REMEMBERED_S = 180.0
"""No answer comes later than this; who tells nothing for so long is not asked for more memory."""


class LearnedQuota:
    """One limit (requests or tokens) of an endpoint, as far as its answers have told it.

    Until the first reading it limits nothing. `others_per_s` is how fast others spend from it, and
    `share` our part of all that is spent.
    """

    def __init__(self) -> None:
        self.rate_per_s = 0.0
        self.capacity = 0.0
        self.others_per_s = 0.0
        self.share = 1.0
        # The last reading; what was sent since, as (seconds, amount); and the level after that.
        self._remaining, self._at_s = 0.0, -math.inf
        self._sent: deque[tuple[float, float]] = deque()
        self._level, self._level_at_s = 0.0, -math.inf
        self._age_s = 0.0
        self._others_average = 0.0
        self._spent, self._ours = 0.0, 0.0
        self._next_s = -math.inf

    @property
    def is_known(self) -> bool:
        """Whether there was a reading."""
        return self.rate_per_s > 0

    @property
    def burst_s(self) -> float:
        """How many seconds of the rate the bucket holds."""
        return self.capacity / self.rate_per_s if self.is_known else 0.0

    def is_idle(self, now_s: float) -> bool:
        """Whether more than half lies unused and nearly all is ours; or nothing is known of it."""
        return not self.is_known or (
            self.free(now_s) > _IDLE * self.capacity and self.share > _NEARLY_ALL
        )

    def ready_at_s(self, amount: float, now_s: float) -> float:
        """When a request of this amount may start; `now_s` or earlier if it may now."""
        if not self.is_known:
            return now_s
        # More than there ever is can only be asked when all is there; the server decides.
        needed = min(_IN_HAND * self.capacity + amount, self.capacity)
        missing = needed - self.free(now_s)
        enough_s = now_s + missing / self._refill_per_s() if missing > 0 else now_s
        return max(enough_s, self._next_s)

    def start(self, amount: float, now_s: float) -> None:
        """A request of this amount goes out now."""
        self._sent.append((now_s, amount))
        self._forget_before(now_s - _REMEMBERED_S)
        if not self.is_known:
            return
        self._level, self._level_at_s = self.free(now_s) - amount, max(self._level_at_s, now_s)
        horizon_s = max(_HORIZON_S, _HORIZON_AGES * self._age_s)
        surplus_per_s = (self._level - _AIM * self.capacity) / horizon_s
        pace = self.share * (self.rate_per_s + surplus_per_s) + _EXTRA * self.rate_per_s
        pace = max(pace, _LEAST * self.rate_per_s)
        self._next_s = max(self._next_s, now_s - _LATE_S) + amount / pace

    def observe(
        self, reading: RateReading, *, sent_s: float, amount: float, admitted: bool, now_s: float
    ) -> None:
        """An answer to the request of this amount sent at `sent_s` told a reading.

        A request that was not admitted was not charged either.
        """
        self.rate_per_s, self.capacity = reading.rate_per_s, reading.capacity
        if not admitted and (sent_s, amount) in self._sent:
            self._sent.remove((sent_s, amount))
        if sent_s > self._at_s:
            if admitted:  # a refusal comes sooner than an answer, and says nothing of its age
                age_s = now_s - sent_s
                self._age_s += 0.3 * (age_s - self._age_s) if self._age_s else age_s
            self._learn_of_others(reading, sent_s, amount)
            self._remaining, self._at_s = reading.remaining, sent_s
        level, at_s, refill_per_s = self._remaining, self._at_s, self._refill_per_s()
        for then_s, taken in self._sent:
            level = min(self.capacity, level + refill_per_s * max(0.0, then_s - at_s)) - taken
            at_s = then_s
        self._level, self._level_at_s = level, at_s

    def pause_until(self, until_s: float) -> None:
        """Nothing starts before then, and time that was waited for gives nothing to burst with."""
        self._next_s = max(self._next_s, until_s)
        if self.is_known and until_s > self._at_s:
            # What was sent before is settled: its readings tell of a time that is over.
            self._remaining = min(self.free(until_s), _AIM * self.capacity)
            self._at_s = until_s
            self._sent.clear()
            self._level, self._level_at_s = self._remaining, self._at_s

    def free(self, now_s: float) -> float:
        """What is estimated to be left now; may be below 0."""
        refilled = self._refill_per_s() * max(0.0, now_s - self._level_at_s)
        return min(self.capacity, self._level + refilled)

    def _refill_per_s(self) -> float:
        return max(self.rate_per_s - self.others_per_s, _LEAST * self.rate_per_s)

    def _forget_before(self, oldest_s: float) -> None:
        if self._sent[0][0] >= oldest_s:
            return
        level, _ = self._play_until(oldest_s, self._refill_per_s())
        if self.is_known:
            self._remaining, self._at_s = level, max(self._at_s, oldest_s)

    def _play_until(self, until_s: float, refill_per_s: float) -> tuple[float, float]:
        """Forget what was sent since the reading and up to then: the level then, and its sum."""
        level, at_s, ours = self._remaining, self._at_s, 0.0
        while self._sent and self._sent[0][0] <= until_s:
            sent_s, amount = self._sent.popleft()
            level = min(self.capacity, level + refill_per_s * (sent_s - at_s)) - amount
            at_s = sent_s
            ours += amount
        return min(self.capacity, level + refill_per_s * (until_s - at_s)), ours

    def _learn_of_others(self, reading: RateReading, sent_s: float, amount: float) -> None:
        """From what should be left, had nobody else spent, and what is."""
        # Before the first reading the bucket is taken to have been full: what is missing says
        # whether others are about.
        seconds = sent_s - self._at_s
        expected, ours = self._play_until(sent_s, self.rate_per_s)
        others = expected - reading.remaining
        memory_s = max(_MEMORY_S, _MEMORY_REQUESTS * amount / self.rate_per_s)
        keep = math.exp(-seconds / memory_s)
        # Below 0 within bounds: estimates of amounts are never exact, and must average out.
        least, most = -_LEAST * self.rate_per_s, self.rate_per_s
        averaged = keep * self._others_average + (1 - keep) * others / seconds
        self._others_average = min(most, max(least, averaged))
        self.others_per_s = max(0.0, self._others_average)
        self._ours = keep * self._ours + ours
        self._spent = keep * self._spent + ours + others
        if self._ours > 0:
            self.share = min(1.0, self._ours / max(self._spent, self._ours))

    def __repr__(self) -> str:
        return (
            f"<LearnedQuota {self.rate_per_s:g}/s, capacity {self.capacity:g}, "
            f"others {self.others_per_s:.3g}/s, {len(self._sent)} sent since>"
        )
