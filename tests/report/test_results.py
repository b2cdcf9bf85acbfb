from __future__ import annotations

from captioner.events import PlaceholderSettled, RecordFaulty, SampleRead, SampleWritten
from captioner.report.results import Results


def _settled(
    image: str | None = "a.jpg",
    verdict: str = "ok",
    reason: str = "",
    detail: str = "",
    *,
    reused: bool = False,
) -> PlaceholderSettled:
    return PlaceholderSettled(0, 0, image, verdict, reason, detail, 1, reused)


def test_captions_verdicts_and_failures_are_counted() -> None:
    """An accepted refusal is a caption; failures sum up to the lines of the failures file."""
    results = Results()
    for event in (
        SampleRead(0, 3),
        _settled(),
        _settled(verdict="refused"),
        _settled(verdict="refused", reason="refused"),
        SampleWritten(0, 2, 1),
        SampleRead(1, 0),
        RecordFaulty(1, "not_json", "line 2: Expecting value"),
        SampleWritten(1, 0, 0),
    ):
        results.fold(event)
    assert (results.samples_read, results.samples_written, results.rows) == (2, 2, 2)
    assert (results.placeholders, results.captions, results.failed) == (3, 2, 1)
    assert results.verdicts == {"ok": 1, "refused": 2}
    assert results.failure_reasons == {"refused": 1, "not_json": 1}
    assert results.failures == sum(results.failure_reasons.values())
    assert results.unused_images == 1


def test_the_first_example_of_a_reason_stays() -> None:
    """An example is the image and what was seen, short, on one line."""
    results = Results()
    results.fold(_settled("b\x1b.jpg", "failed", "missing_image", "no such\nfile"))
    results.fold(_settled("c.jpg", "failed", "missing_image", "no such file"))
    results.fold(_settled("/very" * 30 + "/d.jpg", "failed", "too_large", "x" * 500))
    results.fold(RecordFaulty(4, "malformed", "2 placeholders, 1 image"))
    assert results.failure_examples["missing_image"] == r"b\x1b.jpg: no such\nfile"
    assert results.failure_examples["too_large"].startswith("…")
    assert "/d.jpg: xxx" in results.failure_examples["too_large"]
    assert len(results.failure_examples["too_large"]) == 48 + 2 + 80
    assert results.failure_examples["malformed"] == "sample 4: 2 placeholders, 1 image"


def test_an_example_never_quotes_a_reply() -> None:
    """The detail of a judged reply may hold its text, so it is left out."""
    results = Results()
    for verdict in ("refused", "filtered", "empty", "truncated", "looped", "echoed"):
        results.fold(_settled("a.jpg", verdict, verdict, "I am sorry, but the woman in the"))
    assert set(results.failure_examples.values()) == {"a.jpg"}


def test_an_image_without_a_name_is_named_by_its_sample() -> None:
    """Image bytes have no name."""
    results = Results()
    results.fold(_settled(None, "failed", "timeout", "no answer in 120 s"))
    assert results.failure_examples == {"timeout": "sample 0: no answer in 120 s"}


def test_only_accepted_captions_are_reused_ones() -> None:
    """A failure that two placeholders share is no caption saved."""
    results = Results()
    results.fold(_settled(reused=True))
    results.fold(_settled(verdict="empty", reason="empty", reused=True))
    assert results.reused_captions == 1


def test_images_without_any_placeholder_are_noticed() -> None:
    """Images but no placeholder in the whole run; one placeholder is enough to be content."""
    results = Results()
    assert not results.images_without_placeholders
    results.fold(SampleRead(0, 0))
    results.fold(SampleWritten(0, 1, 2))
    assert results.images_without_placeholders
    results.fold(SampleRead(1, 1))
    assert not results.images_without_placeholders
