"""The gate's promises, shown in a time that is moved by hand."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from captioner.events import BindingChanged, Event
from captioner.flow.admission import Admission, Gate
from captioner.flow.binding import Binding
from captioner.flow.breaker import Breaker
from captioner.flow.concurrency import Concurrency
from captioner.flow.limits import Guard, Limits
from captioner.flow.line import SOLE, Age, Share
from captioner.flow.rate_account import RateAccount
from captioner.vision.rate_headers import RateReading

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock


class Bench:
    """A gate, and requests that note when they were admitted."""

    def __init__(
        self,
        clock: FakeClock,
        *,
        concurrency: int | None = 100,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.concurrency = Concurrency(fixed=concurrency, maximum=64)
        self.requests = RateAccount(requests_per_minute, now_s=clock.now_s())
        self.tokens = RateAccount(tokens_per_minute, now_s=clock.now_s())
        self.breaker = Breaker(patience_s=1800.0)
        self.gate = Gate(
            concurrency=self.concurrency,
            requests=self.requests,
            tokens=self.tokens,
            guard=guard,
            breaker=self.breaker,
            clock=clock,
            binding=Binding(self.events.append),
        )
        self.admitted: list[tuple[Age, float]] = []
        self.admissions: list[Admission] = []

    async def request(
        self, age: Age, tokens: int = 0, takes_s: float | None = None, share: Share = SOLE
    ) -> None:
        """Pass the gate, and stay in flight for `takes_s`."""
        admission = await self.gate.enter(age, tokens, share)
        try:
            assert self.gate.in_flight <= self.gate.limit
            self.admissions.append(admission)
            self.admitted.append((age, self.clock.now_s() - 1000))
            if takes_s is not None:
                await self.clock.sleep_s(takes_s)
        finally:
            self.gate.leave(admission)

    def start(
        self, age: Age, tokens: int = 0, takes_s: float | None = None, share: Share = SOLE
    ) -> asyncio.Task[None]:
        """The same as a task."""
        return asyncio.ensure_future(self.request(age, tokens, takes_s, share))

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
    bench = Bench(clock, requests_per_minute=60)
    tasks = [bench.start((number, 0)) for number in (10, 11, 14, 13, 12)]
    await clock.settle()
    tasks.append(bench.start((1, 0)))
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == [10, 11, 1, 12, 13, 14]
    assert bench.times_s == [0, 1, 2, 3, 4, 5]


async def test_who_comes_late_and_is_older_gets_the_next_place(clock: FakeClock) -> None:
    """While there is no place nobody is the head: the oldest at the moment it is free goes."""
    bench = Bench(clock, concurrency=1)
    tasks = [bench.start((number, 0), takes_s=1.0) for number in (5, 7, 6)]
    await clock.settle()
    tasks.append(bench.start((1, 0), takes_s=1.0))
    await clock.settle()
    assert bench.events[-1] == BindingChanged("concurrency")
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == [5, 1, 6, 7]


async def test_an_open_gate_keeps_nobody_waiting(clock: FakeClock) -> None:
    """With room, and nobody before it, a request passes without giving up its turn to run."""
    bench = Bench(clock, concurrency=2, tokens_per_minute=6000)
    for _ in range(2):
        with pytest.raises(StopIteration):
            bench.gate.enter((0, 0), 50).send(None)
    assert bench.gate.in_flight == 2
    waiting = bench.start((1, 0), 50)
    await clock.settle()
    assert bench.gate.waiting == 1
    bench.gate.leave(Admission(1, 0.0, 50))
    await clock.run(waiting)
    assert bench.times_s == [0.5]


async def test_a_large_request_does_not_starve(clock: FakeClock) -> None:
    """It is booked into debt, so nothing smaller passes it, and starts when the debt is paid."""
    bench = Bench(clock, tokens_per_minute=6000)
    tasks = [bench.start((0, 0), 100), bench.start((1, 0), 1000)]
    tasks += [bench.start((number, 0), 1) for number in range(2, 50)]
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == list(range(50))
    assert bench.times_s[:3] == [0, 10, pytest.approx(10.01)]


async def test_both_rates_hold(clock: FakeClock) -> None:
    """The tighter one decides for each request, and is named as what binds."""
    bench = Bench(clock, requests_per_minute=60, tokens_per_minute=600)
    tasks = [bench.start((number, 0), tokens) for number, tokens in enumerate([1, 1, 38, 1])]
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 1, 3.8, 3.9]
    causes = [event.cause for event in bench.events if isinstance(event, BindingChanged)]
    assert causes == ["reading", "requests", "tokens", "reading"]


async def test_a_pause_stops_everyone_and_nothing_bursts_after_it(clock: FakeClock) -> None:
    """After it the pace goes on where it was: what was not used meanwhile is not made up for."""
    bench = Bench(clock, tokens_per_minute=600)
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
    bench = Bench(clock, tokens_per_minute=600)
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
    bench = Bench(clock, concurrency=None, requests_per_minute=60)
    lengths_s = [10.0, 10.0, 10.0, 0.5, None]
    tasks = [bench.start((number, 0), takes_s=takes) for number, takes in enumerate(lengths_s)]
    await clock.advance(3.7)
    assert (bench.gate.in_flight, bench.gate.waiting) == (3, 1)
    bench.gate.congested(bench.admissions[3], hinted=True)
    assert bench.gate.limit == 3
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 1, 2, 3, 10]


async def test_growth_wakes_the_head(clock: FakeClock) -> None:
    """A clean reply makes room at once: a leap where no rates are told, one where they bind."""
    bench = Bench(clock, concurrency=None)
    tasks = [bench.start((number, 0), takes_s=10) for number in range(100)]
    await clock.advance(1.0)
    assert bench.gate.in_flight == 4
    bench.gate.clean_reply(bench.admissions[0])
    await clock.advance(1.0)
    await clock.settle()
    assert bench.gate.in_flight == 64
    await clock.run(asyncio.gather(*tasks))
    bench = Bench(clock, concurrency=None)
    tasks = [bench.start((number, 0), takes_s=10) for number in range(6)]
    await clock.advance(1.0)
    low = RateReading(60_000, 300.0, 0.7)
    bench.gate.learn({"requests": low}, bench.admissions[0], admitted=True)
    bench.gate.clean_reply(bench.admissions[0])
    await clock.advance(1.0)
    assert bench.gate.in_flight == 5
    await clock.run(asyncio.gather(*tasks))


async def test_many_429s_of_one_congestion_cut_once(clock: FakeClock) -> None:
    """Those admitted before the cut say nothing new; one admitted after it does."""
    bench = Bench(clock, concurrency=None)
    for number in range(10):
        await bench.request((number, 0))
    assert [admission.number for admission in bench.admissions] == list(range(1, 11))
    bench.gate.clean_reply(bench.admissions[0])
    assert bench.gate.limit == 64
    for admission in bench.admissions:
        bench.gate.congested(admission, hinted=True)
    assert bench.gate.limit == 51
    await bench.request((10, 0))
    bench.gate.congested(bench.admissions[-1], hinted=True)
    assert bench.gate.limit == 40


async def test_the_guard_is_asked_by_one_at_a_time_and_a_pause_holds_after_it(
    clock: FakeClock,
) -> None:
    """Only the head stands before the guard; a pause that comes meanwhile is obeyed."""
    inside = 0

    class SlowGuard:
        rate_limit = 1

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


async def test_the_guard_gives_way_to_what_the_server_allows(clock: FakeClock) -> None:
    """It is coarse: once a burst is known it must not hold back what the account lets through."""

    class CountingGuard:
        rate_limit = 2

        async def acquire(self) -> None:
            """Let everybody pass."""

    guard = CountingGuard()
    bench = Bench(clock, requests_per_minute=120, guard=guard)
    await bench.request((0, 0))
    bench.gate.learn({"requests": RateReading(120, 9, 0.5)}, bench.admissions[0], admitted=True)
    assert guard.rate_limit >= 10


async def test_what_is_learned_holds_beside_what_is_set(clock: FakeClock) -> None:
    """A learned token rate binds where the set request rate would let more through."""
    bench = Bench(clock, requests_per_minute=600)
    await bench.request((0, 0), 10)
    bench.gate.learn({"tokens": RateReading(600, 0, 1.0)}, bench.admissions[0], admitted=True)
    tasks = [bench.start((number, 0), 10) for number in range(1, 31)]
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == list(range(31))
    # Ten tokens a second, and at the end a twentieth of the capacity in hand.
    assert bench.times_s[-1] == pytest.approx(30, abs=1.5)
    assert bench.events.count(BindingChanged("tokens")) == 1


async def test_a_pause_leaves_no_burst_of_a_learned_quota(clock: FakeClock) -> None:
    """A minute's refill is not sent at once: after it starts come at the rate."""
    bench = Bench(clock)
    await bench.request((0, 0), 10)
    full = RateReading(600, 490, 1.0)
    bench.gate.learn({"tokens": full}, bench.admissions[0], admitted=True)
    tasks = [bench.start((number, 0), 10) for number in range(1, 101)]
    await clock.advance(1.0)
    bench.gate.pause(60.0)
    before = len(bench.admitted)
    await clock.advance(59.9)
    assert len(bench.admitted) == before
    assert bench.events[-1] == BindingChanged("server")
    await clock.advance(2.1)
    assert len(bench.admitted) - before <= 5 + 3
    await clock.run(asyncio.gather(*tasks))


async def test_a_429_without_a_hint_paces_the_starts(clock: FakeClock) -> None:
    """Where nothing tells of rates; what does is never guessed at."""
    for told in (False, True):
        bench = Bench(clock)
        for number in range(20):
            await bench.request((number, 0))
            bench.gate.clean_reply(bench.admissions[-1])
            await clock.advance(0.5)
        if told:
            reading = RateReading(6000, 999, 0.01)
            bench.gate.learn({"requests": reading}, bench.admissions[-1], admitted=True)
        bench.gate.congested(bench.admissions[-1], hinted=False)
        began_s = clock.now_s()
        await clock.run(asyncio.gather(*(bench.start((number, 0)) for number in range(20, 38))))
        assert clock.now_s() - began_s == pytest.approx(0.2 if told else 10.0, abs=0.7)


async def test_while_the_endpoint_is_down_only_probes_start(clock: FakeClock) -> None:
    """One each five seconds, the oldest first; when it is up again all others follow at once."""
    bench = Bench(clock)
    bench.breaker.answered(clock.now_s())
    for _ in range(10):
        bench.breaker.failed(clock.now_s(), admission=0, answered=False)
        await clock.advance(0.25)
    assert bench.breaker.is_down
    down_s = clock.now_s() - 1000 - 0.25
    tasks = [bench.start((number, 0), takes_s=1.0) for number in range(8)]
    for _ in range(3):
        await clock.advance(5.0)
        bench.breaker.failed(clock.now_s(), admission=bench.admissions[-1].number, answered=False)
        bench.gate.changed()
    assert bench.order == [0, 1, 2]
    assert BindingChanged("server") in bench.events
    bench.breaker.answered(clock.now_s())
    bench.gate.changed()
    await clock.settle()
    assert bench.order == list(range(8))
    assert bench.times_s[0] == pytest.approx(down_s + 5)
    await clock.run(asyncio.gather(*tasks))


async def test_all_that_may_start_are_let_in_together(clock: FakeClock) -> None:
    """Were it one after another, each woken by the one before, those that wait would be let in more
    slowly than others are answered, and places would stay empty."""
    bench = Bench(clock, concurrency=1)
    tasks = [bench.start((number, 0), 1, takes_s=1.0) for number in range(50)]
    await clock.settle()
    assert bench.gate.in_flight == 1
    bench.gate.set_limits(Limits(concurrency=30), None)
    assert bench.gate.in_flight == 30
    await asyncio.sleep(0)
    assert bench.order == list(range(30))
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == list(range(50))


async def test_who_leaves_as_he_is_let_in_gives_his_place_back(clock: FakeClock) -> None:
    """He does not know yet that he was: the next one has it, and with it what he was to cost."""
    bench = Bench(clock, concurrency=1)
    tasks = [bench.start((number, 0), 9, takes_s=1.0) for number in range(3)]
    await clock.settle()
    bench.gate.set_limits(Limits(concurrency=2, tokens_per_minute=600), None)
    tasks[1].cancel()
    await clock.run(asyncio.gather(tasks[0], tasks[2]))
    assert bench.admitted == [((0, 0), 0.0), ((2, 0), 0.0)]
    assert (bench.gate.in_flight, bench.gate.waiting) == (0, 0)


async def test_a_simulated_server_is_used_up_without_a_429(clock: FakeClock) -> None:
    """The gate as a whole against a bucket that tells how it stands: 97 % used, no 429."""
    rng = random.Random(7)
    bench = Bench(clock, concurrency=None)
    rate_per_s, capacity = 2000.0, 10_000.0
    level, at_s, began_s, admitted, last_s = capacity, clock.now_s(), clock.now_s(), 0, 0.0

    async def request(number: int) -> None:
        nonlocal level, at_s, admitted, last_s
        tokens = rng.randint(80, 120)
        admission = await bench.gate.enter((number, 0), tokens)
        try:
            assert bench.gate.in_flight <= bench.gate.limit
            await clock.sleep_s(rng.uniform(0.001, 0.01))
            level = min(capacity, level + (clock.now_s() - at_s) * rate_per_s)
            at_s = last_s = clock.now_s()
            assert level >= tokens, "a 429"
            level -= tokens
            admitted += tokens
            reading = RateReading(60 * rate_per_s, level, (capacity - level) / rate_per_s)
            await clock.sleep_s(rng.uniform(0.2, 0.8))
            bench.gate.learn({"tokens": reading}, admission, admitted=True)
            bench.gate.clean_reply(admission)
        finally:
            bench.gate.leave(admission)

    await clock.run(asyncio.gather(*(request(number) for number in range(600))))
    assert admitted >= 0.96 * (capacity + rate_per_s * (last_s - began_s))
    assert (bench.gate.in_flight, bench.gate.waiting, clock.sleepers) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(25))
async def test_no_schedule_breaks_a_limit_or_leaves_a_trace(clock: FakeClock, seed: int) -> None:
    """Random arrivals, lengths, cancellations, pauses, cuts and growth.

    Never more in flight than the limit when one is admitted, never more tokens than the rate, no
    place and no booking lost, and everybody who was not cancelled gets through.
    """
    rng = random.Random(seed)
    rate_per_s = capacity = 50.0
    bench = Bench(clock, concurrency=None, tokens_per_minute=60 * rate_per_s)
    sizes = {number: rng.choice([1, 20, 80, 300]) for number in range(80)}
    tasks = []
    for number, tokens in sizes.items():
        tasks.append(bench.start((number, 0), tokens, takes_s=rng.choice([0.0, 0.3, 2.0])))
        match rng.randrange(8):
            case 0:
                rng.choice(tasks).cancel()
            case 1:
                bench.gate.pause(rng.random())
            case 2 if bench.admissions:
                bench.gate.congested(bench.admissions[-1], hinted=True)
            case 3 | 4 if bench.admissions:
                bench.gate.clean_reply(bench.admissions[-1])
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
    await clock.run(asyncio.gather(bench.start((99, 0), 50), bench.start((100, 0), 50)))
    assert bench.times_s[-2:] == [pytest.approx(began_s), pytest.approx(began_s + 1)]
