"""What Prometheus reads is what happened, and the official parser understands it."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from captioner.events import AttemptEnded, AttemptStarted, PlaceholderSettled, RetryScheduled
from captioner.flow.limits import Limits
from captioner.worker.metrics import Metrics
from captioner.worker.status import ProfileStatus, QueueStatus, RoadStatus, Status

ROAD = RoadStatus(
    "https://api.test/v1", "eye", True, False, 3, 9, Limits(8, 600.0, None), Limits(), "requests"
)
READY = Status(1.0, (), False, False, QueueStatus(5, 2, 7.5), roads=(ROAD,), ledger_bytes=4096)


def read(metrics: Metrics, status: Status = READY) -> dict[tuple[str, frozenset[str]], float]:
    """Each sample by its name and the set of its labels' values."""
    text = metrics.render(status).decode()
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_events_are_counted_by_profile() -> None:
    """Captions, requests, tokens and money of each profile stand by themselves."""
    metrics = Metrics()
    default, cats = metrics.listen("", "a.jsonl"), metrics.listen("cats", "b.jsonl")
    for observe in (default, cats, cats):
        observe(AttemptStarted(0, 0, 1, 300, gate_s=0.3))
        observe(AttemptEnded(0, 0, 1, 429, "rate_limited", 0.1))
        observe(RetryScheduled(0, 0, 1, "rate_limited", "slow", 1.0))
        observe(AttemptEnded(0, 0, 2, None, "timeout", 60.0, lost_tokens=40))
        observe(AttemptEnded(0, 0, 3, 200, "", 2.0, 100, 20, 0, 5_000_000_000))
        observe(PlaceholderSettled(0, 0, "x.jpg", "ok", "", "", 3, False))
    found = read(metrics)
    assert found["captioner_captions_total", frozenset({"default", "ok"})] == 1
    assert found["captioner_captions_total", frozenset({"cats", "ok"})] == 2
    assert found["captioner_requests_total", frozenset({"cats", "429"})] == 2
    assert found["captioner_requests_total", frozenset({"cats", "none"})] == 2
    assert found["captioner_requests_total", frozenset({"cats", "200"})] == 2
    assert found["captioner_retries_total", frozenset({"cats", "rate_limited"})] == 2
    assert found["captioner_tokens_total", frozenset({"cats", "prompt"})] == 200
    assert found["captioner_tokens_total", frozenset({"cats", "completion"})] == 40
    assert found["captioner_tokens_total", frozenset({"cats", "lost"})] == 80
    assert found["captioner_dollars_total", frozenset({"cats"})] == 0.01
    assert found["captioner_request_latency_seconds_count", frozenset({"default"})] == 3
    assert found["captioner_gate_wait_seconds_sum", frozenset({"cats"})] == 0.6


def test_gauges_are_of_the_moment() -> None:
    """Limits that are not known have no value, and of causes exactly one is 1."""
    found = read(Metrics())
    name = ("https://api.test/v1", "eye")
    assert found["captioner_ready", frozenset()] == 1
    assert found["captioner_in_flight", frozenset(name)] == 3
    assert found["captioner_endpoint_up", frozenset(name)] == 1
    assert found["captioner_limit", frozenset({*name, "concurrency"})] == 8
    assert found["captioner_limit", frozenset({*name, "requests_per_minute"})] == 600
    assert ("captioner_limit", frozenset({*name, "tokens_per_minute"})) not in found
    causes = [labels for (of, labels), value in found.items() if value and of.endswith("_binding")]
    assert causes == [frozenset({*name, "requests"})]
    assert found["captioner_queue_depth", frozenset({"waiting"})] == 5
    assert found["captioner_queue_depth", frozenset({"held"})] == 2
    assert found["captioner_queue_oldest_age_seconds", frozenset()] == 7.5
    assert found["captioner_ledger_bytes", frozenset()] == 4096


def test_what_is_not_ready_is_told() -> None:
    """A paused profile by its reason; of a queue out of reach no depth is made up."""
    status = Status(
        1.0,
        ("queue unreachable: gone",),
        False,
        False,
        QueueStatus(error="gone"),
        profiles=(ProfileStatus("cats", paused="no_quota"), ProfileStatus("default")),
    )
    found = read(Metrics(), status)
    assert found["captioner_ready", frozenset()] == 0
    assert found["captioner_profile_paused", frozenset({"cats", "no_quota"})] == 1
    assert (
        read(Metrics(), replace(status, why_not_ready=(), degraded=("one of two",)))[
            "captioner_ready", frozenset()
        ]
        == 1
    )
    names = {name for name, _ in found}
    assert "captioner_queue_depth" not in names
    assert [key for key in found if key[0] == "captioner_profile_paused"] == [
        ("captioner_profile_paused", frozenset({"cats", "no_quota"}))
    ]
