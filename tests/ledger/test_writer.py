"""Who is free takes everything that waits; nobody waits forever."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from captioner.errors import RunStopped
from captioner.ledger.writer import Writer


class Disk:
    """Notes each group; stands still until it is told to go on, and fails when told to."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.failure: Exception | None = None

    def write(self, group: list[str]) -> None:
        """Write a group."""
        self.begun.set()
        assert self.go_on.wait(10)
        self.groups.append(group)
        if self.failure is not None:
            raise self.failure


async def _started(disk: Disk, writer: Writer[str], first: str) -> asyncio.Future[None]:
    task = asyncio.ensure_future(writer.do(first))
    await asyncio.to_thread(disk.begun.wait)
    return task


async def test_what_comes_while_the_disk_is_busy_is_one_group_in_order() -> None:
    """One commit for a hundred, and none for the first to wait."""
    disk = Disk()
    writer = Writer(disk.write, name="test")
    first = await _started(disk, writer, "first")
    rest = [asyncio.ensure_future(writer.do(str(number))) for number in range(100)]
    await asyncio.sleep(0)
    assert not first.done()
    disk.go_on.set()
    await asyncio.gather(first, *rest)
    assert disk.groups == [["first"], [str(number) for number in range(100)]]
    writer.close()


async def test_work_that_comes_thick_is_gathered() -> None:
    """One after another would be a hundred commits, and a commit costs more than an entry."""
    disk = Disk()
    disk.go_on.set()
    writer = Writer(disk.write, name="test")

    async def several(name: str) -> None:
        for number in range(10):
            await writer.do(f"{name}{number}")

    await asyncio.gather(*(several(name) for name in "abcdefghij"))

    assert len(disk.groups) < 50
    written = [work for group in disk.groups for work in group]
    assert sorted(written) == [f"{name}{number}" for name in "abcdefghij" for number in range(10)]
    writer.close()


async def test_who_is_cancelled_is_written_all_the_same() -> None:
    """It was paid for."""
    disk = Disk()
    writer = Writer(disk.write, name="test")
    first = await _started(disk, writer, "first")
    second = asyncio.ensure_future(writer.do("second"))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    disk.go_on.set()
    assert all(
        isinstance(end, asyncio.CancelledError)
        for end in await asyncio.gather(first, second, return_exceptions=True)
    )
    await writer.do("third")
    assert [work for group in disk.groups for work in group] == ["first", "second", "third"]
    writer.close()


async def test_a_failure_is_each_caller_s_own_and_ends_with_its_group() -> None:
    """Exceptions grow where they are raised, so nobody shares one; then it works again."""
    disk = Disk()
    disk.go_on.set()
    disk.failure = RunStopped("ledger_unwritable", "full")
    disk.failure.__cause__ = cause = OSError("no space")
    writer = Writer(disk.write, name="test")
    ends = await asyncio.gather(*map(writer.do, "abc"), return_exceptions=True)
    assert [str(end) for end in ends] == ["full"] * 3
    assert len({id(end) for end in ends}) == 3
    for end in ends:
        assert isinstance(end, RunStopped)
        assert end.verdict == "ledger_unwritable"
        assert end.__cause__ is cause
    disk.failure = None
    await writer.do("d")
    writer.close()


async def test_a_bug_reaches_the_caller_and_the_thread_goes_on() -> None:
    """Otherwise everybody would wait forever."""
    disk = Disk()
    disk.go_on.set()
    disk.failure = ZeroDivisionError()
    writer = Writer(disk.write, name="test")
    with pytest.raises(ZeroDivisionError):
        await writer.do("a")
    disk.failure = None
    await writer.do("b")
    writer.close()


async def test_closing_writes_what_waits_and_then_takes_nothing_more() -> None:
    """Safe to do twice."""
    disk = Disk()
    writer = Writer(disk.write, name="test")
    first = await _started(disk, writer, "first")
    second = asyncio.ensure_future(writer.do("second"))
    await asyncio.sleep(0)
    disk.go_on.set()
    await asyncio.to_thread(writer.close)
    writer.close()
    await asyncio.gather(first, second)
    assert disk.groups == [["first"], ["second"]]
    with pytest.raises(ValueError, match="closed"):
        await writer.do("third")


async def test_what_is_done_beside_has_its_turn_whatever_comes() -> None:
    """At once, and again when its time has come: while nothing waits and while work comes thick."""
    disk, turns = Disk(), list[int]()
    disk.go_on.set()

    def beside() -> float:
        turns.append(len(disk.groups))
        return 0.005

    writer = Writer(disk.write, name="test", beside=beside)
    end_s = time.monotonic() + 10
    while len(turns) < 5:
        assert time.monotonic() < end_s
        await asyncio.sleep(0.001)
    assert not disk.groups
    while len(set(turns)) < 5:
        assert time.monotonic() < end_s
        await writer.do("work")
    await asyncio.to_thread(writer.close)


def test_several_event_loops_share_one_writer() -> None:
    """Each in its own thread, also one that is gone before its work is done."""
    disk = Disk()
    writer = Writer(disk.write, name="test")

    async def leave() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.do("left"), 0.01)

    asyncio.run(leave())
    disk.go_on.set()

    async def several(name: str) -> None:
        await asyncio.gather(*(writer.do(f"{name}{number}") for number in range(50)))

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(asyncio.run, several(name)) for name in "abcd"]:
            done.result()
    writer.close()
    written = [work for group in disk.groups for work in group]
    assert written[0] == "left"
    assert sorted(written[1:]) == sorted(f"{name}{n}" for name in "abcd" for n in range(50))
    for name in "abcd":
        of_one = [work for work in written if work.startswith(name)]
        assert of_one == [f"{name}{number}" for number in range(50)]
