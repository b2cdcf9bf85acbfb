"""One POST after another to the same address, on aiohttp's connections without its session.

A session's request costs a third of the CPU of a caption: it merges headers, looks for cookies,
redirects and proxies, and gives a task to each body. None of that differs from one chat request to
the next. Connections, DNS, TLS and the parser of answers are aiohttp's all the same.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Final

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from captioner.record import record
from captioner.vision.deadlines import Deadlines

KEEP_ALIVE_S: Final = 30.0
"""A connection that was not used for so long is not used again."""

_SWITCHING: Final = 101


@record
class Answer:
    """An HTTP answer; header names are found without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AnswerTooLongError(Exception):
    """An answer longer than it may be."""


class Exchange:
    """Posts bodies to one address, with the headers that `use` was given last.

    An answer has to begin within `first_byte_s` and to be whole within the session's time, and may
    have `max_bytes`. Close it before the session.

    The address is asked directly: through a proxy, use the session. Raises aiohttp.InvalidURL and
    ValueError for an address or headers of which no request can be made.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: URL,
        headers: Mapping[str, str],
        *,
        max_bytes: int,
        first_byte_s: float | None = None,
    ) -> None:
        connector = session.connector
        assert connector is not None  # noqa: S101 - only a closed session has none
        self._connector = connector
        self._timeout = session.timeout
        self._max_bytes = max_bytes
        self._whole_s = _or_never(session.timeout.total)
        self._begun_s = min(_or_never(first_byte_s), self._whole_s)
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines(self._loop)
        # Connections that were opened and are not in use, and since when; the latest is last.
        self._idle: list[tuple[Connection, float]] = []
        self._session, self._url = session, url
        self.use(headers)

    def use(self, headers: Mapping[str, str]) -> None:
        """Send these headers from now on."""
        # A request is what connections are opened for; this one stands for all that follow.
        self._request = aiohttp.ClientRequest(
            "POST", self._url, headers=headers, loop=self._loop, session=self._session
        )
        fields = self._request.headers.copy()
        del fields["Content-Length"]  # of a body that is none
        lines = [
            f"POST {self._url.raw_path_qs} HTTP/1.1",
            *(f"{k}: {v}" for k, v in fields.items()),
        ]
        for line in lines:
            if any(character in line for character in "\r\n\0"):
                raise ValueError("a header holds a line break")
        lines.append("Content-Length: ")
        self._head = "\r\n".join(lines).encode()

    async def post(self, parts: list[bytes], size_bytes: int) -> Answer:
        """Post a body of this size that is given in pieces, all of them at once.

        The list is empty afterwards: while the answer is waited for, nobody holds the body.

        Raises what aiohttp raises, TimeoutError, and AnswerTooLongError.
        """
        now_s = self._loop.time()
        with self._deadlines.until(now_s + self._begun_s) as limit:
            connection = self._reused(now_s) or await self._opened()
            try:
                protocol = connection.protocol
                if protocol is None or (transport := protocol.transport) is None:
                    raise aiohttp.ServerDisconnectedError
                parts[:0] = self._head, b"%d\r\n\r\n" % size_bytes
                transport.writelines(parts)
                parts.clear()
                message, content = await protocol.read()
                while message.code < 200 and message.code != _SWITCHING:
                    message, content = await protocol.read()
                limit.deadline_s = now_s + self._whole_s
                body = await read_all(content, self._max_bytes)
            except HttpProcessingError as error:
                connection.close()
                raise aiohttp.ClientPayloadError from error
            except BaseException:
                connection.close()
                raise
        # Who answers before it has all of the question may not be asked on the same line.
        if transport.get_write_buffer_size():
            connection.close()
        else:
            self._idle.append((connection, self._loop.time()))
        return Answer(message.code, message.headers, body)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._deadlines.close()
        for connection, _ in self._idle:
            connection.close()
        self._idle.clear()

    def _reused(self, now_s: float) -> Connection | None:
        """The connection that was used last, unless too long ago; the server may close it then."""
        while self._idle:
            connection, since_s = self._idle.pop()
            protocol = connection.protocol
            # One on which something came meanwhile would take it for the next answer.
            usable = protocol is not None and protocol.is_connected() and not protocol.should_close
            if usable and now_s - since_s < KEEP_ALIVE_S:
                return connection
            connection.close()
        return None

    async def _opened(self) -> Connection:
        try:
            connection = await self._connector.connect(
                self._request, traces=[], timeout=self._timeout
            )
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error
        if connection.protocol is not None:
            connection.protocol.set_response_params(read_until_eof=True)
        return connection


async def read_all(content: aiohttp.StreamReader, max_bytes: int) -> bytes:
    """The whole of an answer's content. Raises AnswerTooLongError where it is longer."""
    if content.is_eof() and 0 < content.total_bytes <= max_bytes:
        return content.read_nowait()  # all of it has come, as it mostly has
    pieces: list[bytes] = []
    size_bytes = 0
    while not content.at_eof():
        piece = await content.readany()
        pieces.append(piece)
        size_bytes += len(piece)
        if size_bytes > max_bytes:
            raise AnswerTooLongError(f"more than {max_bytes:,} bytes")
    return b"".join(pieces)


def _or_never(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds
