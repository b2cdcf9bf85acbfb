"""`captioner retry`: only what is selected is asked again, and only its rows change."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from captioner.endpoint import AskedRequest, ScriptedReply

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Ended, Served

TOKEN = "<__dj__image>"
SORRY = ScriptedReply("I'm sorry, but I can't help with that.")


def samples(bench: Bench, count: int, *, images: int = 1) -> None:
    """A file of samples, each with so many pictures that all differ."""
    bench.photos(count * images)
    bench.write(
        "in.jsonl",
        *(
            {
                "text": f"{TOKEN * images} {number}",
                "images": [f"photos/{number * images + index:03}.png" for index in range(images)],
            }
            for number in range(count)
        ),
    )


class Model:
    """An endpoint's answers: the pictures in `declines` are refused, what it says has `words`."""

    def __init__(self, declines: set[int] = frozenset(), words: str = "First words") -> None:  # type: ignore[assignment]
        self.declines = set(declines)
        self.words = words
        self.latency_s = 0.0
        self.asked: list[int] = []

    def __call__(self, asked: AskedRequest) -> ScriptedReply:
        """Answer a request."""
        number = picture_of(asked)
        self.asked.append(number)
        if number in self.declines:
            return SORRY
        return ScriptedReply(f"{self.words} about {number}.", latency_s=self.latency_s)

    def again(self, words: str = "Other words", declines: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        """From now on it says something else, and what it is asked is counted anew."""
        self.words, self.declines = words, set(declines)
        self.asked.clear()


def picture_of(asked: AskedRequest) -> int:
    """The number of the picture in a request, which is its colour."""
    import io

    from PIL import Image

    red, green, _ = Image.open(io.BytesIO(asked.image_bytes)).convert("RGB").getpixel((0, 0))  # type: ignore[misc]
    return int(red) + 251 * int(green)


def words_for(served: Served, output: str = "out.jsonl", *more: object) -> tuple[object, ...]:
    """A run over the samples."""
    return ("in.jsonl", output, "--base-url", served.base_url, "--mode", "caption", *more)


def retry(bench: Bench, *words: object, code: str = "") -> Ended:
    """`captioner retry` with these words, to its end."""
    return bench.end(bench.start("retry", *words, code=code))


def read(bench: Bench, name: str) -> bytes:
    """A file, empty where there is none."""
    path = bench.folder / name
    return path.read_bytes() if path.exists() else b""


def lines(bench: Bench, name: str) -> list[bytes]:
    """Its lines."""
    return read(bench, name).splitlines(keepends=True)


FIVE_PERCENT = set(range(3, 200, 20))
REJECTED = [0, 7, 21, 22, 50, 99, 120, 150, 188, 199]


@pytest.mark.parametrize("rows", ["samples", "captions"])
def test_only_what_is_selected(bench: Bench, rows: str) -> None:
    """A run with 5 % failures and ten captions that a person rejected: these are requested, no
    other; every other row has its bytes, and all are in order."""
    samples(bench, 200)
    model = Model(declines=FIVE_PERCENT)
    served = bench.serve(model)
    bench.run(*words_for(served, "out.jsonl", "--rows", rows)).check(1)
    before = lines(bench, "out.jsonl")
    assert len(lines(bench, "out.failures.jsonl")) == 10
    model.again()
    bench.write("rejected.txt", *(f"{number}:0" for number in REJECTED))
    done = retry(bench, "out.jsonl", "--ids", "rejected.txt", "--only", "refused").check(0)
    assert "Asking again for 20 captions of 20 samples" in done.err
    chosen = FIVE_PERCENT | set(REJECTED)
    assert sorted(model.asked) == sorted(chosen)
    assert served.stats.requests == 220
    assert "out.failures.jsonl" not in bench.names()
    fresh = bench.serve(
        lambda asked: ScriptedReply(
            f"{'Other' if picture_of(asked) in chosen else 'First'} words about "
            f"{picture_of(asked)}."
        )
    )
    bench.run(*words_for(fresh, "whole.jsonl", "--rows", rows)).check(0)
    after = lines(bench, "out.jsonl")
    assert after == lines(bench, "whole.jsonl")
    if rows == "captions":
        changed = {n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
        assert changed == chosen
    counts = bench.summary()["counts"]
    assert (counts["samples"], counts["captions"], counts["failed"]) == (200, 200, 0)
    assert counts["rows"] == len(after)
    assert counts["requests"] == 220
    assert bench.summary()["exit_status"] == 0


def test_without_a_selection_every_failure(bench: Bench) -> None:
    """Also those that fail again: they stay failures, with what is known of them now, and the
    others keep their lines."""
    samples(bench, 30)
    (bench.folder / "photos/004.png").rename(bench.folder / "gone.png")
    model = Model(declines={5, 9, 12})
    served = bench.serve(model)
    bench.run(*words_for(served)).check(1)
    failures = lines(bench, "out.failures.jsonl")
    assert [json.loads(line)["sample"] for line in failures] == [4, 5, 9, 12]
    model.again(declines={9})
    retry(bench, "out.jsonl").check(1, "refused", "missing_image")
    assert sorted(model.asked) == [5, 9, 12]
    assert lines(bench, "out.failures.jsonl") == [failures[0], failures[2]]
    texts = [row["text"] for row in bench.rows("out.jsonl")]
    assert f"{TOKEN} Other words about 5. <|__dj__eoc|>" in texts
    assert len(texts) == 30 + 28
    counts = bench.summary()["counts"]
    assert counts["failure_reasons"] == {"missing_image": 1, "refused": 1}
    assert counts["verdicts"] == {"ok": 28, "failed": 1, "refused": 1}
    (bench.folder / "gone.png").rename(bench.folder / "photos/004.png")
    model.again()
    retry(bench, "out.jsonl", "--only", "missing_image").check(1)
    assert model.asked == [4]
    assert lines(bench, "out.failures.jsonl") == [failures[2]]


def test_a_rejected_caption_that_fails_becomes_a_failure(bench: Bench) -> None:
    """Its generated row goes, the kept original stays, and the failures file begins to exist."""
    samples(bench, 3)
    model = Model()
    served = bench.serve(model)
    bench.run(*words_for(served)).check(0)
    before = lines(bench, "out.jsonl")
    assert "out.failures.jsonl" not in bench.names()
    model.again(declines={1})
    bench.write("rejected.txt", "1")
    retry(bench, "out.jsonl", "--ids", "rejected.txt").check(1)
    assert lines(bench, "out.jsonl") == before[:3] + before[4:]
    (failure,) = bench.rows("out.failures.jsonl")
    assert (failure["sample"], failure["reason"]) == (1, "refused")
    assert bench.summary()["files"]["failures"].endswith("out.failures.jsonl")
    bench.run(*words_for(served)).check(1, "complete already")


@pytest.mark.parametrize("which", ["any", "all"])
def test_several_placeholders_in_a_sample(bench: Bench, which: str) -> None:
    """Only the failed one is asked for; the captions beside it are those that were paid for, also
    where no row holds them."""
    samples(bench, 4, images=3)
    model = Model(declines={4})
    served = bench.serve(model)
    bench.run(*words_for(served, "out.jsonl", "--any-or-all", which)).check(1)
    before = lines(bench, "out.jsonl")
    model.again()
    retry(bench, "out.jsonl").check(0)
    assert model.asked == [4]
    after = lines(bench, "out.jsonl")
    assert set(before) - set(after) == ({before[3]} if which == "any" else set())
    texts = [row["text"] for row in bench.rows("out.jsonl")]
    said = ("First words about 3.", "Other words about 4.", "First words about 5.")
    assert texts[3] == "".join(f"{TOKEN} {words} " for words in said) + "<|__dj__eoc|>"
    assert len(texts) == 8


@pytest.mark.parametrize("reuse", ["--reuse-captions", "--no-reuse-captions"])
def test_killed_and_given_again(bench: Bench, reuse: str) -> None:
    """Nothing is paid for twice but what was in flight, and the output is the old one until all is
    there; another retry asks anew."""
    samples(bench, 60)
    model = Model(declines=set(range(40)))
    served = bench.serve(model)
    bench.run(*words_for(served, "out.jsonl", reuse)).check(1)
    before = read(bench, "out.jsonl"), read(bench, "out.failures.jsonl")
    model.again()
    model.latency_s = 0.2
    process = bench.start("retry", "out.jsonl", "--concurrency", 4)
    bench.until(lambda: len(model.asked) > 12)
    process.send_signal(signal.SIGKILL)
    process.wait()
    lost = served.stats.in_flight + 4
    assert (read(bench, "out.jsonl"), read(bench, "out.failures.jsonl")) == before
    model.latency_s = 0.0
    retry(bench, "out.jsonl").check(0)
    assert 40 <= len(model.asked) <= 40 + lost
    assert len(bench.rows("out.jsonl")) == 120
    assert bench.names() == {
        "in.jsonl", "photos", "out.jsonl", "out.summary.json", "out.ledger.sqlite",
    }  # fmt: skip
    asked = len(model.asked)
    bench.write("ids.txt", "0", "1")
    retry(bench, "out.jsonl", "--ids", "ids.txt").check(0)
    retry(bench, "out.jsonl", "--ids", "ids.txt").check(0)
    assert len(model.asked) == asked + 4


def test_stopped_in_order(bench: Bench) -> None:
    """After a signal: status 143, nothing lost, the old files as they were and no others; the same
    command goes on and pays for nothing twice."""
    samples(bench, 40)
    model = Model(declines=set(range(40)))
    served = bench.serve(model)
    bench.run(*words_for(served, "out.jsonl", "--rows", "captions")).check(1)
    before = {name: read(bench, name) for name in bench.names() if name.startswith("out.")}
    model.again()
    model.latency_s = 0.2
    process = bench.start("retry", "out.jsonl", "--concurrency", 4)
    bench.until(lambda: len(model.asked) > 6)
    process.terminate()
    bench.end(process).check(143, "The output is as it was", "The same command continues")
    assert {name for name in bench.names() if name.startswith((".retry", "out."))} == set(before)
    for name in before:
        assert name.endswith(".sqlite") or read(bench, name) == before[name]
    model.latency_s = 0.0
    retry(bench, "out.jsonl").check(0)
    assert sorted(model.asked) == list(range(40))


KILL_AT = """
import os
from pathlib import Path
replace, unlink = Path.replace, Path.unlink
def check(path):
    if path.name == {name!r}:
        os.kill(os.getpid(), 9)
Path.replace = lambda path, target: (check(path), replace(path, target))[1]
Path.unlink = lambda path, **how: (check(path), unlink(path, **how))[1]
"""


@pytest.mark.parametrize(
    "killed_at", [".retry.out.jsonl", "out.failures.jsonl", ".retry.out.summary.json"]
)
@pytest.mark.parametrize("then", ["run", "retry"])
def test_killed_while_the_files_are_swapped(bench: Bench, killed_at: str, then: str) -> None:
    """Both are new or none is, for whoever opens the ledger next: a run as well as a retry."""
    samples(bench, 12)
    model = Model(declines={2, 5})
    served = bench.serve(model)
    bench.run(*words_for(served)).check(1)
    model.again()
    code = f"exec({KILL_AT.format(name=killed_at)!r})"
    assert retry(bench, "out.jsonl", code=code).status == -signal.SIGKILL
    there = ("out.failures.jsonl" in bench.names(), ".retry.out.jsonl" in bench.names())
    places = [".retry.out.jsonl", "out.failures.jsonl", ".retry.out.summary.json"]
    assert there == [(True, True), (True, False), (False, False)][places.index(killed_at)]
    if then == "run":
        bench.run(*words_for(served)).check(0, "complete already")
    else:
        retry(bench, "out.jsonl").check(0, "Nothing of this output is selected")
    assert len(bench.rows("out.jsonl")) == 24
    assert not {name for name in bench.names() if name.startswith(".") or "failures" in name}
    assert bench.summary()["counts"]["captions"] == 12
    assert len(model.asked) == 2


def test_todays_settings(bench: Bench) -> None:
    """A better prompt, another model and another endpoint hold for what is asked again; the run's
    own hold otherwise, and the same run is still complete."""
    samples(bench, 6)
    first = bench.serve(Model(declines={1, 4}))
    words = words_for(first, "out.jsonl", "--user-prompt", "One.", "--max-token", 77)
    bench.run(*words).check(1)
    before = lines(bench, "out.jsonl")
    second = bench.serve(Model(words="Better words"), models=("better", "other"))
    (bench.folder / "prompt.txt").write_text("Two.\n")
    flags = ("--base-url", second.base_url, "--user-prompt-file", "prompt.txt")
    retry(bench, "out.jsonl", *flags, "--only", "refused").check(2, "better", "--model")
    retry(bench, "out.jsonl", *flags, "--model", "better").check(0)
    assert [asked.body["model"] for asked in second.asked] == ["better"] * 2
    assert [asked.body["max_tokens"] for asked in second.asked] == [77, 77]
    assert {asked.user_text for asked in second.asked} == {"Two."}
    assert [line for line in lines(bench, "out.jsonl") if b"Better" not in line] == before
    bench.run(*words).check(0, "complete already")


def test_what_does_not_fit(bench: Bench) -> None:
    """Each is said in one line, with status 2, and nothing is sent or changed."""
    samples(bench, 4)
    model = Model(declines={1})
    served = bench.serve(model)
    retry(bench, "out.jsonl").check(2, "out.jsonl is not of a run", "out.ledger.sqlite")
    bench.run(*words_for(served)).check(1)
    before = {name: read(bench, name) for name in ("out.jsonl", "out.failures.jsonl")}
    requests = served.stats.requests
    for words, said in (
        (("--rows", "captions"), "rows was 'samples'"),
        (("--captions-key", "c"), "captions_key was None"),
        (("--only", "echoed"), "--only echoed: no failure has this reason; it has refused"),
        (("--ids", "none.txt"), "--ids none.txt: No such file"),
        (("--rehearse",), "is not of a run"),
        (("--temperatur", "1"), "did you mean --temperature?"),
    ):
        retry(bench, "out.jsonl", *words).check(2, said)
    bench.write("ids.txt", "9:0")
    retry(bench, "out.jsonl", "--ids", "ids.txt").check(2, "ids.txt, line 1: there is no sample 9")
    bench.write("ids.txt", "1:3")
    retry(bench, "out.jsonl", "--ids", "ids.txt").check(2, "sample 1 has no placeholder 3")
    retry(bench, "-").check(2, "standard output")
    assert {name: read(bench, name) for name in before} == before
    broken = before["out.jsonl"].replace(b"First words about 2. ", b"")
    (bench.folder / "out.jsonl").write_bytes(broken.replace(b'"text": "', b'"text" : "', 1))
    retry(bench, "out.jsonl").check(2, "out.jsonl was changed since the run")
    (bench.folder / "out.jsonl").write_bytes(before["out.jsonl"])
    with (bench.folder / "in.jsonl").open("a") as file:
        file.write('{"text": "one more"}\n')
    retry(bench, "out.jsonl").check(2, "in.jsonl has changed since")
    assert served.stats.requests == requests


def test_a_run_that_is_not_complete(bench: Bench) -> None:
    """And one whose samples are gone with standard input: both say what to do."""
    samples(bench, 30)
    model = Model()
    model.latency_s = 0.3
    served = bench.serve(model)
    process = bench.start("run", *words_for(served), "--concurrency", 4)
    bench.until(lambda: len(model.asked) > 4)
    process.terminate()
    bench.end(process).check(143)
    retry(bench, "out.jsonl").check(2, "is not complete: give its own command again first")
    given = (bench.folder / "in.jsonl").read_bytes()
    model.latency_s = 0.0
    bench.run("-", "piped.jsonl", "--base-url", served.base_url, given=given).check(0)
    retry(bench, "piped.jsonl").check(2, "came over standard input")


def test_nothing_selected(bench: Bench) -> None:
    """Says so with status 0, sends nothing and changes nothing."""
    samples(bench, 2)
    served = bench.serve()
    bench.run(*words_for(served)).check(0)
    before = read(bench, "out.jsonl")
    retry(bench, "out.jsonl").check(0, "Nothing of this output is selected", "nothing was sent")
    assert served.stats.requests == 2
    assert read(bench, "out.jsonl") == before


def test_a_rehearsal_is_retried_as_one(bench: Bench) -> None:
    """Its ledger is found; with another endpoint in the settings it says what can be done."""
    bench.photos(2)
    rows = [{"text": TOKEN, "images": [f"photos/{name}.png"]} for name in ("000", "none", "001")]
    bench.write("in.jsonl", *rows)
    bench.run("in.jsonl", "out.jsonl", "--rehearse").check(1)
    bench.picture("photos/none.png", 9)
    retry(bench, "out.jsonl", "--base-url", "localhost:9").check(2, "rehearsal's", "--rehearse")
    retry(bench, "out.jsonl").check(0, "rehearsal")
    assert len(bench.rows("out.jsonl")) == 6
    assert "out.ledger.sqlite" not in bench.names()


def test_an_endpoint_that_is_gone(bench: Bench) -> None:
    """Status 3, the output as it was; the same command with a better address does it."""
    samples(bench, 3)
    model = Model(declines={0})
    served = bench.serve(model)
    bench.run(*words_for(served)).check(1)
    before = read(bench, "out.jsonl"), read(bench, "out.failures.jsonl")
    away = ("--base-url", "http://127.0.0.1:9/v1", "--patience-s", "0", "--model", "rehearsal")
    retry(bench, "out.jsonl", *away).check(3, "The output is as it was", "--base-url")
    assert (read(bench, "out.jsonl"), read(bench, "out.failures.jsonl")) == before
    model.again()
    retry(bench, "out.jsonl").check(0)
    assert model.asked == [0]


def test_caps_hold_over_run_and_retry(bench: Bench) -> None:
    """What the run has spent is spent: the run's own cap stops the retry, a higher one lets it."""
    samples(bench, 10)
    model = Model(declines=set(range(5)))
    served = bench.serve(model)
    bench.run(*words_for(served), "--max-requests", 12).check(1)
    model.again()
    retry(bench, "out.jsonl", "--concurrency", 1).check(3, "max_requests of 12 is reached")
    assert len(model.asked) == 2
    retry(bench, "out.jsonl", "--max-requests", 15).check(0)
    assert len(model.asked) == 5
    assert bench.summary()["counts"]["captions"] == 10


def test_a_pilot_is_retried_and_then_continued(bench: Bench) -> None:
    """Only the samples of the run are looked at, and more of them can follow."""
    samples(bench, 10)
    model = Model(declines={3, 8})
    served = bench.serve(model)
    bench.run(*words_for(served), "--limit", 5).check(1)
    model.again("First words")
    retry(bench, "out.jsonl").check(0)
    assert model.asked == [3]
    bench.run(*words_for(served)).check(0, "Going on after 5 samples")
    bench.run(*words_for(served, "whole.jsonl")).check(0)
    assert read(bench, "out.jsonl") == read(bench, "whole.jsonl")


def test_faulty_lines_stay_where_they_are(bench: Bench) -> None:
    """Lines that are no samples, and samples that do not fit, have nothing to ask for again."""
    bench.photos(3)
    bench.write(
        "in.jsonl",
        {"text": TOKEN, "images": ["photos/000.png"]},
        "no json",
        {"text": TOKEN * 2, "images": ["photos/001.png"]},
        {"text": TOKEN, "images": ["photos/002.png"]},
    )
    model = Model(declines={2})
    served = bench.serve(model)
    bench.run(*words_for(served)).check(1)
    failures = lines(bench, "out.failures.jsonl")
    model.again()
    retry(bench, "out.jsonl").check(1)
    assert model.asked == [2]
    assert lines(bench, "out.failures.jsonl") == failures[:2]
    counts = bench.summary()["counts"]
    assert (counts["not_json"], counts["malformed"], counts["failed"]) == (1, 1, 0)


def test_many_that_fail_alike_are_no_reason_to_stop(bench: Bench) -> None:
    """Whoever asks again for what was refused must expect it to be refused."""
    samples(bench, 120)
    model = Model(declines=set(range(1, 120)))
    served = bench.serve(model)
    bench.run(*words_for(served)).check(1)
    model.again(declines=set(range(1, 119)))
    retry(bench, "out.jsonl").check(1)
    assert len(lines(bench, "out.failures.jsonl")) == 118


def test_state_and_ledger_elsewhere(bench: Bench) -> None:
    """--state-dir and --ledger as the run had them; the links that stood there still do."""
    samples(bench, 4)
    (bench.folder / "state").mkdir()
    (bench.folder / "big").mkdir()
    (bench.folder / "out.jsonl").symlink_to("big/real.jsonl")
    model = Model(declines={2})
    served = bench.serve(model)
    flags = ("--state-dir", "state", "--ledger", "paid.sqlite")
    bench.run(*words_for(served, "out.jsonl", *flags)).check(1)
    model.again()
    retry(bench, "out.jsonl").check(2, "--state-dir and --ledger")
    retry(bench, "out.jsonl", *flags).check(0)
    assert (bench.folder / "out.jsonl").is_symlink()
    assert {path.name for path in (bench.folder / "big").iterdir()} == {"real.jsonl"}
    assert len(bench.rows("out.jsonl")) == 8
    assert not (bench.folder / "state/out.failures.jsonl").exists()


def test_one_at_a_time(bench: Bench) -> None:
    """While a retry goes on a second one says who has the ledger, with status 3."""
    samples(bench, 6)
    model = Model(declines=set(range(6)))
    served = bench.serve(model)
    bench.run(*words_for(served)).check(1)
    model.again()
    model.latency_s = 1.0
    process = bench.start("retry", "out.jsonl")
    bench.until(lambda: len(model.asked) > 0)
    retry(bench, "out.jsonl").check(3, "in use", str(process.pid))
    bench.end(process).check(0)
    assert sorted(model.asked) == list(range(6))


def test_rows_of_a_folder_of_images(bench: Bench) -> None:
    """The images of a folder, one of which was mended, with its row where it was."""
    folder = bench.photos(5)
    good = (folder / "003.png").read_bytes()
    (folder / "003.png").write_bytes(b"no image")
    model = Model()
    served = bench.serve(model)
    bench.run("photos", "out.jsonl", "--base-url", served.base_url, "--mode", "caption").check(1)
    before = lines(bench, "out.jsonl")
    (folder / "003.png").write_bytes(good)
    model.again()
    process: subprocess.Popen[bytes] = bench.start(
        "retry", bench.folder / "out.jsonl", cwd=Path("/")
    )
    bench.end(process).check(0)
    after = lines(bench, "out.jsonl")
    assert [old == new for old, new in zip(before, after, strict=True)] == [
        True, True, True, False, True,
    ]  # fmt: skip
    assert json.loads(after[3])["caption"] == "Other words about 3."


def test_a_full_disk(bench: Bench) -> None:
    """No room for the new files: status 3, the old ones as they were and no others; once there is
    room the same command does it, and pays for nothing twice."""
    bench.photos(40)
    long = "long " * 2000
    bench.write(
        "in.jsonl",
        *({"text": f"{TOKEN}{long}", "images": [f"photos/{n:03}.png"]} for n in range(40)),
    )
    model = Model(declines={1, 38})
    served = bench.serve(model)
    bench.run(*words_for(served)).check(1)
    before = {name: read(bench, name) for name in ("out.jsonl", "out.failures.jsonl")}
    model.again()
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (350_000, -1))"
    retry(bench, "out.jsonl", code=code).check(3, "cannot write", "The output is as it was")
    assert {name: read(bench, name) for name in before} == before
    assert not {name for name in bench.names() if name.startswith(".")}
    retry(bench, "out.jsonl").check(0)
    assert sorted(model.asked) == [1, 38]
    assert len(bench.rows("out.jsonl")) == 80
