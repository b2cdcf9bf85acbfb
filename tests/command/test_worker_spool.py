"""Workers that share a spool, as real processes: killed, stopped, paused, and replaced."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from captioner import caption_file

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Served

FILES, SAMPLES, CONCURRENCY = 20, 6, 4
FAST = (*("--settle-s", 0.1, "--poll-s", 0.05), *("--heartbeat-s", 0.2, "--takeover-s", 1.5))


def drop(bench: Bench, count: int, samples: int = SAMPLES) -> list[str]:
    """Put files of samples into the spool, with the images that they name; their names."""
    names = []
    for number in range(count):
        rows = []
        for sample in range(samples):
            image = f"images/{number}-{sample}.png"
            bench.picture(f"spool/in/{image}", number * samples + sample)
            rows.append({"text": "<__dj__image>Here.<|__dj__eoc|>", "images": [image]})
        names.append(f"{number:02}.jsonl")
        bench.write(f"spool/in/{names[-1]}.part", *rows)
        part = bench.folder / "spool" / "in" / f"{names[-1]}.part"
        part.rename(part.with_suffix(""))
    return names


def worker(bench: Bench, served: Served, *words: object) -> subprocess.Popen[bytes]:
    """Start a worker of the spool."""
    where = ("--queue", f"spool:{bench.folder / 'spool'}", "--base-url", served.base_url)
    how = ("--model", "rehearsal", "--concurrency", CONCURRENCY, *FAST)
    return bench.start("worker", *where, *how, *words)


def files_of(folder: Path) -> set[str]:
    """The paths of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def outputs(bench: Bench) -> set[str]:
    """The outputs that are there by now."""
    out = bench.folder / "spool" / "out"
    return {name for name in files_of(out) if name.endswith("l") and ".failures" not in name}


def test_workers_that_die_are_replaced(bench: Bench) -> None:
    """Every file comes out once, as `run` writes it, and is paid for once but for what was in
    flight; with one worker killed in the middle, one stopped, and a third that comes later.
    """
    served = bench.serve(latency_s=0.15)
    (bench.folder / "spool" / "in").mkdir(parents=True)
    killed, stopped = worker(bench, served), worker(bench, served)
    names = drop(bench, FILES)
    bench.until(lambda: len(outputs(bench)) >= 3)
    killed.kill()
    stopped.send_signal(signal.SIGTERM)
    assert bench.end(stopped).check(0).status == 0
    assert len(outputs(bench)) < FILES
    bench.end(worker(bench, served, "--burst")).check(0)

    spool = bench.folder / "spool"
    assert outputs(bench) == set(names)
    assert {path.name for path in (spool / "done").iterdir()} == set(names)
    assert not files_of(spool / "work")
    assert not files_of(spool / "failed")
    asked = Counter(request.ask for request in served.asked)
    assert len(asked) == FILES * SAMPLES
    assert served.stats.admitted - len(asked) <= CONCURRENCY
    for name in names:
        (spool / "done" / name).rename(spool / "in" / name)
        caption_file(
            spool / "in" / name, bench.folder / name, base_url=served.base_url, model="rehearsal"
        )
        assert (spool / "out" / name).read_bytes() == (bench.folder / name).read_bytes(), name
        assert (
            json.loads((spool / "out" / name.replace(".jsonl", ".summary.json")).read_text())[
                "status"
            ]
            == "complete"
        )


def test_a_worker_that_was_asleep_writes_nothing_more(bench: Bench) -> None:
    """One that stands still is taken over from; when it wakes up it leaves the claim alone."""
    served = bench.serve(latency_s=0.1)
    (bench.folder / "spool" / "in").mkdir(parents=True)
    (name,) = drop(bench, 1, samples=40)
    stalled = worker(bench, served)
    bench.until(lambda: len(served.asked) >= 8)
    stalled.send_signal(signal.SIGSTOP)
    other = worker(bench, served, "--burst")
    claim = bench.folder / "spool" / "work" / "@00"
    bench.until(lambda: f"-{other.pid}-" in "".join(path.name for path in claim.glob("owner@*")))
    stalled.send_signal(signal.SIGCONT)
    bench.end(other).check(0)
    stalled.send_signal(signal.SIGTERM)
    told = bench.end(stalled).check(0, "another worker has it now")
    assert "bug" not in told.err
    assert outputs(bench) == {name}
    assert len(bench.rows(f"spool/out/{name}")) >= 40
    assert not files_of(bench.folder / "spool" / "work")
    images = [row["images"][0] for row in bench.rows(f"spool/out/{name}")]
    assert len(dict.fromkeys(images)) == 40


def test_profiles_folders_and_what_is_broken(bench: Bench) -> None:
    """A sub-folder's files get its profile; folders of images work; what is broken has a reason."""
    served = bench.serve()
    spool = bench.folder / "spool"
    (bench.folder / "captioner.toml").write_text('[profiles.cats]\nmode = "caption"\n')
    bench.photos(3, "spool/in/cats/album.images")
    drop(bench, 1, samples=2)
    bench.write("spool/in/cats/gone.jsonl", {"text": "<__dj__image>x", "images": ["no.png"]})
    (spool / "in" / "b.json").write_text("{}")
    (spool / "in" / "c.jsonl").symlink_to("/etc/passwd")
    bench.write("spool/in/taken.jsonl", {"text": "x", "images": []})
    bench.write("spool/out/taken.jsonl", "somebody's")
    words = ("--burst", "--config", "captioner.toml", "--state-dir", "state")
    bench.end(worker(bench, served, *words)).check(0)

    assert outputs(bench) == {"00.jsonl", "taken.jsonl", "cats/album.jsonl", "cats/gone.jsonl"}
    assert (spool / "out" / "taken.jsonl").read_text() == "somebody's\n"
    rows: list[dict[str, Any]] = bench.rows("spool/out/cats/album.jsonl")
    assert [row["image"] for row in rows] == ["000.png", "001.png", "002.png"]
    assert all(row["verdict"] == "ok" for row in rows)
    reasons = {path.name: path.read_text() for path in (spool / "failed").glob("*.reason.txt")}
    assert "one a line" in reasons.pop("b.json.reason.txt")
    assert "link" in reasons.pop("c.jsonl.reason.txt")
    assert "already" in reasons.pop("taken.jsonl.reason.txt")
    assert not reasons
    assert (spool / "in" / "images" / "0-0.png").exists()
    assert (spool / "out" / "cats" / "album.ledger.sqlite").exists()
    assert not list((bench.folder / "state" / "claims").iterdir())
    assert not files_of(spool / "work")


def test_what_failed_may_be_asked_again(bench: Bench) -> None:
    """`failures` and `retry` work on an output of the spool, though its input was put away."""
    served = bench.serve()
    bench.photos(2, "spool/in/album.images")
    (bench.folder / "spool" / "in" / "album.images" / "bad.png").write_bytes(b"no picture")
    bench.end(worker(bench, served, "--burst", "--mode", "caption")).check(0)
    output = bench.folder / "spool" / "out" / "album.jsonl"
    assert "bad.png" in bench.end(bench.start("failures", output)).check(0).out
    bench.picture("spool/done/album.images/bad.png", 77)
    bench.end(bench.start("retry", output)).check(0)
    verdicts = [row["verdict"] for row in bench.rows("spool/out/album.jsonl")]
    assert verdicts == ["ok"] * 3


def test_a_profile_that_cannot_go_on_keeps_its_files(bench: Bench) -> None:
    """With a key that is refused, a file stays in the spool, and the next worker completes it."""
    served = bench.serve(api_key="right")
    (bench.folder / "spool" / "in").mkdir(parents=True)
    drop(bench, 1)
    bench.end(worker(bench, served, "--burst", "--api-key", "wrong")).check(3)
    claim = bench.folder / "spool" / "work" / "@00"
    assert [path.name for path in claim.glob("owner@*")] == ["owner@"]
    assert not files_of(bench.folder / "spool" / "failed")
    bench.end(worker(bench, served, "--burst", "--api-key", "right")).check(0)
    assert outputs(bench) == {"00.jsonl"}
