"""Places given out fairly between shares, and within a share in the order of age."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from captioner.flow.fairness import Turns

Age: TypeAlias = tuple[int, ...]
"""What is smaller is older and goes first, such as a placeholder's id, (sample, index)."""


@dataclass(frozen=True, slots=True)
class Share:
    """Whose requests these are. Shares with different names that wait are served equally.

    Within a name the lower `rank` goes first: who waits for one answer goes before whole files.
    """

    name: str = ""
    rank: int = 1


SOLE = Share()
"""The share of who has a gate for himself."""

_Waiter: TypeAlias = tuple[Age, int, asyncio.Future[None], float]


class Places:
    """A semaphore whose oldest waiter goes first, and whose size may change while it is used.

    Waiters of different shares get the same cost over time, whatever their ages. `limit` is asked
    each time a place may be given; call `changed` when it has grown.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._lines: dict[str, list[_Waiter]] = {}
        self._turns = Turns()
        self._arrivals = 0
        self.taken = 0

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(map(len, self._lines.values()))

    @property
    def shares(self) -> int:
        """How many shares have someone waiting."""
        return len(self._lines)

    async def take(self, age: Age, *, share: str = "", cost: float = 1.0) -> None:
        """Wait for a place. Cancelling the wait leaves no trace."""
        if not self._lines and self.taken < self._limit():
            self.taken += 1
            self._turns.given(share, cost)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        waiter = (age, self._arrivals, turn, cost)
        heapq.heappush(self._lines.setdefault(share, []), waiter)
        self.changed()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.free()
            else:
                self._leave(share, waiter)
            raise

    def free(self) -> None:
        """Give a place back."""
        self.taken -= 1
        self.changed()

    def changed(self) -> None:
        """Give out what is free now: to the share whose turn it is, oldest first."""
        while self._lines and self.taken < self._limit():
            share = self._turns.next(self._lines)
            line = self._lines[share]
            _, _, turn, cost = heapq.heappop(line)
            if not line:
                del self._lines[share]
            if not turn.done():
                self._turns.given(share, cost)
                self.taken += 1
                turn.set_result(None)

    def _leave(self, share: str, waiter: _Waiter) -> None:
        line = [other for other in self._lines.get(share, ()) if other is not waiter]
        if line:
            heapq.heapify(line)
            self._lines[share] = line
        else:
            self._lines.pop(share, None)

    def __repr__(self) -> str:
        return f"<Places {self.taken} of {self._limit()} taken, {self.waiting} waiting>"
