"""Samples from iterables and from sources that a thread reads."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from captioner.errors import RunStopped
from captioner.flow import reading
from captioner.flow.reading import pumped, records_of
from captioner.samples.sample import BadRecord, Record, Sample


def _readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "captioner-reader"]


def _samples(number: int) -> Iterator[Record]:
    for identity in range(number):
        yield Sample(identity, {"n": identity})


async def test_items_get_their_positions_as_ids() -> None:
    """From lists and async generators alike."""

    async def later() -> AsyncIterator[dict[str, Any]]:
        yield {"a": 1}
        await asyncio.sleep(0)
        yield {"a": 2}

    expected = [Sample(0, {"a": 1}), Sample(1, {"a": 2})]
    assert [record async for record in records_of([{"a": 1}, {"a": 2}])] == expected
    assert [record async for record in records_of(later())] == expected


async def test_an_item_that_is_no_mapping_is_a_bad_record() -> None:
    """It costs itself only, and its place in the order stays."""
    items: list[Any] = [{"a": 1}, "text", None, Sample(77, {})]
    records = [record async for record in records_of(items)]
    assert [record.id for record in records] == [0, 1, 2, 77]
    assert [isinstance(record, BadRecord) for record in records] == [False, True, True, False]
    bad = records[1]
    assert isinstance(bad, BadRecord)
    assert (bad.reason, bad.where) == ("malformed", "sample 1")
    assert "str" in bad.detail


@pytest.mark.parametrize("number", [0, 1, 7, 1000])
async def test_a_thread_reads_everything_in_order(number: int) -> None:
    """And ends when it is done."""
    read = [record.id async for record in pumped(lambda: _samples(number), ahead=3)]
    assert read == list(range(number))
    assert _readers() == []


async def test_an_error_comes_after_what_was_read() -> None:
    """Whatever the reading raises passes through, also where it cannot even begin."""

    def broken() -> Iterator[Record]:
        yield Sample(0, {})
        raise KeyError("x")

    records = pumped(broken)
    assert (await anext(records)).id == 0
    with pytest.raises(KeyError):
        await anext(records)

    def closed() -> Iterator[Record]:
        raise KeyError("y")

    with pytest.raises(KeyError):
        await anext(pumped(closed))
    assert _readers() == []


async def test_an_input_that_cannot_be_read_on_is_a_verdict() -> None:
    """A disk or pipe that fails stops the run with its state kept."""

    def broken() -> Iterator[Record]:
        yield Sample(0, {})
        raise OSError(5, "Input/output error")

    with pytest.raises(RunStopped, match="Input/output error") as caught:
        [record async for record in pumped(broken)]
    assert caught.value.verdict == "input_unreadable"


async def test_the_thread_is_only_a_little_ahead() -> None:
    """Memory does not grow with the input when whoever takes is slow."""
    read = 0

    def source() -> Iterator[Record]:
        nonlocal read
        for record in _samples(100):
            read += 1
            yield record

    records = pumped(source, ahead=3)
    for taken in range(1, 20):
        await anext(records)
        await asyncio.sleep(0.001)
        assert read <= taken + 3 + 1
    await records.aclose()  # type: ignore[attr-defined]
    assert read < 30


async def test_the_thread_goes_on_before_all_is_taken() -> None:
    """At the latest once half of what it read ahead is taken, and never further ahead than told."""
    read = 0

    def source() -> Iterator[Record]:
        nonlocal read
        for record in _samples(100):
            read += 1
            yield record

    records = pumped(source, ahead=8)
    for taken in range(1, 40):
        await anext(records)
        async with asyncio.timeout(20):
            while read < taken + 4:  # noqa: ASYNC110 - a thread moves it
                await asyncio.sleep(0.001)
        # The thread has one more in hand.
        assert read <= taken + 8 + 1
    await records.aclose()  # type: ignore[attr-defined]


async def test_leaving_early_ends_the_thread_and_closes_the_source() -> None:
    """Files that the source holds are closed."""
    closed = threading.Event()

    def source() -> Iterator[Record]:
        try:
            yield from _samples(10**6)
        finally:
            closed.set()

    async with contextlib.aclosing(pumped(source, ahead=2)) as records:  # type: ignore[type-var]
        await anext(records)
    assert closed.wait(1)
    assert _readers() == []


async def test_each_record_is_there_as_soon_as_it_is_read() -> None:
    """Samples from a pipe do not wait for those that follow."""
    lines: queue.Queue[int | None] = queue.Queue()

    def source() -> Iterator[Record]:
        while (number := lines.get()) is not None:
            yield Sample(number, {})

    records = pumped(source)
    for number in range(50):
        lines.put(number)
        assert (await asyncio.wait_for(anext(records), 2)).id == number
    lines.put(None)
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(records), 2)


async def test_a_reader_that_hangs_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An idle pipe keeps neither the stream nor the process alive."""
    monkeypatch.setattr(reading, "_JOIN_S", 0.005)
    release = threading.Event()

    def source() -> Iterator[Record]:
        yield Sample(0, {})
        release.wait(10)

    async with contextlib.aclosing(pumped(source)) as records:  # type: ignore[type-var]
        await anext(records)
    (hanging,) = _readers()
    assert hanging.daemon
    release.set()
    hanging.join(2)
    assert _readers() == []
