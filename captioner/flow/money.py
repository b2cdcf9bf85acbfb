"""What was spent, what open requests may still cost, and how much may be. Pure.

This account is not the rate's: a server's limiter charges at admission and never gives back.

Kept durably is one number a dimension, the *ceiling*: at most this much was spent. It is raised
before anything is sent that it does not cover, by a block for several requests, and lowered from
time to time. So a process that dies at any moment leaves a record that is not too low, and the
next one begins with all of it as spent. Where several accounts are under the same caps, each one's
ceilings are spent for all others.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from captioner.flow.spend import NO_CAPS, NOTHING, Caps, Spend
from captioner.record import record

HEADROOM_REQUESTS: Final = 16
"""So many worst cases are taken as a block: what a dead process may have left counts as spent."""


Step: TypeAlias = Literal["go", "raise", "wait", "stop"]
"""What must happen before a request may be sent.

`go`: nothing. `raise`: the ceiling must be raised first, durably. `wait`: it may fit when open
bookings are settled. `stop`: it will never fit.
"""


@record
class Booking:
    """A request that was sent and is not settled: what it costs at worst."""

    id: int
    worst: Spend


class Account:
    """What was settled, what is reserved, and the ceiling, under caps.

    While usage keeps within its reservations, settled + reserved ≤ ceiling ≤ caps - others. Usage
    beyond its reservation is counted as it is. Each booking ends once: by `settle`, or by `release`
    where the answer costs nothing. `spent` is the ceiling that an earlier life left.
    """

    def __init__(self, caps: Caps = NO_CAPS, spent: Spend = NOTHING) -> None:
        self.caps = caps
        self._is_capped = caps.any
        self._others = NOTHING
        self._left = caps
        self._settled = spent
        self._reserved = NOTHING
        self._ceiling = spent
        self._usual = NOTHING
        self._bookings = 0
        self._open: dict[int, Booking] = {}

    @property
    def settled(self) -> Spend:
        """What was spent for certain, or at worst where nobody will ever tell."""
        return self._settled

    @property
    def reserved(self) -> Spend:
        """What the open bookings cost at worst."""
        return self._reserved

    @property
    def ceiling(self) -> Spend:
        """What may be spent without another record."""
        return self._ceiling

    @property
    def others(self) -> Spend:
        """What others spend at most under the same caps, as far as it was told."""
        return self._others

    def learn(self, others: Spend) -> None:
        """This is what others spend at most under the same caps."""
        self._others = others
        self._left = self.caps.less(others)

    @property
    def open(self) -> int:
        """How many bookings are open."""
        return len(self._open)

    def step(self, worst: Spend) -> Step:
        """What must happen before a request may be sent that costs this much at worst."""
        if not self._is_capped:
            return "go"
        after = self._total + worst
        if self._left.passed_by(after) is not None:
            return "wait" if self._open else "stop"
        return "go" if self._ceiling.covers(after) else "raise"

    def reserve(self, worst: Spend) -> Booking:
        """Book a request before it is sent. Raises ValueError where the step is not `go`."""
        if self.step(worst) != "go":
            raise ValueError(f"{worst} is not covered: {self!r}")
        self._bookings += 1
        self._usual = worst
        booking = self._open[self._bookings] = Booking(self._bookings, worst)
        self._reserved += worst
        return booking

    def settle(self, booking: Booking, actual: Spend | None) -> Spend:
        """Replace a booking by what was billed, and return that; by the worst where it is None.

        Raises KeyError for a booking that was ended before.
        """
        self.release(booking)
        billed = booking.worst if actual is None else actual
        self._settled += billed
        return billed

    def release(self, booking: Booking) -> None:
        """End a booking that costs nothing, such as one that was answered with a 429.

        Raises KeyError for a booking that was ended before.
        """
        del self._open[booking.id]
        self._reserved -= booking.worst

    def ceiling_for(self, worst: Spend, waiting: Spend) -> Spend:
        """The ceiling to record for a request at the step `raise` and all that `waiting` need.

        `waiting` includes that request.
        """
        return self._bounded(waiting + worst.times(HEADROOM_REQUESTS))

    def ceiling_at_rest(self) -> Spend:
        """The ceiling to record now and then: room for a few requests above what is open."""
        room = self._usual.times(HEADROOM_REQUESTS) if self._is_capped else NOTHING
        return self._bounded(room)

    def ceiling_at_end(self) -> Spend:
        """The ceiling to record when nothing more will be sent."""
        return self._bounded(NOTHING)

    def recording(self, ceiling: Spend) -> None:
        """This ceiling is being recorded: until it is known which one stands, the lower one counts.

        The one in memory is never above the one on record, whenever the process dies.
        """
        self._ceiling = self._ceiling.lower(ceiling)

    def recorded(self, ceiling: Spend) -> None:
        """This ceiling stands."""
        self._ceiling = ceiling

    @property
    def _total(self) -> Spend:
        return self._settled + self._reserved

    def _bounded(self, room: Spend) -> Spend:
        # Where usage went beyond its reservation the truth may lie above the caps.
        return self._total.higher(self._left.cut(self._total + room))

    def __repr__(self) -> str:
        return f"<Account {self._settled} settled, {self.open} open: {self._reserved}>"
