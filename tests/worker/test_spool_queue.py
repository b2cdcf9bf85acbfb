"""When a worker takes what from a spool; time passes only as its clock is asked to sleep."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from captioner.errors import RunStopped
from captioner.settings import WorkerOptions
from captioner.worker.queue import QueueError
from captioner.worker.spool import SpoolQueue
from captioner.worker.spool_folder import SpoolFolder


class Sleeping:
    """A clock that moves by what is slept; `meanwhile` hears the time after each sleep."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.meanwhile: Callable[[float], None] = lambda now_s: None

    def now_s(self) -> float:
        """The time."""
        return self.time_s

    async def sleep_s(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Move it."""
        self.time_s += seconds
        self.meanwhile(self.time_s)
        await asyncio.sleep(0)
        return False


class Profiles:
    """The profiles of a desk, some of which cannot go on."""

    def __init__(self, *names: str) -> None:
        self.profiles = dict.fromkeys(("", *names))
        self.paused: set[str] = set()

    def check(self, profile: str) -> None:
        """Raises for one that is paused."""
        if profile in self.paused:
            raise RunStopped("no_quota", "no money")


@pytest.fixture
def clock() -> Sleeping:
    """Starts at 0 s."""
    return Sleeping()


def opened(root: Path, clock: Sleeping, desk: Any = None, **options: Any) -> SpoolQueue:
    """A queue of a worker that may do all that the desk may."""
    fast = {"settle_s": 2.0, "takeover_s": 20.0, "poll_s": 0.5, **options}
    queue = SpoolQueue(root, WorkerOptions(queue=f"spool:{root}", **fast), "me", clock)
    profiles: Any = desk or Profiles()
    queue.places(profiles)
    queue.folder.create()
    return queue


def drop(root: Path, *names: str) -> None:
    """Put files into it."""
    for name in names:
        path = root / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")


async def names(queue: SpoolQueue, most: int = 9, *, burst: bool = False) -> list[str]:
    """What is taken."""
    return sorted(claim.name for claim in await queue.take(most, burst=burst))


async def test_a_file_is_taken_when_it_has_settled(tmp_path: Path, clock: Sleeping) -> None:
    """While it grows it stays; two seconds after its last change it is claimed."""
    drop(tmp_path, "a.jsonl")

    def grow(now_s: float) -> None:
        if now_s <= 6.0:
            with (tmp_path / "in" / "a.jsonl").open("a") as file:
                file.write("{}\n")

    clock.meanwhile = grow
    queue = opened(tmp_path, clock)
    assert await names(queue) == ["a.jsonl"]
    assert clock.time_s == 8.0


async def test_what_cannot_be_given_back_is_taken_over(
    tmp_path: Path, clock: Sleeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder does not let itself be renamed: no life is shown for it, so that after a while
    another worker has it."""
    drop(tmp_path, "a.jsonl")
    queue = opened(tmp_path, clock)
    (claim,) = await queue.take(1, burst=False)

    def stuck(_claim: str) -> None:
        raise PermissionError(13, "not permitted")

    monkeypatch.setattr(queue.folder, "free", stuck)
    with pytest.raises(PermissionError):
        await claim.give_back()
    other = SpoolQueue(tmp_path, WorkerOptions(queue="spool:x", takeover_s=20.0), "other", clock)
    began_s = clock.now_s()
    beating = asyncio.create_task(queue.watch())
    assert await names(other) == ["a.jsonl"]
    beating.cancel()
    assert clock.now_s() - began_s >= 20.0
    with pytest.raises(RunStopped, match="another worker"):
        queue.folder.check(claim.claim)


async def test_a_claim_is_taken_over_when_its_owner_is_silent(
    tmp_path: Path, clock: Sleeping
) -> None:
    """Not while there are signs of life, and at the earliest after the time without any."""
    drop(tmp_path, "a.jsonl")
    other = SpoolFolder(tmp_path, "other")
    other.create()
    (waiting,) = other.look([""]).waiting
    assert other.take(waiting, "@a")
    clock.meanwhile = lambda now_s: other.beat("@a") if now_s <= 60 else None
    queue = opened(tmp_path, clock)
    assert await names(queue) == ["a.jsonl"]
    assert clock.time_s == 80.0
    assert not other.is_mine("@a")


async def test_a_stalled_reader_does_not_take_over_the_living(
    tmp_path: Path, clock: Sleeping
) -> None:
    """Who did not look for long has seen no silence: one look is no time at all."""
    drop(tmp_path, "a.jsonl")
    other = SpoolFolder(tmp_path, "other")
    other.create()
    other.take(other.look([""]).waiting[0], "@a")
    queue = opened(tmp_path, clock)
    clock.time_s = 10_000.0
    clock.meanwhile = lambda now_s: other.free("@a") if now_s >= 10_005 else None
    assert await names(queue) == ["a.jsonl"]
    assert clock.time_s == 10_005.0


async def test_a_paused_profile_keeps_no_other_waiting(tmp_path: Path, clock: Sleeping) -> None:
    """What cannot be worked on stays where it is, unclaimed, until it can."""
    drop(tmp_path, "cats/a.jsonl", "b.jsonl", "dogs/c.jsonl")
    desk = Profiles("cats")
    desk.paused.add("cats")
    queue = opened(tmp_path, clock, desk)
    assert await names(queue) == ["b.jsonl"]
    clock.meanwhile = lambda now_s: desk.paused.clear() if now_s > 50 else None
    assert await names(queue) == ["a.jsonl"]
    assert (tmp_path / "in" / "dogs" / "c.jsonl").exists()


async def test_places_are_shared_between_profiles(tmp_path: Path, clock: Sleeping) -> None:
    """A profile that dropped much leaves room for one that dropped little and later."""
    drop(tmp_path, *(f"{number}.jsonl" for number in range(5)), "cats/late.jsonl")
    queue = opened(tmp_path, clock, Profiles("cats"))
    assert "late.jsonl" in await names(queue, 2)


async def test_a_burst_waits_for_others(tmp_path: Path, clock: Sleeping) -> None:
    """It is over when nothing waits and nobody holds what may come back."""
    drop(tmp_path, "a.jsonl")
    other = SpoolFolder(tmp_path, "other")
    other.create()
    other.take(other.look([""]).waiting[0], "@a")

    def work(now_s: float) -> None:
        other.beat("@a")
        if now_s >= 30:
            other.remove("@a")

    clock.meanwhile = work
    assert await names(opened(tmp_path, clock), burst=True) == []
    assert clock.time_s == 30.0


async def test_leaving_gives_back(tmp_path: Path, clock: Sleeping) -> None:
    """What a queue still holds when it is left is free for others at once."""
    drop(tmp_path, "a.jsonl")
    async with opened(tmp_path, clock) as queue:
        assert await names(queue) == ["a.jsonl"]
        assert (await queue.depth()).held == 1
    depth = await queue.depth()
    assert (depth.waiting, depth.held) == (1, 0)
    (held,) = SpoolFolder(tmp_path, "other").look([""]).held
    assert held.owner == ""


async def test_what_dead_workers_began_is_swept(tmp_path: Path, clock: Sleeping) -> None:
    """A claim that was never made, and one that was ended, leave nothing for long."""
    queue = opened(tmp_path, clock)
    for name in (".new-dead-0", ".old-dead-1"):
        (tmp_path / "work" / name / "in").mkdir(parents=True)
    clock.meanwhile = lambda now_s: drop(tmp_path, "a.jsonl") if now_s == 25 else None
    await names(queue)
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["@a"]


async def test_a_spool_that_is_gone_is_told_and_waited_for(tmp_path: Path, clock: Sleeping) -> None:
    """Its depth says why; taking goes on when it is back."""
    queue = opened(tmp_path / "spool", clock)
    shutil.rmtree(tmp_path / "spool")
    with pytest.raises(QueueError, match="No such file"):
        await queue.depth()

    def come_back(now_s: float) -> None:
        if now_s == 5:
            queue.folder.create()
            drop(tmp_path / "spool", "a.jsonl")

    clock.meanwhile = come_back
    assert await names(queue) == ["a.jsonl"]
