"""Which tasks are worth waiting for when a stream drains."""

from __future__ import annotations

import asyncio

import pytest

from captioner.errors import Abandoned
from captioner.flow.drain import Drain


def test_nothing_may_start_once_it_is_requested() -> None:
    """Before, `check` is silent."""
    drain = Drain()
    drain.check()
    drain.requested = True
    with pytest.raises(Abandoned):
        drain.check()


async def test_a_task_finishes_by_itself_while_its_request_is_out() -> None:
    """Neither before nor after it, however the request ends."""
    drain = Drain()
    go = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        try:
            with drain.finishing():
                await go.wait()
                raise KeyError
        except KeyError:
            await asyncio.sleep(0)
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    assert not drain.finishes_by_itself(task)
    for _ in range(3):
        await asyncio.sleep(0)
    assert drain.finishes_by_itself(task)
    go.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not drain.finishes_by_itself(task)
    task.cancel()
