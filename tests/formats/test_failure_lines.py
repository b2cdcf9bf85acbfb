"""The failures file read back."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from captioner.errors import ConfigError
from captioner.formats.failure_lines import FailureLine, read_failures
from captioner.formats.failures import FailuresFile, failure_lines
from captioner.samples.failure import Failure
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.sample import BadRecord, Sample

LINE: dict[str, Any] = {"sample": 1, "placeholder": 0, "reason": "timeout"}


def failed(sample: int, index: int) -> CaptionOutcome:
    """A placeholder without a caption."""
    return CaptionOutcome(
        sample, index, "é.jpg", None, Verdict.FAILED, "timeout", "too slow", attempts=3
    )


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Every failure with its whole line: placeholders, malformed samples, bad lines."""
    path = tmp_path / "f.jsonl"
    sample = Sample(4, {}, raw=b'{"deep": ' + b"[" * 399 + b"]" * 399 + b"}")
    bad = BadRecord(5, "line 7", "not_json", "Expecting value", "nonsense")
    file = FailuresFile(path, "/photos")
    file.resume(None)
    outcomes = [
        Outcome(sample, (), (failed(4, 0), failed(4, 2))),
        Outcome(bad, (), fault=bad.reason, fault_detail=bad.detail),
        Outcome(Sample(6, {}), (), fault="malformed", fault_detail="no text"),
    ]
    file.write(outcomes)
    file.finish()
    file.close()
    found = list(read_failures(path, complete=True))
    assert [line.failure for line in found] == [
        Failure(4, 0, "timeout", "é.jpg", "too slow", 3),
        Failure(4, 2, "timeout", "é.jpg", "too slow", 3),
        Failure(5, None, "not_json", detail="Expecting value", where="line 7"),
        Failure(6, None, "malformed", detail="no text"),
    ]
    assert b"".join(line.raw for line in found) == path.read_bytes()
    again = [line for outcome in outcomes for line in failure_lines(outcome, "/photos")]
    assert [line.raw for line in found] == again


def test_kept_lines_stand_as_they_were() -> None:
    """Where the placeholder still has no caption, the earlier line goes in its place."""
    captioned = CaptionOutcome(4, 1, "b", "text", Verdict.OK)
    outcome = Outcome(Sample(4, {}), (), (failed(4, 0), captioned, failed(4, 2)))
    lines = list(failure_lines(outcome, "/photos", {0: b"kept\n", 1: b"gone\n"}))
    assert lines[0] == b"kept\n"
    assert [json.loads(line)["placeholder"] for line in lines[1:]] == [2]


def test_without_a_file_there_is_no_failure(tmp_path: Path) -> None:
    """A run in which nothing failed has none."""
    assert list(read_failures(tmp_path / "none")) == []


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    """A run may be writing it; of one that is complete it is a mistake."""
    path = tmp_path / "f.jsonl"
    whole = json.dumps(LINE).encode() + b"\n"
    for torn in (b'{"sample": 2, "pl', json.dumps(LINE).encode()):
        path.write_bytes(whole + torn)
        assert list(read_failures(path)) == [FailureLine(Failure(1, 0, "timeout"), whole)]
        with pytest.raises(ConfigError, match=r"f.jsonl, line 2: .*ends in its middle"):
            list(read_failures(path, complete=True))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"nonsense", "Expecting value at column 1"),
        (b'"\xff"', "UTF-8"),
        (b"[]", "no JSON object"),
        (b"", "Expecting value"),
        (b"[" * 100_000, "recursion"),
        (b"9" * 5000, "digits"),
        (json.dumps(LINE | {"sample": None}).encode(), "no number"),
        (json.dumps(LINE | {"placeholder": "0"}).encode(), "no number"),
        (json.dumps(LINE | {"reason": None}).encode(), "'reason'"),
    ],
)
def test_a_line_that_is_no_failure_is_named(tmp_path: Path, line: bytes, what: str) -> None:
    """File, line, and what is wrong with it."""
    path = tmp_path / "f.jsonl"
    path.write_bytes(json.dumps(LINE).encode() + b"\n" + line + b"\n")
    with pytest.raises(ConfigError, match=f"f.jsonl, line 2: .*{what}"):
        list(read_failures(path))


def test_odd_fields_are_passed_over(tmp_path: Path) -> None:
    """What only shows a failure may be anything."""
    path = tmp_path / "f.jsonl"
    odd = LINE | {"image": 3, "detail": None, "attempts": -1, "where": [], "more": 1}
    path.write_text(json.dumps(odd) + "\n")
    assert [line.failure for line in read_failures(path)] == [Failure(1, 0, "timeout")]


def test_it_is_streamed(tmp_path: Path) -> None:
    """Memory is that of a line, not of the file."""
    path = tmp_path / "f.jsonl"
    path.write_text((json.dumps(LINE | {"record": "x" * 10_000}) + "\n") * 1000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_failures(path)) == 1000
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1_000_000
