"""A clock that is moved by hand, for every test in which time decides something."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from captioner.events import Observer
from captioner.flow.clock import Clock
from captioner.flow.pictures import Fetch, Studio
from captioner.flow.places import Places
from captioner.flow.retrying import RetryPolicy
from captioner.vision.image import ImagePolicy
from captioner.vision.reach import Reach

T = TypeVar("T")

_TURNS = 40
"""Of the event loop, after which everything that can go on without time has done so."""


class AtOnce:
    """Does the work where it stands."""

    async def run(self, work: Callable[[], T]) -> T:
        """Do it now."""
        return work()


async def no_fetch(_url: str, _max_bytes: int) -> bytes:
    """Nothing is to be fetched."""
    raise AssertionError


class FakeClock:
    """Time that passes only when it is told to; starts at 1000 s."""

    def __init__(self) -> None:
        self._now_s = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._slept = 0

    def now_s(self) -> float:
        """The time that was set."""
        return self._now_s

    async def sleep_s(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Sleep until the time is moved past it, at most until `wake` is set."""
        due: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._slept += 1
        heapq.heappush(self._sleepers, (self._now_s + seconds, self._slept, due))
        if wake is None:
            await due
            return False
        waking = asyncio.ensure_future(wake.wait())
        waited: set[asyncio.Future[Any]] = {due, waking}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            return waking.done()
        finally:
            waking.cancel()
            due.cancel()

    @property
    def sleepers(self) -> int:
        """How many sleep now."""
        return sum(not due.done() for _, _, due in self._sleepers)

    def studio(
        self,
        places: Places,
        *,
        fetch: Fetch = no_fetch,
        observe: Observer = lambda _: None,
        max_attempts: int = 8,
    ) -> Studio:
        """A studio in this time, whose work is done at once, with these places."""
        studio = Studio(
            most=lambda: 0,
            workers=AtOnce(),
            fetch=fetch,
            reach=Reach(),
            max_bytes=10**6,
            observe=observe,
            image_tokens=lambda width_px, height_px: width_px + height_px,
            images=ImagePolicy(),
            retries=RetryPolicy(max_attempts=max_attempts),
            clock=self,
        )
        studio.places = places
        return studio

    async def settle(self) -> None:
        """Let everything run that waits for no time."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Let time pass, from one sleeper's end to the next."""
        end_s = self._now_s + seconds
        await self.settle()
        while (next_s := self._next_s()) is not None and next_s <= end_s:
            await self._jump(next_s)
        self._now_s = end_s

    async def run(self, work: Awaitable[T]) -> T:
        """Do the work, jumping to the next sleeper's end whenever everything sleeps."""
        task = asyncio.ensure_future(work)
        await self.settle()
        while not task.done():
            next_s = self._next_s()
            if next_s is None:
                task.cancel()
                raise AssertionError("everything waits, and nobody for time: this would hang")
            await self._jump(next_s)
        return task.result()

    def _next_s(self) -> float | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def _jump(self, to_s: float) -> None:
        self._now_s = max(self._now_s, to_s)
        while self._sleepers and self._sleepers[0][0] <= to_s:
            due = heapq.heappop(self._sleepers)[2]
            if not due.done():
                due.set_result(None)
        await self.settle()


@pytest.fixture
def clock() -> FakeClock:
    """Time moved by hand."""
    clock = FakeClock()
    _checked: Clock = clock
    return clock
