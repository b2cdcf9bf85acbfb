"""Stopping: in order when asked, at once when asked again, and without harm when killed."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from captioner.endpoint import AskedRequest, ScriptedReply

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Served

PHOTOS = 40


def words_for(served: Served, output: str = "out.jsonl") -> tuple[object, ...]:
    """A run of three requests at a time."""
    flags = ("--base-url", served.base_url, "--mode", "caption", "--concurrency", 3)
    return ("photos", output, *flags)


def uninterrupted(bench: Bench) -> bytes:
    """What a run that nobody stops writes: the endpoint's words depend on the image alone."""
    bench.run(*words_for(bench.serve(), "whole.jsonl")).check(0)
    return (bench.folder / "whole.jsonl").read_bytes()


def said_by(process: subprocess.Popen[bytes], words: bytes) -> None:
    """Wait for these words on standard error."""
    assert process.stderr is not None
    said = b""
    while words not in said:
        line = process.stderr.readline()
        assert line, said
        said += line


def waiting_bytes(pipe: int) -> int:
    """How much has been written to a pipe and not been read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["term", "int"]
)
def test_a_signal_drains_and_the_same_command_completes(
    bench: Bench, number: signal.Signals, status: int
) -> None:
    """What is in flight is finished and nothing else begun; the partial file is whole lines, the
    beginning of what an uninterrupted run writes; and hardly anything is paid twice."""
    bench.photos(PHOTOS)
    whole = uninterrupted(bench)
    served = bench.serve(latency_s=0.1)
    process = bench.start("run", *words_for(served))
    bench.until(lambda: bench.lines("out.partial.jsonl") >= 6)
    process.send_signal(number)
    bench.end(process).check(status, "Stopping", "Interrupted", "The same command continues")
    partial = (bench.folder / "out.partial.jsonl").read_bytes()
    assert partial.endswith(b"\n")
    assert whole.startswith(partial)
    assert len(partial) < len(whole)
    assert "out.jsonl" not in bench.names()
    summary = bench.summary()
    assert (summary["status"], summary["exit_status"]) == ("interrupted", status)
    written = partial.count(b"\n")
    assert summary["counts"]["captions"] == written
    unfinished = served.stats.captions - written
    # All in flight was waited for: nothing that was paid is lost, as rows were in order.
    assert unfinished <= 3
    bench.run(*words_for(served)).check(0, f"Going on after {written} samples")
    assert (bench.folder / "out.jsonl").read_bytes() == whole
    assert served.stats.paid_twice <= unfinished
    assert served.stats.captions == PHOTOS + served.stats.paid_twice
    counts = bench.summary()["counts"]
    assert counts["captions"] == counts["rows"] == PHOTOS
    assert counts["requests"] == served.stats.captions
    assert "out.partial.jsonl" not in bench.names()


def test_a_second_signal_stops_at_once(bench: Bench) -> None:
    """While the first is waiting for a slow reply: the process ends, what was written stays."""
    bench.photos(PHOTOS)
    whole = uninterrupted(bench)
    order = itertools.count()

    def slow_later(asked: AskedRequest) -> ScriptedReply | None:
        return ScriptedReply(latency_s=60, fault="hang") if next(order) >= 9 else None

    served = bench.serve(slow_later)
    process = bench.start("run", *words_for(served))
    bench.until(lambda: bench.lines("out.partial.jsonl") >= 7 and served.stats.in_flight >= 3)
    process.send_signal(signal.SIGTERM)
    said_by(process, b"Stopping")
    begun_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    bench.end(process).check(143)
    assert time.monotonic() - begun_s < 5
    assert whole.startswith((bench.folder / "out.partial.jsonl").read_bytes())
    # The address is part of what was asked: another endpoint is another run.
    served.close()
    bench.serve(port=served.port)
    bench.run(*words_for(served)).check(0, "Going on")
    assert (bench.folder / "out.jsonl").read_bytes() == whole


def test_draining_has_its_time(bench: Bench) -> None:
    """A reply that does not come is given up after drain_timeout_s, with the signal's status."""
    bench.photos(5)
    served = bench.serve(lambda _: ScriptedReply(fault="hang"))
    process = bench.start("run", *words_for(served), "--drain-timeout-s", "0.3")
    bench.until(lambda: served.stats.in_flight == 3)
    begun_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    bench.end(process).check(143, "finishing 3 requests")
    assert time.monotonic() - begun_s < 5
    assert bench.lines("out.partial.jsonl") == 0


def test_draining_starts_no_retries(bench: Bench) -> None:
    """What waits to be asked again is left for the next run, and not waited for."""
    bench.photos(5)
    told = {"retry-after": "60"}
    served = bench.serve(lambda _: ScriptedReply("x", status=503, headers=told))
    process = bench.start("run", *words_for(served))
    bench.until(lambda: sum(served.stats.statuses.values()) >= 3)
    begun_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    bench.end(process).check(143)
    assert time.monotonic() - begun_s < 5
    assert "out.failures.jsonl" not in bench.names()


def test_a_signal_before_the_first_request(bench: Bench) -> None:
    """The endpoint takes the connection and says nothing: the run can be stopped all the same."""
    bench.photos(1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        process = bench.start("run", "photos", "out.jsonl", "--base-url", url)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGTERM)
            bench.end(process).check(143)
    assert bench.names() == {"photos"}


@pytest.mark.parametrize("checkpoint_every_s", [0.0, 60.0])
def test_a_killed_run_completes(bench: Bench, checkpoint_every_s: float) -> None:
    """Killed without a chance to say anything, soon after a checkpoint or long after it: the same
    command goes on from there, and the output is right."""
    bench.photos(PHOTOS)
    whole = uninterrupted(bench)
    served = bench.serve(latency_s=0.05)
    process = bench.start(
        "run",
        *words_for(served),
        code=f"import captioner.jobs.job as job; job._CHECKPOINT_EVERY_S = {checkpoint_every_s}",
    )
    bench.until(lambda: bench.lines("out.partial.jsonl") >= 15)
    process.kill()
    assert bench.end(process).status == -signal.SIGKILL
    left = (bench.folder / "out.partial.jsonl").read_bytes()
    assert whole.startswith(left)
    paid = served.stats.captions
    ended = bench.run(*words_for(served)).check(0)
    assert (bench.folder / "out.jsonl").read_bytes() == whole
    found = re.search(r"Going on after (\d+) samples", ended.err)
    went_on_after = int(found[1]) if found else 0
    # Without a ledger that outlives the process, what came after the checkpoint is paid again.
    assert served.stats.paid_twice <= paid - went_on_after
    assert (went_on_after >= 10) == (checkpoint_every_s == 0)
    counts = bench.summary()["counts"]
    assert (counts["samples"], counts["rows"], counts["captions"]) == (PHOTOS,) * 3


def test_a_killed_restart_is_gone_on_with(bench: Bench) -> None:
    """Once --restart has begun, the state is the new run's: the old one's settings are forgotten,
    and its output, which stands until the new one is complete, is not taken for the new one's."""
    bench.photos(PHOTOS)
    whole = uninterrupted(bench)
    served = bench.serve(latency_s=0.05)
    bench.run("photos", "out.jsonl", "--rehearse").check(0)
    process = bench.start("run", *words_for(served), "--restart")
    bench.until(lambda: bench.lines("out.partial.jsonl") >= 5)
    process.kill()
    bench.end(process)
    assert bench.lines("out.jsonl") == PHOTOS
    bench.run(*words_for(served)).check(0)
    assert (bench.folder / "out.jsonl").read_bytes() == whole


def test_killed_again_and_again(bench: Bench) -> None:
    """Kills at any moment, also in the middle of a continued run, leave the same bytes."""
    photos = bench.photos(PHOTOS)
    (photos / "005.png").write_bytes(b"")
    bench.run(*words_for(bench.serve(), "whole.jsonl")).check(1)
    served = bench.serve(latency_s=0.02)
    code = "import captioner.jobs.job; captioner.jobs.job._CHECKPOINT_EVERY_S = 0.02"
    for lines in (3, 11, 19, 27):
        process = bench.start("run", *words_for(served), code=code)
        bench.until(
            lambda lines=lines: bench.lines("out.partial.jsonl") >= lines  # type: ignore[misc]
        )
        process.kill()
        bench.end(process)
    bench.run(*words_for(served)).check(1)
    for kind in ("jsonl", "failures.jsonl"):
        mine, whole = (bench.folder / f"{name}.{kind}" for name in ("out", "whole"))
        assert mine.read_bytes() == whole.read_bytes()
    counts, expected = (
        bench.summary(f"{name}.summary.json")["counts"] for name in ("out", "whole")
    )
    for name in ("samples", "rows", "captions", "failed", "verdicts", "failure_reasons"):
        assert counts[name] == expected[name]


def test_a_stop_while_standard_input_is_open(bench: Bench) -> None:
    """The reading waits for a line that does not come: the process ends all the same, cleanly."""
    bench.photos(1)
    process = bench.start("run", "-", "-", "--rehearse", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    sample = {"text": "<__dj__image>", "images": ["photos/000.png"]}
    process.stdin.write(json.dumps(sample).encode() + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == sample
    assert json.loads(process.stdout.readline()) != sample
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    assert process.stderr is not None
    said = process.stderr.read().decode()
    assert "Fatal" not in said
    assert "Traceback" not in said


def test_a_stop_while_nobody_reads_standard_output(bench: Bench) -> None:
    """A write that hangs cannot be cancelled: a second signal ends the process without it."""
    bench.write("in.jsonl", *({"text": "x" * 5000} for _ in range(100)))
    process = bench.start("run", "in.jsonl", "-", "--rehearse")
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    bench.until(lambda: waiting_bytes(pipe) >= 60_000)
    # Two different ones: of the same, the second could be swallowed.
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) in (130, 143)


def test_the_first_process_of_a_container_can_be_ended(bench: Bench) -> None:
    """Also before there is a job that could drain, here while the settings are read: process 1
    gets no SIGTERM that it has no handler for, and would be killed after the stop time-out."""
    settings = bench.folder / "settings.toml"
    os.mkfifo(settings)
    apart = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    words = ["run", "photos", "out.jsonl", "--config", str(settings)]
    if subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("no namespaces of processes here")
    with subprocess.Popen(
        [*apart, sys.executable, "-m", "captioner", *words], cwd=bench.folder
    ) as container:
        try:
            with settings.open("w"):  # opened once the command has it open; it waits for more now
                (first,) = psutil.Process(container.pid).children()
                first.terminate()
                assert container.wait(30) == 143
        finally:
            container.kill()
