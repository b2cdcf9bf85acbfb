"""The worker's loop before a queue of the test's: what it takes, gives back, and when it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, cast

import pytest

from captioner.errors import Abandoned, RunStopped
from captioner.settings import settings_from
from captioner.worker import service as service_module
from captioner.worker.desk import Desk
from captioner.worker.hearing import Hearers
from captioner.worker.queue import Claim, Depth, QueueError
from captioner.worker.service import Service
from tests.flow.conftest import FakeClock
from tests.worker.said import Said


class QuietDesk(Desk):
    """A desk at which nobody asks for a seat: it opens none beforehand."""

    async def watch(self) -> None:
        """Nothing to see."""
        await asyncio.Event().wait()


class Work:
    """A claim that is done when the test says so, or raises what the test says."""

    def __init__(self, queue: HeapQueue, name: str, profile: str = "") -> None:
        self.queue, self.name, self.profile = queue, name, profile
        self.may_end = asyncio.Event()
        self.error: BaseException | None = None
        self.minds_drain = True
        self.sticks: Exception | None = None

    async def work(self, desk: Desk) -> None:
        """Wait; abandoned where the desk drains, as a job is."""
        if desk.is_draining:
            raise Abandoned
        desk.check(self.profile)
        while not self.may_end.is_set():
            if desk.is_draining and self.minds_drain:
                raise Abandoned
            await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.queue.held.remove(self)
        self.queue.done.append(self.name)

    async def give_back(self) -> None:
        """Another may have it."""
        assert self.queue.is_open
        self.queue.held.remove(self)
        if self.sticks is not None:
            raise self.sticks
        self.queue.given_back.append(self.name)


class HeapQueue:
    """What waits, what is held, and what became of it."""

    def __init__(self, places: int = 2) -> None:
        self.waiting: list[Work] = []
        self.held: list[Work] = []
        self.done: list[str] = []
        self.given_back: list[str] = []
        self.asked: list[int] = []
        self.trouble = ""
        self.is_open = False
        self._places = places
        self._more = asyncio.Event()

    def add(self, name: str, profile: str = "") -> Work:
        """One more waits."""
        work = Work(self, name, profile)
        self.waiting.append(work)
        self._more.set()
        return work

    async def __aenter__(self) -> Self:
        self.is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.is_open = False

    def places(self, desk: Desk) -> int:
        """As many as it was made with."""
        return self._places

    async def take(self, most: int, *, burst: bool) -> Sequence[Claim]:
        """Those that wait longest."""
        assert most > 0
        self.asked.append(most)
        while not self.waiting:
            if burst and not self.held:
                return []
            self._more.clear()
            if burst:
                await asyncio.sleep(0)
            else:
                await self._more.wait()
        claims, self.waiting = self.waiting[:most], self.waiting[most:]
        self.held += claims
        assert len(self.held) <= self._places
        return claims

    async def depth(self) -> Depth:
        """What there is."""
        if self.trouble:
            raise QueueError(self.trouble)
        return Depth(len(self.waiting), len(self.held), 0.0)

    async def watch(self) -> None:
        """Nothing to see."""
        await asyncio.Event().wait()


class Bench:
    """A service, its queue and its log."""

    def __init__(self, *, places: int = 2, burst: bool = False, drain_s: float = 30.0) -> None:
        self.clock = FakeClock()
        self.queue, self.log = HeapQueue(places), Said()
        ledger: Any = None
        settings = settings_from(base_url="embedded")
        self.desk = QuietDesk(
            {"": settings, "night": settings},
            cast("Any", ledger),
            self.clock,
            Hearers([]),
            self.log,
        )
        self.service = Service(
            self.desk,
            self.queue,
            clock=self.clock,
            log=self.log,
            name="heap",
            burst=burst,
            drain_timeout_s=drain_s,
        )

    def why(self) -> list[str]:
        """Why it is not ready."""
        return list(self.service.readiness().why)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run it; at the end it is drained, and must end."""
        task = asyncio.create_task(self.service.run())
        await self.clock.settle()
        yield task
        self.service.drain()
        await asyncio.wait_for(task, 5)
        assert not self.queue.held, "what was taken is done or given back"
        assert not self.queue.is_open


@pytest.fixture(autouse=True)
def _hardly_any_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "_REST_S", 0.01)


async def _until(holds: Callable[[], object]) -> None:
    began_s = time.monotonic()
    while not holds():
        assert time.monotonic() - began_s < 5, "it did not come about"
        await asyncio.sleep(0.001)


async def test_it_takes_no_more_than_it_has_places_for() -> None:
    """Each that is done makes room for one."""
    bench = Bench(places=2)
    works = [bench.queue.add(f"file {number}") for number in range(5)]
    async with bench.running():
        assert bench.queue.held == works[:2]
        assert [claim.name for claim in bench.service.claims] == ["file 0", "file 1"]
        works[1].may_end.set()
        await bench.clock.settle()
        assert bench.queue.held == [works[0], works[2]]
        for work in works:
            work.may_end.set()
        await _until(lambda: len(bench.queue.done) == 5)
    assert bench.queue.asked[:2] == [2, 1]
    assert max(bench.queue.asked) <= 2


async def test_paused_it_takes_nothing_and_resumed_it_goes_on() -> None:
    """Also what comes while it already waits at the queue; what it holds goes on."""
    bench = Bench(places=2)
    first = bench.queue.add("first")
    async with bench.running():
        bench.service.pause()
        await bench.clock.settle()
        second = bench.queue.add("second")
        await bench.clock.settle()
        assert bench.queue.held == [first]
        assert bench.why() == ["paused by an operator"]
        first.may_end.set()
        await bench.clock.settle()
        assert (bench.queue.done, bench.queue.held) == (["first"], [])
        second.may_end.set()
        bench.service.resume()
        await _until(lambda: "second" in bench.queue.done)
        assert bench.why() == []


async def test_a_burst_that_is_paused_is_not_over() -> None:
    """The queue was not found empty: nobody looked."""
    bench = Bench(burst=True)
    held = bench.queue.add("a")
    async with bench.running() as task:
        bench.service.pause()
        held.may_end.set()
        await bench.clock.settle()
        bench.queue.add("b").may_end.set()
        await bench.clock.settle()
        assert not task.done()
        bench.service.resume()
        await asyncio.wait_for(task, 5)
    assert bench.queue.done == ["a", "b"]


async def test_a_drain_gives_back_what_is_not_done() -> None:
    """It takes nothing more, and says that it is draining; the rest is for others."""
    bench = Bench(places=3)
    works = [bench.queue.add(name) for name in "abcd"]
    async with bench.running():
        works[1].may_end.set()
        works[1].minds_drain = works[2].minds_drain = False
        bench.service.drain()
        bench.service.drain()
        assert bench.why() == ["draining: it was told to stop"]
        await bench.clock.settle()
        works[2].may_end.set()
    assert sorted(bench.queue.done) == ["b", "c"]
    assert bench.queue.given_back == ["a"]
    assert bench.queue.waiting == [works[3]]
    assert bench.log.of("info").count("draining") == 1


async def test_what_outlasts_the_drain_time_is_cut_short_and_given_back() -> None:
    """A worker ends within its time, whatever hangs."""
    bench = Bench(drain_s=0.05)
    bench.queue.add("hangs").minds_drain = False
    async with bench.running():
        pass
    assert bench.queue.given_back == ["hangs"]


async def test_a_burst_ends_when_the_queue_is_empty() -> None:
    """By itself, when all that it took is done."""
    bench = Bench(burst=True)
    for name in "abc":
        bench.queue.add(name).may_end.set()
    await asyncio.wait_for(bench.service.run(), 5)
    assert sorted(bench.queue.done) == ["a", "b", "c"]
    assert bench.service.stopped is None
    assert not bench.queue.is_open


async def test_what_stops_a_profile_pauses_it_alone() -> None:
    """The claim is given back, the reason said once; another profile's claims go on."""
    bench = Bench(places=2)
    stopping = [bench.queue.add(f"night {number}", "night") for number in range(2)]
    for work in stopping:
        work.error = RunStopped("no_quota", "nothing is left")
        work.may_end.set()
    async with bench.running():
        await _until(lambda: len(bench.queue.given_back) == 2)
        assert bench.desk.pauses["night"].reason == "no_quota"
        assert bench.why() == ["profile night: no_quota: nothing is left"]
        assert bench.service.readiness("night").why == tuple(bench.why())
        assert bench.service.readiness("").why == ()
        bench.queue.add("day").may_end.set()
        await _until(lambda: "day" in bench.queue.done)
        assert bench.service.stopped is None
    assert bench.log.of("warning") == ["profile stopped"]
    with pytest.raises(RunStopped, match="nothing is left"):
        bench.desk.check("night")
    await bench.clock.advance(60.0)
    bench.desk.check("night")
    assert not bench.desk.pauses


async def test_a_burst_ends_where_a_profile_is_stopped() -> None:
    """It would wait for ever for what cannot be done; `stopped` says why."""
    bench = Bench(places=1, burst=True)
    work = bench.queue.add("a")
    work.error = RunStopped("budget_reached", "all is spent")
    work.may_end.set()
    bench.queue.add("b").may_end.set()
    await asyncio.wait_for(bench.service.run(), 5)
    assert bench.service.stopped is work.error
    assert bench.queue.given_back == ["a"]
    assert bench.queue.done == []


async def test_a_claim_that_another_has_pauses_nothing() -> None:
    """It was slow to show that it lives; that says nothing about its profile."""
    bench = Bench()
    work = bench.queue.add("a")
    work.error = RunStopped("claim_lost", "another has it")
    work.may_end.set()
    async with bench.running():
        await _until(lambda: bench.queue.given_back)
        assert not bench.desk.pauses
    assert bench.log.of("warning") == ["another worker has it now"]


@pytest.mark.parametrize(
    ("error", "level", "said"),
    [
        (KeyError("a bug"), "exception", "unexpected error: this is a bug"),
        (QueueError("no route to it"), "warning", "queue unreachable"),
    ],
)
async def test_what_is_unexpected_is_logged_and_given_back(
    error: Exception, level: str, said: str
) -> None:
    """The worker lives on, and does the next."""
    bench = Bench(places=1)
    work = bench.queue.add("a", "night")
    work.error = error
    work.may_end.set()
    async with bench.running():
        await _until(lambda: bench.queue.given_back)
        bench.queue.add("b").may_end.set()
        await _until(lambda: bench.queue.done == ["b"])
    (event,) = bench.log.of(level)
    assert event.startswith(said)
    facts = next(facts for at, _, facts in bench.log.lines if at == level)
    assert (facts["claim"], facts["profile"]) == ("a", "night")


@pytest.mark.parametrize(
    "sticks", [QueueError("gone"), OSError(30, "read-only"), KeyError("a bug")]
)
@pytest.mark.parametrize(
    "error",
    [RunStopped("no_quota", "x"), RunStopped("claim_lost", "x"), QueueError("x"), KeyError()],
)
async def test_what_cannot_be_given_back_ends_nothing(sticks: Exception, error: Exception) -> None:
    """It is said, and the others go on: this claim's, the queue's next, and the worker itself."""
    bench = Bench(places=2)
    beside = bench.queue.add("beside")
    work = bench.queue.add("a", "night")
    work.error, work.sticks = error, sticks
    work.may_end.set()
    async with bench.running() as task:
        await _until(lambda: work not in bench.queue.held)
        bench.queue.add("next").may_end.set()
        await _until(lambda: "next" in bench.queue.done)
        beside.may_end.set()
        await _until(lambda: "beside" in bench.queue.done)
        assert not task.done()
    level = "warning" if isinstance(sticks, QueueError) else "exception"
    (facts,) = [facts for at, event, facts in bench.log.lines if event.startswith("not given back")]
    assert (facts["claim"], facts["profile"]) == ("a", "night")
    assert any(event.startswith("not given back") for event in bench.log.of(level))


async def test_a_drain_ends_though_something_cannot_be_given_back() -> None:
    """The rest is given back all the same."""
    bench = Bench(places=3)
    works = [bench.queue.add(name) for name in "abc"]
    works[1].sticks = OSError(30, "read-only")
    async with bench.running():
        pass
    assert sorted(bench.queue.given_back) == ["a", "c"]
    told = [facts["claim"] for _, event, facts in bench.log.lines if event == "given back"]
    assert sorted(map(str, told)) == ["a", "c"]


async def test_a_drain_while_it_takes_loses_nothing() -> None:
    """What the queue gives in the same moment is given back; nothing hangs."""
    for add_first in (True, False):
        bench = Bench()
        async with bench.running():
            if add_first:
                bench.queue.add("a")
            bench.service.drain()
            if not add_first:
                bench.queue.add("a")
        assert bench.queue.given_back == ["a"] or [w.name for w in bench.queue.waiting] == ["a"]
        assert bench.queue.done == []


async def test_a_queue_that_cannot_be_reached_is_told_and_looked_at_again() -> None:
    """Every two seconds; readiness says why."""
    bench = Bench()
    bench.queue.trouble = "connection refused"
    async with bench.running():
        assert bench.why() == ["queue unreachable: connection refused"]
        bench.queue.trouble = ""
        await bench.clock.advance(2.0)
        assert bench.why() == []
        assert bench.service.depth == Depth(0, 0, 0.0)
        bench.queue.trouble = "connection refused"
        for _ in range(3):
            await bench.clock.advance(2.0)
        bench.queue.trouble = ""
        await bench.clock.advance(2.0)
    told = [(at, event) for at, event, _ in bench.log.lines if event != "draining"]
    assert told == [
        ("warning", "queue unreachable"),
        ("info", "worker started"),
        ("warning", "queue unreachable"),
        ("info", "queue reached again"),
    ]


async def test_it_says_that_it_started_once_the_queue_was_reached() -> None:
    """With the queue's name, and once."""
    bench = Bench()
    assert not bench.log.lines
    async with bench.running():
        await bench.clock.advance(10.0)
    (facts,) = [facts for _, event, facts in bench.log.lines if event == "worker started"]
    assert facts == {"queue": "heap"}


async def test_cancelled_it_gives_back_what_it_holds() -> None:
    """While it takes and while it works: nothing is lost, and the queue is left at the end."""
    for names in ((), ("a", "b"), ("a",)):
        bench = Bench(places=2)
        for name in names:
            bench.queue.add(name).minds_drain = False
        task = asyncio.create_task(bench.service.run())
        await bench.clock.settle()
        assert len(bench.queue.held) == len(names)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(bench.queue.given_back) == list(names)
        assert not bench.queue.held
        assert not bench.queue.is_open
