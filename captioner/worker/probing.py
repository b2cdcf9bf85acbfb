"""Endpoints that are down and that no request waits for: whether they are there again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from captioner.flow.breaker import PROBE_EVERY_S
from captioner.flow.clock import Clock
from captioner.road import Road
from captioner.worker.hearing import Log


async def probe(roads: Callable[[], Sequence[Road]], clock: Clock, log: Log) -> None:
    """Look every few seconds, until it is cancelled.

    As a rule the request that waits longest probes. But a worker that is not ready is sent no
    callers, and those that waited leave: without this it would never be ready again.
    """

    async def look(road: Road) -> None:
        if await road.answers():
            log.info("endpoint_up", endpoint=road.name, model=road.model)

    while True:
        await clock.sleep_s(PROBE_EVERY_S)
        forsaken = [road for road in roads() if road.is_forsaken]
        await asyncio.gather(*(look(road) for road in forsaken))
