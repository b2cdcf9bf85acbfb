"""The listening sockets of the endpoint: open, shut in an outage, open again where they were."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

from aiohttp import web

_BACKLOG: Final = 1024


class Doors:
    """Lets connections in to a runner that is set up, at one host and port, 0 taking a free one."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        self._runner = runner
        self._host = host
        self._port = port
        self._held: list[socket.socket] = []
        self._broken: set[asyncio.BaseTransport] = set()

    def __repr__(self) -> str:
        return f"{self._host} port {self._port}"

    @property
    def port(self) -> int:
        """The port that was really taken."""
        return self._port

    async def open(self) -> None:
        """Listen. Raises OSError where the port cannot be had."""
        await web.TCPSite(self._runner, self._host, self._port, backlog=_BACKLOG).start()
        self._port = self._runner.addresses[0][1]

    async def shut(self) -> None:
        """Break every connection and refuse new ones, as a machine does whose server has died."""
        addresses = self._runner.addresses
        for site in list(self._runner.sites):
            await site.stop()
        # Bound but not listening, a socket refuses, and nobody else can take the port meanwhile.
        self._held = [_bound(address) for address in addresses]
        server = self._runner.server
        for connection in server.connections if server else ():
            if connection.transport is not None:
                self._broken.add(connection.transport)
                break_connection(connection.transport)

    async def reopen(self) -> None:
        """Listen again at the same addresses."""
        held, self._held = self._held, []
        for bound in held:
            await web.SockSite(self._runner, bound, backlog=_BACKLOG).start()

    def has_broken(self, transport: asyncio.BaseTransport | None) -> bool:
        """Whether this connection ended because the doors were shut."""
        return transport in self._broken

    def close(self) -> None:
        """Give back the port of doors that are shut, and forget what was broken."""
        self._broken.clear()
        for bound in self._held:
            bound.close()
        self._held = []


def break_connection(transport: asyncio.BaseTransport) -> None:
    """End a connection with a TCP reset, as a crashed server or a proxy does."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _bound(address: tuple[str | int, ...]) -> socket.socket:
    family = socket.AF_INET6 if len(address) == 4 else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    # As asyncio sets them for the sockets that these take the place of.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    bound.setblocking(False)
    bound.bind(address)
    return bound
