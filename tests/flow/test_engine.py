"""The engine: order, bounds, early ends, and what one sample's trouble costs the others."""

from __future__ import annotations

import asyncio
import gc
import random
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.errors import Abandoned, PlaceholderError, RunStopped
from captioner.events import (
    BindingChanged,
    Draining,
    Event,
    PlaceholderSettled,
    RecordFaulty,
    SampleRead,
)
from captioner.flow.asking import Asker
from captioner.flow.binding import Binding
from captioner.flow.drain import Drain
from captioner.flow.engine import Engine, Known, nothing_known
from captioner.flow.ledger import Paid
from captioner.flow.places import Place, Places
from captioner.flow.reading import records_of
from captioner.flow.window import Window, WindowSize
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.plan import Placeholder
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord, Record, Sample
from captioner.vision.reply import Reply
from captioner.vision.request import Request

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock

Answer: TypeAlias = Callable[[Request, Drain], Awaitable[Paid]]

IMAGE = "<__dj__image>"


def _paid(text: str) -> Paid:
    return Paid(Reply(text, None, "stop"), attempts=1, latency_s=0.1)


def _sample(identity: int, images: int = 1, size_bytes: int = 0) -> Sample:
    fields = {"text": IMAGE * images, "images": [f"{identity}-{n}.png" for n in range(images)]}
    return Sample(identity, fields, size_bytes=size_bytes)


async def _at_once(request: Request, _drain: Drain) -> Paid:
    return _paid(f"caption {request.sample}-{request.index}")


class FakeAsker:
    """Gets each reply from a function, after the place was left for as long as `away` says."""

    def __init__(self, answer: Answer, places: Places, away: Answer | None) -> None:
        self.answer = answer
        self.places = places
        self.away = away
        self.marks: dict[tuple[int, int], int] = {}

    async def ask(
        self, request: Request, drain: Drain, *, place: Place, since: int = 0, name: str = ""
    ) -> tuple[tuple[Paid, ...], bool]:
        """The reply, never reused."""
        age = (request.sample, request.index)
        await place.take(age)
        self.marks[age] = since
        if self.away is not None:
            place.leave()
            await self.away(request, drain)
            await place.take(age)
        return (await self.answer(request, drain),), False


class Bench:
    """An engine over a fake asker, and what came out of it."""

    def __init__(
        self,
        answer: Answer = _at_once,
        *,
        size: WindowSize | None = None,
        rules: Rules | None = None,
        drain_timeout_s: float = 30.0,
        known: Known = nothing_known,
        gives_up: bool = True,
        places: Places | int = 1024,
        away: Answer | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.window = Window(size or WindowSize())
        if isinstance(places, int):
            number = places
            places = Places(lambda: number)
        self.asker = FakeAsker(answer, places, away)
        asker: Any = self.asker
        self.engine = Engine(
            rules=rules or Rules(rows="captions", keep_original_sample=False),
            image_base="/",
            asker=cast("Asker", asker),
            window=self.window,
            binding=Binding(self.events.append),
            observe=self.events.append,
            drain_timeout_s=drain_timeout_s,
            known=known,
            gives_up=gives_up,
        )
        self.outcomes: list[Outcome] = []

    async def take(self) -> None:
        """Take everything that comes."""
        async for batch in self.engine.batches():
            self.outcomes += batch

    async def run(self, records: AsyncIterator[Record] | Iterable[Record]) -> list[Outcome]:
        """Drive and take until the end; raises what `batches` raises."""
        driving = asyncio.ensure_future(self.drive(records))
        try:
            await self.take()
        finally:
            await driving
        return self.outcomes

    async def drive(self, records: AsyncIterator[Record] | Iterable[Record]) -> None:
        """Drive alone."""
        if not isinstance(records, AsyncIterator):
            records = records_of(records)
        await self.engine.drive(records)

    @property
    def ids(self) -> list[int]:
        """Ids of what came, in the order in which it came."""
        return [outcome.record.id for outcome in self.outcomes]

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def is_clean(self) -> bool:
        """Whether nothing is counted as begun any more."""
        held = (self.window.samples, self.window.sample_bytes, self.window.requests)
        places = (self.asker.places.taken, self.asker.places.waiting)
        return (held, places) == ((0, 0, 0), (0, 0)) and not self.engine._hands.tasks


# --- order


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 3), max_size=30),
    seed=st.integers(0, 2**32),
    window=st.integers(1, 40),
    requests=st.integers(1, 40),
    places=st.integers(1, 6),
)
def test_outcomes_leave_in_order_whatever_the_order_of_replies(
    sizes: list[int], seed: int, window: int, requests: int, places: int
) -> None:
    """And each caption is at its own placeholder, whatever fails, however small the window, however
    few the places, and whoever leaves his for a while."""
    rng = random.Random(seed)

    async def answer(request: Request, _drain: Drain) -> Paid:
        for _ in range(rng.randrange(12)):
            await asyncio.sleep(0)
        if rng.random() < 0.2:
            raise PlaceholderError("timeout", "late")
        return await _at_once(request, _drain)

    async def away(request: Request, _drain: Drain) -> Paid:
        for _ in range(rng.randrange(20)):
            await asyncio.sleep(0)
        return await _at_once(request, _drain)

    async def run() -> None:
        size = WindowSize(samples=window, requests=requests)
        bench = Bench(answer, size=size, places=places, away=away if seed % 2 else None)
        await bench.run(_sample(number, images) for number, images in enumerate(sizes))
        assert bench.ids == list(range(len(sizes)))
        for outcome, images in zip(bench.outcomes, sizes, strict=True):
            assert [caption.index for caption in outcome.captions] == list(range(images))
            for caption in outcome.captions:
                expected = f"caption {outcome.record.id}-{caption.index}"
                assert caption.caption == (None if caption.reason else expected)
        assert bench.is_clean()
        assert not bench.engine.drained

    asyncio.run(run())


async def test_every_record_leaves_in_its_place() -> None:
    """Bad records, malformed samples and samples with nothing to caption among good ones."""
    records: list[Record] = [
        _sample(0),
        BadRecord(1, "line 2", "not_json", "no JSON", "{"),
        Sample(2, {"text": IMAGE, "images": []}),
        Sample(3, {"text": 7, "images": ["a.png"]}),
        _sample(4, images=2),
    ]
    bench = Bench()
    outcomes = await bench.run(records)
    assert [outcome.fault for outcome in outcomes] == ["", "not_json", "", "malformed", ""]
    assert [len(outcome.rows) for outcome in outcomes] == [1, 0, 0, 0, 2]
    assert [(event.sample, event.placeholders) for event in bench.of(SampleRead)] == [
        (0, 1),
        (1, 0),
        (2, 0),
        (3, 0),
        (4, 2),
    ]
    assert [event.sample for event in bench.of(RecordFaulty)] == [1, 3]
    assert len(bench.of(PlaceholderSettled)) == 3


async def test_what_is_ready_soon_is_one_batch() -> None:
    """To hand each outcome over by itself costs more than to write it."""

    async def answer(request: Request, _drain: Drain) -> Paid:
        for _ in range(10 * request.sample):
            await asyncio.sleep(0)
        return _paid("caption")

    bench = Bench(answer)
    driving = asyncio.ensure_future(bench.drive([_sample(n) for n in range(20)]))
    sizes = [len(batch) async for batch in bench.engine.batches(0.1)]
    await driving

    assert sum(sizes) == 20
    assert len(sizes) <= 2


async def test_no_records_are_a_fine_input() -> None:
    """It ends at once, with nothing."""
    assert await Bench().run([]) == []


async def test_a_failed_placeholder_costs_its_own_sample_only() -> None:
    """Its reason and attempts are told and kept."""

    async def answer(request: Request, drain: Drain) -> Paid:
        if request.sample == 1:
            raise PlaceholderError("rejected", "HTTP 400", attempts=2)
        return await _at_once(request, drain)

    bench = Bench(answer)
    outcomes = await bench.run(_sample(number) for number in range(3))
    (failed,) = outcomes[1].captions
    assert (failed.verdict, failed.reason, failed.attempts) == (Verdict.FAILED, "rejected", 2)
    assert bench.of(PlaceholderSettled)[1] == PlaceholderSettled(
        1, 0, "1-0.png", "failed", "rejected", "HTTP 400", 2, False
    )
    assert [outcome.captions[0].caption is None for outcome in outcomes] == [False, True, False]


# --- bounds


async def test_memory_is_bounded_by_the_window(clock: FakeClock) -> None:
    """While the oldest sample is not answered, reading stops at the window's size."""
    first = asyncio.Event()
    read = 0

    async def answer(request: Request, drain: Drain) -> Paid:
        if request.sample == 0:
            await first.wait()
        return await _at_once(request, drain)

    async def source() -> AsyncIterator[Record]:
        nonlocal read
        for number in range(100):
            read += 1
            yield _sample(number)

    bench = Bench(answer, size=WindowSize(samples=10))
    running = asyncio.ensure_future(bench.run(source()))
    await clock.settle()
    assert bench.outcomes == []
    assert read == 11  # the eleventh waits for room
    assert BindingChanged("server") in bench.events
    first.set()
    await running
    assert bench.ids == list(range(100))


async def test_large_samples_fill_the_window_sooner(clock: FakeClock) -> None:
    """The window counts bytes as well."""
    never = asyncio.Event()

    async def answer(_request: Request, _drain: Drain) -> Paid:
        await never.wait()
        raise AssertionError

    bench = Bench(answer, size=WindowSize(sample_bytes=1000))
    running = asyncio.ensure_future(bench.run(_sample(n, size_bytes=300) for n in range(100)))
    await clock.settle()
    assert (bench.window.samples, bench.window.sample_bytes) == (3, 900)
    running.cancel()


async def test_the_requests_being_worked_on_are_bounded(clock: FakeClock) -> None:
    """One sample with many placeholders does not begin them all at once, and ends."""
    begun = most = 0

    async def answer(request: Request, drain: Drain) -> Paid:
        nonlocal begun, most
        begun += 1
        most = max(most, begun)
        await asyncio.sleep(0)
        begun -= 1
        return await _at_once(request, drain)

    bench = Bench(answer, size=WindowSize(requests=4))
    (outcome,) = await bench.run([_sample(0, images=50)])
    assert most == 4
    assert len(outcome.captions) == 50


class Held:
    """Answers that come when they are let go; `most` were waited for at once."""

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Event] = {}
        self.most = 0

    async def __call__(self, request: Request, drain: Drain) -> Paid:
        """Wait to be let go."""
        held = self.waiting[request.sample] = asyncio.Event()
        self.most = max(self.most, len(self.waiting))
        await held.wait()
        return await _at_once(request, drain)

    async def let_go(self, clock: FakeClock, *samples: int) -> None:
        """These are answered."""
        for sample in samples:
            self.waiting.pop(sample).set()
        await clock.settle()


async def test_there_are_as_many_hands_as_places(clock: FakeClock) -> None:
    """Each takes the next placeholder at the same place; more places are used as they come."""
    held, most = Held(), 2
    bench = Bench(held, places=Places(lambda: most))
    running = asyncio.ensure_future(bench.run(_sample(number) for number in range(20)))
    await clock.settle()
    assert list(held.waiting) == [0, 1]
    await held.let_go(clock, 1)
    assert list(held.waiting) == [0, 2]
    most = 4
    await held.let_go(clock, 0)
    assert list(held.waiting) == [2, 3, 4, 5]
    most = 1
    await held.let_go(clock, 2, 3, 4)
    assert list(held.waiting) == [5]
    for number in range(5, 20):
        assert list(held.waiting) == [number]
        await held.let_go(clock, number)
    await running
    assert bench.ids == list(range(20))
    assert bench.is_clean()


async def test_who_waits_to_try_again_holds_nobody_up(clock: FakeClock) -> None:
    """His place is another's meanwhile; when he comes back he goes before those who are younger."""
    held, away = Held(), Held()
    bench = Bench(held, places=1, away=away)
    running = asyncio.ensure_future(bench.run(_sample(number) for number in range(4)))
    await clock.settle()
    assert list(away.waiting) == [0, 1, 2, 3]
    await away.let_go(clock, 3)
    assert list(held.waiting) == [3]
    await away.let_go(clock, 2, 0, 1)
    assert list(held.waiting) == [3]
    for number, left in (3, [0]), (0, [1]), (1, [2]), (2, []):
        await held.let_go(clock, number)
        assert list(held.waiting) == left
    await running
    assert bench.is_clean()


async def test_two_streams_share_the_places(clock: FakeClock) -> None:
    """Neither keeps them while the other waits."""
    places = Places(lambda: 4)
    first, second = Held(), Held()
    benches = [Bench(held, places=places) for held in (first, second)]
    running = [
        asyncio.ensure_future(bench.run(_sample(number) for number in range(40)))
        for bench in benches
    ]
    await clock.settle()
    done = {first: 0, second: 0}
    for _ in range(40):
        for held in (first, second):
            oldest = next(iter(held.waiting), None)
            if oldest is not None:
                await held.let_go(clock, oldest)
                done[held] += 1
        assert len(first.waiting) + len(second.waiting) == 4 or min(done.values()) >= 30
    assert min(done.values()) >= 15
    while first.waiting or second.waiting:
        for held in (first, second):
            await held.let_go(clock, *list(held.waiting))
    await asyncio.gather(*running)
    assert all(bench.is_clean() for bench in benches)


async def test_nobody_is_employed_while_all_ends(clock: FakeClock) -> None:
    """Those who are away give up their places, and nobody begins what is left to do."""
    away = Held()
    bench = Bench(Held(), places=2, away=away)
    driving = asyncio.ensure_future(bench.drive(_sample(number) for number in range(30)))
    await clock.settle()
    assert len(away.waiting) == 30
    hands = bench.engine._hands
    jobs = [(None, None, 0)] * 3
    hands._jobs.extend(jobs)  # type: ignore[arg-type]
    driving.cancel()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        await asyncio.wait([driving])
        gc.collect()
    assert driving.cancelled()
    assert [str(one.message) for one in warned] == []
    assert not hands.tasks


async def test_a_slow_output_stops_the_reading(clock: FakeClock) -> None:
    """A batch counts until the next one is asked for; the disk is named as what binds."""
    bench = Bench(size=WindowSize(samples=6, requests=2))
    driving = asyncio.ensure_future(bench.drive(_sample(number) for number in range(50)))
    batches = bench.engine.batches()
    seen = [outcome.record.id for outcome in await anext(batches)]
    await clock.settle()
    assert len(bench.of(SampleRead)) == 6
    assert bench.of(BindingChanged) == [BindingChanged("disk")]
    async for batch in batches:
        assert len(batch) <= 6
        seen += [outcome.record.id for outcome in batch]
    await driving
    assert seen == list(range(50))


# --- early ends


class HeldAsker:
    """Requests are in flight until `release`d; those above `limit` wait at a gate."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight: dict[int, asyncio.Future[None]] = {}

    async def __call__(self, request: Request, drain: Drain) -> Paid:
        """Go through the gate and wait for the reply."""
        drain.check()
        if len(self.in_flight) >= self.limit:
            await asyncio.Event().wait()
        self.in_flight[request.sample] = asyncio.get_running_loop().create_future()
        with drain.finishing():
            await self.in_flight[request.sample]
        return await _at_once(request, drain)


async def test_a_drain_finishes_what_is_in_flight(clock: FakeClock) -> None:
    """Nothing more is read or begun; what is done leaves in order, and the rest does not."""
    asker = HeldAsker(limit=3)
    bench = Bench(asker, size=WindowSize(samples=10))
    running = asyncio.ensure_future(bench.run(_sample(number) for number in range(100)))
    await clock.settle()
    bench.engine.drain()
    bench.engine.drain()
    assert bench.of(Draining) == [Draining(3)]
    await clock.settle()
    assert not running.done()
    for reply in asker.in_flight.values():
        reply.set_result(None)
    await running
    assert bench.ids == [0, 1, 2]
    assert bench.engine.drained
    assert len(bench.of(SampleRead)) == 10


async def test_a_drain_leaves_no_hole(clock: FakeClock) -> None:
    """What is done behind something that is not stays back, for a later run."""

    async def answer(request: Request, drain: Drain) -> Paid:
        if request.sample == 1:
            raise Abandoned
        return await _at_once(request, drain)

    bench = Bench(answer)

    async def source() -> AsyncIterator[Record]:
        for number in range(4):
            yield _sample(number)
        await clock.settle()
        bench.engine.drain()
        await asyncio.sleep(3600)

    await bench.run(source())
    assert bench.ids == [0]


async def test_a_drain_ends_after_its_time() -> None:
    """An answer that never comes does not hold up the end for ever."""
    bench = Bench(HeldAsker(limit=3), drain_timeout_s=0.005)
    running = asyncio.ensure_future(bench.run([_sample(0)]))
    for _ in range(10):
        await asyncio.sleep(0)
    bench.engine.drain()
    assert await asyncio.wait_for(running, 2) == []


async def test_a_drain_before_the_start_reads_nothing() -> None:
    """A signal that comes that early does not hang the run."""
    bench = Bench(size=WindowSize(samples=1))
    bench.engine.drain()
    assert await asyncio.wait_for(bench.run(_sample(n) for n in range(9)), 2) == []
    assert bench.of(SampleRead) == []


async def test_a_drain_after_the_end_is_none() -> None:
    """The run was complete."""
    bench = Bench()
    await bench.run([_sample(0)])
    bench.engine.drain()
    assert not bench.engine.drained
    assert bench.of(Draining) == []


async def test_a_source_that_raises_ends_the_run_after_what_is_done(clock: FakeClock) -> None:
    """What was read and answered is there, then comes the very error."""

    async def source() -> AsyncIterator[Record]:
        yield _sample(0)
        yield _sample(1)
        await clock.settle()
        raise KeyError("broken")

    bench = Bench()
    with pytest.raises(KeyError, match="broken"):
        await bench.run(source())
    assert bench.ids == [0, 1]
    assert bench.engine.drained


async def test_a_verdict_comes_after_what_is_done(clock: FakeClock) -> None:
    """What is in flight is finished first; the reading stops."""
    held = HeldAsker(limit=9)

    async def answer(request: Request, drain: Drain) -> Paid:
        if request.sample == 2:
            await asyncio.sleep(0)
            raise RunStopped("bad_key", "HTTP 401")
        return await held(request, drain)

    bench = Bench(answer, size=WindowSize(samples=4))
    running = asyncio.ensure_future(bench.run(_sample(number) for number in range(100)))
    await clock.settle()
    assert not running.done()
    for reply in held.in_flight.values():
        reply.set_result(None)
    with pytest.raises(RunStopped) as caught:
        await running
    assert caught.value.verdict == "bad_key"
    assert bench.ids == [0, 1]
    assert len(bench.of(SampleRead)) == 4


async def test_a_bug_is_raised_and_hides_nothing_that_was_done() -> None:
    """An error that nobody foresaw ends the run loudly."""

    async def answer(request: Request, drain: Drain) -> Paid:
        if request.sample == 3:
            raise ZeroDivisionError
        return await _at_once(request, drain)

    bench = Bench(answer, size=WindowSize(samples=1))
    with pytest.raises(ExceptionGroup) as caught:
        await bench.run(_sample(number) for number in range(9))
    assert caught.group_contains(ZeroDivisionError)
    assert bench.ids == [0, 1, 2]


async def test_cancelling_leaves_no_task_and_closes_the_source(clock: FakeClock) -> None:
    """Whoever leaves a stream early leaves nothing behind."""
    closed = False

    async def source() -> AsyncIterator[Record]:
        nonlocal closed
        try:
            for number in range(10**6):
                yield _sample(number)
        finally:
            closed = True

    bench = Bench(HeldAsker(limit=3), size=WindowSize(samples=10))
    before = asyncio.all_tasks()
    driving = asyncio.ensure_future(bench.drive(source()))
    await clock.settle()
    driving.cancel()
    await asyncio.wait([driving])
    assert closed
    assert asyncio.all_tasks() == before
    assert bench.window.requests == 0


# --- runs that only fail


async def test_a_run_that_only_fails_in_one_way_is_stopped() -> None:
    """After the first hundred placeholders, with their reason and the last detail."""

    async def answer(request: Request, _drain: Drain) -> Paid:
        raise PlaceholderError("rejected", f"HTTP 400: no {request.sample}")

    bench = Bench(answer, size=WindowSize(samples=1))
    with pytest.raises(RunStopped, match=r"rejected.*no 99") as caught:
        await bench.run(_sample(number) for number in range(1000))
    assert caught.value.verdict == "all_failed"
    assert bench.ids == list(range(100))


async def test_a_run_that_fails_in_several_ways_goes_on() -> None:
    """Or captions one among the first hundred."""

    async def answer(request: Request, _drain: Drain) -> Paid:
        raise PlaceholderError("rejected" if request.sample else "timeout", "")

    bench = Bench(answer)
    await bench.run(_sample(number) for number in range(300))
    assert bench.ids == list(range(300))


def test_the_repr_shows_the_state() -> None:
    """For logs and failing tests."""
    assert repr(Bench().engine) == "<Engine <Window 0 samples, 0 requests>, 0 held, 0 ready>"


async def test_a_run_that_must_not_give_up_goes_on() -> None:
    """Where only failures are asked for again it is no wonder that they fail alike."""

    async def answer(_request: Request, _drain: Drain) -> Paid:
        raise PlaceholderError("rejected", "")

    bench = Bench(answer, gives_up=False)
    await bench.run(_sample(number) for number in range(300))
    assert bench.ids == list(range(300))


async def test_what_is_known_is_not_asked_for() -> None:
    """Its outcome takes its place as it is; the others are asked for, each from its own mark."""

    def known(placeholder: Placeholder) -> CaptionOutcome | int:
        if (placeholder.sample, placeholder.index) in ((0, 1), (1, 0)):
            return CaptionOutcome(placeholder.sample, placeholder.index, None, "K", Verdict.OK)
        return 10 * placeholder.sample + placeholder.index

    bench = Bench(known=known)
    await bench.run([_sample(0, 3), _sample(1), _sample(2, 2)])
    captions = [[one.caption for one in outcome.captions] for outcome in bench.outcomes]
    assert captions == [
        ["caption 0-0", "K", "caption 0-2"],
        ["K"],
        ["caption 2-0", "caption 2-1"],
    ]
    assert bench.asker.marks == {(0, 0): 0, (0, 2): 2, (2, 0): 20, (2, 1): 21}
    assert bench.is_clean()
