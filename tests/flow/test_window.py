"""The window: how far ahead of the output the reading may be."""

from __future__ import annotations

import asyncio

from captioner.flow.window import Window, WindowSize


async def _waits(task: asyncio.Task[None]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return not task.done()


async def test_samples_wait_until_one_leaves() -> None:
    """The number of samples between reading and output is bounded."""
    window = Window(WindowSize(samples=2))
    await window.enter_sample(10)
    await window.enter_sample(10)
    third = asyncio.create_task(window.enter_sample(10))
    assert await _waits(third)
    window.leave_sample(10)
    await third
    assert (window.samples, window.sample_bytes) == (2, 20)


async def test_bytes_are_bounded_too() -> None:
    """Large samples wait though their number is small."""
    window = Window(WindowSize(samples=100, sample_bytes=100))
    await window.enter_sample(60)
    assert window.is_full(41)
    assert not window.is_full(40)
    assert not window.takes_sample(41)
    second = asyncio.create_task(window.enter_sample(60))
    assert await _waits(second)
    window.leave_sample(60)
    await second


async def test_one_sample_always_fits() -> None:
    """A sample larger than the window is worked on alone rather than never."""
    window = Window(WindowSize(samples=1, sample_bytes=10))
    await asyncio.wait_for(window.enter_sample(10_000), 1)
    assert window.samples == 1


async def test_requests_are_counted_apart() -> None:
    """Placeholders being worked on have a bound of their own."""
    window = Window(WindowSize(requests=1))
    assert window.takes_request()
    assert not window.takes_request()
    second = asyncio.create_task(window.enter_request())
    assert await _waits(second)
    window.leave_request()
    await second
    assert repr(window) == "<Window 0 samples, 1 requests>"
