"""Standard input and output: rows flow while both ends are open, and ends are noticed."""

from __future__ import annotations

import gzip
import json
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.command.conftest import Bench

TOKEN = "<__dj__image>"


def test_rows_come_while_standard_input_is_open(bench: Bench) -> None:
    """Each line is answered before the next is written; what is no row goes to standard error."""
    bench.photos(3)
    process = bench.start("run", "-", "-", "--rehearse", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(3):
        sample = {"text": TOKEN, "images": [f"photos/{number:03}.png"]}
        process.stdin.write(json.dumps(sample).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == sample
        assert "no model looked" in json.loads(process.stdout.readline())["text"]
    ended = bench.end(process).check(0, "Complete: 3 captions")
    assert ended.out == ""


def test_files_of_a_run_to_standard_output(bench: Bench) -> None:
    """Failures and summary stand in the working directory, and a second run replaces them."""
    bench.photos(1)
    given = json.dumps({"text": TOKEN, "images": ["gone.png"]}).encode()
    for _ in range(2):
        ended = bench.run("-", "-", "--rehearse", given=given).check(1, "missing_image")
        assert [json.loads(line) for line in ended.out.splitlines()] == [json.loads(given)]
        assert bench.names() == {"photos", "captions.failures.jsonl", "captions.summary.json"}
        summary = bench.summary("captions.summary.json")
        assert (summary["image_base"], summary["continues"]) == (str(bench.folder), False)
        failures = bench.rows("captions.failures.jsonl")
        assert [failure["image_base"] for failure in failures] == [str(bench.folder)]


def test_standard_output_spoils_no_other_run(bench: Bench) -> None:
    """The state of a run into captions.jsonl stands where its own would: refused, untouched."""
    bench.photos(4)
    bench.write("in.jsonl", "x", {"text": TOKEN, "images": ["photos/000.png"]})
    bench.run("in.jsonl", "captions.jsonl", "--rehearse", "--limit", 1).check(1)
    kept = {path: path.read_bytes() for path in bench.folder.iterdir() if path.is_file()}
    words = ("photos", "-", "--rehearse", "--mode", "caption")
    bench.run(*words).check(2, "captions.summary.json", "--state-dir")
    assert {path: path.read_bytes() for path in kept} == kept
    (bench.folder / "state").mkdir()
    assert bench.run(*words, "--state-dir", "state").check(0).out.count("\n") == 4
    assert {path: path.read_bytes() for path in kept} == kept
    bench.run("in.jsonl", "captions.jsonl", "--rehearse").check(1, "Going on after 1 sample")


def test_a_reader_that_leaves_is_no_crash(bench: Bench) -> None:
    """As with `| head`: status 3 and a clear message, no traceback, nothing more sent."""
    bench.photos(200)
    served = bench.serve(latency_s=0.1)
    words = ("photos", "-", "--base-url", served.base_url, "--mode", "caption", "--concurrency", 4)
    process = bench.start("run", *words)
    assert process.stdout is not None
    json.loads(process.stdout.readline())
    process.stdout.close()
    process.stdout = None
    bench.end(process).check(3, "output_unwritable", "Broken pipe")
    assert served.stats.requests < 200


def test_a_full_disk_stops_the_run(bench: Bench) -> None:
    """What cannot be written is not paid for any longer: status 3, and the reason."""
    bench.photos(3)
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        started = bench.start("run", "photos", "-", "--rehearse", "--mode", "caption", stdout=full)
        bench.end(started).check(3, "output_unwritable", "No space left")


def test_what_is_no_text_on_standard_input(bench: Bench) -> None:
    """Found before anything is sent: status 2, with the remedy."""
    bench.photos(1)
    row = json.dumps({"text": TOKEN, "images": ["photos/000.png"]}).encode()
    bench.run("-", "out.jsonl", "--rehearse", given=gzip.compress(row)).check(2, "zcat")
    assert "out.jsonl" not in bench.names()
    # It leaves nothing behind that would stand in the way.
    bench.run("-", "out.jsonl", "--rehearse", given=row).check(0)
    assert len(bench.rows("out.jsonl")) == 2


def test_an_empty_standard_input(bench: Bench) -> None:
    """No samples, no rows, status 0."""
    assert bench.run("-", "-", "--rehearse", given=b"").check(0).out == ""
