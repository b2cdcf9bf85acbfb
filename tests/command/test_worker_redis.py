"""`captioner enqueue`, `worker` and `collect` as real processes around a real Redis."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess

    from tests.command.conftest import Bench, Ended
    from tests.worker.redis_server import RedisServer

TOKEN = "<__dj__image>"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def start_worker(
    bench: Bench, server: RedisServer, name: str, *words: object, code: str = ""
) -> subprocess.Popen[bytes]:
    """A worker with a folder for state of its own; what it says is in `NAME.log`."""
    with (bench.folder / f"{name}.log").open("ab") as log:
        return bench.start(
            *("worker", "--queue", server.url, "--state-dir", f"state-{name}"),
            *("--log-format", "json", *words),
            stderr=log.fileno(),
            code=code,
        )


def command(bench: Bench, *words: object) -> Ended:
    """Any command, to its end."""
    return bench.end(bench.start(*words))


def left(server: RedisServer) -> int:
    """How much is left in Redis: entries, results, and what is remembered of them."""
    streams = ("captions", "captions:done", "captions:failed")
    kept = {bytes(key) for key in server.do("KEYS", "captions:[bf]*")} - {b"captions:failed"}
    return sum(int(server.do("XLEN", stream)) for stream in streams) + len(kept)


def sample(number: int, image: str = PIXEL) -> dict[str, Any]:
    """One that asks for something that no other asks for."""
    return {"text": f"{TOKEN} {number}", "images": [image], "n": number, "ask": f"No {number}?"}


def test_enqueue_worker_and_collect_give_what_a_run_gives_byte_for_byte(
    bench: Bench, redis_server: RedisServer
) -> None:
    """Kept originals, generated rows, failures, lines that are no JSON: all as `run` has them."""
    bench.photos(4)
    rows: list[object] = [
        {"text": f"{TOKEN} é \ud83d\ude00", "images": ["photos/000.png"], "f": 1e-7, "b": 2**70},
        '{"images":["photos/001.png"],   "text":"' + TOKEN + ' spaced \\u00e9"}',
        {"text": f"{TOKEN} {TOKEN}", "images": ["photos/002.png", "photos/gone.png"]},
        "no JSON at all",
        {"text": f"{TOKEN} {TOKEN}", "images": ["photos/003.png"]},
        {"text": "without any image"},
    ]
    bench.write("in.jsonl", *rows)
    how = ("--rehearse", "--any-or-all", "any")
    bench.run("in.jsonl", "run.jsonl", *how, "--quiet").check(1)
    queue = ("--queue", redis_server.url)
    command(bench, "enqueue", "in.jsonl", *queue, "--keep-paths").check(0, "Batch in.jsonl: 6")
    worker = (*("--burst", "--image-root", bench.folder, "--image-base", bench.folder), *how)
    assert start_worker(bench, redis_server, "one", *worker).wait(30) == 0
    command(bench, "collect", "out.jsonl", *queue).check(1, "6 samples")
    for name in ("jsonl", "failures.jsonl"):
        ours = (bench.folder / f"out.{name}").read_bytes()
        assert ours == (bench.folder / f"run.{name}").read_bytes()
    told, run = bench.summary(), bench.summary("run.summary.json")
    for count in ("samples", "rows", "placeholders", "captions", "failed", "failure_reasons"):
        assert told["counts"][count] == run["counts"][count]
    assert left(redis_server) == 0
    command(bench, "collect", "out.jsonl", *queue).check(1, "collected already")


def test_a_folder_of_images_comes_out_as_from_a_run(
    bench: Bench, redis_server: RedisServer
) -> None:
    """One row an image, with its caption."""
    bench.photos(3)
    bench.run("photos", "run.jsonl", "--rehearse", "--quiet").check(0)
    queue = ("--queue", redis_server.url)
    command(bench, "enqueue", "photos", *queue, "--keep-paths", "--batch", "b").check(0)
    where = bench.folder / "photos"
    worker = ("--burst", "--rehearse", "--image-root", where, "--image-base", where)
    assert start_worker(bench, redis_server, "one", *worker).wait(30) == 0
    command(bench, "collect", "out.jsonl", *queue, "--batch", "b").check(0)
    assert (bench.folder / "out.jsonl").read_bytes() == (bench.folder / "run.jsonl").read_bytes()


def test_images_that_are_bytes_in_a_table_travel_in_the_entry(
    bench: Bench, redis_server: RedisServer
) -> None:
    """The workers need no files, and the output is the one that `run` makes of the table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    images = [bench.picture("one.png", number).read_bytes() for number in range(3)]
    table = pa.table({"image": images, "n": [1, 2, 3], "when": pa.array([1, 2, 3], pa.date32())})
    pq.write_table(table, bench.folder / "in.parquet")
    bench.run("in.parquet", "run.jsonl", "--rehearse", "--quiet").check(0)
    queue = ("--queue", redis_server.url)
    command(bench, "enqueue", "in.parquet", *queue).check(0)
    assert start_worker(bench, redis_server, "one", "--burst", "--rehearse").wait(30) == 0
    command(bench, "collect", "out.jsonl", *queue).check(0)
    assert (bench.folder / "out.jsonl").read_bytes() == (bench.folder / "run.jsonl").read_bytes()


POISON = """
import os
from captioner.worker import redis_entry
parsed = redis_entry.Entry.parsed
def fatal(entry, *how):
    if entry.position == 2500:
        os.kill(os.getpid(), 9)
    return parsed(entry, *how)
redis_entry.Entry.parsed = fatal
"""
"""Makes of one sample a poison: whoever takes it dies on the spot."""


@pytest.mark.timeout(240)
def test_every_entry_ends_once_through_kills_a_restart_of_redis_and_a_poison(
    bench: Bench, redis_server: RedisServer
) -> None:
    """5,000 entries, three workers, kill -9 of one and of Redis; collect restores the order."""
    bench.write("in.jsonl", *(sample(number) for number in range(5000)))
    queue = ("--queue", redis_server.url)
    command(bench, "enqueue", "in.jsonl", *queue).check(0, "5,000 samples")
    words = [
        *("--rehearse", "--burst", "--user-prompt-key", "ask", "--no-keep-original-sample"),
        *("--takeover-s", 3, "--heartbeat-s", 0.2, "--max-deliveries", 3),
    ]

    def start(name: str) -> subprocess.Popen[bytes]:
        return start_worker(bench, redis_server, name, *words, code=f"exec({POISON!r})")

    def finished() -> int:
        done: int = redis_server.do("HLEN", "captions:finished")
        return done

    workers = {name: start(name) for name in ("a", "b", "c")}
    statuses: list[int] = []
    killed = restarted = False
    while workers:
        time.sleep(0.05)
        for name, worker in list(workers.items()):
            if worker.poll() is not None:
                statuses.append(worker.returncode)
                del workers[name]
                if worker.returncode:  # as whatever watches over workers does
                    workers[name] = start(name)
        print(
            round(time.monotonic(), 1),
            finished(),
            statuses,
            finished() and redis_server.do("XPENDING", "captions", "captioners"),
        )
        if not killed and finished() > 500:
            killed = True
            workers["a"].kill()
        if not restarted and finished() > 1200:
            restarted = True
            redis_server.stop(signal.SIGKILL)
            redis_server.start()
    assert killed
    assert restarted
    assert sorted(statuses) == [-9, -9, -9, -9, 0, 0, 0]  # one was killed, three died of the poison
    done, failed = redis_server.ids("captions:done"), redis_server.ids("captions:failed")
    assert failed == ["in.jsonl:2500"]
    assert sorted(done + failed) == sorted(f"in.jsonl:{number}" for number in range(5000))
    command(bench, "collect", "out.jsonl", *queue).check(1, "5,000 samples", "poison")
    assert [row["n"] for row in bench.rows("out.jsonl")] == [
        number for number in range(5000) if number != 2500
    ]
    (failure,) = bench.rows("out.failures.jsonl")
    assert (failure["sample"], failure["reason"]) == (2500, "poison")
    assert left(redis_server) == 0


def test_sigterm_ends_in_time_and_another_has_what_was_given_back_within_two_seconds(
    bench: Bench, redis_server: RedisServer
) -> None:
    """Under full load: what is in flight is finished, what is not sent goes to the other."""
    served = bench.serve(latency_s=1.0)
    bench.write("in.jsonl", *(sample(number) for number in range(120)))
    queue = ("--queue", redis_server.url)
    command(bench, "enqueue", "in.jsonl", *queue).check(0)
    words = [
        *("--base-url", served.base_url, "--concurrency", 16),
        *("--user-prompt-key", "ask", "--drain-timeout-s", 10, "--burst"),
    ]

    def held(name: bytes) -> int:
        consumers = redis_server.do("XINFO", "CONSUMERS", "captions", "captioners")
        return sum(
            int(consumer[b"pending"])
            for consumer in (_pairs(each) for each in consumers)
            if consumer[b"name"].startswith(name) or name == b""
        )

    first = start_worker(bench, redis_server, "first", *words)
    bench.until(lambda: len(served.asked) >= 16)
    second = start_worker(bench, redis_server, "second", *words)
    bench.until(lambda: len(served.asked) >= 32 + 16)
    began_s = time.monotonic()
    first.send_signal(signal.SIGTERM)
    bench.until(lambda: held(b"free") > 0)
    given_back_s = time.monotonic()
    bench.until(lambda: held(b"free") == 0)
    assert time.monotonic() - given_back_s < 2
    assert first.wait(20) == 0
    assert time.monotonic() - began_s < 10
    assert second.wait(30) == 0
    assert redis_server.results("captions:failed") == []
    assert len(redis_server.ids("captions:done")) == 120
    assert len(set(redis_server.ids("captions:done"))) == 120
    assert len(served.asked) == 120  # nothing was paid for twice


def test_a_cap_is_one_for_all_workers_whoever_is_killed_or_comes_back(
    bench: Bench, redis_server: RedisServer
) -> None:
    """Three workers, one killed -9 and started again: no more is sent than the cap; raised, all is
    done, and what was captioned before is not paid again."""
    served = bench.serve(latency_s=0.1)
    bench.write("in.jsonl", *(sample(number) for number in range(150)))
    command(bench, "enqueue", "in.jsonl", "--queue", redis_server.url).check(0)
    words = [
        *("--base-url", served.base_url, "--concurrency", 4, "--user-prompt-key", "ask"),
        *("--burst", "--takeover-s", 1, "--heartbeat-s", 0.2),
    ]

    def ended(cap: int, *names: str) -> list[int]:
        workers = [start(cap, name) for name in names]
        return [worker.wait(30) for worker in workers]

    def start(cap: int, name: str) -> subprocess.Popen[bytes]:
        return start_worker(bench, redis_server, name, *words, "--max-requests", cap)

    killed, *others = [start(100, name) for name in ("killed", "b", "c")]
    bench.until(lambda: len(served.asked) >= 30)
    killed.kill()
    assert {worker.wait(30) for worker in others} == {3}
    assert ended(100, "killed", "b", "d") == [3, 3, 3]
    assert 100 - (16 + 4 + 4) <= len(served.asked) <= 100
    assert "by all workers" in (bench.folder / "d.log").read_text()
    assert ended(300, "killed", "b") == [0, 0]
    assert len(redis_server.ids("captions:done")) == 150
    assert 150 <= len(served.asked) <= 150 + 4 + 4


def _pairs(answer: Any) -> dict[bytes, Any]:
    if isinstance(answer, dict):
        return {key if isinstance(key, bytes) else key.encode(): answer[key] for key in answer}
    return dict(zip(answer[::2], answer[1::2], strict=True))
