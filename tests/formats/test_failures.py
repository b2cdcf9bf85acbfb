"""What has no caption can be read while the run goes on, with all that is needed to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from captioner.errors import ConfigError
from captioner.formats.failures import FailuresFile
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.reasons import REASONS
from captioner.samples.sample import BadRecord, Sample


def failed(sample: Sample, index: int, reason: str = "timeout") -> CaptionOutcome:
    """A placeholder without a caption."""
    return CaptionOutcome(
        sample.id, index, f"{index}.jpg", None, Verdict.FAILED, reason, "too slow", attempts=3
    )


def done(sample: Sample, index: int) -> CaptionOutcome:
    """A placeholder with one."""
    return CaptionOutcome(sample.id, index, f"{index}.jpg", "a cat", Verdict.OK)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What the file holds."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def opened(path: Path) -> FailuresFile:
    """A failures file at its beginning."""
    failures = FailuresFile(path, "/photos")
    failures.resume(None)
    return failures


def test_each_failure_is_a_line_in_order(tmp_path: Path) -> None:
    """Failed placeholders, malformed samples and bad lines, each with reason and help, at once."""
    path = tmp_path / "f.jsonl"
    failures = opened(path)
    sample = Sample(4, {"text": "é", "images": ["0.jpg", "1.jpg"]}, raw='{"text":  "é"}'.encode())
    bad = BadRecord(5, "line 7", "not_json", "Expecting value at column 1", "nonsense")
    malformed = Sample(6, {"text": 3})
    failures.write(
        [
            Outcome(sample, (), (failed(sample, 0), done(sample, 1), failed(sample, 2))),
            Outcome(bad, (), fault=bad.reason, fault_detail=bad.detail),
            Outcome(malformed, (malformed.fields,), fault="malformed", fault_detail="text is 3"),
        ]
    )
    first, second, third, fourth = lines_of(path)
    assert first == {
        "sample": 4,
        "placeholder": 0,
        "image": "0.jpg",
        "reason": "timeout",
        "detail": "too slow",
        "attempts": 3,
        "help": REASONS["timeout"],
        "image_base": "/photos",
        "record": {"text": "é"},
    }
    assert '"record": {"text":  "é"}}\n' in path.read_text("utf-8")
    assert (second["sample"], second["placeholder"]) == (4, 2)
    assert third == {
        "sample": 5,
        "placeholder": None,
        "image": None,
        "reason": "not_json",
        "detail": "Expecting value at column 1",
        "attempts": 0,
        "help": REASONS["not_json"],
        "image_base": "/photos",
        "where": "line 7",
        "text": "nonsense",
    }
    assert (fourth["sample"], fourth["placeholder"], fourth["reason"]) == (6, None, "malformed")
    assert fourth["record"] == {"text": 3}
    failures.close()


def test_without_failures_there_is_no_file(tmp_path: Path) -> None:
    """A stale file of an earlier run goes; a run in which nothing failed leaves none."""
    path = tmp_path / "f.jsonl"
    path.write_text("stale")
    sample = Sample(0, {})
    failures = opened(path)
    assert not path.exists()
    failures.write([Outcome(sample, ({},), (done(sample, 0),))])
    assert failures.checkpoint() == {"bytes": 0}
    failures.finish()
    failures.close()
    failures.close()
    assert not path.exists()


def test_it_is_cut_to_a_checkpoint(tmp_path: Path) -> None:
    """Resumed, it holds what the token speaks of; before the first failure that is nothing."""
    path = tmp_path / "f.jsonl"
    sample = Sample(0, {})
    outcome = Outcome(sample, (), (failed(sample, 0),))
    failures = opened(path)
    nothing = failures.checkpoint()
    failures.write([outcome])
    one = json.loads(json.dumps(failures.checkpoint()))
    failures.write([outcome])
    failures.close()

    again = FailuresFile(path, "/photos")
    again.resume(one)
    assert len(lines_of(path)) == 1
    again.write([outcome, outcome])
    again.finish()
    again.close()
    assert len(lines_of(path)) == 3

    again.resume(nothing)
    assert not path.exists()
    with pytest.raises(ConfigError, match="holds 0 bytes"):
        again.resume(one)


def test_any_sample_can_be_recorded(tmp_path: Path) -> None:
    """Values that JSON has no form for, and names that are no text, never stop the record."""
    path = tmp_path / "f.jsonl"
    loop: dict[str, Any] = {}
    loop["self"] = loop
    failures = opened(path)
    for fields in ({"thumb": b"secret"}, {"images": ["\udcff.jpg"]}, loop, {("a",): 1}):
        sample = Sample(0, fields)  # type: ignore[arg-type]
        image = CaptionOutcome(0, 0, "\udcff.jpg", None, Verdict.FAILED, "missing_image", "none")
        failures.write([Outcome(sample, (), (image,))])
    failures.close()
    lines = lines_of(path)
    assert [line["record"] for line in lines[:2]] == [
        {"thumb": "<bytes>"},
        {"images": ["\udcff.jpg"]},
    ]
    assert all(isinstance(line["record"], str) for line in lines[2:])
    assert all(line["image"] == "\udcff.jpg" for line in lines)
    assert b"secret" not in path.read_bytes()
