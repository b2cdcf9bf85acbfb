"""Output and failures file of a run, written anew around what was asked for again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats.asked_again import AskedAgain, Chosen
from captioner.formats.failures import FailuresFile
from captioner.formats.jsonl import JsonlSink, JsonlSource
from captioner.formats.past_lines import LinesAnew, PastLines
from captioner.formats.replacement import Replacement, beside, finish_swap
from captioner.samples.assemble import assemble, bad_record_outcome
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.plan import plan
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord, Record
from captioner.samples.selection import Selection

IMAGE = "<__dj__image>"
Texts = Sequence[str | None]
LINES = [
    json.dumps({"text": "no image"}).encode(),
    json.dumps({"text": IMAGE, "images": ["a"]}).encode(),
    json.dumps({"text": IMAGE * 2, "images": ["a", "b"]}).encode(),
    json.dumps({"text": IMAGE * 2, "images": ["a"]}).encode(),
    b"no json",
]


def caption_of(sample: int, index: int, text: str | None) -> CaptionOutcome:
    """A caption, or a failure where there is no text."""
    if text is None:
        return CaptionOutcome(sample, index, "a", None, Verdict.FAILED, "timeout", "slow")
    return CaptionOutcome(sample, index, "a", text, Verdict.OK)


def outcome_of(record: Record, texts: Texts, rules: Rules) -> Outcome:
    """What became of a record."""
    if isinstance(record, BadRecord):
        return bad_record_outcome(record)
    planned = plan(record, rules)
    captions = [caption_of(record.id, p.index, texts[p.index]) for p in planned.placeholders]
    return assemble(planned, captions, rules)


class Run:
    """A run of these lines, whose captions for sample k are `texts[k]`, in a folder."""

    def __init__(self, folder: Path, lines: Sequence[bytes], texts: Sequence[Texts], rules: Rules):
        self.source = folder / "in.jsonl"
        self.output = folder / "out.jsonl"
        self.failures = folder / "out.failures.jsonl"
        self.rules = rules
        self.texts = texts
        self.source.write_bytes(b"".join(line + b"\n" for line in lines))
        self.count = len(lines)
        outcomes = [outcome_of(r, texts[r.id], rules) for r in JsonlSource(self.source).open()]
        for file in (JsonlSink(self.output), FailuresFile(self.failures, "/p")):
            file.resume(None)
            file.write(outcomes)
            file.finish()
            file.close()

    def again(self, selection: Selection) -> AskedAgain:
        """What of it is asked for again."""
        return AskedAgain(
            JsonlSource(self.source),
            selection,
            samples=self.count,
            output=partial(PastLines, self.output),
            failures=self.failures,
            rules=self.rules,
        )

    def replacement(self, again: AskedAgain) -> Replacement:
        """What takes its place."""
        return Replacement(
            self.output,
            LinesAnew(beside(self.output), self.output.resolve()),
            self.failures,
            past=again.past,
            end=again.end,
            rules=self.rules,
            image_base="/p",
        )

    def files(self) -> list[bytes]:
        """Output and failures."""
        return [p.read_bytes() if p.exists() else b"" for p in (self.output, self.failures)]


def answer(again: AskedAgain, record: Record, new: Texts, old: Texts, rules: Rules) -> Outcome:
    """The outcome of an engine that knows what is known, and gives `new` for what is asked."""
    assert not isinstance(record, BadRecord)
    planned = plan(record, rules)
    captions = []
    for placeholder in planned.placeholders:
        known = again.known(placeholder, since=7)
        if isinstance(known, int):
            text = (new if known == 7 else old)[placeholder.index]
            known = caption_of(record.id, placeholder.index, text)
        captions.append(known)
    return assemble(planned, captions, rules)


texts_of_a_sample = st.tuples(*[st.none() | st.sampled_from(["x", "y z"])] * 2)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_the_files_are_those_of_a_run_that_was_answered_so(data: st.DataObject) -> None:
    """Whatever is asked for again and whatever comes of it, at any size of batches."""
    lines = data.draw(st.lists(st.sampled_from(LINES), max_size=8))
    old, new = (
        data.draw(st.lists(texts_of_a_sample, min_size=len(lines), max_size=len(lines)))
        for _ in range(2)
    )
    rules = Rules(
        rows=data.draw(st.sampled_from(["samples", "captions"])),
        any_or_all=data.draw(st.sampled_from(["any", "all"])),
        keep_original_sample=data.draw(st.booleans()),
    )
    ids = data.draw(st.sets(st.integers(0, max(len(lines) - 1, 0)))) if lines else set()
    reasons = data.draw(st.sampled_from([frozenset[str](), frozenset({"timeout"})]))
    chosen: Mapping[int, Mapping[int | None, int]] = {sample: {None: 1} for sample in ids}
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), lines, old, rules)
        before = run.files()
        again = run.again(Selection(reasons, chosen, "ids"))
        replacement = run.replacement(again)
        replacement.resume(None)
        mixed = [list(texts) for texts in old]
        for record in again.open():
            outcome = answer(again, record, new[record.id], old[record.id], rules)
            for index in again._begun[record.id].asked:
                mixed[record.id][index] = new[record.id][index]
            replacement.write([outcome])
        replacement.finish()
        assert run.files() == before
        finish_swap(replacement.swap)
        after = run.files()
        assert [replacement.token[name]["bytes"] for name in ("output", "failures")] == [
            len(content) for content in after
        ]
        assert replacement.rows == after[0].count(b"\n")
        names = {path.name for path in Path(folder).iterdir()}
        Run(Path(folder), lines, mixed, rules)
        assert run.files() == after
        assert names == {path.name for path in Path(folder).iterdir()}


def test_counting_what_is_chosen(tmp_path: Path) -> None:
    """Placeholders and the samples they are in; what is wrong with a selection is said."""
    rules = Rules()
    run = Run(tmp_path, LINES, [(None, "x")] * 5, rules)
    assert run.again(Selection()).choose() == Chosen(2, 2)
    ids = Selection(ids={1: {None: 1}, 2: {1: 2, 0: 3}}, ids_file="ids")
    assert run.again(ids).choose() == Chosen(2, 3)
    assert run.again(Selection(frozenset({"timeout"}))).choose() == Chosen(2, 2)
    # Records that are no samples, and samples that do not fit, can be named, and ask for nothing.
    assert run.again(Selection(ids={3: {None: 1}, 4: {None: 2}}, ids_file="ids")).choose() == (
        Chosen()
    )
    with pytest.raises(ConfigError, match="it has malformed, not_json, timeout"):
        run.again(Selection(frozenset({"refused"}))).choose()
    with pytest.raises(ConfigError, match=r"ids, line 4: there is no sample 5; the run has 5"):
        run.again(Selection(ids={5: {None: 4}}, ids_file="ids")).choose()


def test_choosing_can_be_stopped(tmp_path: Path) -> None:
    """A long look through everything ends when nobody waits for it."""
    run = Run(tmp_path, LINES, [(None, "x")] * 5, Rules())
    asked = iter([True, False])
    assert run.again(Selection()).choose(lambda: next(asked)) == Chosen()


def test_only_the_first_samples_of_a_source_belong_to_a_pilot(tmp_path: Path) -> None:
    """What stands behind them is not looked at."""
    run = Run(tmp_path, LINES[:3], [(None, None)] * 3, Rules())
    with run.source.open("ab") as file:
        file.write(LINES[1] + b"\n")
    again = run.again(Selection())
    assert again.choose() == Chosen(2, 3)
    assert [record.id for record in again.open()] == [1, 2]


def test_a_swap_can_be_finished_by_another(tmp_path: Path) -> None:
    """After any part of it; and once more, when all of it is done."""
    for done in range(4):
        for name in ("a", "b", "c"):
            (tmp_path / name).write_text("old")
        news = {name: beside(tmp_path / name) for name in ("a", "c")}
        for new in news.values():
            new.write_text("new")
        swap = [
            (str(news["a"]), str(tmp_path / "a")),
            (None, str(tmp_path / "b")),
            (str(news["c"]), str(tmp_path / "c")),
        ]
        finish_swap(swap[:done])
        finish_swap(swap)
        finish_swap(swap)
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
            "a": "new",
            "c": "new",
        }


def test_a_link_stays_and_so_do_permissions(tmp_path: Path) -> None:
    """What the link points to is replaced, by a file that the same people can read."""
    run = Run(tmp_path, LINES[:2], [(None, None)] * 2, Rules())
    run.output.chmod(0o640)
    run.output.rename(tmp_path / "real.jsonl")
    run.output.symlink_to("real.jsonl")
    again = run.again(Selection())
    replacement = run.replacement(again)
    replacement.resume(None)
    for record in again.open():
        replacement.write([answer(again, record, ("new", None), (), run.rules)])
    replacement.finish()
    finish_swap(replacement.swap)
    assert run.output.is_symlink()
    assert b"new" in run.output.read_bytes()
    assert run.output.stat().st_mode & 0o777 == 0o640


def test_what_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """In the middle, before the beginning, and twice."""
    run = Run(tmp_path, LINES, [(None, "x")] * 5, Rules())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = run.again(Selection())
    replacement = run.replacement(again)
    replacement.discard()
    replacement.resume(None)
    record = next(again.open())
    replacement.write([answer(again, record, ("new", "new"), (), run.rules)])
    replacement.discard()
    replacement.discard()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
