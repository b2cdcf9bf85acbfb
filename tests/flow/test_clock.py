"""The machine's clock."""

from __future__ import annotations

import asyncio

from captioner.flow.clock import SystemClock


async def test_a_sleep_ends_by_itself() -> None:
    """Without being woken it returns False, and the time has passed."""
    clock = SystemClock()
    began_s = clock.now_s()
    assert await clock.sleep_s(0.002) is False
    assert await clock.sleep_s(0.002, asyncio.Event()) is False
    assert clock.now_s() - began_s >= 0.003


async def test_a_sleeper_is_woken() -> None:
    """Setting the event ends a sleep of an hour at once."""
    wake = asyncio.Event()
    asyncio.get_running_loop().call_soon(wake.set)
    assert await SystemClock().sleep_s(3600, wake) is True
