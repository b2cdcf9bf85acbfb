"""What may be spent of one limit, requests or tokens: the tighter of what is set and learned. Pure.

This is the account of the *rate*, in the server's terms: it counts what a request may cost at most
when it is admitted, and no usage refunds it. Only the server's own words correct it.
"""

from __future__ import annotations

from captioner.flow.budget import Bucket
from captioner.flow.quota import LearnedQuota
from captioner.vision.rate_headers import RateReading

_FIRST_BURST_S = 1.0
"""Seconds of a set rate that may go at once, until the server has told how many it allows."""


class RateAccount:
    """A set ceiling, which may be None, and what the server tells."""

    def __init__(self, per_minute: float | None, *, now_s: float) -> None:
        self.learned = LearnedQuota()
        self.ceiling: Bucket | None = None
        self.set_ceiling(per_minute, now_s=now_s)

    @property
    def per_minute(self) -> float | None:
        """The tighter of what is set and learned; None where there is neither."""
        known = [self.ceiling.rate_per_s * 60] if self.ceiling is not None else []
        if self.learned.is_known:
            known.append(self.learned.rate_per_s * 60)
        return min(known, default=None)

    def set_ceiling(self, per_minute: float | None, *, now_s: float, booked: float = 0.0) -> None:
        """Take another ceiling, None for none; `booked` is what was booked and has not started."""
        self.ceiling = None
        if per_minute is not None:
            rate_per_s = per_minute / 60
            capacity = max(1.0, rate_per_s * max(_FIRST_BURST_S, self.learned.burst_s))
            self.ceiling = Bucket(rate_per_s, capacity, now_s=now_s)
            self.ceiling.book(booked, now_s)

    def book(self, amount: float, now_s: float) -> None:
        """The next request wants `amount`; book before asking when it may start."""
        if self.ceiling is not None:
            self.ceiling.book(amount, now_s)

    def give_back(self, amount: float, now_s: float) -> None:
        """It does not start after all."""
        if self.ceiling is not None:
            self.ceiling.give_back(amount, now_s)

    def ready_at_s(self, amount: float, now_s: float) -> float:
        """When the request that was booked may start."""
        ready_s = self.learned.ready_at_s(amount, now_s)
        return ready_s if self.ceiling is None else max(ready_s, self.ceiling.ready_at_s(now_s))

    def start(self, amount: float, now_s: float) -> None:
        """It starts now."""
        self.learned.start(amount, now_s)

    def observe(
        self, reading: RateReading, *, sent_s: float, amount: float, admitted: bool, now_s: float
    ) -> None:
        """The answer to a request of this amount, sent at `sent_s`, told a reading."""
        self.learned.observe(reading, sent_s=sent_s, amount=amount, admitted=admitted, now_s=now_s)
        if self.ceiling is not None:
            self.ceiling.allow_burst(self.ceiling.rate_per_s * self.learned.burst_s, now_s)

    def pause_until(self, until_s: float, now_s: float) -> None:
        """Stop time for both."""
        self.learned.pause_until(until_s)
        if self.ceiling is not None:
            self.ceiling.pause_until(until_s, now_s)

    def __repr__(self) -> str:
        return f"<RateAccount {self.ceiling!r}, {self.learned!r}>"
