"""The connection to Redis: what is lost is waited out, what is wrong is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from captioner.errors import ConfigError
from captioner.flow.clock import Clock
from captioner.worker.queue import QueueError
from captioner.worker.redis_place import RedisPlace

if TYPE_CHECKING:
    from types import TracebackType

    from redis.asyncio import Redis

T = TypeVar("T")

_CONNECTIONS: Final = 16
_CONNECT_S: Final = 5.0
_ANSWER_S: Final = 15.0
_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 2.0
_PASSING: Final = ("LOADING", "OOM", "MISCONF", "READONLY", "MASTERDOWN", "BUSY", "CLUSTERDOWN")
"""Answers of a server that is not ready, full or about to be another's copy: they pass."""


class RedisLink:
    """A pool of connections to one Redis; an async context manager that opens none by itself.

    `trouble` says why the last attempt failed; it is empty once one succeeds.
    """

    def __init__(
        self, place: RedisPlace, clock: Clock, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        try:
            import redis.asyncio
        except ImportError:
            raise ConfigError(
                "a queue in Redis needs redis: pip install 'captioner[worker]'"
            ) from None
        self.place = place
        self.trouble = ""
        self._was_there = False
        self._redis = redis
        self._clock = clock
        self._tell = tell
        self._stack = AsyncExitStack()
        self._scripts: dict[str, Callable[..., Awaitable[Any]]] = {}
        self._client: Redis | None = None

    @property
    def client(self) -> Redis:
        """The client; only within the context."""
        assert self._client is not None  # noqa: S101 - was entered
        return self._client

    async def __aenter__(self) -> Self:
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        pool = BlockingConnectionPool.from_url(
            self.place.url,
            max_connections=_CONNECTIONS,
            timeout=_ANSWER_S,
            socket_connect_timeout=_CONNECT_S,
            socket_timeout=_ANSWER_S,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._client = Redis(connection_pool=pool)
        self._stack.push_async_callback(pool.aclose)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def script(self, text: str, keys: Sequence[str], words: Sequence[Any]) -> Any:
        """Run a script; raises as the client does."""
        if text not in self._scripts:
            self._scripts[text] = self.client.register_script(text)
        return await self._scripts[text](keys=keys, args=words)

    async def command(self, *words: Any) -> Any:
        """Run a command; raises as the client does."""
        return await self.client.execute_command(*words)  # type: ignore[no-untyped-call]

    async def once(self, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` gives. Raises QueueError where the server cannot be reached or is not ready.

        Raises ConfigError where it lets nobody in with these names. A call that is cancelled may
        have been carried out.
        """
        errors = self._redis.exceptions
        try:
            answer = await heeding_cancel(call)
        except (errors.AuthenticationError, errors.AuthorizationError, errors.NoPermissionError):
            self.trouble = "user or password are rejected, or may not do this"
            if self._was_there:  # they are being changed: whoever runs for months waits
                raise QueueError(self.trouble) from None
            raise ConfigError(
                f"--queue {self.place.shown}: {self.trouble}: check them in the URL"
            ) from None
        except (errors.ConnectionError, errors.TimeoutError, OSError) as error:
            self.trouble = self._said(error)
            raise QueueError(self.trouble) from error
        except errors.ResponseError as error:
            if str(error).startswith("NOGROUP"):
                await self.once(self._make_group)
                return await self.once(call)
            if not (
                isinstance(error, errors.OutOfMemoryError | errors.ReadOnlyError)
                or str(error).startswith(_PASSING)
            ):
                raise
            self.trouble = self._said(error)
            raise QueueError(self.trouble) from error
        self.trouble, self._was_there = "", True
        return answer

    async def through(self, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` gives, sooner or later: a server that is away is waited for."""
        wait_s, told = _FIRST_WAIT_S, False
        while True:
            try:
                answer = await self.once(call)
            except QueueError as error:
                if not told:
                    told = True
                    self._tell(f"Redis at {self.place.shown} is away ({error}); waiting.")
                await self._clock.sleep_s(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            else:
                if told:
                    self._tell("Redis is back.")
                return answer

    async def make_group(self) -> None:
        """Make stream and group where there are none; waits for the server."""
        await self.through(self._make_group)

    async def _make_group(self) -> None:
        try:
            await self.client.xgroup_create(
                self.place.stream, self.place.group, id="0", mkstream=True
            )
        except self._redis.exceptions.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def _said(self, error: BaseException) -> str:
        return str(error).strip() or type(error).__name__


async def heeding_cancel(call: Callable[[], Awaitable[T]]) -> T:
    """What `call` gives; raises CancelledError where that came while it ran, and it went on.

    The client sends by `asyncio.wait_for`, which before Python 3.12 forgets that it is cancelled
    where what it waits for ends in the same turn of the loop (CPython issue 86296).
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    answer = await call()
    if task and task.cancelling() > before:
        raise asyncio.CancelledError
    return answer


async def settled(awaitable: Awaitable[T], within_s: float) -> T | None:
    """What comes within this time, or None; for what may be left undone."""
    try:
        async with asyncio.timeout(within_s):
            return await awaitable
    except (TimeoutError, QueueError, ConfigError):
        return None
