"""`captioner failures`, as a real process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from captioner.endpoint import AskedRequest, ScriptedReply
from captioner.samples.reasons import REASONS

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Ended

TOKEN = "<__dj__image>"


def shown(bench: Bench, *words: object) -> Ended:
    """The command, to its end."""
    return bench.end(bench.start("failures", *words))


def test_a_runs_failures(bench: Bench) -> None:
    """Reasons, counts, examples and what to do, on standard output; as JSON, too."""
    bench.photos(4)
    declined: list[AskedRequest] = []

    def decline_two(asked: AskedRequest) -> ScriptedReply | None:
        if len(declined) == 2:
            return None
        declined.append(asked)
        return ScriptedReply("I'm sorry, but I can't help with that.")

    served = bench.serve(decline_two)
    images = [f"photos/{number:03}.png" for number in range(4)] + ["none.png"]
    rows = [{"text": TOKEN, "images": [image]} for image in images]
    bench.write("in.jsonl", *rows, "nonsense")
    words = ("in.jsonl", "out.jsonl", "--base-url", served.base_url, "--concurrency", 1)
    bench.run(*words).check(1)
    ended = shown(bench, "out.jsonl").check(0)
    lines = ended.out.splitlines()
    assert lines[0] == f"4 failures in {bench.folder / 'out.failures.jsonl'}"
    assert lines[3].split() == ["refused", "2", "photos/000.png"]
    assert "sorry" not in ended.out
    for reason in ("refused", "missing_image", "not_json"):
        assert REASONS[reason] in ended.out
    assert lines[-1].endswith("captioner retry out.jsonl --only refused")
    assert ended.err == ""

    told = json.loads(shown(bench, "out.jsonl", "--json").check(0).out)
    assert {reason: found["count"] for reason, found in told["reasons"].items()} == {
        "refused": 2,
        "missing_image": 1,
        "not_json": 1,
    }


def test_a_run_without_failures(bench: Bench) -> None:
    """Says so, and that is no failure either; in a folder for state, too."""
    bench.photos(1)
    (bench.folder / "state").mkdir()
    bench.run("photos", "out.jsonl", "--rehearse", "--state-dir", "state").check(0)
    assert shown(bench, "out.jsonl", "--state-dir", "state").check(0).out == "No failures.\n"
    told = json.loads(shown(bench, "out.jsonl", "--json").check(0).out)
    assert (told["count"], told["reasons"]) == (0, {})


def test_failures_in_a_folder_for_state(bench: Bench) -> None:
    """The command to ask again names the folder, quoted where that is needed."""
    (bench.folder / "my state").mkdir()
    bench.write("in.jsonl", {"text": TOKEN, "images": ["none.png"]})
    words = ("out.jsonl", "--state-dir", "my state")
    bench.run("in.jsonl", *words, "--rehearse").check(1)
    told = shown(bench, *words).check(0).out
    assert "captioner retry out.jsonl --state-dir 'my state' --only missing_image\n" in told


def test_while_a_run_goes_on(bench: Bench) -> None:
    """What failed so far is shown; a line that is just being written is passed over."""
    bench.photos(1)
    served = bench.serve(latency_s=600)
    bench.write(
        "in.jsonl",
        {"text": TOKEN, "images": ["none.png"]},
        {"text": TOKEN, "images": ["photos/000.png"]},
    )
    bench.start("run", "in.jsonl", "out.jsonl", "--base-url", served.base_url)
    bench.until(lambda: bench.lines("out.failures.jsonl") == 1)
    assert shown(bench, "out.jsonl").check(0).out.startswith("1 failure in ")
    with (bench.folder / "out.failures.jsonl").open("a") as file:
        file.write('{"sample": 1, "place')
    assert shown(bench, "out.jsonl").check(0).out.startswith("1 failure in ")
    (bench.folder / "out.failures.jsonl").unlink()
    assert shown(bench, "out.jsonl").check(0).out == "No failures so far.\n"


def test_mistakes(bench: Bench) -> None:
    """No run, the wrong file, a damaged file, a word too many: said in one line."""
    shown(bench, "out.jsonl").check(2, "there is no run into out.jsonl")
    failures = bench.write("out.failures.jsonl", "nonsense")
    shown(bench, "out.jsonl").check(2, f"{failures}, line 1: this is not as a run writes it")
    shown(bench, "out.failures.jsonl").check(2, "is a failures file", "such as out.jsonl")
    shown(bench).check(2, "OUTPUT")
    shown(bench, "out.jsonl", "--jsn").check(2, "did you mean --json?")


def test_only_ascii_on_standard_output(bench: Bench) -> None:
    """Where standard output knows fewer characters than a name has, they stand as escapes."""
    line = {"sample": 0, "placeholder": 0, "reason": "timeout", "image": "é.png"}
    bench.write("out.failures.jsonl", line)
    process = bench.start("failures", "out.jsonl", env={"PYTHONIOENCODING": "ascii"})
    assert "\\xe9.png" in bench.end(process).check(0).out
