"""Places for so many, given out in the order of age."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from captioner.flow.line import Age, Line


class Places:
    """A semaphore whose oldest waiter goes first, and whose size may change while it is used.

    `limit` is asked each time a place may be given; call `changed` when it has grown.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._line: Line[None] = Line()
        self.taken = 0

    @property
    def limit(self) -> int:
        """How many places there are now."""
        return self._limit()

    @property
    def are_wanted(self) -> bool:
        """Whether somebody waits for a place, or more are taken than there are now."""
        return bool(self._line) or self.taken > self._limit()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._line)

    async def take(self, age: Age) -> None:
        """Wait for a place. Cancelling the wait leaves no trace."""
        if not self._line and self.taken < self._limit():
            self.taken += 1
            return
        waiter = self._line.join(age)
        self.changed()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self.free()
            else:
                self._line.leave(waiter)
            raise

    def free(self) -> None:
        """Give a place back."""
        self.taken -= 1
        self.changed()

    def changed(self) -> None:
        """Give out what is free now, oldest first."""
        while self._line and self.taken < self._limit():
            turn = self._line.call().turn
            if not turn.done():
                self.taken += 1
                turn.set_result(None)

    def __repr__(self) -> str:
        return f"<Places {self.taken} of {self._limit()} taken, {self.waiting} waiting>"


class Place:
    """A place of somebody who takes it again and again, and keeps it while nobody else wants it.

    `tell` hears 1 when it is left in the midst of work and -1 when that goes on, or is given up.
    """

    __slots__ = ("_is_left", "_places", "_tell", "is_held")

    def __init__(self, places: Places, tell: Callable[[int], None] | None = None) -> None:
        self._places = places
        self._tell = tell
        self._is_left = False
        self.is_held = False

    async def take(self, age: Age) -> None:
        """Wait for it, unless it is held."""
        if self.is_held:
            return
        self._come_back()
        await self._places.take(age)
        self.is_held = True

    def leave(self) -> None:
        """Let others have it until it is taken again."""
        if not self.is_held:
            return
        self.give()
        if self._tell is not None:
            self._is_left = True
            self._tell(1)

    def offer(self) -> None:
        """Give it to whoever waits; keep it where nobody does."""
        if self.is_held and self._places.are_wanted:
            self.give()

    def give(self) -> None:
        """It is not needed any more."""
        if self.is_held:
            self.is_held = False
            self._places.free()
        else:
            self._come_back()

    def _come_back(self) -> None:
        if self._is_left and self._tell is not None:
            self._is_left = False
            self._tell(-1)
