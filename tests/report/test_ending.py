from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    BindingChanged,
    DialectLearned,
    ImagePrepared,
    PlaceholderSettled,
    RecordFaulty,
    SampleRead,
    SampleWritten,
    Warned,
)
from captioner.report.ending import render_summary, show_summary
from captioner.report.summary import RunFacts, build_summary
from captioner.report.tally import Tally

FACTS = RunFacts(
    version="0.1.0",
    status="complete",
    verdict="",
    message="",
    exit_status=0,
    rehearsal=False,
    input="photos",
    output="captions.jsonl",
    image_base="/data/photos",
    endpoint="https://host/v1",
    model="m",
    mode="caption",
    settings={},
    files={"output": "captions.jsonl", "summary": "captions.summary.json"},
)


class _Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> _Clock:
    """A clock that is moved by hand."""
    return _Clock()


@pytest.fixture
def tally(clock: _Clock) -> Tally:
    """Ten samples with one caption each in 4 s: half of the time bound by tokens."""
    tally = Tally(clock)
    tally(BindingChanged("tokens"))
    for sample in range(10):
        tally(SampleRead(sample, 1))
        tally(ImagePrepared(640, 480, 61_000, converted=False))
        tally(AttemptStarted(sample, 0, 1, 100))
        tally(AttemptEnded(sample, 0, 1, 200, "", 0.4, 300, 50))
        tally(PlaceholderSettled(sample, 0, "a.jpg", "ok", "", "", 1, reused=False))
        tally(SampleWritten(sample, 1, 0))
    clock.now_s = 3.0
    tally(BindingChanged("concurrency"))
    clock.now_s = 4.0
    return tally


def _summary(tally: Tally, **facts: Any) -> dict[str, Any]:
    return build_summary(replace(FACTS, **facts), tally.snapshot())


def test_an_errorless_run_is_six_lines(tally: Tally) -> None:
    """Counts, requests, images, what bound it, the files; nothing about what did not happen."""
    assert render_summary(_summary(tally)) == (
        "Complete: 10 captions for 10 samples, 10 rows, in 4.0 s (2.5 captions/s).\n"
        "Requests: 10 sent, 3,000 tokens in and 500 out\n"
        "Images: 10 prepared, median 640×480 px, largest 640×480 px, 610.0 kB\n"
        "Bound by: tokens 75%, concurrency 25%\n"
        "Output: captions.jsonl\n"
        "Summary: captions.summary.json\n"
    )


def test_failures_are_a_table_with_what_to_do(tally: Tally) -> None:
    """Reasons by count, each with an example and what would help; the exit status is explained."""
    for sample in range(10, 22):
        tally(SampleRead(sample, 1))
        tally(
            PlaceholderSettled(
                sample, 0, f"p/{sample}.jpg", "failed", "missing_image", "no such file", 0, False
            )
        )
        tally(SampleWritten(sample, 1, 0))
    tally(SampleRead(22, 0))
    tally(RecordFaulty(22, "not_json", "line 23: Expecting value"))
    tally(SampleWritten(22, 0, 0))
    lines = render_summary(_summary(tally, exit_status=1)).splitlines()
    assert lines[1:6] == [
        (
            "Failed: 12 placeholders without a caption, 1 line that is no JSON object "
            "(more than max_failed_share allows)"
        ),
        "  missing_image  12  p/10.jpg: no such file",
        "                     Check the path; relative paths start at image_base (--image-base).",
        "  not_json        1  sample 22: line 23: Expecting value",
        "                     Mend or remove this line: each line must be one JSON object.",
    ]


def test_a_stopped_run_says_why_and_how_it_goes_on(tally: Tally) -> None:
    """The verdict and its message come first, then that the same command continues."""
    summary = _summary(
        tally,
        status="stopped",
        verdict="no_quota",
        message="The endpoint says that the quota is used up.",
        exit_status=3,
        continues=True,
    )
    assert render_summary(summary).splitlines()[:3] == [
        "Stopped (no_quota): 10 captions for 10 samples, 10 rows, in 4.0 s (2.5 captions/s).",
        "The endpoint says that the quota is used up.",
        "The same command continues where this run ended.",
    ]


def test_continuing_is_only_promised_where_it_is_possible(tally: Tally) -> None:
    """Rows that went to standard output cannot be continued; a complete run need not be."""
    assert "continues" not in render_summary(_summary(tally, status="interrupted", continues=False))
    assert "continues" not in render_summary(_summary(tally, continues=False))


def test_a_rehearsal_says_that_no_model_looked(tally: Tally) -> None:
    """Nobody takes its captions for a model's."""
    lines = render_summary(_summary(tally, rehearsal=True)).splitlines()
    assert lines[1] == "This was a rehearsal: no model looked at the images."


def test_the_cost_is_told_where_it_is_known(tally: Tally) -> None:
    """With what is only its worst case, what was not priced, and what the caps leave."""
    assert "$" not in render_summary(_summary(tally))
    tally(AttemptEnded(0, 0, 1, 200, "", 0.1, 10, 10, picodollars=31 * 10**11))
    assert "\nCost: $3.10, and 10 requests at an unknown price\n" in render_summary(_summary(tally))
    tally = Tally(_Clock())
    tally(AttemptEnded(0, 0, 1, 200, "", 0.1, 10, 10, picodollars=31 * 10**11))
    assert "\nCost: $3.10\n" in render_summary(_summary(tally))
    assert "\nWould have cost: $3.10\n" in render_summary(_summary(tally, rehearsal=True))
    tally(AttemptEnded(0, 0, 2, None, "timeout", 0.1, lost_tokens=9, picodollars=10**10))
    budget = {
        "max_cost": {"limit": 5.0, "spent": 4.98},
        "max_requests": {"limit": 10_000, "spent": 812},
    }
    text = render_summary(_summary(tally, budget=budget))
    assert "\nCost: $3.11, up to $0.010 of it for answers that were lost\n" in text
    assert "\nBudget: $4.98 of max_cost $5.00, 812 of max_requests 10,000\n" in text


def test_a_used_up_budget_says_itself_how_it_goes_on(tally: Tally) -> None:
    """The same command as it stands would stop at once again."""
    stopped = _summary(
        tally, status="stopped", verdict="budget_reached", message="m", continues=True
    )
    assert "The same command continues" not in render_summary(stopped)


def test_a_summary_of_a_version_without_prices_can_be_shown(tally: Tally) -> None:
    """A run that was complete before is told from its own summary."""
    summary = _summary(tally)
    del summary["cost"], summary["budget"]
    assert render_summary(summary) == render_summary(_summary(tally))


def test_what_happened_besides_is_told(tally: Tally) -> None:
    """Retries, 429s, reused captions, conversions, lessons, warnings (five) and unused images."""
    tally(SampleRead(10, 1))
    tally(ImagePrepared(4000, 3000, 100, converted=True))
    tally(AttemptStarted(10, 0, 1, 100))
    tally(AttemptEnded(10, 0, 1, 429, "rate_limited", 0.1))
    tally(AttemptStarted(10, 0, 2, 100))
    tally(AttemptEnded(10, 0, 2, 200, "", 0.1, 10, 10))
    tally(PlaceholderSettled(10, 0, "a.jpg", "ok", "", "", 2, reused=True))
    tally(SampleWritten(10, 1, 3))
    tally(DialectLearned("max_completion_tokens instead of max_tokens"))
    for number in range(7):
        tally(Warned(f"warning\x1b {number}"))
    text = render_summary(_summary(tally))
    assert (
        "Requests: 12 sent, 1 of them again, 1 answered with 429, 1 caption reused, "
        "3,010 tokens in and 510 out\n"
    ) in text
    assert "largest 4000×3000 px, 610.1 kB, 1 converted\n" in text
    assert "Learned: max_completion_tokens instead of max_tokens\n" in text
    assert "Unused: 3 images beyond the placeholders of their samples\n" in text
    assert text.count("Warning: ") == 5
    assert "Warning: warning\\x1b 0\n" in text
    assert "… and 2 further warnings in the summary file\n" in text


def test_text_of_others_is_harmless(tally: Tally) -> None:
    """Escapes in messages, names and paths are spelt, and stay on their line."""
    summary = _summary(
        tally,
        status="stopped",
        verdict="x\x1b[31m",
        message="a\nb\x1b[2J",
        files={"output": "o\x1b]0;t\x07.jsonl"},
    )
    text = render_summary(summary)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "a\\nb\\x1b[2J\n" in text


def test_nothing_done_is_told_in_few_words(clock: _Clock) -> None:
    """An empty input gives no rates, no images and no causes."""
    assert render_summary(_summary(Tally(clock))) == (
        "Complete: 0 captions for 0 samples, 0 rows, in 0.0 s.\n"
        "Requests: 0 sent, 0 tokens in and 0 out\n"
        "Output: captions.jsonl\n"
        "Summary: captions.summary.json\n"
    )


def test_colour_only_on_a_terminal(tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is the same with and without; NO_COLOR is obeyed."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    summary = _summary(tally)
    plain, coloured, uncoloured = io.StringIO(), io.StringIO(), io.StringIO()
    show_summary(summary, plain, interactive=False)
    show_summary(summary, coloured, interactive=True)
    monkeypatch.setenv("NO_COLOR", "1")
    show_summary(summary, uncoloured, interactive=True)
    assert plain.getvalue() == render_summary(summary)
    assert coloured.getvalue().startswith("\x1b[1;32mComplete: 10 captions")
    assert "\x1b[1;32m" not in uncoloured.getvalue()
    assert "32m" not in uncoloured.getvalue()
    lines = coloured.getvalue().splitlines()
    assert lines[1:] == render_summary(summary).splitlines()[1:]
