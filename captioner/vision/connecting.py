"""Connections that go nowhere but to addresses that were looked at and are allowed.

A name is resolved once; what is connected to is what came of that and was allowed. A name whose
answer changes afterwards gains nothing: no socket is made for an address that is not allowed.
"""

from __future__ import annotations

import socket
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from captioner.vision.addresses import kind_if_refused

AddressInfo = tuple[int, int, int, str, tuple[object, ...]]

_RESOLVED_FOR_S = 60


class NotAllowedError(OSError):
    """A host's address may not be fetched; `kind` says what it is, "a private" one."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} address")
        self.kind = kind


class AllowedResolver(AbstractResolver):
    """Leaves of another resolver's addresses those that are allowed."""

    def __init__(self, resolver: AbstractResolver, *, allow_private_urls: bool = False) -> None:
        self._resolver = resolver
        self._allow_private_urls = allow_private_urls

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises NotAllowedError where no address is left."""
        found = await self._resolver.resolve(host, port, family)
        kinds = [
            kind_if_refused(result["host"], allow_private_urls=self._allow_private_urls)
            for result in found
        ]
        allowed = [result for result, kind in zip(found, kinds, strict=True) if kind is None]
        if not allowed and kinds:
            raise NotAllowedError(str(kinds[0]))
        return allowed

    async def close(self) -> None:
        """Close the other resolver."""
        await self._resolver.close()


def socket_for(info: AddressInfo, *, allow_private_urls: bool = False) -> socket.socket:
    """A socket to connect to an allowed address with; NotAllowedError where it is another.

    Here addresses written in a URL are stopped, which no resolver sees; and whatever else is
    about to be connected to.
    """
    family, kind, protocol, _, address = info
    refused = kind_if_refused(str(address[0]), allow_private_urls=allow_private_urls)
    if refused is not None:
        raise NotAllowedError(refused)
    return socket.socket(family, kind, protocol)


def connector(
    *, allow_private_urls: bool, most_connections: int, resolver: AbstractResolver | None = None
) -> aiohttp.TCPConnector:
    """A pool of connections for fetching images; a `resolver` takes the place of the system's."""
    resolver = resolver or aiohttp.ThreadedResolver()
    return aiohttp.TCPConnector(
        limit=most_connections,
        resolver=AllowedResolver(resolver, allow_private_urls=allow_private_urls),
        socket_factory=partial(socket_for, allow_private_urls=allow_private_urls),
        ttl_dns_cache=_RESOLVED_FOR_S,
    )
