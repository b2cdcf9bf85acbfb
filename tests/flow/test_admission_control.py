"""A gate that is held and whose limits are set while requests wait at it; whom it serves."""

from __future__ import annotations

import asyncio
import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from captioner.events import BindingChanged
from captioner.flow.limits import Limits
from captioner.flow.line import Share
from tests.flow.test_admission import Bench

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock


def _set(bench: Bench, limits: Limits) -> None:
    bench.gate.set_limits(limits, None)


async def test_a_raised_rate_lets_the_head_through_within_no_time(clock: FakeClock) -> None:
    """It sleeps for minutes at the old rate, and goes at once; what follows goes at the new one."""
    bench = Bench(clock, requests_per_minute=1)
    tasks = [bench.start((number, 0)) for number in range(4)]
    await clock.advance(10.0)
    assert bench.times_s == [0]
    _set(bench, Limits(100, requests_per_minute=60))
    await clock.settle()
    assert bench.times_s == [0, 10]
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 10, 11, 12]


async def test_a_raised_token_rate_takes_the_heads_booking_along(clock: FakeClock) -> None:
    """What is booked counts at the new rate: it waits for its own tokens, and for no others'."""
    bench = Bench(clock, tokens_per_minute=60)
    tasks = [bench.start((number, 0), 100) for number in range(3)]
    await clock.advance(20.0)
    assert not bench.times_s
    _set(bench, Limits(100, tokens_per_minute=3000))
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == pytest.approx([21, 23, 25])


async def test_a_rate_that_is_taken_away_lets_all_go(clock: FakeClock) -> None:
    """None leaves it to the endpoint."""
    bench = Bench(clock, requests_per_minute=1, tokens_per_minute=60)
    tasks = [bench.start((number, 0), 30) for number in range(5)]
    await clock.advance(1.0)
    _set(bench, Limits(100))
    await clock.settle()
    assert bench.times_s == [1] * 5
    assert bench.gate.limits == Limits(100, None, None)
    await asyncio.gather(*tasks)


async def test_nothing_bursts_when_a_rate_is_lowered(clock: FakeClock) -> None:
    """From then on never more than the new rate allows, with one second's worth at most at once."""
    bench = Bench(clock, requests_per_minute=600)
    tasks = [bench.start((number, 0)) for number in range(60)]
    await clock.advance(2.0)
    before = len(bench.admitted)
    assert 20 <= before <= 31
    _set(bench, Limits(100, requests_per_minute=60))
    assert bench.gate.limits.requests_per_minute == 60
    await clock.advance(10.0)
    assert len(bench.admitted) - before <= 11
    await clock.run(asyncio.gather(*tasks))
    later = bench.times_s[before + 1 :]
    assert all(after - at == pytest.approx(1.0) for at, after in pairwise(later))


async def test_a_lower_concurrency_takes_nothing_away(clock: FakeClock) -> None:
    """What is in flight goes on; nobody enters before fewer are in flight than may be."""
    bench = Bench(clock, concurrency=4)
    tasks = [bench.start((number, 0), takes_s=10.0 + number) for number in range(7)]
    await clock.advance(1.0)
    _set(bench, Limits(2))
    assert (bench.gate.in_flight, bench.gate.limit) == (4, 2)
    await clock.advance(10.5)
    assert (bench.gate.in_flight, len(bench.admitted)) == (2, 4)
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == pytest.approx([0, 0, 0, 0, 12, 13, 26])


async def test_a_higher_concurrency_admits_who_waits_at_once(clock: FakeClock) -> None:
    """No reply has to come first."""
    bench = Bench(clock, concurrency=1)
    tasks = [bench.start((number, 0), takes_s=60.0) for number in range(5)]
    await clock.advance(1.0)
    _set(bench, Limits(4))
    await clock.settle()
    assert bench.times_s == [0, 1, 1, 1]
    await clock.run(asyncio.gather(*tasks))


async def test_who_waits_at_the_old_guard_is_let_through(clock: FakeClock) -> None:
    """A guard that would hold for minutes gives way to the one that is set."""

    class OldGuard:
        rate_limit = 1

        async def acquire(self) -> None:
            while self.rate_limit < 2:
                await clock.sleep_s(0.5)

    bench = Bench(clock, guard=OldGuard())
    task = bench.start((0, 0))
    await clock.advance(60.0)
    assert not bench.admitted
    bench.gate.set_limits(Limits(100), None)
    await clock.run(task)
    assert bench.times_s[0] <= 60.5


async def test_a_held_gate_admits_nobody_and_what_is_in_flight_goes_on(clock: FakeClock) -> None:
    """Neither who comes nor who waits already; released, all go in their order."""
    bench = Bench(clock, requests_per_minute=60)
    tasks = [bench.start((number, 0), takes_s=5.0) for number in (3, 2)]
    await clock.advance(0.5)
    bench.gate.hold()
    tasks.append(bench.start((1, 0)))
    await clock.advance(100.0)
    assert bench.gate.is_held
    assert bench.order == [3]
    assert tasks[0].done()
    assert (bench.gate.in_flight, bench.gate.waiting) == (0, 2)
    assert bench.events[-1] == BindingChanged("paused")
    bench.gate.release()
    await clock.settle()
    assert bench.order[:2] == [3, 2]
    await clock.run(asyncio.gather(*tasks))
    assert bench.order == [3, 2, 1]
    assert bench.times_s[1] == 100.5
    assert not bench.gate.is_held


async def test_an_idle_gate_that_is_held_admits_nobody_either(clock: FakeClock) -> None:
    """The way without waiting asks as well, and a cancelled waiter leaves nothing booked."""
    bench = Bench(clock, tokens_per_minute=600)
    bench.gate.hold()
    leaving, staying = bench.start((0, 0), 10), bench.start((1, 0), 10)
    await clock.advance(60.0)
    assert not bench.admitted
    leaving.cancel()
    await clock.advance(1.0)
    bench.gate.release()
    await clock.settle()
    assert bench.times_s == [61]
    await staying


async def test_limits_may_be_set_while_it_is_held(clock: FakeClock) -> None:
    """They hold after the release, with a second's worth at once; setting them releases nothing."""
    bench = Bench(clock, requests_per_minute=1)
    tasks = [bench.start((number, 0)) for number in range(4)]
    await clock.advance(1.0)
    bench.gate.hold()
    _set(bench, Limits(100, requests_per_minute=60))
    await clock.advance(30.0)
    assert bench.times_s == [0]
    bench.gate.release()
    await clock.run(asyncio.gather(*tasks))
    assert bench.times_s == [0, 31, 31, 32]


async def test_shares_that_wait_are_admitted_the_same_tokens(clock: FakeClock) -> None:
    """One with large requests and a thousand of them takes nothing from one with small ones."""
    bench = Bench(clock, concurrency=1)
    large = [
        bench.start((number, 0), 400, takes_s=1.0, share=Share("large")) for number in range(20)
    ]
    small = [
        bench.start((5000 + number, 0), 100, takes_s=1.0, share=Share("small"))
        for number in range(80)
    ]
    await clock.advance(50.5)
    of_small = sum(number >= 5000 for number in bench.order)
    of_large = len(bench.order) - of_small
    assert abs(400 * of_large - 100 * of_small) <= 800
    await clock.run(asyncio.gather(*large, *small))


async def test_the_lower_rank_goes_first_within_its_share_alone(clock: FakeClock) -> None:
    """A caller passes the files of his profile, and takes no turn from another profile."""
    bench = Bench(clock, concurrency=1)
    tasks = [bench.start((0, 0), takes_s=1.0)]
    await clock.settle()
    for number in range(1, 5):
        tasks.append(bench.start((number, 0), 10, takes_s=1.0, share=Share("a", rank=1)))
        tasks.append(bench.start((10 + number, 0), 10, takes_s=1.0, share=Share("b", rank=1)))
    await clock.settle()
    callers = Share("a", rank=0)
    tasks += [bench.start((n, 0), 10, takes_s=1.0, share=callers) for n in range(21, 25)]
    await clock.run(asyncio.gather(*tasks))
    of_a = [number for number in bench.order[1:] if number < 10 or number > 20]
    assert of_a == [21, 22, 23, 24, 1, 2, 3, 4]
    first_eight = bench.order[1:9]
    assert sum(10 < number < 20 for number in first_eight) == 4


async def test_the_expected_wait_is_what_a_caller_then_waits(clock: FakeClock) -> None:
    """Nothing at an open gate; at a busy one its pace tells, and each share has its part of it."""
    bench = Bench(clock, requests_per_minute=60)
    assert bench.gate.expected_wait_s(0) == 0
    tasks = [bench.start((number, 0), share=Share("a")) for number in range(60)]
    await clock.advance(20.5)
    assert bench.gate.expected_wait_s(0) == pytest.approx(1, rel=0.2)
    assert bench.gate.expected_wait_s(29) == pytest.approx(30, rel=0.2)
    tasks += [bench.start((number, 1), share=Share("b")) for number in range(5)]
    await clock.settle()
    assert bench.gate.expected_wait_s(4) == pytest.approx(10, rel=0.2)
    await clock.run(asyncio.gather(*tasks))


async def test_idle_times_make_nobody_wait(clock: FakeClock) -> None:
    """After a quiet hour the pace of the last requests says nothing about what goes through."""
    bench = Bench(clock, requests_per_minute=600)
    await clock.run(asyncio.gather(*[bench.start((number, 0)) for number in range(30)]))
    await clock.advance(60)
    assert bench.gate.expected_wait_s(0) == 0
    assert bench.gate.expected_wait_s(499) == pytest.approx(50, rel=0.2)
    tasks = [bench.start((number, 1)) for number in range(100)]
    await clock.advance(3)
    assert bench.gate.expected_wait_s(49) == pytest.approx(5, rel=0.3)
    await clock.run(asyncio.gather(*tasks))


async def test_nobody_is_told_to_wait_for_what_does_not_come(clock: FakeClock) -> None:
    """Held, or with the endpoint down, there is no telling; a pause is told in full."""
    bench = Bench(clock)
    bench.gate.pause(30.0)
    assert bench.gate.expected_wait_s(0) == 30
    bench.gate.hold()
    assert bench.gate.expected_wait_s(0) == math.inf
    bench.gate.release()
    assert bench.gate.expected_wait_s(0) == 30
    bench.breaker.answered(clock.now_s())
    for _ in range(10):
        bench.breaker.failed(clock.now_s(), admission=0, answered=False)
        await clock.advance(0.25)
    assert bench.breaker.is_down
    assert bench.gate.expected_wait_s(0) == math.inf
