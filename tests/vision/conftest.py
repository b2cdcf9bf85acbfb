"""Servers on loopback that do as a test tells, and names that mean what a test says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[..., Awaitable[str]]
Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]
Listen = Callable[[Talk], Awaitable[str]]


class Names(AbstractResolver):
    """Answers for each name the next of its lists of addresses; the last one is for good."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.answers = {name: list(lists) for name, lists in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises what the system does for a name that nobody knows."""
        self.asked.append(host)
        lists = self.answers.get(host)
        if not lists:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = lists.pop(0) if len(lists) > 1 else lists[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def names() -> Callable[[Mapping[str, Sequence[Sequence[str]]]], Names]:
    """Make a resolver that knows just these names."""
    return Names


@pytest.fixture
async def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make connecting to any other machine fail the test, so that a fault here reaches nobody."""
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def connect_here(sock: socket.socket, address: tuple[object, ...]) -> None:
        assert str(address[0]).startswith("127.") or address[0] == "::1", address
        await connect(sock, address)

    monkeypatch.setattr(loop, "sock_connect", connect_here)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server whose one handler answers every path; gives its address."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler, host: str = "127.0.0.1") -> str:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, host, 0)
        await site.start()
        return f"http://{host}:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Start a server that reads a request and then says whatever it is told to, byte for byte."""
    talks: set[asyncio.Task[None]] = set()
    servers: list[asyncio.Server] = []

    async def start(talk: Talk) -> str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            talks.add(task)
            try:
                with contextlib.suppress(OSError):
                    await reader.read(2**16)
                    await talk(writer)
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
    for task in talks:
        task.cancel()
    await asyncio.gather(*talks, return_exceptions=True)
    await asyncio.sleep(0)  # the transports say goodbye
