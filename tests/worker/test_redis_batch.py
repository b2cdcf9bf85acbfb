"""A data set into Redis and out again: whatever dies on the way, each sample once and in order."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from captioner.errors import ConfigError, RunStopped
from captioner.flow.clock import SystemClock
from captioner.formats.choose import open_source
from captioner.samples.outcome import CaptionOutcome, Outcome, Usage, Verdict
from captioner.samples.sample import BadRecord, Sample
from captioner.worker import redis_batch, redis_collecting
from captioner.worker.redis_batch import Enqueuer
from captioner.worker.redis_collecting import Collector
from captioner.worker.redis_entry import Entry
from captioner.worker.redis_link import RedisLink
from captioner.worker.redis_outcome import outcome_json, outcome_of
from captioner.worker.redis_place import RedisPlace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.worker.redis_server import RedisServer


class KilledError(BaseException):
    """What stands for kill -9: nobody catches it."""


@asynccontextmanager
async def link_to(server: RedisServer, dies_at: int = 0) -> AsyncIterator[RedisLink]:
    """A link whose process dies at one step: at an odd one before it, at an even one after it."""
    async with RedisLink(RedisPlace.parse(server.url), SystemClock()) as link:
        through, steps = link.through, 0

        async def fatal(call: Callable[[], Awaitable[Any]]) -> Any:
            nonlocal steps
            steps += 1
            if steps == dies_at and dies_at % 2:
                raise KilledError
            answer = await through(call)
            if steps == dies_at:
                raise KilledError
            return answer

        if dies_at:
            link.through = fatal  # type: ignore[method-assign]
        yield link


async def lives(work: Callable[[int], Awaitable[Any]]) -> int:
    """Begin it again and again, each life a step longer; returns how many died."""
    for dies_at in range(1, 100):
        try:
            await work(dies_at)
        except KilledError:
            continue
        return dies_at - 1
    raise AssertionError("it never came to an end")


def write(folder: Path, count: int) -> Path:
    """A file of samples, one line of which is no JSON."""
    path = folder / "in.jsonl"
    lines = [json.dumps({"text": str(number), "n": number}) for number in range(count)]
    lines[3] = "no JSON"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


async def enqueue(server: RedisServer, path: Path, dies_at: int = 0, **how: Any) -> None:
    """One life of `captioner enqueue`."""
    async with link_to(server, dies_at) as link:
        source = open_source(path)
        await Enqueuer(link, source, batch="b", image_key="images", **how).run()


async def answer_all(server: RedisServer) -> None:
    """Do what a worker would: each entry kept as it is, in a wild order."""
    from captioner.worker.redis_scripts import FINISH

    async with link_to(server) as link:
        await link.make_group()
        read = await link.command(
            *("XREADGROUP", "GROUP", "captioners", "me", "COUNT", 10_000),
            *("STREAMS", "captions", ">"),
        )
        for entry_id, fields in reversed(read[0][1]):
            entry = Entry.of(entry_id.decode(), fields)
            told = {"rows": [None], "captions": [], "fault": "", "fault_detail": ""}
            outcome = json.dumps(told | {"unused_images": 0, "met_images": False})
            result = ["id", entry.id, "sample", entry.sample, "outcome", outcome]
            keys = ["captions", "captions:done", "captions:finished"]
            await link.script(FINISH, keys, ["captioners", entry_id, entry.id, "done", *result])


async def collect(server: RedisServer, output: Path, dies_at: int = 0, **how: Any) -> Any:
    """One life of `captioner collect`."""
    async with link_to(server, dies_at) as link:
        return await Collector(link, str(output), **how).run()


async def test_enqueue_and_collect_go_on_wherever_they_were_killed(
    redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each step in turn, before and after it: every sample once, in order, Redis empty."""
    monkeypatch.setattr(redis_batch, "_ENTRIES_AT_ONCE", 7)
    monkeypatch.setattr(redis_collecting, "_AT_ONCE", 7)
    monkeypatch.setattr(redis_collecting, "_CHECKPOINT_EVERY_S", 0.0)
    path, output = write(tmp_path, 60), tmp_path / "out.jsonl"
    assert await lives(lambda dies_at: enqueue(redis_server, path, dies_at)) >= 4
    assert redis_server.do("XLEN", "captions") == 59
    await answer_all(redis_server)
    assert await lives(lambda dies_at: collect(redis_server, output, dies_at)) >= 4
    lines = path.read_text().splitlines()
    assert output.read_text().splitlines() == [*lines[:3], *lines[4:]]
    (failure,) = (tmp_path / "out.failures.jsonl").read_text().splitlines()
    assert json.loads(failure)["reason"] == "not_json"
    summary = json.loads((tmp_path / "out.summary.json").read_text())
    assert summary["counts"]["samples"] == 60
    assert summary["counts"]["failure_reasons"] == {"not_json": 1}
    assert redis_server.do("KEYS", "captions:batch*") == []
    assert redis_server.do("HLEN", "captions:finished") == 0
    assert redis_server.results("captions:done") == redis_server.results("captions:failed") == []


async def test_a_batch_of_another_input_is_refused(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """So is the same file once it has changed."""
    path = write(tmp_path, 5)
    await enqueue(redis_server, path)
    path.write_text(path.read_text() + '{"text": "more"}\n')
    with pytest.raises(ConfigError, match="another input"):
        await enqueue(redis_server, path)


async def test_without_waiting_it_takes_what_is_there_in_order(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """And says that there is more to come; a later life has the rest."""
    output = tmp_path / "out.jsonl"
    await enqueue(redis_server, write(tmp_path, 5))
    end = await collect(redis_server, output, wait=False)
    assert (end.exit_status, end.summary["verdict"]) == (3, "results_missing")
    assert not output.exists()
    await answer_all(redis_server)
    end = await collect(redis_server, output, wait=False)
    assert end.exit_status == 1
    assert len(output.read_text().splitlines()) == 4
    assert (await collect(redis_server, output, batch="b")).already_done


async def test_two_outputs_cannot_share_a_batch(redis_server: RedisServer, tmp_path: Path) -> None:
    """What one has is no longer there for the other."""
    await enqueue(redis_server, write(tmp_path, 5))
    await collect(redis_server, tmp_path / "one.jsonl", wait=False)
    with pytest.raises(ConfigError, match=r"one\.jsonl: name that OUTPUT"):
        await collect(redis_server, tmp_path / "two.jsonl", wait=False)


async def test_an_output_that_is_there_already_is_not_overwritten(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """It is not of this batch."""
    output = tmp_path / "out.jsonl"
    output.write_text("mine\n")
    await enqueue(redis_server, write(tmp_path, 5))
    with pytest.raises(ConfigError, match="exists"):
        await collect(redis_server, output)
    assert output.read_text() == "mine\n"


async def test_a_result_that_somebody_took_away_is_said(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """Rather than waited for without end."""
    await enqueue(redis_server, write(tmp_path, 5))
    await answer_all(redis_server)
    redis_server.do("DEL", "captions:done")
    with pytest.raises(RunStopped, match="b:0 in Redis is gone"):
        await collect(redis_server, tmp_path / "out.jsonl")


async def test_which_batch_must_be_said_where_there_are_several(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """And it is said which there are; or that there is none."""
    output = tmp_path / "out.jsonl"
    with pytest.raises(ConfigError, match="captioner enqueue makes one"):
        await collect(redis_server, output)
    redis_server.do("SADD", "captions:batches", "x", "y")
    with pytest.raises(ConfigError, match="x, y"):
        await collect(redis_server, output)


async def test_relative_paths_start_at_the_input_unless_they_are_kept(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """The sample itself stays as it stood in the file."""
    line = '{"text":"t",   "images": ["a.png", "http://host/b.png", "/c.png"]}'
    (tmp_path / "in.jsonl").write_text(f"{line}\n")
    await enqueue(redis_server, tmp_path / "in.jsonl")
    (fields,) = redis_server.results("captions")
    assert fields[b"sample"].decode() == line
    assert json.loads(fields[b"images"]) == [f"{tmp_path}/a.png", "http://host/b.png", "/c.png"]
    sample = Entry.of("1-1", fields).parsed(fields, "images", 10_000)
    assert sample.fields["images"][0] == f"{tmp_path}/a.png"
    assert dict(sample.fields)["text"] == "t"
    redis_server.do("FLUSHALL")
    await enqueue(redis_server, tmp_path / "in.jsonl", keep_paths=True)
    (fields,) = redis_server.results("captions")
    assert b"images" not in fields


def test_an_outcome_is_the_same_once_it_was_json() -> None:
    """Rows, captions, faults; what is kept as it was comes from the sample."""
    raw = b'{"text":  "x"}'
    sample = Sample(7, json.loads(raw), raw)
    caption = CaptionOutcome(
        *(7, 0, "a.png", None, Verdict.FAILED, "timeout", "no answer"),
        usage=Usage(3, 4),
        attempts=2,
        latency_s=0.5,
    )
    outcome = Outcome(sample, (sample.fields, {"text": "é\udc80"}), (caption,), "", "", 1, True)
    fields = {b"outcome": outcome_json(outcome), b"sample": raw}
    again = outcome_of(7, fields)
    assert again.rows == outcome.rows
    assert again.rows[0] is again.record.fields  # type: ignore[union-attr]
    assert again.captions == outcome.captions
    assert again.record.raw == raw  # type: ignore[union-attr]
    assert (again.unused_images, again.met_images) == (1, True)
    bad = Outcome(BadRecord(2, "line 3", "not_json", "why", "text"), (), (), "not_json", "why")
    assert outcome_of(2, {b"outcome": outcome_json(bad)}) == bad
