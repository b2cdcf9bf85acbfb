"""The counts of a run of which a part was asked for again."""

from __future__ import annotations

from captioner.report.recount import recounted
from captioner.report.results import Results
from captioner.samples.failure import Failure

BEFORE = Results(
    samples_read=9,
    samples_written=9,
    rows=15,
    placeholders=10,
    captions=6,
    reused_captions=2,
    failed=4,
    unused_images=1,
    verdicts={"ok": 4, "looped": 2, "refused": 3, "failed": 1},
    faults={"not_json": 1},
    failure_reasons={"refused": 3, "timeout": 1, "not_json": 1},
    failure_examples={"refused": "a.png", "timeout": "b.png: slow", "not_json": "sample 8: bad"},
)


def test_failures_are_counted_anew_and_the_rest_follows() -> None:
    """Examples are of failures that are still there; verdicts that were let through stay."""
    again = Results(
        placeholders=4,
        captions=3,
        failed=1,
        reused_captions=1,
        verdicts={"ok": 2, "looped": 1, "refused": 1},
        failure_reasons={"refused": 1},
    )
    failures = [
        Failure(4, 0, "refused", image="/x/d.png", detail="its words"),
        Failure(8, None, "not_json", detail="bad"),
    ]
    now = recounted(BEFORE, again, failures, rows=18)
    assert now == Results(
        samples_read=9,
        samples_written=9,
        rows=18,
        placeholders=10,
        captions=9,
        reused_captions=3,
        failed=1,
        unused_images=1,
        verdicts={"refused": 1, "looped": 3, "ok": 6},
        faults={"not_json": 1},
        failure_reasons={"refused": 1, "not_json": 1},
        failure_examples={"refused": "/x/d.png", "not_json": "sample 8: bad"},
    )
    assert sum(now.verdicts.values()) == now.placeholders


def test_nothing_is_left_to_fail() -> None:
    """No reason stays with a count of none."""
    again = Results(captions=4, verdicts={"ok": 4})
    now = recounted(BEFORE, again, [], rows=20)
    assert (now.failures, now.failure_reasons, now.failure_examples) == (0, {}, {})
    assert now.verdicts == {"looped": 2, "ok": 8}
    assert now.failed_share == 0


def test_a_caption_became_a_failure() -> None:
    """One that a person rejected, and that nobody gave anew."""
    again = Results(failed=1, verdicts={"failed": 1}, failure_reasons={"timeout": 1})
    before = Results(samples_written=2, placeholders=2, captions=2, verdicts={"ok": 2})
    now = recounted(before, again, [Failure(1, 0, "timeout")], rows=3)
    assert now.verdicts == {"failed": 1, "ok": 1}
    assert (now.captions, now.failed, now.failed_share) == (1, 1, 0.5)
