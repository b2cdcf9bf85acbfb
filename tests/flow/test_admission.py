"""The gate's promises, shown in a time that is moved by hand."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from captioner.events import BindingChanged, Event
from captioner.flow.admission import Gate, Guard
from captioner.flow.binding import Binding
from captioner.flow.budget import Bucket
from captioner.flow.concurrency import Concurrency
from captioner.flow.places import Age

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock


class Bench:
    """A gate, and requests that note when they were admitted."""

    def __init__(
        self,
        clock: FakeClock,
        *,
        concurrency: int | None = 100,
        requests: Bucket | None = None,
        tokens: Bucket | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.concurrency = Concurrency(fixed=concurrency, maximum=64)
        self.gate = Gate(
            concurrency=self.concurrency,
            requests=requests,
            tokens=tokens,
            guard=guard,
            clock=clock,
            binding=Binding(self.events.append),
        )
        self.admitted: list[tuple[Age, float]] = []

    async def request(self, age: Age, tokens: int = 0, takes_s: float | None = None) -> None:
        """Pass the gate, and stay in flight for `takes_s`."""
        async with self.gate.admitted(age, tokens):
            assert self.gate.in_flight <= self.gate.limit
            self.admitted.append((age, self.clock.now_s() - 1000))
            if takes_s is not None:
                await self.clock.sleep_s(takes_s)

    def start(self, age: Age, tokens: int = 0, takes_s: float | None = None) -> asyncio.Task[None]:
        """The same as a task."""
        return asyncio.ensure_future(self.request(age, tokens, takes_s))

    @property
    def order(self) -> list[int]:
        """The samples in the order of admission."""
        return [age[0] for age, _ in self.admitted]

    @property
    def times_s(self) -> list[float]:
        """Seconds of admission since the start."""
        return [round(at_s, 6) for _, at_s in self.admitted]


async def test_without_limits_of_rate_all_places_are_used_at_once(clock: FakeClock) -> None:
    """A concurrency of N holds N from the first request, and never more."""
    bench = Bench(clock, concurrency=3)
    tasks = [bench.start((number, 0), takes_s=1.0) for number in range(7)]
    await clock.settle()
    assert bench.gate.in_flight == 3
    assert bench.gate.waiting == 4
    assert repr(bench.gate) == "<Gate 3 of 3 in flight, 4 waiting>"
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 0, 0, 1, 1, 1, 2]
    assert (bench.gate.in_flight, bench.gate.waiting) == (0, 0)


async def test_what_is_older_goes_first_a_retry_too(clock: FakeClock) -> None:
    """A retry of sample 1 that arrives last overtakes all that wait behind the head."""
    bench = Bench(clock, requests=Bucket(1.0, 1.0, now_s=clock.now_s()))
    tasks = [bench.start((number, 0)) for number in (10, 11, 14, 13, 12)]
    await clock.settle()
    tasks.append(bench.start((1, 0)))
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == [10, 11, 1, 12, 13, 14]
    assert bench.times_s == [0, 1, 2, 3, 4, 5]


async def test_a_large_request_does_not_starve(clock: FakeClock) -> None:
    """It is booked into debt, so nothing smaller passes it, and starts when the debt is paid."""
    bench = Bench(clock, tokens=Bucket(100.0, 100.0, now_s=clock.now_s()))
    tasks = [bench.start((0, 0), 100), bench.start((1, 0), 1000)]
    tasks += [bench.start((number, 0), 1) for number in range(2, 50)]
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == list(range(50))
    assert bench.times_s[:3] == [0, 10, pytest.approx(10.01)]


async def test_both_rates_hold(clock: FakeClock) -> None:
    """The tighter one decides for each request, and is named as what binds."""
    bench = Bench(
        clock,
        requests=Bucket(2.0, 1.0, now_s=clock.now_s()),
        tokens=Bucket(10.0, 10.0, now_s=clock.now_s()),
    )
    tasks = [bench.start((number, 0), tokens) for number, tokens in enumerate([1, 1, 30, 1])]
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 0.5, 2.5, 2.6]
    causes = [event.cause for event in bench.events if isinstance(event, BindingChanged)]
    assert causes == ["reading", "requests", "tokens", "reading"]


async def test_a_pause_stops_everyone_and_nothing_bursts_after_it(clock: FakeClock) -> None:
    """After it the pace goes on where it was: what was not used meanwhile is not made up for."""
    bench = Bench(clock, tokens=Bucket(10.0, 10.0, now_s=clock.now_s()))
    tasks = [bench.start((number, 0), 10) for number in range(6)]
    await clock.advance(1.5)
    assert bench.times_s == [0, 1]
    bench.gate.pause(60.0)
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 1, 62, 63, 64, 65]
    assert BindingChanged("server") in bench.events


async def test_a_pause_binds_where_no_rate_is_set(clock: FakeClock) -> None:
    """The gate of an endpoint without known limits stops as well; a shorter pause adds nothing."""
    bench = Bench(clock)
    bench.gate.pause(5.0)
    await clock.advance(1.0)
    bench.gate.pause(2.0)
    task = bench.start((0, 0))
    await clock.run(task)
    assert bench.times_s == [5]


async def test_a_cancelled_waiter_leaves_no_trace(clock: FakeClock) -> None:
    """Its booking is given back and the next one starts when it would have without it."""
    bench = Bench(clock, tokens=Bucket(10.0, 10.0, now_s=clock.now_s()))
    await clock.run(bench.start((0, 0), 10))
    large = bench.start((1, 0), 10_000)
    behind = bench.start((3, 0), 10)
    cancelled_too = bench.start((2, 0), 10)
    await clock.advance(0.5)
    large.cancel()
    cancelled_too.cancel()
    await clock.run(behind)
    assert bench.times_s == [0, 1]
    assert (bench.gate.in_flight, bench.gate.waiting) == (0, 0)


async def test_a_request_cancelled_in_flight_frees_its_place(clock: FakeClock) -> None:
    """The next starts at once."""
    bench = Bench(clock, concurrency=1)
    first = bench.start((0, 0), takes_s=3600)
    second = bench.start((1, 0))
    await clock.advance(1.0)
    first.cancel()
    await clock.run(second)
    assert bench.times_s == [0, 1]
    assert bench.gate.in_flight == 0


async def test_a_cut_holds_for_who_already_sleeps(clock: FakeClock) -> None:
    """The head sleeps for its rate; a cut meanwhile makes it wait for a place as well."""
    bench = Bench(clock, concurrency=None, requests=Bucket(1.0, 4.0, now_s=clock.now_s()))
    tasks = [bench.start((number, 0), takes_s=10) for number in range(3)]
    await clock.settle()
    tasks += [bench.start((3, 0), takes_s=0.5), bench.start((4, 0))]
    await clock.advance(0.7)
    assert bench.gate.in_flight == 3
    bench.gate.congested(4)
    assert bench.gate.limit == 3
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 0, 0, 0, 10]


async def test_growth_wakes_the_head(clock: FakeClock) -> None:
    """A clean reply makes room for one more at once."""
    bench = Bench(clock, concurrency=None)
    tasks = [bench.start((number, 0), takes_s=10) for number in range(6)]
    await clock.advance(1.0)
    assert bench.gate.in_flight == 4
    bench.gate.clean_reply()
    await clock.advance(1.0)
    assert bench.gate.in_flight == 5
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 0, 0, 0, 1, 10]


async def test_many_429s_of_one_congestion_cut_once(clock: FakeClock) -> None:
    """Those admitted before the cut say nothing new; one admitted after it does."""
    bench = Bench(clock, concurrency=None)
    for _ in range(60):
        bench.gate.clean_reply()
    numbers = []
    for number in range(10):
        async with bench.gate.admitted((number, 0), 0) as admission:
            numbers.append(admission)
    assert numbers == list(range(1, 11))
    for admission in numbers:
        bench.gate.congested(admission)
    assert bench.gate.limit == 51
    async with bench.gate.admitted((10, 0), 0) as admission:
        bench.gate.congested(admission)
    assert bench.gate.limit == 40


async def test_the_guard_is_asked_by_one_at_a_time_and_a_pause_holds_after_it(
    clock: FakeClock,
) -> None:
    """Only the head stands before the guard; a pause that comes meanwhile is obeyed."""
    inside = 0

    class SlowGuard:
        async def acquire(self) -> None:
            nonlocal inside
            inside += 1
            assert inside == 1
            await clock.sleep_s(1.0)
            inside -= 1

    bench = Bench(clock, guard=SlowGuard())
    tasks = [bench.start((number, 0)) for number in range(3)]
    await clock.advance(1.5)
    bench.gate.pause(10.0)
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [1, 11.5, 12.5]


@pytest.mark.parametrize("seed", range(25))
async def test_no_schedule_breaks_a_limit_or_leaves_a_trace(clock: FakeClock, seed: int) -> None:
    """Random arrivals, lengths, cancellations, pauses, cuts and growth.

    Never more in flight than the limit when one is admitted, never more tokens than the rate, no
    place and no booking lost, and everybody who was not cancelled gets through.
    """
    rng = random.Random(seed)
    rate_per_s, capacity = 50.0, 100.0
    bench = Bench(clock, concurrency=None, tokens=Bucket(rate_per_s, capacity, now_s=clock.now_s()))
    sizes = {number: rng.choice([1, 20, 80, 300]) for number in range(80)}
    tasks = []
    for number, tokens in sizes.items():
        tasks.append(bench.start((number, 0), tokens, takes_s=rng.choice([0.0, 0.3, 2.0])))
        match rng.randrange(8):
            case 0:
                rng.choice(tasks).cancel()
            case 1:
                bench.gate.pause(rng.random())
            case 2:
                bench.gate.congested(len(bench.admitted) + 1)
            case 3 | 4:
                bench.gate.clean_reply()
        await clock.advance(rng.choice([0.0, 0.0, 0.1, 1.0]))

    ended = await clock.run(asyncio.gather(*tasks, return_exceptions=True))
    cancelled = sum(isinstance(end, asyncio.CancelledError) for end in ended)
    assert all(end is None or isinstance(end, asyncio.CancelledError) for end in ended)
    assert len(bench.admitted) >= len(sizes) - cancelled
    assert (bench.gate.in_flight, bench.gate.waiting, clock.sleepers) == (0, 0, 0)
    for first, (_, from_s) in enumerate(bench.admitted):
        used = 0
        for age, to_s in bench.admitted[first + 1 :]:
            used += sizes[age[0]]
            assert used <= capacity + rate_per_s * (to_s - from_s) + 1e-6
    # After a rest the bucket is full again: a booking that was lost would show.
    await clock.advance(100.0)
    began_s = clock.now_s() - 1000
    await clock.run(asyncio.gather(bench.start((99, 0), 100), bench.start((100, 0), 50)))
    assert bench.times_s[-2:] == [pytest.approx(began_s), pytest.approx(began_s + 1)]
