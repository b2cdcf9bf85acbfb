"""The client against a real server on loopback: what leaves it; no error of aiohttp does."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aioresponses import aioresponses
from aioresponses import core as aioresponses_core

from captioner.errors import (
    CaptionerError,
    ConfigError,
    RunStopped,
    TransientError,
)
from captioner.vision import client as client_module
from captioner.vision.client import ChatClient, Endpoint, Timeouts
from captioner.vision.exchange import Answer, Exchange

KEY = "sk-secret-0123456789"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers whose one handler answers every path; gives their addresses."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _raw_server(answer: bytes, *, reset: bool = False) -> AsyncIterator[str]:
    """Answers every connection with these very bytes and ends it, by a reset if asked to."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if reset:
            # Lingering for no time at all makes closing a reset.
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _client(base: str, **timeouts: float) -> ChatClient:
    endpoint = Endpoint(
        name=f"{base}/v1",
        chat_url=f"{base}/v1/chat/completions",
        models_url=f"{base}/v1/models",
        headers={"Authorization": f"Bearer {KEY}", "X-Team": "1"},
        secrets=(KEY, "1"),
    )
    return ChatClient(endpoint, Timeouts(**timeouts))


async def _post_fails(client: ChatClient) -> TransientError:
    async with client:
        with pytest.raises(TransientError) as caught:
            await client.post([b"{}"])
    assert KEY not in str(caught.value)
    assert not isinstance(caught.value, aiohttp.ClientError)
    return caught.value


# --- posting


@pytest.mark.parametrize("size_bytes", [10, 3 * 2**20])
async def test_a_post_carries_key_and_whole_body(serve: Serve, size_bytes: int) -> None:
    """Small or large, with its length told, and headers are found without regard to case."""
    seen: list[tuple[str | None, str | None, int | None, bytes]] = []

    async def handler(request: web.Request) -> web.Response:
        body = await request.read()
        headers = request.headers
        seen.append(
            (headers.get("Authorization"), request.content_type, request.content_length, body)
        )
        return web.Response(body=b'{"choices": []}', headers={"X-Should-Retry": "true"})

    pieces = [b"[", b"7" * size_bytes, b"]"]
    body = b"".join(pieces)
    async with _client(await serve(handler)) as client:
        answer = await client.post(pieces)
    assert not pieces, "nobody holds the body while the answer is waited for"
    assert seen == [(f"Bearer {KEY}", "application/json", len(body), body)]
    assert (answer.status, answer.body) == (200, b'{"choices": []}')
    assert answer.headers.get("x-should-retry") == "true"


@pytest.mark.parametrize("size_bytes", [2, 3 * 2**20])
async def test_a_renewed_key_is_in_the_next_request(serve: Serve, size_bytes: int) -> None:
    """On the same connections; one in flight finishes with its own, and no error shows either."""
    seen: list[tuple[str | None, object]] = []
    sent, answer = asyncio.Event(), asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await request.read()
        seen.append((request.headers.get("Authorization"), request.transport))
        if len(seen) == 2:
            sent.set()
            await answer.wait()
        return web.Response(status=401, text="You sent sk-renewed-key-4711 or " + KEY)

    def body() -> list[bytes]:
        return [b"7" * size_bytes]

    async with _client(await serve(handler)) as client:
        await client.post(body())
        in_flight = asyncio.create_task(client.post(body()))
        await sent.wait()
        renewed = {**client.endpoint.headers, "Authorization": "Bearer sk-renewed-key-4711"}
        client.use(replace(client.endpoint, headers=renewed, secrets=("sk-renewed-key-4711",)))
        after = await client.post(body())
        answer.set()
        assert KEY.encode() not in (await in_flight).body
        await client.post(body())
    old, new = f"Bearer {KEY}", "Bearer sk-renewed-key-4711"
    assert [header for header, _ in seen] == [old, old, new, new]
    assert len({id(transport) for _, transport in seen}) == 2
    assert after.body == b"You sent *** or ***"


async def test_the_address_is_sent_as_the_user_wrote_it(serve: Serve) -> None:
    """A query with a signature must not be encoded anew."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.raw_path)
        return web.Response(text="{}")

    base = await serve(handler)
    endpoint = Endpoint(base, f"{base}/d/x?sig=a%2Bb%2f+c&api-version=1", base, {})
    async with ChatClient(endpoint) as client:
        await client.post([b"{}"])
    assert seen == ["/d/x?sig=a%2Bb%2f+c&api-version=1"]


async def test_a_redirect_of_a_post_is_not_followed(serve: Serve) -> None:
    """Neither key nor image goes to another address than the user named."""
    visited: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.Response(text="{}")

    other = await serve(elsewhere)

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"{other}/steal"})

    async with _client(await serve(handler)) as client:
        answer = await client.post([b"{}"])
        with pytest.raises(ConfigError):
            await client.models()
    assert answer.status == 307
    assert visited == []


async def test_an_error_that_quotes_the_key_is_masked(serve: Serve) -> None:
    """Keys are masked in errors of any status; a short header value garbles nothing."""
    status = 401

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=f'{{"error": "bad key {KEY}", "code": 1}}')

    async with _client(await serve(handler)) as client:
        masked = (await client.post([b"{}"])).body
        status = 200
        inside_200 = (await client.post([b"{}"])).body
    assert masked == inside_200 == b'{"error": "bad key ***", "code": 1}'


async def test_a_completion_is_left_as_it_came(serve: Serve) -> None:
    """A caption is never altered, whatever words are in the user's headers."""
    text = f'{{"choices": [{{"message": {{"content": "{KEY}"}}}}]}}'

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text=text)

    async with _client(await serve(handler)) as client:
        assert (await client.post([b"{}"])).body == text.encode()


async def test_compressed_answers_are_read(serve: Serve) -> None:
    """As many servers send them."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})

    async with _client(await serve(handler)) as client:
        assert (await client.post([b"{}"])).body == b"{}"


# --- posts that fail


async def test_nothing_listens() -> None:
    """A refused connection is an attempt that failed, and says where."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await _post_fails(_client(f"http://127.0.0.1:{port}"))
    assert error.reason == "connection"
    assert f"127.0.0.1:{port}" in error.detail


async def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS failures are connections that failed."""

    async def resolve(*_arguments: object, **_options: object) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    monkeypatch.setattr(aiohttp.AsyncResolver, "resolve", resolve, raising=False)
    error = await _post_fails(_client("http://nowhere.invalid"))
    assert (error.reason, error.sent) == ("connection", False)


async def test_a_server_that_never_accepts() -> None:
    """The time-out of connecting is a failed connection, not a slow answer."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # fill the queue of those that are not accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        await asyncio.sleep(0.01)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        error = await _post_fails(_client(base, connect_s=0.03))
    assert (error.reason, error.sent) == ("connection", False)


async def test_an_answer_that_never_comes(serve: Serve) -> None:
    """The request's time-out ends it."""

    async def handler(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError

    error = await _post_fails(_client(await serve(handler), request_s=0.03))
    assert error.reason == "timeout"
    assert error.sent


async def test_an_answer_that_does_not_begin(serve: Serve) -> None:
    """The first byte has a time-out of its own; what has begun in time may take longer."""

    async def silent(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"choices": ')
        await asyncio.sleep(0.2)
        await response.write(b"[]}")
        return response

    error = await _post_fails(_client(await serve(silent), first_byte_s=0.03))
    assert (error.reason, error.sent) == ("timeout", True)
    async with _client(await serve(slow), first_byte_s=0.15) as client:
        assert (await client.post([b"{}"])).body == b'{"choices": []}'


async def test_an_answer_that_never_ends(serve: Serve) -> None:
    """Headers and a trickle of bytes do not keep a request alive."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.005)
        return response

    error = await _post_fails(_client(await serve(handler), request_s=0.05))
    assert error.reason == "timeout"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\x01\x02\x03",
    ],
)
@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_that_breaks_in_whatever_way(answer: bytes, reset: bool) -> None:
    """Reset, cut short or not HTTP at all: the attempt failed, and no error of aiohttp leaves."""
    async with _raw_server(answer, reset=reset) as base:
        error = await _post_fails(_client(base, request_s=2.0))
    assert error.reason == "connection"


async def test_an_answer_without_end_in_bytes(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is far too long for a chat answer is not read to its end."""
    monkeypatch.setattr(client_module, "_ANSWER_BYTES", 1000)

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 100_000)

    error = await _post_fails(_client(await serve(handler)))
    assert error.reason == "bad_reply"


async def test_a_request_that_cannot_be_made_stops_the_run(serve: Serve) -> None:
    """No further one could be; the message names the settings and not the key."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text="{}")

    url = await serve(handler)
    for base, key in ((url, f"Bearer {KEY}\nX: 1"), ("http:///v1", KEY)):
        async with ChatClient(Endpoint(base, base, base, {"Authorization": key})) as client:
            with pytest.raises(RunStopped) as caught:
                await client.post([b"{}"])
        assert caught.value.verdict == "bad_request_settings"
        assert KEY not in str(caught.value)


HARD_TO_SERVE = [
    aiohttp.ServerDisconnectedError(),
    aiohttp.ClientPayloadError(KEY),
    aiohttp.ClientOSError(104, "Connection reset by peer"),
    aiohttp.SocketTimeoutError(),
    aiohttp.ServerFingerprintMismatch(b"a", b"b", "host", 443),
    aiohttp.ClientConnectorCertificateError(
        SimpleNamespace(host="h", port=1, is_ssl=True),  # type: ignore[arg-type]
        ssl.SSLCertVerificationError("self-signed"),
    ),
    ssl.SSLError(1, "handshake"),
    ConnectionResetError(),
    TimeoutError(),
]


@pytest.mark.parametrize("error", HARD_TO_SERVE)
async def test_errors_that_are_easier_said_than_served(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each becomes a failed attempt that keeps its cause and quotes nothing of it."""

    async def post(*_arguments: object, **_options: object) -> Answer:
        raise error

    monkeypatch.setattr(Exchange, "post", post)
    async with _client("http://127.0.0.1:1") as client:
        with pytest.raises(TransientError) as caught:
            await client.post([b"{}"])
    assert caught.value.reason in ("connection", "timeout")
    assert caught.value.__cause__ is error
    assert KEY not in caught.value.detail


@pytest.mark.parametrize("error", HARD_TO_SERVE)
async def test_the_same_errors_of_a_large_body(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes another way, through aiohttp's session, and fails alike."""
    monkeypatch.setattr(aioresponses_core, "ClientResponse", _Response)
    with aioresponses() as fake:
        fake.post("http://127.0.0.1:1/v1/chat/completions", exception=error)
        async with _client("http://127.0.0.1:1") as client:
            with pytest.raises(TransientError) as caught:
                await client.post([bytes(2 * 2**20)])
    assert caught.value.reason in ("connection", "timeout")
    assert caught.value.__cause__ is error
    assert KEY not in caught.value.detail


class _Response(aiohttp.ClientResponse):
    """What aioresponses makes, with the argument that aiohttp 3.14 added."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*arguments, **options)


# --- behind a proxy


async def test_an_endpoint_behind_a_proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names it, with a login; the endpoint's address is asked of it."""
    seen: list[tuple[str, str | None, str | None, bytes]] = []

    async def handler(request: web.Request) -> web.Response:
        headers = request.headers
        login, key = headers.get("Proxy-Authorization"), headers.get("Authorization")
        seen.append((request.raw_path, login, key, await request.read()))
        return web.Response(text='{"choices": []}')

    proxy = (await serve(handler)).replace("http://", "http://me:secret@")
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    async with _client("http://endpoint.invalid") as client:
        assert (await client.post([b"[", b"7]"])).status == 200
    login = f"Basic {base64.b64encode(b'me:secret').decode()}"
    address = "http://endpoint.invalid/v1/chat/completions"
    assert seen == [(address, login, f"Bearer {KEY}", b"[7]")]


async def test_hosts_that_the_environment_excepts_are_asked_directly(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor a login of the environment comes between an endpoint and its key."""
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response(text="{}")

    base = await serve(handler)
    port = base.rpartition(":")[2]
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "0.0.0.0")
    async with _client(f"http://0.0.0.0:{port}") as client:
        await client.post([b"{}"])
    assert seen == [f"Bearer {KEY}"]


# --- models


async def test_models_are_listed(serve: Serve) -> None:
    """By name, with the key."""

    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        return web.json_response({"data": [{"id": "one"}, {"id": "two"}]})

    async with _client(await serve(handler)) as client:
        assert await client.models() == ["one", "two"]


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (401, "{}", RunStopped),
        (403, "{}", RunStopped),
        (404, "not found", ConfigError),
        (500, "", ConfigError),
        (200, "<html>", ConfigError),
        (200, '{"data": null}', ConfigError),
        (200, '{"data": {"id": 1}}', ConfigError),
        (200, '[{"id": "one"}]', ConfigError),
    ],
)
async def test_an_endpoint_that_lists_no_models(
    serve: Serve, status: int, text: str, error: type[CaptionerError]
) -> None:
    """A rejected key is a verdict; anything else asks for --model."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    async with _client(await serve(handler)) as client:
        with pytest.raises(error) as caught:
            await client.models()
    if isinstance(caught.value, RunStopped):
        assert caught.value.verdict == "bad_key"
    else:
        assert "--model" in str(caught.value)


async def test_models_of_an_endpoint_that_is_gone() -> None:
    """It says that nothing answers there."""
    async with _raw_server(b"") as base, _client(base) as client:
        with pytest.raises(RunStopped) as caught:
            await client.models()
    assert caught.value.verdict == "endpoint_gone"


# --- what is shown


def test_an_endpoint_shows_no_secret() -> None:
    """Its repr may stand in a traceback."""
    shown = repr(_client("http://127.0.0.1:1").endpoint)
    assert KEY not in shown
    assert "127.0.0.1" in shown


async def test_leaving_the_client_closes_its_connections(serve: Serve) -> None:
    """No connection is left when its context ends, even by an error."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text="{}")

    base = await serve(handler)
    client = _client(base)

    async def broken() -> None:
        async with client:
            await client.post([b"{}"])
            sessions.append(client._session)
            raise KeyError

    sessions: list[aiohttp.ClientSession | None] = []
    with pytest.raises(KeyError):
        await broken()
    assert sessions[0] is not None
    assert sessions[0].closed
