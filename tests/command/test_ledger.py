"""What is paid for is paid once: across kills, restarts, outputs, full disks and duplicates."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from captioner.endpoint import AskedRequest, ScriptedReply

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Served

TOKEN = "<__dj__image>"


def samples(bench: Bench, count: int, *, images: int | None = None) -> None:
    """A file of samples, each with one of so many different pictures."""
    bench.photos(images or count)
    rows = [
        {"text": f"{TOKEN} {number}", "images": [f"photos/{number % (images or count):03}.png"]}
        for number in range(count)
    ]
    bench.write("in.jsonl", *rows)


def words_for(served: Served, output: str = "out.jsonl", *more: object) -> tuple[object, ...]:
    """A run over the samples."""
    return ("in.jsonl", output, "--base-url", served.base_url, "--mode", "caption", *more)


def read_all(bench: Bench, output: str = "out") -> list[bytes]:
    """Output and failures."""
    return [(bench.folder / f"{output}{end}.jsonl").read_bytes() for end in ("", ".failures")]


def test_killed_again_and_again(bench: Bench) -> None:
    """The bytes are those of a run that nobody killed, and what is paid twice is at most what was
    in flight at the kills; images that are missing or damaged fail in each life alike."""
    dice = random.Random(7)
    samples(bench, 150)
    (bench.folder / "photos/020.png").unlink()
    (bench.folder / "photos/100.png").write_bytes(b"no image")
    bench.run(*words_for(bench.serve(seed=5), "whole.jsonl")).check(1)
    options: dict[str, Any] = {
        "fault_share": 0.1,
        "fault_kinds": ("500", "503", "502"),
        "seed": 5,
    }
    served = bench.serve(latency_s=0.3, latency_p99_s=1.2, **options)
    in_flight = kills = 0
    while kills < 6:
        before = served.stats.requests
        process = bench.start("run", *words_for(served), "--concurrency", 16)
        bench.until(lambda: process.poll() is not None or served.stats.requests > before)  # noqa: B023
        try:
            process.wait(dice.uniform(0.2, 0.6))
        except subprocess.TimeoutExpired:
            in_flight += served.stats.in_flight
            process.kill()
            kills += 1
        assert process.wait() == -signal.SIGKILL, "the job was over too soon to be killed"
    lost = served.stats.paid_twice
    bench.run(*words_for(served)).check(1)
    assert read_all(bench) == read_all(bench, "whole")
    assert lost <= served.stats.paid_twice <= in_flight
    assert served.stats.captions == 148 + served.stats.paid_twice
    counts = bench.summary()["counts"]
    assert (counts["samples"], counts["captions"], counts["failed"]) == (150, 148, 2)


def test_duplicates_are_paid_once(bench: Bench) -> None:
    """A fifth of the images are duplicates: four fifths of the requests, and the same output."""
    samples(bench, 100, images=80)
    served = bench.serve(latency_s=0.02)
    bench.run(*words_for(served)).check(0)
    assert served.stats.requests == 80
    assert bench.summary()["counts"]["reused_captions"] == 20
    bench.run(*words_for(served, "each.jsonl"), "--no-reuse-captions").check(0)
    assert served.stats.requests == 180
    shared, each = (bench.folder / f"{name}.jsonl" for name in ("out", "each"))
    assert shared.read_bytes() == each.read_bytes()


def test_without_reuse_a_restart_still_finds_its_own(bench: Bench) -> None:
    """Every placeholder is its own request, and its reply is its own in the next life, too."""
    samples(bench, 10, images=5)
    served = bench.serve()
    words = words_for(served, "out.jsonl", "--no-reuse-captions")
    bench.run(*words).check(0)
    bench.run(*words, "--restart").check(0)
    assert served.stats.requests == 10
    bench.run(*words_for(served, "other.jsonl", "--no-reuse-captions")).check(0)
    assert served.stats.requests == 20


def test_restart_pays_for_nothing_again(bench: Bench) -> None:
    """Other rows from the same replies: what affects only rows is no reason to ask again."""
    samples(bench, 12)
    served = bench.serve()
    bench.run(*words_for(served)).check(0)
    plain = bench.rows("out.jsonl")
    bench.run(*words_for(served), "--rows", "captions").check(2, "another rows")
    bench.run(*words_for(served), "--rows", "captions", "--restart").check(0)
    assert served.stats.requests == 12
    captions = [row["caption"] for row in bench.rows("out.jsonl")]
    assert [row["text"] for row in plain[1::2]] == [
        f"{TOKEN} {caption} <|__dj__eoc|>" for caption in captions
    ]


def test_a_ledger_can_be_shared(bench: Bench) -> None:
    """--ledger: a second output asks nothing that the first has paid for."""
    samples(bench, 8)
    served = bench.serve()
    shared = ("--ledger", "paid.sqlite")
    bench.run(*words_for(served, "one.jsonl", *shared)).check(0)
    bench.run(*words_for(served, "two.jsonl", *shared)).check(0)
    assert served.stats.requests == 8
    assert (bench.folder / "one.jsonl").read_bytes() == (bench.folder / "two.jsonl").read_bytes()
    assert not {"one.ledger.sqlite", "two.ledger.sqlite"} & bench.names()


def test_one_process_at_a_time(bench: Bench) -> None:
    """A second run on the same ledger says who has it, with status 3, and changes nothing."""
    samples(bench, 20)
    served = bench.serve(latency_s=0.5)
    process = bench.start("run", *words_for(served), "--concurrency", 4)
    bench.until(lambda: served.stats.requests > 0)
    bench.run(*words_for(served)).check(3, "out.ledger.sqlite", "in use", str(process.pid))
    assert process.poll() is None
    bench.end(process).check(0)
    assert served.stats.paid_twice == 0


def test_a_rehearsal_pays_for_no_real_run(bench: Bench) -> None:
    """Its ledger is its own; the other kind of run refuses it, and removes nothing."""
    samples(bench, 4)
    bench.run("in.jsonl", "out.jsonl", "--rehearse", "--mode", "caption").check(0)
    assert "out.ledger.rehearsal.sqlite" in bench.names()
    served = bench.serve()
    bench.run(*words_for(served, "out.jsonl", "--restart")).check(0)
    assert served.stats.requests == 4
    kept = bench.folder / "out.ledger.rehearsal.sqlite"
    before = kept.read_bytes()
    bench.run(*words_for(served, "x.jsonl", "--ledger", kept)).check(3, "rehearsal")
    assert kept.read_bytes() == before
    assert served.stats.requests == 4


BAD = {
    "refused": ScriptedReply("I'm sorry, but I can't help with that."),
    "refused by the API": ScriptedReply(None, refusal="I can't assist with that."),
    "filtered": ScriptedReply("A", finish_reason="content_filter"),
    "empty": ScriptedReply("  \n"),
    "looped": ScriptedReply("A dog. " + "It runs and runs. " * 60),
    "unclosed": ScriptedReply("<think>The image shows a dog, so I should"),
    "policy": ScriptedReply(
        status=400,
        body={"error": {"code": "content_policy_violation", "message": "Rejected."}},
    ),
}


def test_nothing_bad_gets_in_and_it_is_paid_once(bench: Bench) -> None:
    """Refusals, filters, blanks, loops and unclosed reasoning are failures with a reason, and a
    mere resume asks none of them again; the kept originals are untouched."""
    samples(bench, len(BAD))
    kinds = list(BAD.values())
    images: list[bytes] = []

    def reply(asked: AskedRequest) -> ScriptedReply:
        if asked.image_bytes not in images:
            images.append(asked.image_bytes)
        return kinds[images.index(asked.image_bytes)]

    served = bench.serve(reply)
    words = words_for(served, "out.jsonl", "--concurrency", 1)
    bench.run(*words).check(1)
    assert bench.rows("out.jsonl") == bench.rows("in.jsonl")
    reasons = [row["reason"] for row in bench.rows("out.failures.jsonl")]
    assert reasons == [
        "refused", "refused", "filtered", "empty", "looped", "truncated", "refused",
    ]  # fmt: skip
    requests = served.stats.requests
    assert requests == len(BAD)
    failures = (bench.folder / "out.failures.jsonl").read_bytes()
    bench.run(*words, "--restart").check(1)
    assert served.stats.requests == requests
    assert (bench.folder / "out.failures.jsonl").read_bytes() == failures


def test_a_missing_file_is_looked_at_again(bench: Bench) -> None:
    """Unlike what the API rejected for good: the file may be there by now."""
    samples(bench, 3)
    photo = bench.folder / "photos/001.png"
    content = photo.read_bytes()
    photo.unlink()
    served = bench.serve()
    bench.run(*words_for(served)).check(1)
    photo.write_bytes(content)
    bench.run(*words_for(served), "--restart").check(0)
    assert served.stats.requests == 3


LONG = " ".join(f"Number {number} of a long text." for number in range(100))
"""Some 3 kB that are no loop."""


def full_disk(limit_bytes: int) -> str:
    """No file of the process may grow beyond this: writing fails as on a disk that is full."""
    return f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, -1))"


def test_a_full_disk_stops_the_run_and_loses_nothing(bench: Bench) -> None:
    """Status 3 and a clear message; once there is room the same command completes, and no reply is
    paid for again, also none that was in flight."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] in (-1, resource.RLIM_INFINITY)
    samples(bench, 200)
    served = bench.serve(lambda _: ScriptedReply(LONG, latency_s=0.05))
    words = words_for(served, "out.jsonl", "--concurrency", 16, "--durability", "normal")
    process = bench.start("run", *words, code=full_disk(150_000))
    bench.end(process).check(3, "cannot")
    assert 0 < served.stats.captions < 200
    assert "out.jsonl" not in bench.names()
    bench.run(*words).check(0)
    assert served.stats.captions == 200
    assert served.stats.paid_twice == 0
    assert len(bench.rows("out.jsonl")) == 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 14 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=14m", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_small_disk_that_fills(bench: Bench, small_disk: Path) -> None:
    """The real thing: no room for output or ledger, then some room again."""
    samples(bench, 300)
    served = bench.serve(lambda _: ScriptedReply(LONG, latency_s=0.05))
    words = words_for(served, str(small_disk / "out.jsonl"), "--concurrency", 16)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    free = os.statvfs(small_disk)
    assert free.f_bavail * free.f_frsize > 4_000_000
    process = bench.start("run", *words)
    bench.until(lambda: served.stats.captions > 10 or process.poll() is not None)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass
    bench.end(process).check(3, "cannot")
    paid = served.stats.captions
    assert paid < 300
    filler.unlink()
    ballast.unlink()
    bench.run(*words).check(0)
    assert served.stats.captions == 300
    assert served.stats.paid_twice == 0


def test_a_folder_that_cannot_be_written(bench: Bench, small_disk: Path) -> None:
    """Status 3 before anything is sent; once it is mended the same command does the job."""
    samples(bench, 3)
    served = bench.serve()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    words = words_for(served, str(small_disk / "out.jsonl"))
    bench.run(*words).check(3, str(small_disk), "may not be written")
    assert served.stats.requests == 0
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    bench.run(*words).check(0)
    assert served.stats.requests == 3


def test_nothing_is_left_beside_the_output(bench: Bench) -> None:
    """After a run in order: output, summary and ledger, and no file that only served the run."""
    samples(bench, 3)
    bench.run("in.jsonl", "out.jsonl", "--rehearse").check(0)
    names = bench.names() - {"photos", "in.jsonl"}
    assert names == {"out.jsonl", "out.summary.json", "out.ledger.rehearsal.sqlite"}


def test_the_wait_is_short(bench: Bench) -> None:
    """A complete job of many samples says so at once: it reads neither samples nor replies."""
    samples(bench, 300, images=3)
    served = bench.serve()
    bench.run(*words_for(served)).check(0)
    begun_s = time.monotonic()
    bench.run(*words_for(served)).check(0, "complete already")
    assert time.monotonic() - begun_s < 10
    assert served.stats.requests == 3
