"""Readiness and its causes, control and its token, limits that hold at once, metrics that agree."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from captioner.errors import ConfigError, RunStopped
from captioner.worker.access import host_and_port

if TYPE_CHECKING:
    from tests.worker.http.conftest import Bench, Serving


async def why(bench: Bench) -> list[str]:
    """Why it is not ready, by `/readyz`; the status must say the same."""
    answer = await bench.get("/readyz")
    assert answer.status == (503 if answer.json["why"] else 200)
    assert answer.json["ready"] is not bool(answer.json["why"])
    told: list[str] = answer.json["why"]
    return told


async def test_readyz_turns_and_tells_why_for_each_cause(serving: Serving) -> None:
    """Paused, queue out of reach, endpoint down, a stopped profile: each is told, and passes."""
    async with serving({"latency_s": 0.0}, profiles={"cats": {"patience_s": 60.0}}) as bench:
        assert await why(bench) == []

        assert (await bench.post("/control/pause")).status == 200
        assert ["paused" in line for line in await why(bench)] == [True]
        held = await bench.caption(1)
        assert (held.status, bool(held.headers["Retry-After"])) == (503, True)
        assert (await bench.post("/control/resume")).status == 200
        assert await why(bench) == []

        bench.queue.trouble = "no route to the queue"

        async def told_of_queue() -> bool:
            return any("no route to the queue" in line for line in await why(bench))

        await bench.until(told_of_queue)
        bench.queue.trouble = ""

        async def all_is_well() -> bool:
            return await why(bench) == []

        await bench.until(all_is_well)

        for verdict in ("no_quota", "bad_key", "budget_reached"):
            bench.service.desk.pause("cats", RunStopped(verdict, "its words"))
            (line,) = await why(bench)
            assert "cats" in line
            assert verdict in line
            turned_away = await bench.caption(1, profile="cats")
            assert turned_away.status == 503
            assert verdict in turned_away.json["error"]
            assert (await bench.caption(1)).status == 200
            await bench.post("/control/resume")
            assert await why(bench) == []

        (seat,) = [seat for seat in bench.service.desk.seats if not seat.profile]
        for admission in range(12):
            seat.road.breaker.failed(
                time.monotonic() + admission, admission=admission, answered=True
            )
        (line,) = await why(bench)
        assert "endpoint down" in line
        assert (await bench.caption(2)).status == 503
        seat.road.breaker.answered(time.monotonic())
        assert await why(bench) == []

        assert (await bench.get("/healthz")).status == 200


async def test_one_profile_of_several_does_not_take_the_worker_away(serving: Serving) -> None:
    """It stays ready for the others and says what is degraded; of each profile it can be asked
    alone. With the last of them it is ready no more."""
    dogs = {"api_key": "sk-of-their-own"}
    async with serving({"latency_s": 0.0}, profiles={"cats": {}, "dogs": dogs}) as bench:

        async def ready(query: str = "") -> int:
            answer = await bench.get(f"/readyz{query}")
            assert answer.json["ready"] is (answer.status == 200) is not bool(answer.json["why"])
            return answer.status

        async def metric(name: str) -> bool:
            return f"captioner_{name}" in (await bench.get("/metrics")).text

        bench.service.desk.pause("cats", RunStopped("no_quota", "its words"))
        answer = await bench.get("/readyz")
        assert answer.json == {
            "ready": True,
            "why": [],
            "degraded": ["profile cats: no_quota: its words"],
        }
        assert (await bench.get("/status")).json["degraded"] == answer.json["degraded"]
        assert await metric("ready 1.0")
        assert await metric('profile_paused{profile="cats",reason="no_quota"} 1.0')
        assert [await ready(f"?profile={name}") for name in ("cats", "dogs", "default", "")] == [
            503,
            200,
            200,
            200,
        ]
        assert (await bench.get("/readyz?profile=nobody")).status == 404
        assert (await bench.caption(1, profile="cats")).status == 503
        assert (await bench.caption(1, profile="dogs")).status == 200

        (seat,) = [seat for seat in bench.service.desk.seats if seat.profile == "dogs"]
        for admission in range(12):
            seat.road.breaker.failed(
                time.monotonic() + admission, admission=admission, answered=True
            )
        lines = await why(bench)
        assert lines == [f"endpoint down: {seat.road.name}", "profile cats: no_quota: its words"]
        assert await ready("?profile=dogs") == 503
        assert await metric("ready 0.0")
        await bench.post("/control/resume")
        assert (await bench.get("/readyz")).json["degraded"] == lines[:1]
        seat.road.breaker.answered(time.monotonic())
        assert (await bench.get("/readyz")).json == {"ready": True, "why": [], "degraded": []}


async def test_a_profile_stops_at_the_endpoints_verdict(serving: Serving) -> None:
    """A quota that is used up is told to the caller, to the next ones, and by `/readyz`."""
    async with serving({"quota_requests": 2}, profiles={"": {"concurrency": 1}}) as bench:
        assert (await bench.caption(1)).status == 200
        assert (await bench.caption(2)).status == 200
        for number in (3, 4):
            stopped = await bench.caption(number)
            assert stopped.status == 503
            assert "no_quota" in stopped.json["error"]
            assert stopped.headers["Retry-After"]
        assert any("no_quota" in line for line in await why(bench))
        assert bench.log.getvalue().count("profile stopped") == 1
        metrics = (await bench.get("/metrics")).text
        assert 'captioner_profile_paused{profile="default",reason="no_quota"} 1.0' in metrics
        assert "captioner_ready 0.0" in metrics


async def test_draining_is_told(serving: Serving) -> None:
    """Until it ends, what it finishes keeps it from being ready."""
    async with serving({"latency_s": 0.4}) as bench:
        call = asyncio.ensure_future(bench.caption(1))

        async def asked() -> bool:
            return bench.endpoint.stats.in_flight == 1

        await bench.until(asked)
        await bench.post("/control/drain")
        assert ["draining" in line for line in await why(bench)] == [True]
        assert (await call).status == 200


async def test_limits_changed_while_it_works_hold_within_a_second(serving: Serving) -> None:
    """Measured at the endpoint, second by second: faster and slower, and fewer in flight."""
    async with serving(
        {"latency_s": 0.02}, profiles={"": {"requests_per_minute": 60}}, max_wait_s=3600.0
    ) as bench:
        await bench.caption(9_000)
        calls = [asyncio.ensure_future(bench.caption(number)) for number in range(160)]
        await asyncio.sleep(1.5)  # the limits before are seen to hold
        before = bench.endpoint.stats.admitted
        assert before <= 6

        answer = await bench.post("/control/limits", {"requests_per_minute": 3000})
        (road,) = answer.json["roads"]
        assert road["limits"]["requests_per_minute"] == 3000
        await asyncio.sleep(1.0)
        faster = bench.endpoint.stats.admitted - before
        assert faster >= 20, f"{faster} in the second after the limit was raised to 50 a second"

        await bench.post("/control/limits", {"requests_per_minute": 120})
        await asyncio.sleep(1.0)
        settled = bench.endpoint.stats.admitted
        await asyncio.sleep(1.5)
        slower = bench.endpoint.stats.admitted - settled
        assert slower <= 5, f"{slower} in 1.5 s at 2 a second"

        await bench.post("/control/limits", {"requests_per_minute": None, "concurrency": 2})
        (road,) = (await bench.get("/status")).json["roads"]
        assert road["limits_set"] == {
            "concurrency": 2,
            "requests_per_minute": None,
            "tokens_per_minute": None,
        }
        assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
        acts = [line for line in bench.log.getvalue().splitlines() if "/control/limits" in line]
        assert len(acts) == 3


async def test_fewer_in_flight_hold_at_the_endpoint(serving: Serving) -> None:
    """From a second after the change on there are never more there than it allows."""
    async with serving(
        {"latency_s": 0.1}, profiles={"": {"concurrency": 20}}, max_wait_s=3600.0
    ) as bench:
        calls = [asyncio.ensure_future(bench.caption(number)) for number in range(150)]

        async def full() -> bool:
            return bench.endpoint.stats.in_flight >= 15

        await bench.until(full)
        await bench.post("/control/limits", {"concurrency": 3})
        await asyncio.sleep(1.0)
        for _ in range(20):
            assert bench.endpoint.stats.in_flight <= 3
            await asyncio.sleep(0.02)
        await bench.post("/control/limits", {"concurrency": None})
        assert {answer.status for answer in await asyncio.gather(*calls)} == {200}


BAD_LIMITS = [
    {},
    {"concurency": 3},
    {"concurrency": 0},
    {"concurrency": 1.5},
    {"concurrency": True},
    {"requests_per_minute": -1},
    {"requests_per_minute": "fast"},
    {"concurrency": 3, "profile": 4},
]


async def test_control_refuses_what_it_does_not_understand(serving: Serving) -> None:
    """With words, and nothing changes."""
    async with serving() as bench:
        await bench.caption(1)
        before = (await bench.get("/status")).json["roads"][0]["limits_set"]
        for body in BAD_LIMITS:
            answer = await bench.post("/control/limits", body)
            assert answer.status == 400, body
            assert answer.json["error"]
        unknown = await bench.post("/control/limits", {"concurrency": 3, "profile": "nobody"})
        assert unknown.status == 404
        assert (await bench.get("/status")).json["roads"][0]["limits_set"] == before


async def test_metrics_agree_with_the_endpoints_own_counts(serving: Serving) -> None:
    """Requests by status, tokens and captions, with faults among them, read by the official
    parser."""
    faults = {"fault_share": 0.2, "fault_kinds": ("500", "503"), "seed": 3}
    async with serving(faults, profiles={"cats": {}}) as bench:
        answers = await asyncio.gather(
            *(bench.caption(number, profile="cats" if number % 3 else "") for number in range(60))
        )
        assert {answer.status for answer in answers} == {200}
        text = (await bench.get("/metrics")).text
        stats = bench.endpoint.snapshot()
        found: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = sample.labels
                kind = labels.get("status") or labels.get("kind") or labels.get("verdict") or ""
                of = found.setdefault(sample.name, {})
                of[kind] = of.get(kind, 0.0) + sample.value
        assert found["captioner_requests_total"] == stats["statuses"]
        assert len(stats["statuses"]) > 1
        assert found["captioner_tokens_total"]["prompt"] == stats["prompt_tokens"]
        assert found["captioner_tokens_total"]["completion"] == stats["completion_tokens"]
        assert sum(found["captioner_captions_total"].values()) == 60
        assert found["captioner_gate_wait_seconds_count"][""] == stats["requests"]
        assert found["captioner_in_flight"][""] == 0
        assert found["captioner_queue_depth"][""] == 4


async def test_the_key_and_captions_are_in_no_log_line(serving: Serving) -> None:
    """Nor is the token, at the lowest level."""
    async with serving(log_level="debug") as bench:
        caption = (await bench.caption(1)).json["outcome"]["captions"][0]["caption"]
        await bench.post("/control/resume")
        said = bench.log.getvalue()
    assert "settled" in said
    for never in (caption, "sk-never-to-be-seen", bench.headers["Authorization"][7:], "base64,"):
        assert never not in said


def test_where_to_listen_is_read_or_refused() -> None:
    """HOST:PORT, with brackets for IPv6."""
    assert host_and_port("127.0.0.1:80") == ("127.0.0.1", 80)
    assert host_and_port("[::1]:0") == ("::1", 0)
    assert host_and_port(":8080") == ("127.0.0.1", 8080)
    for wrong in ("", "8080", "x:", "x:y", "x:70000", "x:-1"):
        with pytest.raises(ConfigError, match="HOST:PORT"):
            host_and_port(wrong)
