"""A Redis of a test's own: Debian's server in a folder, with an append-only file."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

_LIMIT_S = 20
_NEEDED = bool(os.environ.get("CAPTIONER_NEEDS_REDIS"))


class RedisServer:
    """A server on a loopback port, that can be killed and comes back with what it had."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._folder, self._flags = folder, flags
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """The queue's URL."""
        return f"redis://127.0.0.1:{self.port}/0?stream=captions&group=captioners"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._folder.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [
                *("redis-server", "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--dir", str(self._folder), "--appendonly", "yes", "--save", ""),
                *self._flags,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end_s = time.monotonic() + _LIMIT_S
        while True:
            try:
                if self.do("PING") in (b"PONG", True):
                    return
            except Exception:  # not yet
                assert time.monotonic() < end_s, "redis-server does not answer"
                time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it by a signal."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_LIMIT_S)
            self._process = None

    def do(self, *words: str | int | bytes) -> Any:
        """What a command answers, as a client of our own sees it."""
        import redis

        with redis.Redis(port=self.port, protocol=2, socket_timeout=_LIMIT_S) as client:
            return client.execute_command(*words)

    def ids(self, stream: str) -> list[str]:
        """The ids in a stream of results, in its order."""
        return [fields[b"id"].decode() for _, fields in self.do("XRANGE", stream, "-", "+")]

    def results(self, stream: str) -> list[dict[bytes, bytes]]:
        """The fields of all entries of a stream."""
        return [fields for _, fields in self.do("XRANGE", stream, "-", "+")]


def needed() -> None:
    """Skip where there is no server, unless it must be there."""
    if shutil.which("redis-server") is None and not _NEEDED:
        pytest.skip("redis-server is not installed")


async def until(
    condition: Callable[[], Awaitable[T]], limit_s: float = 10.0, every_s: float = 0.02
) -> T:
    """What `condition` gives once it is something."""
    end_s = time.monotonic() + limit_s
    while not (found := await condition()):
        assert time.monotonic() < end_s, "it never happened"
        await asyncio.sleep(every_s)
    return found


def names(claims: Sequence[Any]) -> list[str]:
    """What the claims are called."""
    return [claim.name for claim in claims]
