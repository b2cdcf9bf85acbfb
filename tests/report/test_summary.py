from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    BindingChanged,
    ImagePrepared,
    PlaceholderSettled,
    RecordFaulty,
    RunPlanned,
    SampleRead,
    SampleWritten,
    SlowedDown,
    Warned,
)
from captioner.report.summary import PLACEHOLDERS_WARNING, RunFacts, build_summary, write_summary
from captioner.report.tally import Tally
from captioner.samples.reasons import REASONS

FACTS = RunFacts(
    continues=True,
    version="0.1.0",
    status="complete",
    verdict="",
    message="",
    exit_status=1,
    rehearsal=False,
    input="in.jsonl",
    output="captions.jsonl",
    image_base="/data",
    endpoint="https://u:p@host/v1?key=SECRET",
    model="m",
    mode="caption",
    settings={"detail": "low"},
    files={"output": "captions.jsonl"},
)


class _Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_summary_holds_all_that_happened() -> None:
    """Every figure that the summary promises, from the events of a small run."""
    clock = _Clock()
    tally = Tally(clock)
    for event in (
        BindingChanged("tokens"),
        SampleRead(0, 2),
        ImagePrepared(640, 480, 1000, converted=True),
        ImagePrepared(320, 200, 500, converted=False),
        AttemptStarted(0, 0, 1, 100),
        AttemptStarted(0, 1, 1, 100),
        AttemptEnded(0, 0, 1, 429, "rate_limited", 0.1),
        SlowedDown(1.5),
        AttemptEnded(0, 1, 1, 200, "", 0.1, 90, 10),
        AttemptStarted(0, 0, 2, 100),
        AttemptEnded(0, 0, 2, None, "timeout", 0.1),
        PlaceholderSettled(0, 0, "a.jpg", "failed", "timeout", "no answer", 2, reused=False),
        PlaceholderSettled(0, 1, "b.jpg", "ok", "", "", 1, reused=True),
        SampleWritten(0, 2, 1),
        SampleRead(1, 0),
        RecordFaulty(1, "malformed", "2 placeholders, 1 image"),
        SampleWritten(1, 1, 0),
        SampleRead(2, 0),
        RecordFaulty(2, "not_json", "line 3"),
        SampleWritten(2, 0, 0),
        Warned("careful"),
    ):
        tally(event)
    clock.now_s = 4.0
    summary = build_summary(FACTS, tally.snapshot())
    assert summary == json.loads(json.dumps(summary))
    assert summary["counts"] == {
        "samples": 3,
        "rows": 3,
        "placeholders": 2,
        "captions": 1,
        "failed": 1,
        "malformed": 1,
        "not_json": 1,
        "verdicts": {"failed": 1, "ok": 1},
        "failure_reasons": {"malformed": 1, "not_json": 1, "timeout": 1},
        "reused_captions": 1,
        "unused_images": 1,
        "requests": 2,
        "attempts": 3,
        "retries": 1,
        "rate_limited_429": 1,
        "statuses": {"200": 1, "429": 1, "none": 1},
    }
    assert summary["failures"]["timeout"] == {
        "count": 1,
        "example": "a.jpg: no answer",
        "help": REASONS["timeout"],
    }
    assert summary["tokens"] == {"prompt": 90, "completion": 10, "lost_at_most": 0}
    assert (summary["seconds"], summary["captions_per_second"]) == (4.0, 0.25)
    assert summary["bound_by"] == {"tokens": 4.0}
    assert summary["slow_downs"] == {"count": 1, "seconds": 1.5}
    assert summary["images"] == {
        "count": 2,
        "mean_px": [480, 340],
        "median_px": [320, 200],
        "max_px": [640, 480],
        "bytes_sent": 1500,
        "tokens": 0,
        "tokens_as_they_came": 0,
        "converted": 1,
    }
    assert summary["warnings"] == ["careful"]
    assert summary["endpoint"] == "https://host/v1?…"
    assert "SECRET" not in json.dumps(summary)
    for name in ("status", "exit_status", "rehearsal", "input", "image_base", "model", "mode"):
        assert summary[name] == getattr(FACTS, name)
    assert (summary["settings"], summary["continues"]) == ({"detail": "low"}, True)


def test_counts_agree_with_the_files_of_a_run_that_was_stopped() -> None:
    """What was settled but not written is not in the counts; what was spent on it is."""
    tally = Tally(_Clock())
    tally(SampleRead(0, 1))
    tally(AttemptStarted(0, 0, 1, 100))
    tally(AttemptEnded(0, 0, 1, 200, "", 0.1, 90, 10))
    tally(PlaceholderSettled(0, 0, "a.jpg", "ok", "", "", 1, reused=False))
    summary = build_summary(replace(FACTS, status="interrupted"), tally.snapshot())
    assert (summary["counts"]["samples"], summary["counts"]["captions"]) == (0, 0)
    assert summary["counts"]["attempts"] == 1
    assert summary["tokens"] == {"prompt": 90, "completion": 10, "lost_at_most": 0}


def test_the_cost_stands_with_its_price() -> None:
    """And what the caps leave; None, and never 0, where the price is not known."""
    tally = Tally(_Clock())
    assert build_summary(FACTS, tally.snapshot())["cost"] is None
    tally(
        RunPlanned(
            "http://x",
            "m",
            "caption",
            85,
            700,
            10,
            rehearsal=False,
            price_input=2.5,
            price_output=10.0,
            price_source="genai-prices 0.2.3",
        )
    )
    tally(AttemptEnded(0, 0, 1, 200, "", 0.1, 90, 10, picodollars=325_000_000))
    tally(AttemptEnded(0, 0, 2, None, "timeout", 0.1, lost_tokens=500, picodollars=10**9))
    budget = {"max_cost": {"limit": 5.0, "spent": 0.001325}}
    summary = build_summary(replace(FACTS, budget=budget), tally.snapshot())
    assert summary["cost"] == {
        "dollars": 0.001325,
        "lost_at_most": 0.001,
        "unpriced_requests": 0,
        "price_input": 2.5,
        "price_output": 10.0,
        "price_source": "genai-prices 0.2.3",
    }
    assert summary["budget"] == budget
    assert summary == json.loads(json.dumps(summary))


def test_an_empty_run_has_no_figures_to_divide() -> None:
    """An empty input is a fine input: zeros, and nothing said about images."""
    summary = build_summary(FACTS, Tally(_Clock()).snapshot())
    assert summary["captions_per_second"] == 0.0
    assert summary["failures"] == {}
    assert summary["images"]["median_px"] is None
    assert summary["images"]["max_px"] is None
    assert summary["warnings"] == []


def test_images_without_placeholders_end_with_a_warning() -> None:
    """The warning names the setting that captions them."""
    tally = Tally(_Clock())
    tally(SampleRead(0, 0))
    tally(SampleWritten(0, 1, 2))
    assert build_summary(FACTS, tally.snapshot())["warnings"] == [PLACEHOLDERS_WARNING]
    assert "--placeholders add" in PLACEHOLDERS_WARNING


def test_the_written_summary_reads_back(tmp_path: Path) -> None:
    """Readable JSON in UTF-8; a file name that is not UTF-8 survives; nothing else is left."""
    path = tmp_path / "captions.summary.json"
    path.write_text("old")
    summary = {"input": "写真/caf\udce9.jpg", "counts": {"rows": 1}}
    write_summary(path, summary)
    assert json.loads(path.read_bytes()) == summary
    assert "写真" in path.read_text(encoding="utf-8")
    assert path.read_bytes().endswith(b"}\n")
    assert list(tmp_path.iterdir()) == [path]


def test_the_summary_is_readable_by_whom_the_umask_allows(tmp_path: Path) -> None:
    """It has the permissions of any other file that the user writes."""
    other = tmp_path / "other"
    other.touch()
    write_summary(tmp_path / "s.json", {})
    assert stat.S_IMODE((tmp_path / "s.json").stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_failed_write_leaves_the_old_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the new summary only, and leaves no half of it behind."""
    path = tmp_path / "s.json"
    path.write_text("old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_summary(path, {"new": 1})
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
