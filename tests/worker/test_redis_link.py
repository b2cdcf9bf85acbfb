"""The connection to Redis: whoever is cancelled ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from captioner.flow.clock import SystemClock
from captioner.worker.redis_link import RedisLink
from captioner.worker.redis_place import RedisPlace

if TYPE_CHECKING:
    from tests.worker.redis_server import RedisServer

TURNS = 40
"""More than a command takes from its start to its answer, a new connection included."""


async def test_who_is_cancelled_ends_at_whatever_turn_of_a_command(
    redis_server: RedisServer,
) -> None:
    """What asks the server again and again, and is cancelled once, does not go on asking."""
    place = RedisPlace.parse(redis_server.url)
    async with RedisLink(place, SystemClock()) as link:

        async def ask_for_ever() -> None:
            while True:
                await link.through(lambda: link.command("PING"))

        for turn in range(TURNS):
            asking = asyncio.create_task(ask_for_ever())
            for _ in range(turn):
                await asyncio.sleep(0)
            asking.cancel()
            done, _ = await asyncio.wait([asking], timeout=1)
            went_on = not done
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
            assert not went_on, f"cancelled at turn {turn}, it went on"
