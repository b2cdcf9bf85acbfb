"""The one place that speaks HTTP: posts bodies, lists models, fetches images by URL.

aiohttp's errors never leave this file.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from captioner.errors import ConfigError, PlaceholderError, RunStopped, TransientError

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


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until a connection must stand, an answer must begin, and it must be complete."""

    connect_s: float = 10.0
    first_byte_s: float | None = None
    request_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are found without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ChatClient:
    """A client of one endpoint. Use it as an async context manager; it opens connections lazily.

    It limits nothing: how many requests are in flight is the gate's matter.
    """

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts | None = None) -> None:
        self.endpoint = endpoint
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(
            total=self._timeouts.request_s, sock_connect=self._timeouts.connect_s
        )
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        # Keys ride on each request, not on the session: fetching an image must not send them.
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            trust_env=not _is_loopback(self.endpoint.chat_url),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, parts: Sequence[bytes]) -> Answer:
        """Post a chat request whose JSON body is given in pieces.

        Raises TransientError (`connection`, `timeout`) where no whole answer came.
        """
        body = b"".join(parts)
        data: bytes | io.BytesIO = body if len(body) < _COPIED_BYTES else io.BytesIO(body)
        headers = {**self.endpoint.headers, "Content-Type": "application/json"}
        async with self._answer("POST", self.endpoint.chat_url, headers, data) as answer:
            return self._without_secrets(await self._read(answer, _ANSWER_BYTES))

    async def models(self) -> list[str]:
        """The names of the models this key may use.

        Raises RunStopped (`bad_key`, `endpoint_gone`) and ConfigError where there is no such list.
        """
        url, headers = self.endpoint.models_url, self.endpoint.headers
        try:
            async with self._answer("GET", url, headers, None) as response:
                answer = await self._read(response, _ANSWER_BYTES)
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
            raise ConfigError(
                f"{self.endpoint.name} lists no models (HTTP {answer.status}): name one with "
                "--model, and check --base-url"
            ) from error

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """The image at an http(s) address. The endpoint's key is never sent there.

        Raises PlaceholderError (`image_unfetchable`, `too_large`) and TransientError.
        """
        try:
            async with self._answer("GET", url, {}, None, redirects=True) as response:
                if response.status >= 500 or response.status in (408, 429):
                    raise TransientError(
                        "image_unfetchable", f"{_host(url)} answered HTTP {response.status}"
                    )
                if response.status != 200:
                    raise PlaceholderError(
                        "image_unfetchable", f"{_host(url)} answered HTTP {response.status}"
                    )
                answer = await self._read(response, max_bytes)
        except _TooLongError as error:
            raise PlaceholderError(
                "too_large", f"the image at {_host(url)} is larger than {max_bytes:,} bytes"
            ) from error
        except TransientError as error:
            raise TransientError("image_unfetchable", error.detail) from error
        return answer.body

    @contextlib.asynccontextmanager
    async def _answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | io.BytesIO | None,
        *,
        redirects: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None, "the client is used outside its context"  # noqa: S101
        where = _host(url)
        try:
            # A query may hold a signature: what the user wrote is sent as it is.
            target = URL(url, encoded=not redirects)
            request = self._session.request(
                method, target, headers=headers, data=data, allow_redirects=redirects
            )
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(self._timeouts.first_byte_s):
                    response = await stack.enter_async_context(request)
                yield response
        except aiohttp.ConnectionTimeoutError as error:
            raise TransientError(
                "connection", f"no connection to {where} in time", sent=False
            ) from error
        except TimeoutError as error:
            raise TransientError("timeout", f"no whole answer from {where} in time") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise TransientError(
                "connection", f"{where} shows a bad certificate", sent=False
            ) from error
        except (aiohttp.ClientConnectorError, ssl.SSLError) as error:
            raise TransientError(
                "connection",
                f"no connection to {where}: {_why(error)}",
                sent=not isinstance(error, aiohttp.ClientConnectorError),
            ) from error
        except _NO_ADDRESS as error:
            if redirects:
                raise PlaceholderError(
                    "image_unfetchable", f"{where}: no usable address"
                ) from error
            raise RunStopped(
                "bad_request_settings",
                f"no request to {where} can be made: check --base-url, the key and --extra-headers",
            ) from error
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise TransientError(
                "connection", f"the connection to {where} broke: {_why(error)}"
            ) from error

    async def _read(self, response: aiohttp.ClientResponse, max_bytes: int) -> Answer:
        pieces: list[bytes] = []
        size_bytes = 0
        async for piece in response.content.iter_any():
            pieces.append(piece)
            size_bytes += len(piece)
            if size_bytes > max_bytes:
                raise _TooLongError(f"more than {max_bytes:,} bytes")
        return Answer(response.status, response.headers, b"".join(pieces))

    def _without_secrets(self, answer: Answer) -> Answer:
        """An error with our own keys masked: some servers quote them. A completion as it came."""
        body = answer.body
        if answer.status == 200 and b'"choices"' in body:
            return answer
        for secret in self.endpoint.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                body = body.replace(secret.encode(), b"***")
        return replace(answer, body=body)


_NO_ADDRESS = (
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    aiohttp.TooManyRedirects,
    ValueError,
)


class _TooLongError(TransientError):
    """An answer longer than it may be."""

    def __init__(self, detail: str) -> None:
        super().__init__("bad_reply", detail)


def _host(url: str) -> str:
    """The address without credentials, path and query, for messages."""
    try:
        parsed = URL(url)
        return f"{parsed.host}:{parsed.port}" if parsed.host else "the address"
    except ValueError:
        return "the address"


def _is_loopback(url: str) -> bool:
    return URL(url).host in ("127.0.0.1", "localhost", "::1")


def _why(error: BaseException) -> str:
    """An error in words without addresses, which may hold keys."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return getattr(cause, "strerror", None) or type(cause).__name__
