"""Caps that all workers of a queue share: never passed by their sum, whoever dies or comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.errors import RunStopped
from captioner.flow.clock import SystemClock
from captioner.flow.prices import Prices
from captioner.flow.purse import Purse
from captioner.flow.spend import NOTHING, Caps, Spend
from captioner.samples.outcome import Usage
from captioner.worker.redis_treasury import VERSION, RedisCommons, RedisTreasury

if TYPE_CHECKING:
    from captioner.worker.redis_link import RedisLink
    from tests.worker.redis_server import RedisServer

PRICES = Prices(2, 10)
KEY = "captions:spent:shop"


@asynccontextmanager
async def purse_of(
    server: RedisServer, ledger: str, caps: Caps, spent: Mapping[str, int] | None = None
) -> AsyncIterator[Purse]:
    """A worker's purse, closed in the end as by one that drains."""
    async with RedisTreasury(server.url, ledger, SystemClock()) as treasury:
        commons = treasury.commons("shop", spent or {})
        purse = Purse(caps, PRICES, spent=spent, commons=commons)
        yield purse
        await purse.close()


def told(server: RedisServer) -> dict[str, Spend]:
    """What stands in Redis, by ledger."""
    found = server.do("HGETALL", KEY)
    fields = dict(zip(found[::2], found[1::2], strict=True)) if isinstance(found, list) else found
    return {
        name.decode(): Spend.from_dict(json.loads(value))
        for name, value in fields.items()
        if name.decode() != VERSION
    }


async def spend(purse: Purse, tokens: int = 10, most: int = 1000) -> int:
    """Send until nothing more may be spent; how many were sent."""
    for sent in range(most):
        try:
            booking = await purse.reserve(tokens, 0)
        except RunStopped:
            return sent
        purse.settle(booking, Usage(tokens, 0))
    return most


async def test_two_workers_spend_one_cap_between_them(redis_server: RedisServer) -> None:
    """Side by side, to the last request; what both drained to is what they spent."""
    caps = Caps(requests=200)
    async with purse_of(redis_server, "a", caps) as one, purse_of(redis_server, "b", caps) as other:
        sent = await asyncio.gather(*(spend(purse) for purse in (one, other) for _ in range(4)))
        # The last block of one may be kept from the other until it is at rest.
        await one.checkpoint()
        await other.checkpoint()
        assert sum(sent) + await spend(one) == 200
        with pytest.raises(RunStopped, match="at most 200 by all workers"):
            await other.reserve(1, 0)
    assert sum(told(redis_server).values(), NOTHING).requests == 200


async def test_what_a_dead_worker_had_reserved_stays_spent(redis_server: RedisServer) -> None:
    """Its ledger's next life goes on under the same name; another one does not get it."""
    caps = Caps(requests=40)
    async with RedisTreasury(redis_server.url, "dead", SystemClock()) as treasury:
        purse = Purse(caps, PRICES, commons=treasury.commons("shop", {}))
        await purse.reserve(10, 0)  # killed: never settled, never closed
    block = told(redis_server)["dead"]
    assert block.requests == 17
    async with purse_of(redis_server, "other", caps) as other:
        assert await spend(other) == 40 - 17
        await other.checkpoint()
        async with purse_of(redis_server, "dead", caps, block.to_dict()) as again:
            assert await spend(again) == 0
        assert told(redis_server)["dead"] == block
    async with purse_of(redis_server, "dead", Caps(requests=50), block.to_dict()) as raised:
        assert await spend(raised) == 10


async def test_a_ledger_that_was_put_back_from_a_copy_forgets_nothing(
    redis_server: RedisServer,
) -> None:
    """What Redis knows beyond its record counts, in all lives from then on."""
    caps = Caps(requests=50)
    async with purse_of(redis_server, "a", caps) as purse:
        await spend(purse, most=30)
    old = Spend(10, 100, 200).to_dict()
    async with purse_of(redis_server, "a", caps, old) as purse:
        assert await spend(purse, most=5) == 5
    assert told(redis_server)["a"].requests == 35
    async with purse_of(redis_server, "a", caps, Spend(15, 150, 300).to_dict()) as purse:
        assert await spend(purse) == 15


async def test_what_redis_forgot_is_told_again(redis_server: RedisServer) -> None:
    """By those that live, as soon as they look."""
    async with purse_of(redis_server, "a", Caps(requests=50)) as purse:
        await spend(purse, most=30)
        await purse.checkpoint()
        before = told(redis_server)
        redis_server.do("FLUSHALL")
        await purse.checkpoint()
        assert told(redis_server) == before != {}


async def test_nothing_is_spent_that_redis_does_not_know_of(redis_server: RedisServer) -> None:
    """While it is away a block that was granted is used, and then it is waited for."""
    async with purse_of(redis_server, "a", Caps(requests=100)) as purse:
        assert await spend(purse, most=10) == 10
        redis_server.stop()
        rest = asyncio.ensure_future(spend(purse))
        await asyncio.sleep(0.3)
        assert not rest.done()
        assert purse.settled.requests == 17
        redis_server.start()
        assert await rest == 90


async def test_a_worker_that_drains_does_not_wait_for_redis(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then its last block stays spent there."""
    monkeypatch.setattr("captioner.worker.redis_treasury._LEAVE_S", 0.1)
    async with asyncio.timeout(5), purse_of(redis_server, "a", Caps(requests=100)) as purse:
        await spend(purse, most=3)
        redis_server.stop()
    redis_server.start()
    assert told(redis_server)["a"].requests == 17


async def test_a_full_server_takes_it(redis_server: RedisServer) -> None:
    """It is small; and who could not tell it could not go on."""
    redis_server.do("CONFIG", "SET", "maxmemory", "1")
    async with purse_of(redis_server, "a", Caps(requests=100)) as purse:
        assert await spend(purse) == 100


async def test_a_field_that_tells_no_sums_is_named(redis_server: RedisServer) -> None:
    """Somebody wrote it by hand; nothing is sent that it might forbid."""
    redis_server.do("HSET", KEY, "note", "do not touch")
    async with purse_of(redis_server, "a", Caps(requests=100)) as purse:
        with pytest.raises(RunStopped, match=f"{KEY} in Redis has a field note.*HDEL") as stopped:
            await purse.reserve(1, 0)
        assert stopped.value.verdict == "ledger_unusable"


async def test_what_was_spent_without_a_price_is_taken_at_the_dearer(
    redis_server: RedisServer,
) -> None:
    """Also where another worker spent it."""
    async with RedisTreasury(redis_server.url, "a", SystemClock()) as treasury:
        free = Purse(commons=treasury.commons("shop", {}))
        free.settle(await free.reserve(90, 0), Usage(90, 0))
        await free.close()
        await free.checkpoint()
    assert told(redis_server)["a"] == Spend(1, 90, 0, 90)
    async with purse_of(redis_server, "b", Caps(picodollars=1000)) as purse:
        assert await spend(purse, tokens=5) == (1000 - 90 * 10) // (5 * 2)


# --- the promise, for any order of events


class Table:
    """The hash, and what the endpoint billed to all."""

    def __init__(self, caps: Caps, seed: int) -> None:
        self.caps = caps
        self.rng = random.Random(seed)
        self.fields: dict[bytes, bytes] = {}
        self.truth = NOTHING


class Link:
    """A worker's way to the table; the worker may be dead before it arrives."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.dead = False

    async def through(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """What the call gives, some turns later."""
        await _turns(self.table.rng.randrange(4))
        if self.dead:
            await asyncio.Event().wait()
        answer = await call()
        await _turns(self.table.rng.randrange(4))
        return answer

    once = through

    async def command(self, *_words: Any) -> Mapping[bytes, bytes]:
        """All fields."""
        return dict(self.table.fields)

    async def script(self, _text: str, _keys: Any, words: tuple[str, ...]) -> int:
        """The one that tells."""
        seen, version, name, value = (word.encode() for word in words)
        fields, field = self.table.fields, VERSION.encode()
        if seen != b"*" and fields.get(field, b"") != seen:
            return 0
        fields |= {field: version, name: value}
        return 1


class Worker:
    """Lives of one worker with one ledger."""

    def __init__(self, table: Table, name: str) -> None:
        self.table, self.name = table, name
        self.record: Mapping[str, int] = {}
        self.link = Link(table)
        self.purse = Purse()

    async def save(self, spent: Mapping[str, int]) -> None:
        """The ledger's record."""
        await _turns(self.table.rng.randrange(3))
        if not self.link.dead:
            self.record = dict(spent)

    async def live(self, turns: int | None) -> None:
        """Spend to the end of the budget, or until killed after some turns of the event loop."""
        self.link = Link(self.table)
        commons = RedisCommons(cast("RedisLink", self.link), "", self.name, self.record)
        caps = self.table.caps
        self.purse = Purse(caps, PRICES, self, spent=self.record, commons=commons)
        tasks = [asyncio.ensure_future(self._work()) for _ in range(3)]
        clerk = asyncio.ensure_future(self._keep_records())
        if turns is None:
            await asyncio.gather(*tasks)
        else:
            await _turns(turns)
            self.link.dead = True
        for task in (*tasks, clerk):
            task.cancel()
        await asyncio.gather(*tasks, clerk, return_exceptions=True)
        if turns is None:
            await self.purse.close()

    async def _work(self) -> None:
        rng = self.table.rng
        with contextlib.suppress(RunStopped):
            while True:
                prompt, cap = rng.randint(0, 4), rng.randint(0, 4)
                booking = await self.purse.reserve(prompt, cap)
                usage = Usage(rng.randint(0, prompt), rng.randint(0, cap))
                if not self.link.dead:
                    cost = PRICES.picodollars(usage.prompt_tokens, usage.completion_tokens)
                    tokens = usage.prompt_tokens + usage.completion_tokens
                    self.table.truth += Spend(1, tokens, cost)
                await _turns(rng.randrange(5))
                self.purse.settle(booking, usage if rng.random() < 0.8 else None)

    async def _keep_records(self) -> None:
        while True:
            await _turns(self.table.rng.randrange(1, 30))
            await self.purse.checkpoint()


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


limits = st.none() | st.integers(0, 400)


@settings(max_examples=200, deadline=None)
@given(
    limits,
    limits,
    limits,
    st.lists(st.lists(st.integers(0, 200), max_size=2), min_size=2, max_size=4),
    st.integers(0, 2**32),
)
def test_the_sum_of_all_workers_never_passes_a_cap(
    requests: int | None,
    tokens: int | None,
    cost: int | None,
    workers: list[list[int]],
    seed: int,
) -> None:
    """Random usage, kills at any moment, lives that come back to their ledgers: all bills together
    stay within every cap, and none of them is missing in what was told in the end.
    """
    caps = Caps(requests, tokens, cost and cost * 5)
    if not caps.any:
        caps = Caps(tokens=300)
    table = Table(caps, seed)

    async def lives(worker: Worker, kills: list[int]) -> None:
        for turns in (*kills, None):
            await worker.live(turns)
            assert caps.passed_by(table.truth) is None

    async def all_lives() -> None:
        ours = [Worker(table, str(number)) for number in range(len(workers))]
        async with asyncio.TaskGroup() as group:
            for worker, kills in zip(ours, workers, strict=True):
                group.create_task(lives(worker, kills))
        sums = [json.loads(text) for name, text in table.fields.items() if name != b"version"]
        told_in_the_end = sum(map(Spend.from_dict, sums), NOTHING)
        assert told_in_the_end.covers(table.truth)

    asyncio.run(all_lives())
