"""Waits that end in time; moments that have passed already stand for all others."""

from __future__ import annotations

import asyncio
import math

import pytest

from captioner.vision.deadlines import Deadlines


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


async def test_a_wait_is_ended_when_its_time_has_come() -> None:
    """And only that one, though one timer serves all."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)

    async def wait(deadline_s: float) -> None:
        with deadlines.until(deadline_s):
            await _forever()

    async with asyncio.TaskGroup() as group:
        later = group.create_task(wait(loop.time() + 1000))
        never = group.create_task(wait(math.inf))
        await asyncio.sleep(0)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await wait(loop.time())
        assert not later.done()
        assert not never.done()
        later.cancel()
        never.cancel()
    assert loop.time() + 900 < deadlines._due_s < loop.time() + 1100
    assert not deadlines._waits
    deadlines.close()
    assert deadlines._timer is None


async def test_a_moment_may_be_moved_to_a_later_one() -> None:
    """Once an answer has begun it has more time."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    with deadlines.until(loop.time()) as wait:
        wait.deadline_s = loop.time() + 1000
        for _ in range(5):
            await asyncio.sleep(0)
        assert deadlines._due_s > loop.time() + 900
    deadlines.close()


async def test_who_is_cancelled_by_others_is_cancelled() -> None:
    """Even where the time is over at the same moment: a run that ends must not try again."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)

    async def wait() -> None:
        with deadlines.until(loop.time()):
            await _forever()

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    task.cancel()
    deadlines._sweep()
    with pytest.raises(asyncio.CancelledError):
        await task
    deadlines.close()


async def test_an_error_stays_what_it_is() -> None:
    """Time that ran out meanwhile does not hide it, and cancels nothing later on."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)

    async def wait() -> None:
        with deadlines.until(loop.time()):
            try:
                await _forever()
            except asyncio.CancelledError as error:
                raise ValueError("its own") from error

    with pytest.raises(ValueError, match="its own"):
        await wait()
    await asyncio.sleep(0)
    deadlines.close()
