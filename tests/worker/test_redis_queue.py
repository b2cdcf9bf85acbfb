"""Redis Streams as a queue: against a real server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from captioner import Captioner
from captioner.errors import Abandoned, ConfigError, RunStopped
from captioner.flow.clock import SystemClock
from captioner.settings import WorkerOptions, settings_from
from captioner.worker import redis_queue
from captioner.worker.desk import Desk, UnknownProfile
from captioner.worker.queue import QueueError
from captioner.worker.redis_queue import RedisQueue
from tests.worker.redis_server import names, until

if TYPE_CHECKING:
    from tests.worker.redis_server import RedisServer

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
SAMPLE = json.dumps({"text": "<__dj__image> on a wall", "images": [PIXEL]})


@dataclass
class OneDesk:
    """A desk with one profile, whose Captioner asks the endpoint in the process."""

    captioner: Captioner
    error: Exception | None = None
    roads: list[Any] = field(default_factory=list)

    async def seat(self, profile: str) -> Any:
        """The seat of the one profile."""
        if profile not in ("", "known"):
            raise UnknownProfile(f"no profile is called {profile!r}")
        if self.error is not None:
            raise self.error
        return SimpleNamespace(settings=self.captioner.settings, captioner=self.captioner)


@asynccontextmanager
async def desk_of(**settings: Any) -> AsyncIterator[OneDesk]:
    """A desk that is open."""
    async with Captioner(settings_from(base_url="embedded", **settings)) as captioner:
        yield OneDesk(captioner)


def queue_of(server: RedisServer, worker: str = "one", **options: Any) -> RedisQueue:
    """A worker's queue."""
    given = WorkerOptions(queue=server.url, **options)
    return RedisQueue(server.url, given, worker, SystemClock())


def add(server: RedisServer, name: str, **fields: str) -> str:
    """Add an entry; its id in the stream."""
    words: list[str] = ["id", name, "sample", SAMPLE]
    for field_name, value in fields.items():
        words += [field_name, value]
    entry: bytes = server.do("XADD", "captions", "*", *words)
    return entry.decode()


async def work(queue: RedisQueue, desk: OneDesk, most: int = 8) -> None:
    """Take what there is and do it."""
    for claim in await queue.take(most, burst=True):
        await claim.work(cast("Desk", desk))


async def test_a_sample_that_is_captioned_ends_in_done_and_nowhere_else(
    redis_server: RedisServer,
) -> None:
    """Its result has rows, caption, verdict and usage; its entry is gone; all at once."""
    add(redis_server, "a")
    async with queue_of(redis_server) as queue, desk_of() as desk:
        await work(queue, desk)
        depth = await queue.depth()
    assert (depth.waiting, depth.held) == (0, 0)
    assert redis_server.do("XLEN", "captions") == 0
    assert redis_server.results("captions:failed") == []
    (result,) = redis_server.results("captions:done")
    told = json.loads(result[b"outcome"])
    assert result[b"id"] == b"a"
    assert told["captions"][0]["verdict"] == "ok"
    assert told["captions"][0]["usage"]["prompt_tokens"] > 0
    assert told["rows"][0] is None
    assert result[b"sample"].decode() == SAMPLE
    assert told["captions"][0]["caption"] in told["rows"][1]["text"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sample": "no JSON"}, "not_json"),
        ({"sample": "[1]"}, "not_json"),
        ({"sample": '{"text": 7, "images": ["a"]}'}, "malformed"),
        ({"kind": "songs"}, "malformed"),
        ({"images": "{}"}, "malformed"),
        ({"images": '[{"base64": "no"}]'}, "malformed"),
        ({"profile": "nobody"}, "unknown_profile"),
        ({"sample": json.dumps({"text": "x" * 3000})}, "too_large"),
    ],
)
async def test_an_entry_that_is_no_sample_ends_in_failed_with_a_reason(
    redis_server: RedisServer, fields: dict[str, str], reason: str
) -> None:
    """At once, and nothing is asked for it."""
    add(redis_server, "bad", **fields)
    async with queue_of(redis_server, max_body_bytes=2000) as queue, desk_of() as desk:
        await work(queue, desk)
    (result,) = redis_server.results("captions:failed")
    assert json.loads(result[b"outcome"])["fault"] == reason
    assert redis_server.do("XLEN", "captions") == 0


async def test_an_entry_without_id_or_sample_fails_by_the_name_of_the_entry(
    redis_server: RedisServer,
) -> None:
    """Whoever put it there can find it by that."""
    entry = redis_server.do("XADD", "captions", "*", "something", "else").decode()
    async with queue_of(redis_server) as queue, desk_of() as desk:
        await work(queue, desk)
    assert redis_server.ids("captions:failed") == [f"entry {entry}"]


async def test_a_sample_with_an_image_that_is_missing_keeps_its_rows_in_failed(
    redis_server: RedisServer,
) -> None:
    """The captions that it has are paid for."""
    sample = {"text": "<__dj__image> <__dj__image>", "images": [PIXEL, "gone.png"]}
    add(redis_server, "half", sample=json.dumps(sample))
    async with queue_of(redis_server) as queue, desk_of(any_or_all="any") as desk:
        await work(queue, desk)
    (result,) = redis_server.results("captions:failed")
    told = json.loads(result[b"outcome"])
    assert [caption["reason"] for caption in told["captions"]] == ["", "missing_image"]
    assert told["captions"][0]["caption"] in told["rows"][1]["text"]


async def test_however_often_it_is_delivered_an_id_has_one_result(
    redis_server: RedisServer,
) -> None:
    """Also where two workers finish it, and where it was enqueued twice."""
    add(redis_server, "a")
    add(redis_server, "a")
    one, two = queue_of(redis_server, "one"), queue_of(redis_server, "two", takeover_s=0.05)
    async with one, two, desk_of() as desk:
        stalled = await one.take(1, burst=False)
        await asyncio.sleep(0.1)
        taken = await two.take(4, burst=False)
        taken = [*taken, *await two.take(4, burst=True)] if len(taken) < 2 else taken
        assert names(taken) == ["a", "a"]
        for claim in (*stalled, *taken):
            await claim.work(cast("Desk", desk))
    assert redis_server.ids("captions:done") == ["a"]
    assert redis_server.do("XLEN", "captions") == 0


async def test_no_more_is_read_than_there_are_places(redis_server: RedisServer) -> None:
    """The rest stays for other workers."""
    for number in range(5):
        add(redis_server, str(number))
    async with queue_of(redis_server) as queue:
        assert len(await queue.take(2, burst=False)) <= 2
        depth = await queue.depth()
        assert depth.held <= 2
        assert depth.waiting == 5 - depth.held


async def test_what_is_given_back_goes_to_another_worker_within_two_seconds(
    redis_server: RedisServer,
) -> None:
    """And the delivery does not count as one that a worker died of."""
    add(redis_server, "a")
    async with queue_of(redis_server, "one", max_deliveries=1) as one:
        async with queue_of(redis_server, "two", max_deliveries=1) as two, desk_of() as desk:
            for _ in range(3):
                (claim,) = await one.take(1, burst=False)
                await claim.give_back()
            began_s = time.monotonic()
            (claim,) = await two.take(1, burst=False)
            assert time.monotonic() - began_s < 2
            await claim.work(cast("Desk", desk))
    assert redis_server.ids("captions:done") == ["a"]


async def test_leaving_gives_back_all_that_is_held(redis_server: RedisServer) -> None:
    """And takes the worker's name out of the group."""
    for number in range(3):
        add(redis_server, str(number))
    async with queue_of(redis_server, "one") as one:
        await one.take(3, burst=False)
    async with queue_of(redis_server, "two") as two:
        assert (await two.depth()).held == 0
        taken = names(await two.take(9, burst=False))
        while len(taken) < 3:
            taken += names(await two.take(9, burst=False))
    assert sorted(taken) == ["0", "1", "2"]
    consumers = redis_server.do("XINFO", "CONSUMERS", "captions", "captioners")
    assert b"one" not in str(consumers).encode()


async def test_a_heartbeat_keeps_what_is_worked_on_and_the_dead_lose_theirs(
    redis_server: RedisServer,
) -> None:
    """A worker that is slow keeps its entries; one that shows no life does not."""
    add(redis_server, "slow")
    add(redis_server, "dead")
    alive = queue_of(redis_server, "alive", heartbeat_s=0.05, takeover_s=0.5)
    dead = queue_of(redis_server, "dead", takeover_s=0.5)
    other = queue_of(redis_server, "other", takeover_s=0.5)
    async with alive, dead, other, asyncio.TaskGroup() as group:
        await alive.take(1, burst=False)
        await dead.take(1, burst=False)
        beating = group.create_task(alive.watch())
        await asyncio.sleep(0.7)
        assert names(await other.take(5, burst=False)) == ["dead"]
        beating.cancel()


def consumers_of(server: RedisServer) -> set[str]:
    """Whom the group knows."""
    told = server.do("XINFO", "CONSUMERS", "captions", "captioners")
    return {consumer[1].decode() for consumer in told}


async def test_workers_of_the_past_are_forgotten_but_for_what_they_hold(
    redis_server: RedisServer,
) -> None:
    """Not those that hold an entry, nor the place of what was given back, nor who asks."""
    for name in "ab":
        add(redis_server, name)
    async with (
        queue_of(redis_server, "gone") as gone,
        queue_of(redis_server, "holding") as holding,
        queue_of(redis_server, "asking") as asking,
    ):
        await gone.give_back((await gone.take(1, burst=False))[0])
        (held,) = await holding.take(1, burst=False)
        await asking.take(1, burst=False)
        assert consumers_of(redis_server) == {"gone", "holding", "asking", "free"}
        assert await asking.sweep(gone_after_s=3600) == 0
        assert await asking.sweep(gone_after_s=0) == 1
        assert consumers_of(redis_server) == {"holding", "asking", "free"}
        await holding.give_back(held)
        assert await asking.sweep(gone_after_s=0) == 1
        assert consumers_of(redis_server) == {"asking", "free"}
        # Who was forgotten is known again as soon as it takes something.
        add(redis_server, "c")
        assert "c" in names(await gone.take(5, burst=False))
        redis_server.do("FLUSHALL")
        assert await asking.sweep(gone_after_s=0) == 0


async def test_a_worker_sweeps_by_itself(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside its heartbeat, whether or not it holds anything."""
    monkeypatch.setattr(redis_queue, "_GONE_AFTER_S", 0)
    async with queue_of(redis_server, heartbeat_s=0.02) as queue, asyncio.TaskGroup() as group:
        await queue.take(1, burst=True)
        redis_server.do("XGROUP", "CREATECONSUMER", "captions", "captioners", "gone")
        watching = group.create_task(queue.watch())

        async def forgotten() -> bool:
            return "gone" not in consumers_of(redis_server)

        await until(forgotten)
        watching.cancel()


async def test_an_entry_that_workers_die_of_ends_as_poison(redis_server: RedisServer) -> None:
    """After so many deliveries, none of which came to an end, and nothing is asked for it."""
    add(redis_server, "poison")
    for number in range(2):
        victim = queue_of(redis_server, f"victim-{number}", takeover_s=0.01)
        await victim._link.__aenter__()  # it dies: it gives nothing back
        assert names(await victim.take(1, burst=False)) == ["poison"]
        await victim._link.__aexit__(None, None, None)
        await asyncio.sleep(0.05)
    last = queue_of(redis_server, "last", takeover_s=0.01, max_deliveries=2)
    async with last, desk_of() as desk:
        await work(last, desk)
    (result,) = redis_server.results("captions:failed")
    told = json.loads(result[b"outcome"])
    assert told["fault"] == "poison"
    assert "2 times" in told["fault_detail"]


@pytest.mark.parametrize("error", [RunStopped("no_quota", "no money"), Abandoned()])
async def test_what_cannot_be_done_now_has_no_result(
    redis_server: RedisServer, error: Exception
) -> None:
    """It is for the worker to give it back."""
    add(redis_server, "a")
    async with queue_of(redis_server) as queue, desk_of() as desk:
        desk.error = error
        (claim,) = await queue.take(1, burst=False)
        with pytest.raises(type(error)):
            await claim.work(cast("Desk", desk))
        assert (await queue.depth()).held == 1
    assert redis_server.results("captions:failed") == []


async def test_a_lost_connection_is_waited_out_and_the_result_written_then(
    redis_server: RedisServer,
) -> None:
    """Killed and started again in the middle of a sample: one request, one result."""
    add(redis_server, "a")
    async with queue_of(redis_server) as queue, desk_of() as desk:
        (claim,) = await queue.take(1, burst=False)
        redis_server.stop()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(claim.work(cast("Desk", desk)))
            with pytest.raises(QueueError):
                await queue.depth()
            await asyncio.sleep(0.3)
            assert not task.done()
            await asyncio.to_thread(redis_server.start)
        assert (await queue.depth()).held == 0
    assert redis_server.ids("captions:done") == ["a"]


async def test_burst_ends_where_nothing_is_left_with_anybody(redis_server: RedisServer) -> None:
    """While another worker holds an entry there may be more to do."""
    add(redis_server, "a")
    one, two = queue_of(redis_server, "one"), queue_of(redis_server, "two")
    async with one, two, desk_of() as desk, asyncio.TaskGroup() as group:
        (claim,) = await one.take(1, burst=True)
        waiting = group.create_task(two.take(1, burst=True))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await claim.work(cast("Desk", desk))
        assert await waiting == []


async def test_a_full_server_still_takes_results(redis_server: RedisServer) -> None:
    """Else nobody could ever make room: new entries are refused, results are not."""
    add(redis_server, "a")
    async with queue_of(redis_server) as queue, desk_of() as desk:
        (claim,) = await queue.take(1, burst=False)
        redis_server.do("CONFIG", "SET", "maxmemory", "1")
        await claim.work(cast("Desk", desk))
        redis_server.do("CONFIG", "SET", "maxmemory", "0")
    assert redis_server.ids("captions:done") == ["a"]


async def test_a_wrong_password_is_said_without_the_one_that_was_given(
    redis_server: RedisServer,
) -> None:
    """Before anything is taken."""
    redis_server.do("CONFIG", "SET", "requirepass", "right")
    url = redis_server.url.replace("redis://", "redis://:wrong@")
    queue = RedisQueue(url, WorkerOptions(queue=url), "one", SystemClock())
    async with queue:
        with pytest.raises(ConfigError) as caught:
            await queue.take(1, burst=True)
    assert "rejected" in str(caught.value)
    assert "wrong" not in str(caught.value)


async def test_the_age_is_that_of_the_oldest_entry(redis_server: RedisServer) -> None:
    """In seconds, by the server's clock."""
    seconds = int(redis_server.do("TIME")[0]) - 100
    redis_server.do("XADD", "captions", f"{seconds * 1000}-1", "id", "old", "sample", SAMPLE)
    add(redis_server, "new")
    async with queue_of(redis_server) as queue:
        depth = await queue.depth()
    assert 99 <= depth.oldest_age_s <= 105
    assert depth.waiting == 2


async def test_given_back_again_and_again_it_holds_up_nothing_new(
    redis_server: RedisServer,
) -> None:
    """A profile that is paused must not starve the others."""
    for number in range(4):
        add(redis_server, f"stopped-{number}")
    async with queue_of(redis_server) as queue:
        for claim in await queue.take(4, burst=False):
            await claim.give_back()
        add(redis_server, "fresh")

        async def fresh() -> bool:
            claims = await queue.take(2, burst=False)
            for claim in claims:
                await claim.give_back()
            return "fresh" in names(claims)

        await until(fresh, limit_s=5)


async def test_what_died_with_a_poison_gets_its_last_try_without_other_suspects(
    redis_server: RedisServer,
) -> None:
    """So that none of them is taken for it: one by one, and each ends as it should."""
    for name in ("a", "poison", "b"):
        add(redis_server, name)
    dying = queue_of(redis_server, "dying", takeover_s=0.01)
    await dying._link.__aenter__()
    assert names(await dying.take(3, burst=False)) == ["a", "poison", "b"]
    await dying._link.__aexit__(None, None, None)
    await asyncio.sleep(0.05)
    add(redis_server, "fresh")
    next_one = queue_of(redis_server, "next", takeover_s=0.01, max_deliveries=2)
    async with next_one, desk_of() as desk:
        held = list(await next_one.take(8, burst=False))
        while len(held) < 2:
            held += await next_one.take(8, burst=False)
        assert names(held) == ["a", "fresh"]
        taken: list[str] = []
        while held:
            await held.pop(0).work(cast("Desk", desk))
            if not held and len(taken) < 2:
                held = list(await next_one.take(8, burst=False))
                taken += names(held)
                assert len(held) == 1
    assert taken == ["poison", "b"]
    assert sorted(redis_server.ids("captions:done")) == ["a", "b", "fresh", "poison"]
