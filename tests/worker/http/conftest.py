"""A worker with HTTP before it, a rehearsal endpoint behind it, and a queue in which nothing is."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest
from PIL import Image

from captioner.endpoint import AskedRequest, EndpointOptions, RehearsalEndpoint, ScriptedReply
from captioner.flow.clock import Clock, SystemClock
from captioner.ledger import open_ledger
from captioner.settings import WorkerOptions, settings_from
from captioner.worker.desk import Desk
from captioner.worker.front import open_front
from captioner.worker.hearing import Hearer, Hearers
from captioner.worker.live import Live
from captioner.worker.logs import Logs, open_log
from captioner.worker.metrics import Metrics
from captioner.worker.queue import Claim, Depth, QueueError
from captioner.worker.service import Service

TOKEN = "a-long-random-token"
SYSTEM = SystemClock()


class IdleQueue:
    """Gives nothing; `trouble` makes it unreachable."""

    def __init__(self) -> None:
        self.trouble = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def places(self, desk: Desk) -> int:
        """One."""
        return 1

    async def take(self, most: int, *, burst: bool) -> Sequence[Claim]:
        """Never."""
        await asyncio.Event().wait()
        return []

    async def depth(self) -> Depth:
        """Always the same."""
        if self.trouble:
            raise QueueError(self.trouble)
        return Depth(3, 1, 12.5)

    async def watch(self) -> None:
        """Nothing to see."""
        await asyncio.Event().wait()


def picture(number: int, kind: str = "PNG", side_px: int = 8) -> str:
    """A data URL of an image that differs from all with other numbers."""
    held = io.BytesIO()
    colour = (number % 256, number // 256 % 256, number // 65536 % 256)
    Image.new("RGB", (side_px, side_px), colour).save(held, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(held.getvalue()).decode()}"


@dataclass
class Reply:
    """What came back: status, headers, and the body as JSON or as text."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


@dataclass
class Bench:
    """A worker that serves at `address`."""

    address: str
    endpoint: RehearsalEndpoint
    service: Service
    queue: IdleQueue
    live: Live
    log: io.StringIO
    session: aiohttp.ClientSession
    running: asyncio.Task[None]
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **how: Any) -> Reply:
        """Ask with the token."""
        return await self.call("GET", path, **how)

    async def post(self, path: str, body: Any = None, **how: Any) -> Reply:
        """Send JSON with the token."""
        return await self.call("POST", path, json=body, **how)

    async def caption(self, number: int, **more: Any) -> Reply:
        """Have an image captioned."""
        headers = more.pop("headers", {})
        return await self.post("/v1/captions", {"image": picture(number), **more}, headers=headers)

    async def call(self, method: str, path: str, **how: Any) -> Reply:
        """One request."""
        headers = {**self.headers, **how.pop("headers", {})}
        async with self.session.request(
            method, self.address + path, headers=headers, **how
        ) as answer:
            return Reply(
                answer.status, answer.headers, (await answer.read()).decode(errors="replace")
            )

    async def until(self, holds: Callable[[], Awaitable[bool]], within_s: float = 10.0) -> float:
        """Wait for something to hold; return after how many seconds it did."""
        began_s = time.monotonic()
        while not await holds():
            assert time.monotonic() - began_s < within_s, "it did not come about"
            await asyncio.sleep(0.02)
        return time.monotonic() - began_s


Serving = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Starts a worker: `endpoint` are options of the endpoint, `profiles` settings by name."""

    @asynccontextmanager
    async def start(
        endpoint: Mapping[str, Any] | None = None,
        *,
        reply: Callable[[AskedRequest], ScriptedReply | None] | None = None,
        profiles: Mapping[str, Mapping[str, Any]] | None = None,
        token: str | None = TOKEN,
        control_token: str | None = None,
        log_level: str = "info",
        clock: Clock = SYSTEM,
        hearers: Sequence[Hearer] = (),
        **options: Any,
    ) -> AsyncIterator[Bench]:
        given = {"http_token": token, "control_token": control_token}
        for name in filter(given.get, given):
            options[f"{name}_file"] = tmp_path / name
            options[f"{name}_file"].write_text(f"{given[name]}\n", "utf-8")
        working = WorkerOptions(queue="spool:unused", http="127.0.0.1:0", **options)
        said = io.StringIO()
        log = open_log("json", log_level, said)
        metrics, live = Metrics(), Live(clock.now_s, time.time)
        queue = IdleQueue()
        async with RehearsalEndpoint(EndpointOptions(**(endpoint or {})), reply=reply) as rehearsal:
            common: dict[str, Any] = {"base_url": rehearsal.base_url, "model": "rehearsal"}
            common |= {"mode": "caption", "api_key": "sk-never-to-be-seen"}
            named = {"": {}, **(profiles or {})}
            settings = {name: settings_from(**{**common, **own}) for name, own in named.items()}
            with open_ledger(tmp_path / "ledger.sqlite", unix_s=time.time) as ledger:
                hearing = Hearers([Logs(log), metrics, live, *hearers])
                desk = Desk(settings, ledger, clock, hearing, log)
                service = Service(desk, queue, clock=clock, log=log, drain_timeout_s=5.0)
                async with (
                    asyncio.TaskGroup() as group,
                    open_front(working, service, log=log, metrics=metrics, live=live) as address,
                    aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
                ):
                    running = group.create_task(service.run())
                    headers = {"Authorization": f"Bearer {token}"} if token else {}
                    yield Bench(
                        address, rehearsal, service, queue, live, said, session, running, headers
                    )
                    service.drain()
                    await running

    return start
