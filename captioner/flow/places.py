"""Places given out in the order of age."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import TypeAlias

Age: TypeAlias = tuple[int, int]
"""A placeholder's id, (sample, index): what is smaller is older and goes first."""


class Places:
    """A semaphore whose oldest waiter goes first, and whose size may change while it is used.

    `limit` is asked each time a place may be given; call `changed` when it has grown.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._waiters: list[tuple[Age, int, asyncio.Future[None]]] = []
        self._arrivals = 0
        self.taken = 0

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiters)

    async def take(self, age: Age) -> None:
        """Wait for a place. Cancelling the wait leaves no trace."""
        if not self._waiters and self.taken < self._limit():
            self.taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        waiter = (age, self._arrivals, turn)
        heapq.heappush(self._waiters, waiter)
        self.changed()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.free()
            else:
                self._waiters = [other for other in self._waiters if other is not waiter]
                heapq.heapify(self._waiters)
            raise

    def free(self) -> None:
        """Give a place back."""
        self.taken -= 1
        self.changed()

    def changed(self) -> None:
        """Give out what is free now, oldest first."""
        while self._waiters and self.taken < self._limit():
            turn = heapq.heappop(self._waiters)[2]
            if not turn.done():
                self.taken += 1
                turn.set_result(None)

    def __repr__(self) -> str:
        return f"<Places {self.taken} of {self._limit()} taken, {self.waiting} waiting>"
