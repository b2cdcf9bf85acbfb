"""What `captioner enqueue` and `captioner collect` have in common."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from captioner.errors import ConfigError
from captioner.flow.clock import SystemClock
from captioner.worker.redis_link import RedisLink
from captioner.worker.redis_place import RedisPlace

T = TypeVar("T")

_QUEUE: Final = "CAPTIONER_WORKER_QUEUE"


def add_queue(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the queue and the batch."""
    parser.add_argument(
        "--queue",
        metavar="URL",
        help=f"redis://HOST:PORT/DB?stream=NAME&group=NAME (default: {_QUEUE} in the environment)",
    )
    parser.add_argument("--quiet", action="store_true", help="warnings and errors only")


def with_queue(
    parsed: argparse.Namespace, work: Callable[[RedisLink], Coroutine[Any, Any, T]]
) -> T:
    """Do it with the queue that is named; while Redis is away it waits. Raises ConfigError."""
    url = parsed.queue or os.environ.get(_QUEUE, "")
    if not url:
        raise ConfigError(f"--queue must be given, or {_QUEUE} in the environment")
    if url.startswith("spool:"):
        raise ConfigError("a spool needs no command: put files into its folder in/")
    place = RedisPlace.parse(url)

    async def run() -> T:
        async with RedisLink(place, SystemClock(), tell) as link:
            return await work(link)

    return asyncio.run(run())


def tell(text: str) -> None:
    """Say something to a person."""
    print(text, file=sys.stderr, flush=True)
