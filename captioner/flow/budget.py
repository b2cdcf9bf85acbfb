"""A rate as a bucket with a time of its own: the one class for requests and for tokens. Pure."""

from __future__ import annotations


class Bucket:
    """Holds at most `capacity`, refills at `rate_per_s`, and may be booked into debt.

    Debt is what keeps a large booking from starving: it is booked at once and starts when the
    debt is paid, so nothing smaller overtakes it. A pause stops the bucket's own time: after it
    the level is what it was, so no backlog bursts out.
    """

    def __init__(self, rate_per_s: float, capacity: float, *, now_s: float) -> None:
        self.rate_per_s = rate_per_s
        self.capacity = capacity
        self._level = capacity
        self._at_s = now_s

    def book(self, amount: float, now_s: float) -> None:
        """Take `amount`, into debt if need be; wait until `ready_at_s` before using it."""
        self._refill(now_s)
        self._level -= amount

    def give_back(self, amount: float, now_s: float) -> None:
        """Undo a booking that was never used."""
        self._refill(now_s)
        self._level = min(self.capacity, self._level + amount)

    def ready_at_s(self, now_s: float) -> float:
        """When everything booked so far may be used; `now_s` or earlier if it may be now."""
        self._refill(now_s)
        return self._at_s + max(0.0, -self._level) / self.rate_per_s

    def allow_burst(self, capacity: float, now_s: float) -> None:
        """Hold up to `capacity` if that is more than now; the rest is there at once."""
        self._refill(now_s)
        if capacity > self.capacity:
            self._level += capacity - self.capacity
            self.capacity = capacity

    def pause_until(self, until_s: float, now_s: float) -> None:
        """Let no time pass in the bucket until then."""
        self._refill(now_s)
        self._at_s = max(self._at_s, until_s)

    def _refill(self, now_s: float) -> None:
        if now_s > self._at_s:
            grown = self._level + (now_s - self._at_s) * self.rate_per_s
            self._level = min(self.capacity, grown)
            self._at_s = now_s

    def __repr__(self) -> str:
        return f"<Bucket {self._level:.1f} of {self.capacity:g}, {self.rate_per_s:g}/s>"
