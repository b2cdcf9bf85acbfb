"""Places: the oldest waiter first, a size that changes, waits that are cancelled."""

from __future__ import annotations

import asyncio
import random

import pytest

from captioner.flow.line import Age
from captioner.flow.places import Place, Places


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


async def test_a_place_is_kept_until_somebody_else_wants_it() -> None:
    """Taking it again costs nothing; whoever waits gets it as soon as it is offered."""
    places = Places(lambda: 1)
    mine, other = Place(places), Place(places)
    await mine.take((0, 0))
    mine.offer()
    await mine.take((1, 0))
    assert (mine.is_held, places.taken) == (True, 1)
    waiting = asyncio.ensure_future(other.take((0, 5)))
    await _turns()
    assert places.are_wanted
    mine.offer()
    await waiting
    assert (mine.is_held, other.is_held, places.taken) == (False, True, 1)
    other.give()
    other.give()
    assert places.taken == 0


async def test_a_place_that_is_too_many_is_given_back() -> None:
    """There are fewer now: the next offer is taken, though nobody waits."""
    limit = 2
    places = Places(lambda: limit)
    held = [Place(places), Place(places)]
    for place in held:
        await place.take((0, 0))
    limit = 1
    for place in held:
        place.offer()
    assert places.taken == 1


async def test_leaving_a_place_is_told_and_ends_once() -> None:
    """Whoever manages hands knows how many are away: until they come back, or give up."""
    told: list[int] = []
    place = Place(Places(lambda: 1), told.append)
    place.leave()
    assert told == []
    await place.take((0, 0))
    place.leave()
    place.leave()
    assert told == [1]
    await place.take((0, 0))
    assert told == [1, -1]
    place.leave()
    place.give()
    place.give()
    assert told == [1, -1, 1, -1]
