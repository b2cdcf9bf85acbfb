"""Places: the oldest waiter first, a size that changes, waits that are cancelled."""

from __future__ import annotations

import asyncio
import random

import pytest

from captioner.flow.places import Age, Places


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_oldest_waiter_goes_first() -> None:
    """Not who came first: a retry of sample 1 overtakes samples 5 and 9."""
    places = Places(lambda: 1)
    await places.take((0, 0))
    order: list[Age] = []

    async def use(age: Age) -> None:
        await places.take(age)
        order.append(age)
        places.free()

    async with asyncio.TaskGroup() as group:
        for age in [(9, 0), (5, 1), (5, 0), (1, 0)]:
            group.create_task(use(age))
            await _turns()
        assert places.waiting == 4
        assert repr(places) == "<Places 1 of 1 taken, 4 waiting>"
        places.free()
    assert order == [(1, 0), (5, 0), (5, 1), (9, 0)]
    assert places.taken == 0


async def test_those_of_one_age_go_in_the_order_of_arrival() -> None:
    """Equal ages (two streams) are first come, first served."""
    places = Places(lambda: 0)
    order: list[str] = []

    async def use(name: str) -> None:
        await places.take((0, 0))
        order.append(name)

    tasks = [asyncio.ensure_future(use(name)) for name in "abc"]
    await _turns()
    places._limit = lambda: 3
    places.changed()
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "c"]


async def test_a_larger_limit_lets_more_in() -> None:
    """`changed` gives out what has become free."""
    limit = 1
    places = Places(lambda: limit)
    tasks = [asyncio.ensure_future(places.take((number, 0))) for number in range(3)]
    await _turns()
    assert places.taken == 1
    limit = 3
    places.changed()
    await asyncio.gather(*tasks)
    assert places.taken == 3


async def test_a_smaller_limit_takes_nothing_away_but_lets_nobody_in() -> None:
    """Who has a place keeps it; the next waits until fewer are taken than allowed."""
    limit = 2
    places = Places(lambda: limit)
    await places.take((0, 0))
    await places.take((1, 0))
    limit = 1
    waiting = asyncio.ensure_future(places.take((2, 0)))
    places.free()
    await _turns()
    assert not waiting.done()
    places.free()
    await waiting


async def test_a_cancelled_wait_leaves_no_trace() -> None:
    """Neither in the queue nor among the places, even when the place was just given."""
    places = Places(lambda: 1)
    await places.take((0, 0))
    waiting = asyncio.ensure_future(places.take((1, 0)))
    given = asyncio.ensure_future(places.take((0, 5)))
    await _turns()
    waiting.cancel()
    await _turns()
    assert places.waiting == 1
    places.free()  # gives the place to `given`, which does not know it yet
    given.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given
    assert (places.taken, places.waiting) == (0, 0)


@pytest.mark.parametrize("seed", range(20))
async def test_no_schedule_overfills_or_leaks(seed: int) -> None:
    """Random takes, frees, cancellations and limits: never over the limit at entry, empty after."""
    rng = random.Random(seed)
    limit = 3
    places = Places(lambda: limit)

    async def use(age: Age) -> None:
        await places.take(age)
        try:
            assert places.taken <= 4
            for _ in range(rng.randrange(4)):
                await asyncio.sleep(0)
        finally:
            places.free()

    tasks = []
    for number in range(60):
        limit = rng.randrange(1, 5)
        places.changed()
        tasks.append(asyncio.ensure_future(use((rng.randrange(50), number))))
        await asyncio.sleep(0)
        if rng.random() < 0.3:
            rng.choice(tasks).cancel()
    ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert not [end for end in ended if isinstance(end, AssertionError)]
    assert (places.taken, places.waiting) == (0, 0)


async def test_shares_that_wait_are_served_the_same_cost() -> None:
    """Not the same number of turns, and not the older first: one that costs four waits for four."""
    places = Places(lambda: 1)
    await places.take((0, 0))
    order: list[str] = []

    async def use(share: str, number: int, cost: float) -> None:
        await places.take((number, 0), share=share, cost=cost)
        order.append(share)
        places.free()

    async with asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(use("cheap", 1000 + number, 1.0))
        for number in range(10):
            group.create_task(use("dear", number, 4.0))
        await _turns()
        assert (places.waiting, places.shares) == (50, 2)
        places.free()
    for length in range(5, 51, 5):
        served = order[:length]
        assert abs(served.count("cheap") - 4 * served.count("dear")) <= 8
    assert (places.taken, places.waiting, places.shares) == (0, 0, 0)


async def test_a_share_that_comes_late_is_neither_owed_nor_owes() -> None:
    """It takes turns with who was there, from its first request on."""
    places = Places(lambda: 1)
    order: list[str] = []
    served_alone = asyncio.Event()

    async def use(share: str, number: int) -> None:
        await places.take((number, 0), share=share)
        order.append(share)
        if len(order) == 20:
            served_alone.set()
        places.free()

    await places.take((0, 0))
    async with asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(use("early", number))
        await _turns()
        places.free()
        await served_alone.wait()
        for number in range(10):
            group.create_task(use("late", number))
    with_both = order[order.index("late") :][:10]
    assert abs(with_both.count("late") - with_both.count("early")) <= 2


async def test_cancelled_waiters_of_a_share_take_no_turns() -> None:
    """A share whose waiters all left is gone, and the other has every place."""
    places = Places(lambda: 1)
    await places.take((0, 0))
    leaving = [asyncio.ensure_future(places.take((n, 0), share="a")) for n in range(3)]
    staying = asyncio.ensure_future(places.take((9, 0), share="b"))
    await _turns()
    assert places.shares == 2
    for task in leaving:
        task.cancel()
    await _turns()
    assert (places.shares, places.waiting) == (1, 1)
    places.free()
    await staying
    assert (places.taken, places.waiting) == (1, 0)
