"""The summaries of shards: which fit together, and what they say as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from captioner.errors import ConfigError
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    ImagePrepared,
    PlaceholderSettled,
    RecordFaulty,
    RunPlanned,
    SampleRead,
    SampleWritten,
    Warned,
)
from captioner.report.ending import render_summary
from captioner.report.merged import in_order, merged_summary, notes_on
from captioner.report.summary import RunFacts, build_summary
from captioner.report.tally import Tally

FACTS = RunFacts(
    version="0.1.0",
    status="complete",
    verdict="",
    message="",
    exit_status=0,
    rehearsal=False,
    input="in.jsonl",
    output="out.jsonl",
    image_base="/data",
    endpoint="https://host/v1",
    model="m",
    mode="caption",
    settings={"detail": "low", "concurrency": 3, "user_prompt_file": "a", "max_failed_share": 0.3},
    files={"output": "out.jsonl"},
)
PLANNED = RunPlanned(
    "http://x",
    "m",
    "caption",
    85,
    700,
    10,
    rehearsal=False,
    price_input=2.0,
    price_output=8.0,
    price_source="table",
)
Make = Callable[..., dict[str, Any]]


def _summary(index: int, count: int = 3, *, failed: bool = False, **facts: Any) -> dict[str, Any]:
    """Of a shard with one sample, whose width in pixels is its own."""
    now_s = 0.0
    tally = Tally(lambda: now_s)
    reason = "timeout" if failed else ""
    for event in (
        PLANNED,
        SampleRead(index, 1),
        ImagePrepared(100 * (index + 1), 100, 10, converted=False),
        AttemptStarted(index, 0, 1, 100),
        AttemptEnded(index, 0, 1, 200, "", 0.1, 90, 10, picodollars=10**9),
        PlaceholderSettled(
            index, 0, "a", "failed" if failed else "ok", reason, "", 1, reused=False
        ),
        SampleWritten(index, 2, 0),
        Warned("careful"),
        Warned(f"{index}"),
    ):
        tally(event)
    now_s = 2.0
    shard = {"index": index, "count": count, "first": index, "samples": 1, "total": 3, "input": "d"}
    return build_summary(replace(FACTS, **{"shard": shard, **facts}), tally.snapshot())


def _one(summaries: list[dict[str, Any]]) -> dict[str, Any]:
    return merged_summary(
        summaries,
        names=[f"{number}.jsonl" for number in range(len(summaries))],
        output="all.jsonl",
        files={"output": "all.jsonl"},
        exit_statuses=(0, 1),
    )


def test_parts_come_in_the_order_of_their_shards() -> None:
    """However they were named; what concerns only the flow, or a machine, may differ."""
    other = {**FACTS.settings, "concurrency": 9, "user_prompt_file": "b"}
    summaries = {
        "b": _summary(2, settings=other, endpoint="https://other/v1"),
        "a": _summary(0),
        "c": _summary(1, image_base="/elsewhere"),
    }
    assert in_order(summaries, {"detail", "user_prompt_file"}) == ["a", "c", "b"]
    assert notes_on([summaries["a"], summaries["c"]]) == []
    assert "2 endpoints: https://other/v1, https://host/v1" in notes_on(list(summaries.values()))[0]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"status": "interrupted"}, "y is not complete"),
        ({"shard": None}, "y is no shard"),
        ({"model": "n"}, "y was made with another model than x"),
        ({"rehearsal": True}, "another rehearsal"),
        ({"settings": {**FACTS.settings, "detail": "high"}}, "another detail than x"),
        ({"shard": _summary(1)["shard"] | {"samples": 7}}, "y holds 1 of 7 samples"),
        ({"shard": _summary(1)["shard"] | {"input": "e"}}, "another input"),
        ({"shard": _summary(1)["shard"] | {"total": 4}}, "another input"),
        ({"shard": _summary(1)["shard"] | {"count": 2}}, "another number of shards"),
        ({"shard": _summary(0)["shard"]}, "x and y are both shard 0/3"),
    ],
)
def test_parts_that_do_not_fit(change: dict[str, Any], what: str) -> None:
    """The message names the part and what is wrong with it."""
    summaries = {"x": _summary(0), "y": _summary(1, **change), "z": _summary(2)}
    with pytest.raises(ConfigError, match=what):
        in_order(summaries, {"detail"})


def test_parts_that_are_not_there() -> None:
    """A shard that is missing, a part without a summary, one of another version."""
    with pytest.raises(ConfigError, match="shard 0/3, 2/3 is missing"):
        in_order({"x": _summary(1)}, ())
    with pytest.raises(ConfigError, match="y has no summary"):
        in_order({"x": _summary(1), "y": None}, ())
    with pytest.raises(ConfigError, match=r"captioner 0\.1\.0"):
        in_order({"x": _summary(1) | {"schema": 0}}, ())


def test_one_summary_of_all() -> None:
    """Sums of what was done and written; it reads as any other."""
    summary = _one([_summary(0), _summary(1, failed=True), _summary(2)])
    assert summary == json.loads(json.dumps(summary))
    counts = summary["counts"]
    assert (counts["samples"], counts["rows"], counts["captions"], counts["failed"]) == (3, 6, 2, 1)
    assert counts["verdicts"] == {"ok": 2, "failed": 1}
    assert counts["statuses"] == {"200": 3}
    assert summary["failures"]["timeout"]["count"] == 1
    assert summary["tokens"] == {"prompt": 270, "completion": 30, "lost_at_most": 0}
    assert (summary["seconds"], summary["captions_per_second"]) == (6.0, 0.333)
    assert summary["cost"]["dollars"] == pytest.approx(0.003)
    assert summary["cost"]["price_input"] == 2.0
    images = summary["images"]
    assert (images["count"], images["mean_px"], images["max_px"]) == (3, [200, 100], [300, 100])
    assert images["median_px"] == [200, 100]
    assert summary["warnings"] == ["careful", "0", "1", "2"]
    assert (summary["shard"], summary["parts"]) == (None, ["0.jsonl", "1.jsonl", "2.jsonl"])
    assert (summary["output"], summary["exit_status"]) == ("all.jsonl", 1)
    assert summary.keys() == _summary(0).keys() | {"parts"}
    assert "2 captions for 3 samples" in render_summary(summary)


def test_what_only_some_parts_know() -> None:
    """A cost that is not known of one is not known; the images of one alone stay as they are."""
    empty = build_summary(replace(FACTS, shard={}), Tally(lambda: 0.0).snapshot())
    summary = _one([empty, _summary(1)])
    assert summary["cost"] is None
    assert summary["images"] == _summary(1)["images"]
    assert _one([empty, empty])["images"] == empty["images"]
    assert _one([empty])["captions_per_second"] == 0.0
    assert _one([_summary(0), _summary(1)])["exit_status"] == 0


def test_faulty_records_count_as_failed() -> None:
    """As in a run: of all that was asked for, they are a part."""
    tally = Tally(lambda: 0.0)
    for event in (SampleRead(0, 0), RecordFaulty(0, "not_json", "x"), SampleWritten(0, 0, 0)):
        tally(event)
    faulty = build_summary(replace(FACTS, shard={}), tally.snapshot())
    assert _one([_summary(0), faulty])["exit_status"] == 1
