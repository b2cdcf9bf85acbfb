"""What is paid for, in tokens: settled by usage, and until then taken for the worst. Pure.

This account is not the rate's: a server's limiter charges at admission and never gives back.
"""

from __future__ import annotations

from dataclasses import dataclass

from captioner.samples.outcome import Usage


@dataclass(frozen=True, slots=True)
class Booking:
    """A request that was sent and is not settled: what it costs at worst."""

    id: int
    prompt_tokens: int
    cap_tokens: int

    @property
    def worst(self) -> Usage:
        """All of the prompt, and as much output as was allowed."""
        return Usage(self.prompt_tokens, self.cap_tokens)


class Money:
    """Counts tokens that were billed, and those that open bookings may still cost.

    Each booking ends once: by `settle`, or by `release` where the answer costs nothing.
    """

    def __init__(self) -> None:
        self._bookings = 0
        self._open: dict[int, Booking] = {}
        self._settled = Usage(0, 0)
        self._reserved = Usage(0, 0)

    @property
    def settled(self) -> Usage:
        """Tokens of all that is settled."""
        return self._settled

    @property
    def reserved(self) -> Usage:
        """Tokens that the open bookings cost at worst."""
        return self._reserved

    def reserve(self, prompt_tokens: int, cap_tokens: int) -> Booking:
        """Book a request before it is sent."""
        self._bookings += 1
        booking = Booking(self._bookings, prompt_tokens, cap_tokens)
        self._open[booking.id] = booking
        self._reserved = _sum(self._reserved, booking.worst)
        return booking

    def settle(self, booking: Booking, usage: Usage | None) -> Usage:
        """Replace a booking by what was billed, and return that.

        Where no usage came, as from an attempt that was abandoned, the worst case is booked.
        Raises KeyError for a booking that was ended before.
        """
        self.release(booking)
        billed = booking.worst if usage is None else usage
        self._settled = _sum(self._settled, billed)
        return billed

    def release(self, booking: Booking) -> None:
        """End a booking that costs nothing, such as one that was answered with a 429.

        Raises KeyError for a booking that was ended before.
        """
        del self._open[booking.id]
        worst = booking.worst
        self._reserved = _sum(self._reserved, Usage(-worst.prompt_tokens, -worst.completion_tokens))

    def __repr__(self) -> str:
        return f"<Money {self._settled} settled, {len(self._open)} open: {self._reserved}>"


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.prompt_tokens + other.prompt_tokens, one.completion_tokens + other.completion_tokens
    )
