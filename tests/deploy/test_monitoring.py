"""Alerts and dashboard ask for metrics that exist; promtool (deploy/lint.sh) tests the alerts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from captioner.events import AttemptEnded, AttemptStarted, PlaceholderSettled, RetryScheduled
from captioner.flow.limits import Limits
from captioner.worker.metrics import Metrics
from captioner.worker.status import ProfileStatus, QueueStatus, RoadStatus, Status

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
METRICS = {
    "captioner_binding": {"endpoint", "model", "cause"},
    "captioner_captions_total": {"profile", "verdict"},
    "captioner_dollars_total": {"profile"},
    "captioner_endpoint_up": {"endpoint", "model"},
    "captioner_gate_waiting": {"endpoint", "model"},
    "captioner_gate_wait_seconds_bucket": {"profile", "le"},
    "captioner_in_flight": {"endpoint", "model"},
    "captioner_ledger_bytes": set[str](),
    "captioner_limit": {"endpoint", "model", "what"},
    "captioner_profile_paused": {"profile", "reason"},
    "captioner_queue_depth": {"state"},
    "captioner_queue_oldest_age_seconds": set[str](),
    "captioner_ready": set[str](),
    "captioner_request_latency_seconds_bucket": {"profile", "le"},
    "captioner_requests_total": {"profile", "status"},
    "captioner_retries_total": {"profile", "reason"},
    "captioner_tokens_total": {"profile", "kind"},
}
"""Each metric of a worker, and its labels."""

OF_PROMETHEUS = {"instance", "job"}

ALERTS: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())[
    "groups"
][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads(
    (DEPLOY / "grafana" / "dashboards" / "captioner.json").read_text("utf-8")
)


def _expressions() -> list[str]:
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    variables = [variable["definition"] for variable in DASHBOARD["templating"]["list"]]
    return [alert["expr"] for alert in ALERTS] + panels + variables


def test_every_metric_exists_with_its_labels() -> None:
    """In alerts, panels and the dashboard's variables; and each metric is looked at somewhere."""
    seen = set()
    for expression in _expressions():
        for name, selector in re.findall(r"\b(captioner_\w+)(?:\{([^}]*)\})?", expression):
            assert name in METRICS, expression
            seen.add(name)
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", selector))
            assert labels <= METRICS[name] | OF_PROMETHEUS, expression
    assert seen == set(METRICS)


def test_sums_are_by_labels_that_exist() -> None:
    """A label that no metric of the expression has would make one line of many."""
    for expression in _expressions():
        names = re.findall(r"\bcaptioner_\w+", expression)
        known = set.union(OF_PROMETHEUS, *(METRICS.get(name, set()) for name in names))
        for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
            assert {label.strip() for label in grouped.split(",")} <= known, expression


def test_an_alert_tells_what_to_do() -> None:
    """Each one names a section of the runbook that is there."""
    runbook = (ROOT / "docs" / "operations.md").read_text("utf-8")
    headings = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", runbook, re.MULTILINE)
    }
    assert len(ALERTS) == 5
    assert {alert["alert"] for alert in ALERTS if alert["labels"]["severity"] == "critical"} == {
        "CaptionerNotReady"
    }
    for alert in ALERTS:
        file, _, anchor = alert["annotations"]["runbook"].partition("#")
        assert (ROOT / file).is_file()
        assert anchor in headings
        assert anchor == alert["alert"].lower()


def test_dashboard_and_provisioning_agree() -> None:
    """The dashboard reads the data source that is provisioned, and lies where Grafana looks."""
    provisioning = DEPLOY / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())[
        "datasources"
    ]
    sources = {target["datasource"]["uid"] for p in DASHBOARD["panels"] for target in p["targets"]}
    assert sources == {source["uid"]}
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "captioner.yaml").read_text())[
        "providers"
    ]
    compose = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in compose


def test_panels_do_not_overlap() -> None:
    """Each has its own place on the 24 columns of the grid, and its own number."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_metrics_are_the_workers() -> None:
    """What is listed here is what a worker of which everything is known tells, label for label."""
    metrics = Metrics()
    observe = metrics.listen("", "")
    observe(AttemptStarted(0, 0, 1, 100))
    observe(RetryScheduled(0, 0, 1, "rate_limited", "", 1.0))
    observe(AttemptEnded(0, 0, 2, 200, "", 1.0, 90, 10, 0, 1))
    observe(PlaceholderSettled(0, 0, None, "ok", "", "", 2, False))
    road = RoadStatus("e", "m", True, False, 1, 1, Limits(1, 1.0, 1.0), Limits(), "requests")
    profiles = (ProfileStatus("default", paused="no_quota"),)
    status = Status(1.0, (), False, False, QueueStatus(), roads=(road,), profiles=profiles)
    made = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(metrics.render(status).decode())
        for sample in family.samples
        if sample.name.startswith("captioner_")
        and not sample.name.endswith(("_created", "_count", "_sum"))
    }
    assert made == METRICS
