"""The one place that speaks HTTP to an endpoint: posts bodies, lists models.

aiohttp's errors never leave this file.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.helpers import get_env_proxy_for_url
from yarl import URL

from captioner.errors import (
    ConfigError,
    RunStopped,
    TransientError,
)
from captioner.vision.exchange import KEEP_ALIVE_S, Exchange, read_all
from captioner.vision.exchange import Answer as Answer
from captioner.vision.trouble import TROUBLE, explained

_ANSWER_BYTES = 32 * 2**20
"""No answer in text is longer; what is, comes from something that is no chat endpoint."""

_SHORTEST_SECRET = 8
"""What is shorter ("1", "EMPTY") hides nothing, and masking it would garble error bodies."""

_COPIED_BYTES = 2**20
"""aiohttp writes larger bodies in pieces only when they come as a file."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go and what they carry.

    `headers` holds the key and is never shown; `name` is the address without its query.
    """

    name: str
    chat_url: str
    models_url: str
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


class NoModelsError(ConfigError):
    """What answered lists no models; `status` is the answer's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until a connection must stand, an answer must begin, and it must be complete."""

    connect_s: float = 10.0
    first_byte_s: float | None = None
    request_s: float = 120.0


class ChatClient:
    """A client of one endpoint. Use it as an async context manager; it opens connections lazily.

    It limits nothing: how many requests are in flight is the gate's matter.
    """

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts | None = None) -> None:
        self.endpoint = endpoint
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None
        self._exchange: Exchange | None = None
        self._proxy: URL | None = None
        self._chat_headers = {**endpoint.headers, "Content-Type": "application/json"}
        self._secrets = endpoint.secrets

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(
            total=self._timeouts.request_s, sock_connect=self._timeouts.connect_s
        )
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S)
        url = self.endpoint.chat_url
        local = _is_loopback(url)
        # Once for all: it takes a thread, and aiohttp would ask anew for each request.
        self._proxy = None if local else await asyncio.to_thread(_proxy_for, url)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            proxy=self._proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    def use(self, endpoint: Endpoint) -> None:
        """Send with these headers from now on; the addresses are the same."""
        # An answer that is still to come may quote the key that it was asked with.
        self._secrets = tuple(dict.fromkeys((*endpoint.secrets, *self._secrets)))
        self.endpoint = endpoint
        self._chat_headers = {**endpoint.headers, "Content-Type": "application/json"}
        if self._exchange is not None:
            self._exchange.use(self._chat_headers)

    async def post(self, parts: list[bytes]) -> Answer:
        """Post a chat request whose JSON body is given in pieces; the list is emptied.

        Raises TransientError (`connection`, `timeout`) where no whole answer came.
        """
        size_bytes = sum(map(len, parts))
        if self._proxy is not None or size_bytes >= _COPIED_BYTES:
            return self._without_secrets(await self._post_by_session(parts))
        try:
            exchange = self._exchange or self._open_exchange()
            return self._without_secrets(await exchange.post(parts, size_bytes))
        except TROUBLE as error:
            raise explained(error, self.endpoint.chat_url) from error

    async def _post_by_session(self, parts: list[bytes]) -> Answer:
        body = io.BytesIO(b"".join(parts))
        parts.clear()
        url = self.endpoint.chat_url
        async with self._answer("POST", url, self._chat_headers, body) as response:
            return await _read(response, _ANSWER_BYTES)

    def _open_exchange(self) -> Exchange:
        self._exchange = Exchange(
            _open(self._session),
            URL(self.endpoint.chat_url, encoded=True),
            self._chat_headers,
            max_bytes=_ANSWER_BYTES,
            first_byte_s=self._timeouts.first_byte_s,
        )
        return self._exchange

    async def models(self) -> list[str]:
        """The names of the models this key may use.

        Raises RunStopped (`bad_key`, `endpoint_gone`) and NoModelsError where there is none.
        """
        url, headers = self.endpoint.models_url, self.endpoint.headers
        try:
            async with self._answer("GET", url, headers, None) as response:
                answer = await _read(response, _ANSWER_BYTES)
        except TransientError as error:
            raise RunStopped(
                "endpoint_gone", f"nothing answers at {self.endpoint.name}: {error.detail}"
            ) from error
        if answer.status in (401, 403):
            raise RunStopped(
                "bad_key", f"{self.endpoint.name} does not accept the key (HTTP {answer.status})"
            )
        try:
            entries = json.loads(answer.body)["data"]
            return [str(entry["id"]) for entry in entries]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise NoModelsError(
                f"{self.endpoint.name} lists no models (HTTP {answer.status}): name one with "
                "--model, and check --base-url",
                answer.status,
            ) from error

    @contextlib.asynccontextmanager
    async def _answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: io.BytesIO | None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        session = _open(self._session)
        try:
            # A query may hold a signature: what the user wrote is sent as it is.
            target = URL(url, encoded=True)
            request = session.request(
                method, target, headers=headers, data=data, allow_redirects=False
            )
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(self._timeouts.first_byte_s):
                    response = await stack.enter_async_context(request)
                yield response
        except TROUBLE as error:
            raise explained(error, url) from error

    def _without_secrets(self, answer: Answer) -> Answer:
        """An error with our own keys masked: some servers quote them. A completion as it came."""
        body = answer.body
        if answer.status == 200 and body.find(b'"choices"') >= 0:
            return answer
        for secret in self._secrets:
            if len(secret) >= _SHORTEST_SECRET:
                body = body.replace(secret.encode(), b"***")
        return Answer(answer.status, answer.headers, body)


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> Answer:
    body = await read_all(response.content, max_bytes)
    return Answer(response.status, response.headers, body)


def _open(session: aiohttp.ClientSession | None) -> aiohttp.ClientSession:
    assert session is not None, "the client is used outside its context"  # noqa: S101
    return session


def _proxy_for(url: str) -> URL | None:
    """The proxy that the environment names for this address."""
    try:
        proxy, login = get_env_proxy_for_url(URL(url))
    except (LookupError, ValueError):
        return None
    return proxy if login is None else proxy.with_user(login.login).with_password(login.password)


def _is_loopback(url: str) -> bool:
    return URL(url).host in ("127.0.0.1", "localhost", "::1")
