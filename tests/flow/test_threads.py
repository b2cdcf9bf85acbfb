"""How many threads work is given to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest

from captioner.flow.threads import Threads


class HandClock:
    """Seconds that move by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now_s

    def work(self, seconds: float) -> int:
        """Take so long, and say which thread did."""
        self.now_s += seconds
        return threading.get_ident()


@pytest.fixture
def clock() -> HandClock:
    """A clock at 0."""
    return HandClock()


@pytest.fixture
async def threads(clock: HandClock) -> AsyncIterator[Threads]:
    """Up to three threads."""
    opened = Threads(3, "test", now_s=clock)
    yield opened
    opened.close()


async def test_quick_work_stays_in_one_thread(threads: Threads, clock: HandClock) -> None:
    """Several would only fight over the interpreter."""
    seen = {await threads.run(lambda: clock.work(0.001)) for _ in range(20)}

    assert len(seen) == 1
    assert seen != {threading.get_ident()}
    assert threads.is_quick
    assert repr(threads) == "<Threads one>"


async def test_slow_work_is_done_side_by_side(threads: Threads, clock: HandClock) -> None:
    """Three that wait for each other all come through, where one thread would hang."""
    await threads.run(lambda: clock.work(0.1))
    assert not threads.is_quick
    together = threading.Barrier(3)

    waiting = [threads.run(lambda: together.wait(5)) for _ in range(3)]

    assert sorted(await asyncio.gather(*waiting)) == [0, 1, 2]


async def test_after_slow_work_it_is_quick_again(threads: Threads, clock: HandClock) -> None:
    """One large picture among small ones is soon forgotten."""
    await threads.run(lambda: clock.work(0.1))

    for _ in range(10):
        await threads.run(lambda: clock.work(0.001))

    assert threads.is_quick


async def test_an_error_reaches_who_asked_and_nobody_else(threads: Threads) -> None:
    """Whatever it is: the thread goes on."""
    failing, working = threads.run(lambda: int("x")), threads.run(lambda: 1)

    with pytest.raises(ValueError, match="invalid literal"):
        await failing
    assert await working == 1


async def test_results_come_back_to_those_who_wait_in_order(threads: Threads) -> None:
    """Given back many at a time, each reaches its own caller, the first one first."""
    seen = list[int]()

    async def ask(number: int) -> None:
        seen.append(await threads.run(lambda: number))

    await asyncio.gather(*(ask(number) for number in range(200)))

    assert seen == list(range(200))


async def test_work_that_nobody_waits_for_any_more_is_not_begun(threads: Threads) -> None:
    """A run that is stopped has many images in line that it does not need."""
    begun, go_on, done = threading.Event(), threading.Event(), list[str]()

    def hold() -> None:
        begun.set()
        go_on.wait(5)

    first = asyncio.ensure_future(threads.run(hold))
    second = asyncio.ensure_future(threads.run(lambda: done.append("second")))
    await asyncio.to_thread(begun.wait, 5)
    second.cancel()
    go_on.set()
    await first
    await threads.run(lambda: done.append("third"))

    assert done == ["third"]


async def test_closing_drops_what_has_not_begun(clock: HandClock) -> None:
    """Nobody waits for ever, and no thread stays."""
    threads = Threads(3, "closing", now_s=clock)
    begun, done = threading.Event(), list[str]()

    def hold() -> str:
        begun.set()
        time.sleep(0.05)  # closing must find it at work
        return "first"

    first = asyncio.ensure_future(threads.run(hold))
    second = asyncio.ensure_future(threads.run(lambda: done.append("second")))
    await asyncio.to_thread(begun.wait, 5)
    threads.close()

    assert await first == "first"
    with pytest.raises(asyncio.CancelledError):
        await second
    assert not done
    assert not any(thread.name == "closing" for thread in threading.enumerate())
