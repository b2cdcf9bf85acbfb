"""Gets the bytes of images that have an address: over http(s) itself, from buckets by fsspec.

An image's host is nobody to be trusted: it learns no key, cookie or header of ours, is followed
only so far, and may neither send for ever nor more than was allowed. Neither aiohttp's errors nor
fsspec's leave this room.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from captioner import __version__
from captioner.errors import PlaceholderError, TransientError
from captioner.vision import hints
from captioner.vision.addresses import refused, web_address
from captioner.vision.connecting import NotAllowedError, connector
from captioner.vision.printable import printable, printable_url
from captioner.vision.reach import Reach
from captioner.vision.remote import read_remote

_HEADERS: Final = {
    "User-Agent": f"captioner/{__version__}",
    "Accept": "image/*,*/*;q=0.8",
    "Accept-Encoding": "identity",
}
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 5
_LONGEST_WAIT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How many images are fetched at once, and the seconds each step may take.

    `connect_s` until a connection stands, `idle_s` between two pieces of an answer, `total_s` for
    one image with all redirects.
    """

    concurrency: int = 16
    connect_s: float = 10.0
    idle_s: float = 15.0
    total_s: float = 60.0


class Fetcher:
    """Fetches images. Use it as an async context manager; it opens connections lazily.

    `reach` says which addresses are allowed. A `resolver` takes the place of the system's.
    """

    def __init__(
        self,
        reach: Reach,
        limits: FetchLimits | None = None,
        *,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._reach = reach
        self._limits = limits or FetchLimits()
        self._resolver = resolver
        self._places = asyncio.Semaphore(self._limits.concurrency)
        self._session: aiohttp.ClientSession | None = None
        self._threads: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        limits = self._limits
        self._session = aiohttp.ClientSession(
            connector=connector(
                allow_private_urls=self._reach.allow_private_urls,
                most_connections=limits.concurrency,
                resolver=self._resolver,
            ),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=limits.connect_s, sock_read=limits.idle_s
            ),
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
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
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """The bytes at the address of an `ImageRef`, of which there may be at most `max_bytes`.

        Raises TransientError (`image_unfetchable`) for what may pass, and PlaceholderError:
        `image_refused`, `image_unfetchable`, `too_large`, and for buckets also `missing_image`,
        `image_denied`, `unreadable_image` and `unsupported_image`.
        """
        shown = printable_url(url)
        async with self._places:
            try:
                async with asyncio.timeout(self._limits.total_s):
                    if url[:5].lower() in ("http:", "https"):
                        return await self._fetch_web(url, shown, max_bytes)
                    return await self._fetch_remote(url, max_bytes)
            except TimeoutError as error:
                raise TransientError(
                    "image_unfetchable",
                    f"{shown} did not come whole within {self._limits.total_s:g} s",
                ) from error

    async def _fetch_web(self, url: str, shown: str, max_bytes: int) -> bytes:
        target = web_address(url)
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._answer(target) as answer:
                where = answer.headers.get("Location")
                if answer.status not in _REDIRECTS or not where:
                    return await _body(answer, shown, max_bytes)
            target = _next(target, where, shown)
        raise PlaceholderError(
            "image_unfetchable", f"{shown} redirects more than {_MOST_REDIRECTS} times"
        )

    @contextlib.asynccontextmanager
    async def _answer(self, target: URL) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None, "the fetcher is used outside its context"  # noqa: S101
        where = printable_url(str(target))
        try:
            async with self._session.get(target, allow_redirects=False) as answer:
                yield answer
        except TimeoutError as error:  # aiohttp's are such ones
            raise TransientError("image_unfetchable", f"{where} fell silent") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise PlaceholderError(
                "image_unfetchable", f"{where} shows a bad certificate"
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise _no_connection(where, error.os_error) from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise PlaceholderError("image_unfetchable", f"{where} is no usable address") from error
        except (aiohttp.ClientError, OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
            raise TransientError(
                "image_unfetchable", f"the connection to {where} broke: {type(error).__name__}"
            ) from error

    async def _fetch_remote(self, url: str, max_bytes: int) -> bytes:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                self._limits.concurrency, thread_name_prefix="captioner-buckets"
            )
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, read_remote, url, max_bytes, self._reach, self._limits.total_s
        )


def _next(target: URL, location: str, shown: str) -> URL:
    """Where a redirect leads, as far as it may be followed."""
    try:
        joined = target.join(URL(location))
    except ValueError as error:
        raise PlaceholderError(
            "image_unfetchable", f"{shown} redirects to no usable address"
        ) from error
    if joined.scheme not in ("http", "https"):
        raise PlaceholderError(
            "image_refused",
            f"{shown} redirects to {printable(joined.scheme)}:, which is not followed",
        )
    # A password stays with the host that it was given for.
    return web_address(str(joined.with_user(None)))


async def _body(answer: aiohttp.ClientResponse, shown: str, max_bytes: int) -> bytes:
    """The body of the last answer. What its headers say of type and length proves nothing."""
    status = answer.status
    said = f"{shown} answered HTTP {status}"
    if status >= 500 or status in (408, 425, 429):
        wait_s = hints.wait_s(answer.headers, "", now_unix_s=time.time())
        if wait_s is None or wait_s <= _LONGEST_WAIT_S:
            raise TransientError("image_unfetchable", said, wait_s=wait_s)
        said += f" and asks to wait {wait_s:,.0f} s"
    if status != 200:
        raise PlaceholderError("image_unfetchable", said)
    if (answer.content_length or 0) > max_bytes:
        raise _too_large(shown, max_bytes)
    content = bytearray()
    async for piece in answer.content.iter_any():
        content += piece
        if len(content) > max_bytes:
            raise _too_large(shown, max_bytes)
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return bytes(content)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise PlaceholderError(
            "image_unfetchable",
            f"{shown} sends the encoding {printable(encoding)!r}, which was not asked for",
        )
    return await asyncio.to_thread(_unpacked, content, shown, max_bytes)


def _unpacked(packed: bytearray, shown: str, max_bytes: int) -> bytes:
    """What some stores send packed though it was not asked for; it swells only to the limit."""
    try:
        content = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise PlaceholderError("unreadable_image", f"{shown} is packed, but broken") from error
    if len(content) > max_bytes:
        raise _too_large(shown, max_bytes)
    return content


def _too_large(shown: str, max_bytes: int) -> PlaceholderError:
    return PlaceholderError("too_large", f"{shown} is larger than {max_bytes:,} bytes")


def _no_connection(where: str, error: OSError) -> PlaceholderError | TransientError:
    if isinstance(error, NotAllowedError):
        return refused(where, error.kind)
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME:
        return PlaceholderError("image_unfetchable", f"{where}: there is no such host")
    why = error.strerror or type(error).__name__
    return TransientError("image_unfetchable", f"no connection to {where}: {why}", sent=False)
