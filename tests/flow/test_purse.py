"""The purse: leave to spend, in turn, never above the caps, with a record that outlives a crash."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.errors import RunStopped
from captioner.flow import money
from captioner.flow.money import HEADROOM_REQUESTS, Booking
from captioner.flow.prices import Prices
from captioner.flow.purse import Purse, Vault
from captioner.flow.spend import NO_CAPS, NOTHING, Caps, Spend
from captioner.samples.outcome import Usage

PRICES = Prices(2, 10)


class Disk:
    """A vault whose saves take as many turns of the event loop as it is told."""

    def __init__(self, turns: int = 1) -> None:
        self.turns = turns
        self.saves: list[Mapping[str, int]] = []
        self.asked = 0
        self.error: Exception | None = None
        _checked: Vault = self

    async def save(self, spent: Mapping[str, int]) -> None:
        """Keep it."""
        self.asked += 1
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.saves.append(spent)


async def _turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# --- what it costs


async def test_a_reply_is_settled_at_its_price() -> None:
    """The worst case is reserved; what was billed takes its place."""
    purse = Purse(NO_CAPS, PRICES)
    booking = await purse.reserve(100, 50)
    assert purse.reserved == Spend(1, 150, 700)
    assert purse.settle(booking, Usage(80, 10)) == Spend(1, 90, 260)
    assert (purse.settled, purse.reserved) == (Spend(1, 90, 260), NOTHING)


async def test_what_nobody_will_ever_tell_is_settled_at_its_worst() -> None:
    """And what cost nothing is not settled at all."""
    purse = Purse(NO_CAPS, PRICES)
    assert purse.settle(await purse.reserve(100, 50), None) == Spend(1, 150, 700)
    purse.release(await purse.reserve(100, 50))
    assert purse.settled == Spend(1, 150, 700)


async def test_a_price_that_comes_later_counts_for_what_was_spent_before() -> None:
    """At the dearer of the two, for nobody knows which tokens they were."""
    disk = Disk()
    first = Purse(vault=disk)
    first.settle(await first.reserve(100, 50), Usage(80, 10))
    assert first.settled == Spend(1, 90, 0, 90)
    await first.close()
    second = Purse(Caps(picodollars=1000), PRICES, disk, spent=disk.saves[-1])
    assert second.settled == Spend(1, 90, 900)
    with pytest.raises(RunStopped):
        await second.reserve(1, 10)
    await second.close()
    third = Purse(Caps(picodollars=1000), PRICES, spent=disk.saves[-1])
    assert third.settled == Spend(1, 90, 900)


# --- waiting and stopping


@pytest.mark.parametrize(
    ("caps", "setting", "said"),
    [
        (
            Caps(picodollars=5 * 10**12),
            "max_cost",
            "of $5.00 is reached: spent so far at most $4.98, and the next request may take $0.031",
        ),
        (
            Caps(requests=1200),
            "max_requests",
            "of 1,200 is reached: spent so far at most 1,200",
        ),
        (
            Caps(tokens=3_050),
            "max_total_tokens",
            "of 3,050 is reached: spent so far at most 3,000, and the next request may take 9,400",
        ),
    ],
)
async def test_where_nothing_is_left_the_run_stops(caps: Caps, setting: str, said: str) -> None:
    """The text names the setting, what is spent, what was needed, and how it goes on."""
    spent = {"requests": 1200, "tokens": 3_000, "picodollars": 4_980_000_000_000}
    purse = Purse(caps, Prices.per_million(2.5, 10), spent=spent)
    with pytest.raises(RunStopped) as caught:
        await purse.reserve(8_400, 1_000)
    assert caught.value.verdict == "budget_reached"
    assert caught.value.detail == (
        f"{setting} {said}; the same command with a higher {setting} goes on"
    )


async def test_it_waits_for_what_is_open_and_the_first_goes_first() -> None:
    """A smaller request that came later does not overtake one that waits for room."""
    purse = Purse(Caps(tokens=100))
    open_booking = await purse.reserve(80, 0)
    order: list[int] = []

    async def take(tokens: int) -> Booking:
        booking = await purse.reserve(tokens, 0)
        order.append(tokens)
        return booking

    waiting = [asyncio.ensure_future(take(tokens)) for tokens in (40, 10, 5)]
    await _turns()
    assert order == []
    purse.settle(open_booking, Usage(50, 0))
    await _turns()
    assert order == [40, 10]
    purse.release(waiting[1].result())
    assert (await waiting[2]).worst == Spend(1, 5, 0, 5)
    assert order == [40, 10, 5]


async def test_when_the_last_is_settled_and_there_is_no_room_all_that_wait_stop() -> None:
    """Nobody is left waiting for a settlement that will never come."""
    purse = Purse(Caps(tokens=100))
    booking = await purse.reserve(80, 0)
    waiting = [asyncio.ensure_future(purse.reserve(40, 0)) for _ in range(3)]
    await _turns()
    purse.settle(booking, None)
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ended] == [RunStopped] * 3
    assert purse.reserved == NOTHING


# --- the record


async def test_nothing_is_sent_before_its_ceiling_is_on_record() -> None:
    """And then a block of requests goes without another record."""
    disk = Disk(turns=5)
    purse = Purse(Caps(tokens=10**6), PRICES, disk)
    task = asyncio.ensure_future(purse.reserve(10, 5))
    await _turns(3)
    assert not task.done()
    await task
    worst = Spend(1, 15, 70)
    assert disk.saves == [worst.times(1 + HEADROOM_REQUESTS).to_dict()]
    for _ in range(HEADROOM_REQUESTS):
        await purse.reserve(10, 5)
    assert disk.asked == 1
    await purse.reserve(10, 5)
    assert disk.asked == 2


async def test_one_record_serves_all_that_wait() -> None:
    """The first of a hundred that come at once asks for one, and all others share the next."""
    disk = Disk(turns=5)
    purse = Purse(Caps(requests=10**6), None, disk)
    await asyncio.gather(*(purse.reserve(10, 5) for _ in range(100)))
    assert disk.asked == 2
    assert purse.reserved.requests == 100


async def test_an_end_in_order_leaves_no_block_behind() -> None:
    """A checkpoint lowers the record to what is spent and open, and a little room."""
    disk = Disk()
    purse = Purse(Caps(requests=1000), None, disk)
    bookings = await asyncio.gather(*(purse.reserve(10, 5) for _ in range(100)))
    for booking in bookings[:90]:
        purse.release(booking)
    await purse.checkpoint()
    assert Spend.from_dict(disk.saves[-1]) == Spend(1, 15, 0, 15).times(10 + HEADROOM_REQUESTS)
    for booking in bookings[90:]:
        purse.settle(booking, Usage(1, 1))
    await purse.close()
    assert Spend.from_dict(disk.saves[-1]) == purse.settled == Spend(10, 20, 0, 20)


async def test_without_caps_the_record_is_kept_at_checkpoints_only() -> None:
    """A cap that is set later finds there what was spent; what does not change is not written."""
    disk = Disk()
    purse = Purse(vault=disk)
    purse.settle(await purse.reserve(10, 5), Usage(10, 1))
    await purse.reserve(10, 5)
    assert disk.asked == 0
    await purse.checkpoint()
    await purse.checkpoint()
    assert disk.saves == [Spend(2, 26, 0, 26).to_dict()]


async def test_a_record_that_cannot_be_kept_stops_who_needs_it() -> None:
    """Nothing is reserved; whoever comes when the disk is mended goes on."""
    disk = Disk()
    disk.error = RunStopped("output_unwritable", "disk full")
    purse = Purse(Caps(requests=1000), None, disk)
    ended = await asyncio.gather(*(purse.reserve(1, 1) for _ in range(3)), return_exceptions=True)
    assert [str(end) for end in ended] == ["disk full"] * 3
    assert purse.reserved == NOTHING
    disk.error = None
    await purse.reserve(1, 1)
    assert len(disk.saves) == 1


async def test_a_record_that_was_cut_off_is_made_again() -> None:
    """Whether it stands is not known, so even the one before must be written anew."""
    disk = Disk(turns=5)
    purse = Purse(vault=disk)
    booking = await purse.reserve(1, 1)
    await purse.checkpoint()
    purse.release(booking)
    task = asyncio.ensure_future(purse.checkpoint())
    await _turns(2)
    task.cancel()
    await asyncio.wait([task])
    await purse.reserve(1, 1)
    await purse.checkpoint()
    assert (disk.asked, disk.saves) == (3, [Spend(1, 2, 0, 2).to_dict()] * 2)


async def test_the_budget_is_told_as_it_was_set() -> None:
    """For the summary: each cap that is set, and what counts against it."""
    purse = Purse(Caps(10, None, 2 * 10**12), Prices.per_million(1, 1))
    purse.settle(await purse.reserve(500_000, 0), Usage(250_000, 0))
    assert purse.budget() == {
        "max_cost": {"limit": 2.0, "spent": 0.25},
        "max_requests": {"limit": 10, "spent": 1},
    }
    assert Purse().budget() == {}


# --- giving up


@pytest.mark.parametrize("turns", range(8))
async def test_a_request_given_up_leaves_no_trace(turns: int) -> None:
    """Whether it waits for its turn, for the disk, or has just got leave."""
    disk = Disk(turns=2)
    purse = Purse(Caps(requests=100), None, disk)
    tasks = [asyncio.ensure_future(purse.reserve(10, 5)) for _ in range(3)]
    await _turns(turns)
    got = [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert purse.reserved.requests == len(got)
    for task in got:
        purse.release(task.result())
    booking = await purse.reserve(10, 5)
    assert purse.reserved == Spend(1, 15, 0, 15)
    purse.release(booking)
    await purse.close()
    assert Spend.from_dict(disk.saves[-1]) == NOTHING


async def test_who_waits_for_room_can_give_up() -> None:
    """The next in line takes its place."""
    purse = Purse(Caps(tokens=100))
    booking = await purse.reserve(80, 0)
    large = asyncio.ensure_future(purse.reserve(90, 0))
    small = asyncio.ensure_future(purse.reserve(20, 0))
    await _turns()
    assert not small.done()
    large.cancel()
    assert (await small).worst.tokens == 20
    purse.settle(booking, None)
    assert purse.reserved.tokens == 20


# --- the promise


class Life:
    """A process: workers that send as long as they may, until it ends or is killed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dead = False
        self.purse = Purse(world.caps, PRICES, self, spent=world.record)

    async def save(self, spent: Mapping[str, int]) -> None:
        """The vault's: a kill may come before it is durable, or before anybody hears of it."""
        rng = self.world.rng
        for _ in range(rng.randrange(4)):
            await asyncio.sleep(0)
        if self.dead:
            return
        self.world.record = dict(spent)
        for _ in range(rng.randrange(3)):
            await asyncio.sleep(0)

    async def work(self) -> None:
        """Send requests; what is billed for one is billed, whether or not it is heard of."""
        rng = self.world.rng
        with contextlib.suppress(RunStopped):
            while True:
                prompt, cap = rng.randint(0, 4), rng.randint(0, 4)
                booking = await self.purse.reserve(prompt, cap)
                usage = Usage(rng.randint(0, prompt), rng.randint(0, cap))
                free = rng.random() < 0.1
                if not free:
                    cost = PRICES.picodollars(usage.prompt_tokens, usage.completion_tokens)
                    tokens = usage.prompt_tokens + usage.completion_tokens
                    self.world.bill(Spend(1, tokens, cost), dead=self.dead)
                for _ in range(rng.randrange(5)):
                    await asyncio.sleep(0)
                if free:
                    self.purse.release(booking)
                else:
                    self.purse.settle(booking, usage if rng.random() < 0.8 else None)

    async def keep_records(self) -> None:
        """Checkpoints now and then."""
        while True:
            for _ in range(self.world.rng.randrange(1, 30)):
                await asyncio.sleep(0)
            await self.purse.checkpoint()

    async def live(self, workers: int, turns: int | None) -> None:
        """Run to the end of the budget, or be killed after so many turns of the event loop."""
        tasks = [asyncio.ensure_future(self.work()) for _ in range(workers)]
        clerk = asyncio.ensure_future(self.keep_records())
        if turns is None:
            await asyncio.gather(*tasks)
        else:
            await _turns(turns)
            self.dead = True
        for task in (*tasks, clerk):
            task.cancel()
        await asyncio.gather(*tasks, clerk, return_exceptions=True)
        if turns is None:
            await self.purse.close()


class World:
    """The endpoint's bill and the disk, over all lives."""

    def __init__(self, caps: Caps, seed: int) -> None:
        self.caps = caps
        self.rng = random.Random(seed)
        self.record: Mapping[str, int] = {}
        self.truth = NOTHING
        self.uncovered = 0

    def bill(self, spend: Spend, *, dead: bool) -> None:
        """A request arrives. A kill could come right now: what is on record must cover it."""
        if dead:
            return
        self.truth += spend
        self.uncovered += not Spend.from_dict(self.record).covers(self.truth)


limits = st.none() | st.integers(0, 600)


@settings(max_examples=1000, deadline=None)
@given(
    limits,
    limits,
    limits,
    st.integers(1, 12),
    st.lists(st.integers(0, 120), max_size=3),
    st.integers(0, 2**32),
)
def test_the_spend_never_passes_a_cap(
    requests: int | None,
    tokens: int | None,
    cost: int | None,
    workers: int,
    kills: list[int],
    seed: int,
) -> None:
    """Random usage within reservations, any concurrency, kills at any moment, a last life to the
    end: the bills of all lives, those in flight at a kill among them, stay within every cap.
    """
    caps = Caps(requests and requests // 10, tokens, cost and cost * 5)
    if not caps.any:
        caps = Caps(tokens=300)
    world = World(caps, seed)

    async def lives() -> None:
        for turns in (*kills, None):
            life = Life(world)
            await life.live(workers, turns)
            assert caps.passed_by(world.truth) is None
            assert not world.uncovered
            if turns is None:
                assert Spend.from_dict(world.record) == life.purse.settled

    # Blocks of any size: the smaller they are, the more often they are used to the end.
    with patch.object(money, "HEADROOM_REQUESTS", world.rng.choice([0, 1, 3, 16])):
        asyncio.run(lives())
