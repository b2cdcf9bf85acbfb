"""Connections that go nowhere but to addresses that were looked at and are allowed.

A name is resolved once; what is connected to is what came of that and was allowed. A name whose
answer changes afterwards gains nothing: no socket is made for an address that is not allowed.
"""

from __future__ import annotations

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from captioner.vision.addresses import kind_if_not_public

AddressInfo = tuple[int, int, int, str, tuple[object, ...]]

_RESOLVED_FOR_S = 60


class NotPublicError(OSError):
    """A host's address is not on the public internet; `kind` says what it is, "a private" one."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} address")
        self.kind = kind


class PublicResolver(AbstractResolver):
    """Leaves of another resolver's addresses those on the public internet."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises NotPublicError where no address is left."""
        found = await self._resolver.resolve(host, port, family)
        kinds = [kind_if_not_public(result["host"]) for result in found]
        public = [result for result, kind in zip(found, kinds, strict=True) if kind is None]
        if not public and kinds:
            raise NotPublicError(str(kinds[0]))
        return public

    async def close(self) -> None:
        """Close the other resolver."""
        await self._resolver.close()


def socket_for(info: AddressInfo) -> socket.socket:
    """A socket to connect to a public address with; NotPublicError where it is another.

    Here addresses written in a URL are stopped, which no resolver sees; and whatever else is
    about to be connected to.
    """
    family, kind, protocol, _, address = info
    not_public = kind_if_not_public(str(address[0]))
    if not_public is not None:
        raise NotPublicError(not_public)
    return socket.socket(family, kind, protocol)


def connector(
    *, allow_private_urls: bool, most_connections: int, resolver: AbstractResolver | None = None
) -> aiohttp.TCPConnector:
    """A pool of connections for fetching images; a `resolver` takes the place of the system's."""
    resolver = resolver or aiohttp.ThreadedResolver()
    return aiohttp.TCPConnector(
        limit=most_connections,
        resolver=resolver if allow_private_urls else PublicResolver(resolver),
        socket_factory=None if allow_private_urls else socket_for,
        ttl_dns_cache=_RESOLVED_FOR_S,
    )
