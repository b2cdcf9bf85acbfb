"""The same command again: it goes on, says that it is done, or refuses what does not fit."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from captioner.errors import ConfigError
from captioner.jobs.job import Job
from captioner.settings import settings_from

if TYPE_CHECKING:
    from tests.command.conftest import Bench

TOKEN = "<__dj__image>"


def samples(bench: Bench, count: int) -> list[dict[str, object]]:
    """A file of samples with a picture each."""
    bench.photos(count)
    rows: list[dict[str, object]] = [
        {"text": f"{TOKEN} {number}", "images": [f"photos/{number:03}.png"]}
        for number in range(count)
    ]
    bench.write("in.jsonl", *rows)
    return rows


def test_the_pilot_and_then_the_job(bench: Bench) -> None:
    """--limit takes the first samples; the run without it goes on behind them and pays for none
    of them again; the bytes are those of one run."""
    samples(bench, 20)
    served = bench.serve()
    words = ("in.jsonl", "out.jsonl", "--base-url", served.base_url)
    bench.run(*words, "--limit", 5).check(0, "Captioning 5 samples")
    assert len(bench.rows("out.jsonl")) == 10
    assert served.stats.captions == 5
    pilot = bench.summary()
    assert (pilot["status"], pilot["counts"]["samples"]) == ("complete", 5)
    bench.run(*words, "--limit", 5).check(0, "complete already")
    bench.run(*words, "--limit", 8).check(0, "Going on after 5 samples")
    assert len(bench.rows("out.jsonl")) == 16
    bench.run(*words).check(0, "Going on after 8 samples")
    assert served.stats.captions == served.stats.requests == 20
    counts = bench.summary()["counts"]
    assert (counts["samples"], counts["rows"], counts["requests"]) == (20, 40, 20)
    bench.run("in.jsonl", "whole.jsonl", "--base-url", served.base_url).check(0)
    written, whole = (bench.folder / name for name in ("out.jsonl", "whole.jsonl"))
    assert written.read_bytes() == whole.read_bytes()


def test_a_limit_below_what_is_written(bench: Bench) -> None:
    """A run that was stopped behind it is finished as it stands, and can be gone on with."""
    samples(bench, 9)
    served = bench.serve(quota_requests=5)
    words = ("in.jsonl", "out.jsonl", "--base-url", served.base_url, "--concurrency", 1)
    bench.run(*words).check(3, "no_quota")
    bench.run(*words, "--limit", 3).check(0, "Complete: 5 captions")
    assert len(bench.rows("out.jsonl")) == 10
    served.close()
    bench.serve(port=served.port)
    bench.run(*words).check(0, "Going on after 5 samples")
    assert len(bench.rows("out.jsonl")) == 18


def test_a_complete_run_says_so_and_sends_nothing(bench: Bench) -> None:
    """Its status and summary stay, also where captions had failed."""
    samples(bench, 3)
    (bench.folder / "photos/001.png").unlink()
    served = bench.serve()
    words = ("in.jsonl", "out.jsonl", "--base-url", served.base_url)
    bench.run(*words).check(1)
    before = {
        path: path.read_bytes()
        for path in bench.folder.iterdir()
        if path.is_file() and path.suffix != ".sqlite"
    }
    requests = served.stats.requests
    bench.run(*words).check(1, "complete already", "--restart", "missing_image")
    assert served.stats.requests == requests
    assert {path: path.read_bytes() for path in before} == before
    assert len(bench.rows("out.failures.jsonl")) == 1


def test_what_affects_request_or_rows_must_stay(bench: Bench) -> None:
    """A stopped run goes on only with the settings it began with; the one that differs is named.
    What affects only the flow may change."""
    samples(bench, 6)
    served = bench.serve()
    words = ("in.jsonl", "out.jsonl", "--base-url", served.base_url)
    bench.run(*words, "--limit", 3).check(0)
    before = (bench.folder / "out.jsonl").read_bytes()
    for flag, value in (("--user-prompt", "Look."), ("--rows", "captions")):
        name = flag[2:].replace("-", "_")
        ended = bench.run(*words, flag, value)
        ended.check(2, f"another {name}:", "--restart", "another OUTPUT")
    given: dict[str, object] = {"base_url": served.base_url}
    changes: dict[str, object] = {
        "mode": "caption",
        "max_token": 77,
        "detail": "high",
        "temperature": 0.5,
        "extra_body": {"seed": 1},
        "model": "rehearsal",
        "base_url": "http://127.0.0.1:1/v1",
        "any_or_all": "all",
        "captions_key": "c",
        "accept": {"looped"},
        "image_base": bench.folder / "photos",
        "placeholders": "add",
        "keep_original_sample": False,
        "image_special_token": "<i>",
    }
    files = (bench.folder / "in.jsonl", bench.folder / "out.jsonl")
    for name, changed in changes.items():
        with pytest.raises(ConfigError, match=f"another {name}:"):
            asyncio.run(Job(*files, settings_from(**(given | {name: changed}))).run())
    assert (bench.folder / "out.jsonl").read_bytes() == before
    requests = served.stats.requests
    flow = ("--concurrency", 2, "--max-attempts", 3, "--max-failed-share", 0.5, "--api-key", "k")
    bench.run(*words, *flow).check(0, "Going on after 3 samples")
    assert served.stats.requests == requests + 3


def test_another_input_is_refused(bench: Bench) -> None:
    """One that has changed since, and a folder in which photos came or went."""
    rows = samples(bench, 4)
    words = ("in.jsonl", "out.jsonl", "--rehearse")
    folder = ("photos", "of-folder.jsonl", "--rehearse")
    for ended in bench.run_all((*words, "--limit", 2), (*folder, "--limit", 2)):
        ended.check(0)
    bench.write("in.jsonl", *rows, {"text": "one more"})
    bench.picture("photos/new.png", 99)
    for ended in bench.run_all(words, folder):
        ended.check(2, "input", "changed since", "--restart")
    assert len(bench.rows("out.jsonl")) == 4


def test_an_output_of_others_is_not_touched(bench: Bench) -> None:
    """Without state beside it, it was not written by this run; --restart overwrites it."""
    samples(bench, 2)
    (bench.folder / "out.jsonl").write_text("mine\n")
    words = ("in.jsonl", "out.jsonl", "--rehearse")
    bench.run(*words).check(2, "out.jsonl exists", "--restart", "another OUTPUT")
    assert (bench.folder / "out.jsonl").read_text() == "mine\n"
    bench.run(*words, "--restart").check(0)
    assert len(bench.rows("out.jsonl")) == 4


def test_restart_begins_anew(bench: Bench) -> None:
    """Whatever was there: rows, failures and counts are of the new run alone."""
    samples(bench, 4)
    photo = bench.folder / "photos/002.png"
    content = photo.read_bytes()
    photo.unlink()
    served = bench.serve()
    words = ("in.jsonl", "out.jsonl", "--base-url", served.base_url)
    bench.run(*words).check(1)
    photo.write_bytes(content)
    bench.run(*words, "--restart", "--mode", "caption").check(0)
    assert "out.failures.jsonl" not in bench.names()
    assert len(bench.rows("out.jsonl")) == 8
    counts = bench.summary()["counts"]
    assert (counts["samples"], counts["failed"], counts["requests"]) == (4, 0, 4)


def test_lost_files_are_missed(bench: Bench) -> None:
    """A partial file that was cut, and an output that was removed: said, and the state is kept."""
    samples(bench, 6)
    words = ("in.jsonl", "out.jsonl", "--rehearse")
    bench.run(*words, "--limit", 4).check(0)
    output = bench.folder / "out.jsonl"
    content = output.read_bytes()
    summary = bench.summary()
    output.write_bytes(content[:-50])
    bench.run(*words).check(2, "out.jsonl is shorter")
    output.unlink()
    bench.run(*words).check(2, "out.partial.jsonl holds 0 bytes")
    bench.run(*words, "--limit", 4).check(2, "out.jsonl was complete and is gone", "--restart")
    assert bench.summary() == summary
    output.write_bytes(content)
    bench.run(*words).check(0, "Going on after 4 samples")
    assert len(bench.rows("out.jsonl")) == 12


def test_a_ledger_that_cannot_be_read(bench: Bench) -> None:
    """State that somebody spoilt is named and left as it is; another ledger is the way out."""
    samples(bench, 1)
    ledger = bench.folder / "out.ledger.rehearsal.sqlite"
    ledger.write_text("{")
    words = ("in.jsonl", "out.jsonl", "--rehearse")
    bench.run(*words).check(3, "out.ledger.rehearsal.sqlite", "--ledger")
    assert ledger.read_text() == "{"
    bench.run(*words, "--ledger", "other.sqlite").check(0)


def test_state_may_stand_elsewhere(bench: Bench) -> None:
    """With --state-dir only the output is in its folder; a run goes on from there too."""
    samples(bench, 3)
    (bench.folder / "photos/001.png").unlink()
    (bench.folder / "state").mkdir()
    (bench.folder / "rows").mkdir()
    words = ("in.jsonl", "rows/out.jsonl", "--rehearse", "--state-dir", "state")
    bench.run(*words, "--limit", 1).check(0)
    bench.run(*words).check(1, "Going on after 1 sample")
    assert [path.name for path in (bench.folder / "rows").iterdir()] == ["out.jsonl"]
    state = {path.name for path in (bench.folder / "state").iterdir()}
    assert state == {"out.failures.jsonl", "out.summary.json", "out.ledger.rehearsal.sqlite"}


@pytest.mark.parametrize("name", ["in.jsonl.gz", "in.txt", "-"])
def test_every_input_can_be_gone_on_with(bench: Bench, name: str) -> None:
    """A pilot and then the rest, from a compressed file, a list, and the same lines piped again."""
    import gzip

    rows = samples(bench, 5)
    lines = (bench.folder / "in.jsonl").read_bytes()
    (bench.folder / "in.jsonl.gz").write_bytes(gzip.compress(lines))
    paths = "".join(f"photos/{number:03}.png\n" for number in range(5))
    (bench.folder / "in.txt").write_text(paths)
    words = (name, "out.jsonl", "--rehearse")
    given = lines if name == "-" else None
    bench.run(*words, "--limit", 2, given=given).check(0)
    bench.run(*words, given=given).check(0, "Going on after 2 samples")
    written = bench.rows("out.jsonl")
    if name == "in.txt":
        assert [row["image"] for row in written] == paths.split()
    else:
        assert written[::2] == rows
    assert json.dumps(written).count("no model looked") == 5
