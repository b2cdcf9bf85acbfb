"""What Prometheus scrapes: counters folded from events, gauges read when it asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    Cause,
    Event,
    Observer,
    PlaceholderSettled,
    RetryScheduled,
)
from captioner.worker.pauses import profile_label
from captioner.worker.status import Status

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_LATENCY_S: Final = (0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 300)
_GATE_S: Final = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900)
_PICODOLLARS: Final = 1e12


class Metrics:
    """Counts since the process began, by profile. All of it is in memory: a scrape waits for
    nothing but the status that it is given."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._captions = Counter(
            "captioner_captions",
            "Placeholders that are settled, by the verdict on their reply; failed: there was none.",
            ("profile", "verdict"),
            registry=registry,
        )
        self._requests = Counter(
            "captioner_requests",
            "Requests that ended, by HTTP status; none: no answer came.",
            ("profile", "status"),
            registry=registry,
        )
        self._retries = Counter(
            "captioner_retries",
            "Further attempts that were scheduled, by what went wrong.",
            ("profile", "reason"),
            registry=registry,
        )
        self._tokens = Counter(
            "captioner_tokens",
            "Tokens billed; lost: the most that requests without an answer may have cost.",
            ("profile", "kind"),
            registry=registry,
        )
        self._dollars = Counter(
            "captioner_dollars",
            "Dollars spent, where prices are known; what may have been lost is counted.",
            ("profile",),
            registry=registry,
        )
        self._latency = Histogram(
            "captioner_request_latency_seconds",
            "From sending a request to the end of its reply.",
            ("profile",),
            buckets=_LATENCY_S,
            registry=registry,
        )
        self._gate = Histogram(
            "captioner_gate_wait_seconds",
            "Wait of requests at the gate: for their turn, a place, and room under the rates.",
            ("profile",),
            buckets=_GATE_S,
            registry=registry,
        )

    def listen(self, profile: str, run: str) -> Observer:
        """Counts under the profile's name."""
        del run
        name = profile_label(profile)
        latency, gate = self._latency.labels(name), self._gate.labels(name)
        dollars = self._dollars.labels(name)

        def observe(event: Event) -> None:
            match event:
                case AttemptStarted():
                    gate.observe(event.gate_s)
                case AttemptEnded():
                    status = "none" if event.status is None else str(event.status)
                    self._requests.labels(name, status).inc()
                    latency.observe(event.latency_s)
                    self._count_tokens(name, event)
                    if event.picodollars:
                        dollars.inc(event.picodollars / _PICODOLLARS)
                case PlaceholderSettled():
                    self._captions.labels(name, event.verdict).inc()
                case RetryScheduled():
                    self._retries.labels(name, event.reason).inc()
                case _:
                    pass

        return observe

    def _count_tokens(self, name: str, ended: AttemptEnded) -> None:
        for kind, tokens in (
            ("prompt", ended.prompt_tokens),
            ("completion", ended.completion_tokens),
            ("lost", ended.lost_tokens),
        ):
            if tokens:
                self._tokens.labels(name, kind).inc(tokens)

    def render(self, status: Status) -> bytes:
        """All of it as text, with gauges of this moment."""
        now = CollectorRegistry()
        now.register(_Gauges(status))
        return generate_latest(self._registry) + generate_latest(now)


class _Gauges(Collector):
    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        status = self._status
        ready = GaugeMetricFamily(
            "captioner_ready", "1 where samples of a profile that is wanted are captioned now."
        )
        ready.add_metric((), not status.why_not_ready)
        yield ready
        yield from _roads(status)
        if not status.queue.error:
            depth = GaugeMetricFamily(
                "captioner_queue_depth", "Entries or files in the queue.", labels=("state",)
            )
            depth.add_metric(("waiting",), status.queue.waiting)
            depth.add_metric(("held",), status.queue.held)
            yield depth
            age = GaugeMetricFamily(
                "captioner_queue_oldest_age_seconds", "How long the oldest entry has waited."
            )
            age.add_metric((), status.queue.oldest_age_s)
            yield age
        ledger = GaugeMetricFamily("captioner_ledger_bytes", "What is paid for, on the disk.")
        ledger.add_metric((), status.ledger_bytes)
        yield ledger
        paused = GaugeMetricFamily(
            "captioner_profile_paused",
            "Profiles that are paused, by the reason.",
            labels=("profile", "reason"),
        )
        for profile in status.profiles:
            if profile.paused:
                paused.add_metric((profile.name, profile.paused), 1)
        yield paused


def _roads(status: Status) -> Iterator[Metric]:
    names = ("endpoint", "model")
    in_flight = GaugeMetricFamily(
        "captioner_in_flight", "Requests sent and not answered.", labels=names
    )
    waiting = GaugeMetricFamily(
        "captioner_gate_waiting", "Requests that wait at the gate.", labels=names
    )
    up = GaugeMetricFamily("captioner_endpoint_up", "Whether the endpoint is there.", labels=names)
    limit = GaugeMetricFamily(
        "captioner_limit", "Limits in force, set or learned.", labels=(*names, "what")
    )
    binding = GaugeMetricFamily(
        "captioner_binding", "1 for what limits the speed now.", labels=(*names, "cause")
    )
    for road in status.roads:
        name = road.endpoint, road.model
        in_flight.add_metric(name, road.in_flight)
        waiting.add_metric(name, road.waiting)
        up.add_metric(name, road.is_up)
        for what in ("concurrency", "requests_per_minute", "tokens_per_minute"):
            value = getattr(road.limits, what)
            if value is not None:
                limit.add_metric((*name, what), value)
        for cause in get_args(Cause):
            binding.add_metric((*name, cause), cause == road.binding)
    yield from (in_flight, waiting, up, limit, binding)
