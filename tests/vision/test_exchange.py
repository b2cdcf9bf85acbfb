"""Posts over connections that are kept: which are used again, and which must not be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from yarl import URL

from captioner.vision import exchange as exchange_module
from captioner.vision.exchange import Answer, AnswerTooLongError, Exchange

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Talks over each connection as it is told; counts them."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.connections = 0
        self._ends: list[asyncio.Future[None]] = []

    @contextlib.asynccontextmanager
    async def exchange(self) -> AsyncIterator[Exchange]:
        """An exchange with this server."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            end = asyncio.get_running_loop().create_future()
            self._ends.append(end)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            end.set_result(None)

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/chat?sig=a%2Bb")
        async with server, aiohttp.ClientSession() as session:
            headers = {"Authorization": "Bearer k", "X-Team": "é"}
            exchange = Exchange(session, url, headers, max_bytes=1000)
            try:
                yield exchange
            finally:
                exchange.close()
                await asyncio.gather(*self._ends)


async def _request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
    return head, await reader.readexactly(int(length.partition(b":")[2]))


def _always(answer: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await _request(reader)
            writer.write(answer)

    return talk


async def _post(exchange: Exchange, body: bytes = b"{}") -> Answer:
    return await exchange.post([body], len(body))


async def test_what_is_sent() -> None:
    """One request line, each header once, the length, and the body in one."""
    seen: list[tuple[bytes, bytes]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await _request(reader))
        writer.write(OK)

    async with Server(talk).exchange() as exchange:
        answer = await exchange.post([b"[1,", b"", b"2]"], 5)
    assert (answer.status, answer.body) == (200, b"{}")
    [(head, body)] = seen
    lines = head.decode().split("\r\n")
    names = [line.partition(":")[0].lower() for line in lines[1:-2]]
    assert lines[0] == "POST /chat?sig=a%2Bb HTTP/1.1"
    assert len(set(names)) == len(names)
    assert {"host", "accept-encoding", "user-agent"} < set(names)
    assert {"Authorization: Bearer k", "X-Team: é", "Content-Length: 5"} < set(lines)
    assert body == b"[1,2]"


async def test_one_after_another_takes_one_connection() -> None:
    """And as many at a time as are in flight, which serve what follows."""
    server = Server(_always(OK))
    async with server.exchange() as exchange:
        for _ in range(5):
            await _post(exchange)
        assert server.connections == 1
        for _ in range(2):
            await asyncio.gather(*(_post(exchange) for _ in range(3)))
    assert server.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        OK + OK.replace(b"{}", b"[]"),
    ],
)
async def test_a_connection_that_is_not_to_be_used_again(answer: bytes) -> None:
    """The server says so, or sent more than was asked for."""
    server = Server(_always(answer))
    async with server.exchange() as exchange:
        for _ in range(3):
            assert (await _post(exchange)).body == b"{}"
    assert server.connections == 3


async def test_what_nobody_asked_for_is_nobodys_answer() -> None:
    """It would be the caption of another image."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await _request(reader)
            writer.write(OK)
            await asyncio.sleep(0.005)
            writer.write(OK.replace(b"{}", b"[]"))

    server = Server(talk)
    async with server.exchange() as exchange:
        for _ in range(3):
            assert (await _post(exchange)).body == b"{}"
            await asyncio.sleep(0.02)
    assert server.connections == 3


async def test_a_connection_that_the_server_closed_meanwhile() -> None:
    """It is not tried again."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(OK)

    server = Server(once)
    async with server.exchange() as exchange:
        for _ in range(3):
            assert (await _post(exchange)).body == b"{}"
            await asyncio.sleep(0.01)
    assert server.connections == 3


async def test_a_connection_that_was_idle_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server, or something on the way, may have forgotten it without a word."""
    monkeypatch.setattr(exchange_module, "KEEP_ALIVE_S", 0.0)
    server = Server(_always(OK))
    async with server.exchange() as exchange:
        for _ in range(3):
            await _post(exchange)
    assert server.connections == 3


async def test_an_answer_before_the_end_of_the_question() -> None:
    """It counts, but what is left of the question must not run into the next one."""

    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(0.02)
        writer.transport.abort()

    server = Server(hasty)
    async with server.exchange() as exchange:
        for _ in range(2):
            assert (await _post(exchange, b"x" * 2**24)).status == 413
    assert server.connections == 2


async def test_interim_answers_are_passed_over() -> None:
    """A 1xx is not the answer."""
    server = Server(_always(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK))
    async with server.exchange() as exchange:
        for _ in range(2):
            assert (await _post(exchange)).status == 200
    assert server.connections == 1


async def test_chunked_and_endless_answers() -> None:
    """Both are read whole; one that only the connection's end ends is the connection's last."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    server = Server(_always(chunked))
    async with server.exchange() as exchange:
        for _ in range(2):
            assert (await _post(exchange)).body == b"{}"
    assert server.connections == 1

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n{")
        await writer.drain()
        writer.write(b"}")

    server = Server(endless)
    async with server.exchange() as exchange:
        for _ in range(2):
            assert (await _post(exchange)).body == b"{}"
    assert server.connections == 2


async def test_who_is_cancelled_leaves_no_connection_behind() -> None:
    """Its answer may still come, and must not be taken for the next one's."""

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, body = await _request(reader)
        if body == b"slow":
            await asyncio.sleep(0.03)
        writer.write(OK.replace(b"{}", body[:2]))

    server = Server(slow)
    async with server.exchange() as exchange:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await _post(exchange, b"slow")
        assert (await _post(exchange, b"ok")).body == b"ok"
    assert server.connections == 2


async def test_a_header_with_a_line_break_is_refused() -> None:
    """It would be another header, or another request."""
    async with aiohttp.ClientSession() as session:
        for headers in ({"X": "a\r\nY: b"}, {"X\n": "a"}, {"X": "a\0"}):
            with pytest.raises(ValueError, match="line break"):
                Exchange(session, URL("http://127.0.0.1:1/"), headers, max_bytes=1)


@pytest.mark.parametrize("pause_s", [0.0, 0.005])
async def test_an_answer_is_read_up_to_a_bound(pause_s: float) -> None:
    """As much as may be, and no more, whether it comes at once or in pieces."""
    server = Server(_in_pieces(1000, pause_s))
    async with server.exchange() as exchange:
        assert (await _post(exchange)).body == b"x" * 1000
    server = Server(_in_pieces(1001, pause_s))
    async with server.exchange() as exchange:
        with pytest.raises(AnswerTooLongError, match="1,000"):
            await _post(exchange)


def _in_pieces(length_bytes: int, pause_s: float) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length_bytes
        writer.write(head + b"x" * 400)
        if pause_s:
            await asyncio.sleep(pause_s)
        writer.write(b"x" * (length_bytes - 400))

    return talk
