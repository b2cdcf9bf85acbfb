"""A run's files read back beside its source, and what of them stays."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats.failures import FailuresFile, failure_lines
from captioner.formats.jsonl import JsonlSink, JsonlSource
from captioner.formats.past_lines import PastLines, lines_after
from captioner.formats.past_rows import PastSample
from captioner.formats.past_run import PastRun
from captioner.samples.assemble import assemble, bad_record_outcome
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.plan import plan
from captioner.samples.recovery import kept_outcome
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord, Record

IMAGE = "<__dj__image>"
Texts = Sequence[str | None]


def outcome_of(record: Record, texts: Texts, rules: Rules) -> Outcome:
    """What became of a record whose placeholders got these captions, None for a failure."""
    if isinstance(record, BadRecord):
        return bad_record_outcome(record)
    planned = plan(record, rules)
    captions = [
        CaptionOutcome(record.id, index, f"{index}.png", None, Verdict.FAILED, "timeout", "slow")
        if text is None
        else CaptionOutcome(record.id, index, f"{index}.png", text, Verdict.OK)
        for index, text in enumerate(texts[: len(planned.placeholders)])
    ]
    return assemble(planned, captions, rules)


class Run:
    """A run of these lines, whose captions for sample k are `texts[k]`, in a folder."""

    def __init__(self, folder: Path, lines: Sequence[bytes], texts: list[Texts], rules: Rules):
        self.source, self.output = folder / "in.jsonl", folder / "out.jsonl"
        self.failures = folder / "out.failures.jsonl"
        self.rules = rules
        self.source.write_bytes(b"".join(line + b"\n" for line in lines))
        sink, failures = JsonlSink(self.output), FailuresFile(self.failures, "/photos")
        self.outcomes = [outcome_of(record, texts[record.id], rules) for record in self.records()]
        for file in (sink, failures):
            file.resume(None)
            file.write(self.outcomes)
            file.finish()
            file.close()

    def records(self) -> list[Record]:
        """The source's."""
        return list(JsonlSource(self.source).open())

    def past(self) -> list[PastSample]:
        """All of it, read back."""
        with PastRun(PastLines(self.output), self.failures) as run:
            return list(run.samples(self.records(), self.rules))


GOOD: list[dict[str, Any]] = [
    {"text": "x"},
    {"text": f"w{IMAGE}w", "images": ["a"]},
    {"text": IMAGE * 3, "images": ["a", "b", "c"], "caption": "their own"},
    {"text": IMAGE * 2, "images": ["a"]},
    {"text": 3},
]
LINES = [
    *(json.dumps(fields).encode() for fields in GOOD),
    b'{ "text":"odd\\u00e9 <__dj__image>" ,"images":"a"}\r',
    b"no json",
]
captions = st.none() | st.text(max_size=5).filter(lambda text: IMAGE not in text)
texts_of_a_sample = st.tuples(captions, captions, captions)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[bytes], list[Texts], list[Texts], list[set[int]], Rules]:
    """Lines, captions, later captions, who is asked again, and rules."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=6))
    count = len(lines)
    each = st.lists(texts_of_a_sample, min_size=count, max_size=count)
    asked = draw(st.lists(st.sets(st.integers(0, 2)), min_size=count, max_size=count))
    rules = Rules(
        rows=draw(st.sampled_from(["samples", "captions"])),
        captions_key=draw(st.sampled_from([None, "caps"])),
        conversations_key=draw(st.sampled_from([None, "talk"])),
        keep_original_sample=draw(st.booleans()),
        any_or_all=draw(st.sampled_from(["any", "all"])),
    )
    first: list[Texts] = list(draw(each))
    second: list[Texts] = list(draw(each))
    return lines, first, second, asked, rules


@given(runs())
def test_everything_is_found_again(
    case: tuple[list[bytes], list[Texts], list[Texts], list[set[int]], Rules],
) -> None:
    """Each row and failure line is its sample's; captions come back wherever a row has them."""
    lines, first, _, _, rules = case
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), lines, first, rules)
        found = run.past()
        output = run.output.read_bytes()
        failures = run.failures.read_bytes() if run.failures.exists() else b""
        with PastRun(PastLines(run.output), run.failures) as past:
            captions = [
                past.captions_of(sample, rules) for sample in past.samples(run.records(), rules)
            ]
    assert b"".join(row for sample in found for row in sample.rows) == output
    assert b"".join(line.raw for sample in found for line in sample.failures) == failures
    for sample, outcome, theirs in zip(found, run.outcomes, captions, strict=True):
        assert len(sample.rows) == len(outcome.rows)
        assert sample.line == 1 + sum(len(one.rows) for one in found[: found.index(sample)])
        wanted = [caption.caption for caption in outcome.captions]
        lost = rules.rows == "samples" and rules.any_or_all == "all" and None in wanted
        assert theirs == (None if lost and set(wanted) != {None} else wanted)


@given(runs())
def test_only_what_is_asked_for_again_changes(
    case: tuple[list[bytes], list[Texts], list[Texts], list[set[int]], Rules],
) -> None:
    """Rows and failures are those of a run in which only the chosen placeholders differ."""
    lines, first, second, asked, rules = case
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), lines, first, rules)
        mixed: list[Texts] = [
            [(new if index in again else old)[index] for index in range(3)]
            for old, new, again in zip(first, second, asked, strict=True)
        ]
        found = run.past()
        rows, failures = b"", b""
        for sample, texts, again in zip(found, mixed, asked, strict=True):
            outcome = outcome_of(sample.record, texts, rules)
            rows += b"".join(lines_after(sample, outcome, again, rules))
            kept = {
                line.failure.placeholder: line.raw
                for line in sample.failures
                if line.failure.placeholder is not None and line.failure.placeholder not in again
            }
            failures += b"".join(failure_lines(outcome, "/photos", kept))
        Run(Path(folder), lines, mixed, rules)
        assert run.output.read_bytes() == rows
        wanted = run.failures.read_bytes() if run.failures.exists() else b""
        assert wanted == failures


def test_rows_that_stay_are_never_encoded_again(tmp_path: Path) -> None:
    """Even a row that nobody would write like that keeps its bytes."""
    rules = Rules(rows="captions")
    run = Run(tmp_path, LINES[2:3], [("x", None, "z")], rules)
    odd = run.output.read_bytes().replace(b'"x", ', b'"x",   ', 1)
    run.output.write_bytes(odd)
    (sample,) = run.past()
    outcome = outcome_of(sample.record, ("x", "new", "z"), rules)
    first, second, third = lines_after(sample, outcome, {1}, rules)
    assert (first, third) == (sample.rows[0], sample.rows[2])
    assert json.loads(second)["caption"] == "new"
    assert lines_after(sample, outcome, set(), rules) == sample.rows


def test_a_kept_caption_makes_the_same_row_again(tmp_path: Path) -> None:
    """A generated row is made from the captions that came out of it, turns and all."""
    rules = Rules(conversations_key="talk")
    texts = ("Q: a\nA: b", "no dialogue", None)
    run = Run(tmp_path, LINES[2:3], [texts], rules)
    with PastRun(PastLines(run.output), run.failures) as past:
        for sample in past.samples(run.records(), rules):
            captions = past.captions_of(sample, rules)
            assert captions == list(texts)
            assert sample.plan is not None
            kept = [
                kept_outcome(placeholder, caption or sample.failures[0].failure, rules)
                for placeholder, caption in zip(sample.plan.placeholders, captions, strict=True)
            ]
            row = assemble(sample.plan, kept, rules).rows[1]
            theirs = json.loads(sample.rows[1])
            assert row["text"] == theirs["text"]
            assert [said["value"] for said in row["talk"]] == ["<image>\na", "b"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'{"text": "x"}\n', b"", "row 1 is not sample 0 of INPUT"),
        (b'{"text": "x"}\n', b'{"text": "y"}\n', "row 1 is not sample 0 of INPUT"),
        (b'{"text": 3}\n', b"", "it ends behind row 6, within sample 4"),
        (b'{"text": 3}\n', b'{"text": 3}', "row 7 ends in its middle"),
        (b'{"text": 3}\n', b'{"text": 3}\n{}\n', "it has more than 7 rows"),
    ],
)
def test_an_output_that_was_changed_is_refused(
    tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    """The message names the file, what differs, and what to do."""
    run = Run(tmp_path, LINES[:5], [("a", None, "c")] * 5, Rules())
    run.output.write_bytes(run.output.read_bytes().replace(old, new))
    with pytest.raises(ConfigError, match=f"out.jsonl was changed since the run: {message}; put"):
        run.past()


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ([0, 1], "sample 4 has other failures"),
        ([0, 2], "sample 3 has other failures"),
        ([0, 0, 1, 2], "sample 2 has other failures"),
        ([1, 0, 2], "sample 2 is out of its place"),
        ([0, 1, 2, 0], "sample 2 is out of its place"),
        ([0, 1, 2, 3], "sample 9 is out of its place"),
        ([4, 0, 1, 2], "sample 0 has no placeholder 1"),
    ],
)
def test_a_failures_file_that_was_changed_is_refused(
    tmp_path: Path, keep: list[int], message: str
) -> None:
    """Lines that are missing, doubled, out of order, or not of this run."""
    run = Run(tmp_path, LINES[:5], [("a", None, "c")] * 5, Rules())
    lines = run.failures.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    lines += [lines[0].replace(b'"sample": 2', f'"sample": {id}'.encode()) for id in (9, 0)]  # noqa: A001
    run.failures.write_bytes(b"".join(lines[number] for number in keep))
    with pytest.raises(ConfigError, match=f"failures.jsonl was changed since the run: {message};"):
        run.past()


def test_a_bad_line_without_its_failure_is_noticed(tmp_path: Path) -> None:
    """A line that is no sample has left one line in the failures file."""
    run = Run(tmp_path, LINES[6:7], [()], Rules())
    run.failures.unlink()
    with pytest.raises(ConfigError, match="it should have one line for line 1"):
        run.past()


def test_captions_that_were_changed_are_noticed(tmp_path: Path) -> None:
    """A generated text that does not fit, a row of another placeholder, a caption too many."""
    for rules, old, new, message in (
        (Rules(), b"> a <", b">a<", "row 2: 'text' is not as it was generated"),
        (Rules(), b"<__dj__image><|", b"<__dj__image> c <|", "sample 0 has other captions"),
        (Rules(rows="captions"), b'"placeholder": 1', b'"placeholder": 2', "row 2: it is not that"),
        (Rules(rows="captions"), b'"caption": "a"', b'"caption": 1', "row 1: its caption is no"),
        (Rules(rows="captions"), b'"caption": "a"', b'"caption": null', "has other captions"),
    ):
        run = Run(tmp_path, LINES[2:3], [("a", "b", None)], rules)
        before = run.output.read_bytes()
        run.output.write_bytes(before.replace(old, new))
        assert run.output.read_bytes() != before
        with PastRun(PastLines(run.output), run.failures) as past:
            sample = next(past.samples(run.records(), rules))
            with pytest.raises(ConfigError, match=message):
                past.captions_of(sample, rules)


def test_an_output_that_is_not_there(tmp_path: Path) -> None:
    """Is named."""
    with pytest.raises(ConfigError, match=r"out.jsonl cannot be read: No such file"):
        PastLines(tmp_path / "out.jsonl")
