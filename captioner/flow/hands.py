"""Work at places: as many hands as there are places, each of which does one job after the other.

A task for each job, and a wait for a place, would take longer than all that is done at the gate.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from captioner.flow.places import Place, Places

J = TypeVar("J")


class Hands(Generic[J]):
    """Does what is added, in its order, with `do`, which takes the place that it is given.

    Whoever leaves his place in the midst of a job, as to wait for another try, has somebody else
    in his stead meanwhile. The hands are tasks of `group`, which must be entered before anything
    is added. An error of `do` ends all of it.
    """

    def __init__(
        self,
        places: Places,
        group: asyncio.TaskGroup,
        do: Callable[[J, Place], Awaitable[None]],
    ) -> None:
        self._places = places
        self._group = group
        self._do = do
        self._jobs: deque[J] = deque()
        self._away = 0
        self.tasks: set[asyncio.Task[Any]] = set()

    def add(self, job: J) -> None:
        """Do it when it is its turn."""
        self._jobs.append(job)
        self._employ()

    def drop(self) -> int:
        """Do nothing of what has not begun; how many jobs that were."""
        dropped = len(self._jobs)
        self._jobs.clear()
        return dropped

    @property
    def _working(self) -> int:
        return len(self.tasks) - self._away

    def _employ(self) -> bool:
        """Have as many at work as there are places; whether there are no more than that."""
        limit = self._places.limit
        while self._jobs and self._working < limit:
            hand = self._group.create_task(self._work())
            self.tasks.add(hand)
            # For one that is cancelled before it begins.
            hand.add_done_callback(self.tasks.discard)
        return self._working <= limit

    def _left(self, more: int) -> None:
        """So many more have left their place for a while."""
        self._away += more
        self._employ()

    async def _work(self) -> None:
        place = Place(self._places, self._left)
        try:
            while self._jobs and self._employ():
                await self._do(self._jobs.popleft(), place)
                place.offer()
        except BaseException:
            self.drop()  # the group ends, and takes nobody any more
            raise
        finally:
            place.give()
            # At once: somebody may be looked for before this task's end is known.
            self.tasks.discard(asyncio.current_task())

    def __repr__(self) -> str:
        return f"<Hands {len(self.tasks)}, {self._away} of them away, {len(self._jobs)} jobs left>"
