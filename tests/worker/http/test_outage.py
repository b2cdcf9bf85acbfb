"""An endpoint that really goes away, and comes back at the same place, while callers wait."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from captioner.endpoint import EndpointOptions, RehearsalEndpoint
from captioner.flow.breaker import PROBE_EVERY_S
from captioner.flow.clock import SystemClock

if TYPE_CHECKING:
    from tests.worker.http.conftest import Serving

SPEED = 20.0
CALLS = 15


class FastClock(SystemClock):
    """Waits that are minutes for a worker are seconds here: between retries and between probes."""

    @staticmethod
    def now_s() -> float:
        """The machine's seconds, that many times as fast."""
        return SPEED * time.monotonic()

    async def sleep_s(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Until so much has passed on this clock."""
        return await super().sleep_s(seconds / SPEED, wake)


@pytest.mark.parametrize("others", [(), ("dogs",)])
async def test_an_outage_is_told_and_waited_out(serving: Serving, others: tuple[str, ...]) -> None:
    """Readiness turns and tells which endpoint is down, or stays where another profile has one that
    is there. Those who come then are sent away for a while. By itself it turns back, and whoever
    waited has a caption, asked for once."""
    async with AsyncExitStack() as first:
        endpoint = await first.enter_async_context(RehearsalEndpoint(EndpointOptions()))
        port = int(endpoint.base_url.split(":")[2].split("/")[0])
        profiles = {"cats": {"base_url": endpoint.base_url}, **{name: {} for name in others}}
        async with serving(profiles=profiles, clock=FastClock()) as bench:
            assert (await bench.caption(0, profile="cats")).status == 200
            assert (await bench.get("/readyz")).json == {"ready": True, "why": [], "degraded": []}
            await first.aclose()
            calls = [
                asyncio.ensure_future(bench.caption(number, profile="cats"))
                for number in range(1, 1 + CALLS)
            ]

            async def is_down() -> bool:
                return (await bench.get("/readyz?profile=cats")).status == 503

            await bench.until(is_down)
            answer = await bench.get("/readyz")
            told = answer.json["degraded" if others else "why"]
            assert (answer.status, told) == (
                200 if others else 503,
                [f"endpoint down: {endpoint.base_url}"],
            )
            up = f'captioner_endpoint_up{{endpoint="{endpoint.base_url}",model="rehearsal"}} 0.0'
            assert up in (await bench.get("/metrics")).text
            late = await bench.caption(99, profile="cats")
            assert (late.status, bool(late.headers["Retry-After"])) == (503, True)
            assert "endpoint down" in late.json["error"]
            for name in others:
                assert (await bench.caption(99, profile=name)).status == 200
            assert not any(call.done() for call in calls)

            async with RehearsalEndpoint(EndpointOptions(port=port)) as again:

                async def is_back() -> bool:
                    return (await bench.get("/readyz?profile=cats")).status == 200

                await bench.until(is_back)
                assert (await bench.get("/readyz")).json == {
                    "ready": True,
                    "why": [],
                    "degraded": [],
                }
                assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
                assert again.stats.captions == CALLS
                assert (await bench.caption(99, profile="cats")).status == 200
            said = bench.log.getvalue()
    assert [said.count(f'"event": "endpoint_{way}"') for way in ("down", "up")] == [1, 1]


async def test_it_turns_back_though_nobody_waits_any_more(serving: Serving) -> None:
    """A worker that is not ready is sent nobody: it must find out by itself."""
    async with AsyncExitStack() as first:
        endpoint = await first.enter_async_context(RehearsalEndpoint(EndpointOptions()))
        port = int(endpoint.base_url.split(":")[2].split("/")[0])
        profiles = {"cats": {"base_url": endpoint.base_url}}
        async with serving(profiles=profiles, clock=FastClock()) as bench:
            assert (await bench.caption(0, profile="cats")).status == 200
            await first.aclose()
            calls = [
                asyncio.ensure_future(bench.caption(number, profile="cats"))
                for number in range(1, 1 + CALLS)
            ]

            async def ready() -> bool:
                return (await bench.get("/readyz")).status == 200

            async def not_ready() -> bool:
                return not await ready()

            async def nobody_waits() -> bool:
                road = (await bench.get("/status")).json["roads"][0]
                return bool(road["waiting"] + road["in_flight"] == 0)

            await bench.until(not_ready)
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
            await bench.until(nobody_waits)
            await asyncio.sleep(2 * PROBE_EVERY_S / SPEED)
            assert not await ready()
            async with RehearsalEndpoint(EndpointOptions(port=port)) as again:
                await bench.until(ready)
                assert again.stats.requests == 0, "nothing that is paid for was asked"
                assert (await bench.caption(1, profile="cats")).status == 200
            said = bench.log.getvalue()
    assert [said.count(f'"event": "endpoint_{way}"') for way in ("down", "up")] == [1, 1]
