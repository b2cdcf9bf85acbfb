"""Images by address: what leaves for their hosts, what may come back, and where it leads."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from captioner.errors import CaptionerError, PlaceholderError, TransientError
from captioner.vision import fetch as fetch_module
from captioner.vision.connecting import AllowedResolver, NotAllowedError, socket_for
from captioner.vision.fetch import Fetcher, FetchLimits
from captioner.vision.reach import Reach

if TYPE_CHECKING:
    from tests.vision.conftest import Listen, Serve

pytestmark = pytest.mark.usefixtures("only_loopback")

IMAGE = bytes(range(256)) * 40
MAX_BYTES = 100_000
ANYWHERE = Reach(allow_private_urls=True)


async def failure_of(
    url: str, reach: Reach = ANYWHERE, max_bytes: int = MAX_BYTES, **options: Any
) -> Any:
    """The error that fetching this raises; its words are fit to print and to share."""
    async with Fetcher(reach, **options) as fetcher:
        with pytest.raises(CaptionerError) as caught:
            await fetcher.fetch(url, max_bytes)
    assert str(caught.value).isprintable()
    assert "hush" not in str(caught.value)
    return caught.value


# --- what comes


async def test_the_bytes_come_untouched(serve: Serve) -> None:
    """Whatever the headers call them; the address is asked for just as it is written."""
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.Response(body=IMAGE, content_type="text/html")

    base = await serve(handler)
    async with Fetcher(ANYWHERE) as fetcher:
        for path in ("/a%2Fb.png?sig=a%2Bb%2f%3D", "/ü b.png", "/a?b#c"):
            assert await fetcher.fetch(base + path, MAX_BYTES) == IMAGE
    assert asked == ["/a%2Fb.png?sig=a%2Bb%2f%3D", "/%C3%BC%20b.png", "/a?b"]


async def test_connections_are_used_again(serve: Serve) -> None:
    """A host of many images is connected to once."""
    ports: set[int] = set()

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.Response(body=IMAGE)

    base = await serve(handler)
    async with Fetcher(ANYWHERE) as fetcher:
        for _ in range(5):
            await fetcher.fetch(base, MAX_BYTES)
    assert len(ports) == 1


async def test_only_so_many_at_once(serve: Serve) -> None:
    """Images are fetched side by side, up to a limit of their own."""
    now = most = 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response(body=IMAGE)

    base = await serve(handler)
    async with Fetcher(ANYWHERE, FetchLimits(concurrency=3)) as fetcher:
        await asyncio.gather(*(fetcher.fetch(base, MAX_BYTES) for _ in range(12)))
    assert most == 3


async def test_packed_bodies_are_unpacked(serve: Serve) -> None:
    """Some stores pack what they keep, though nobody asked for it."""
    packed = {"gzip": gzip.compress(IMAGE), "deflate": zlib.compress(IMAGE), "identity": IMAGE}

    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        encoding = request.path[1:]
        return web.Response(body=packed[encoding], headers={"Content-Encoding": encoding})

    base = await serve(handler)
    async with Fetcher(ANYWHERE) as fetcher:
        for encoding in packed:
            assert await fetcher.fetch(f"{base}/{encoding}", MAX_BYTES) == IMAGE


# --- what leaves


async def test_nothing_of_ours_leaves_for_an_images_host(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key, cookie, proxy or password of the environment, to no host and on no redirect."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password hush\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_API_KEY", "hush")
    seen: list[dict[str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append({name.lower(): value for name, value in request.headers.items()})
        if request.path == "/a":
            response = web.Response(status=302, headers={"Location": f"{other}/b"})
            response.set_cookie("tracked", "1")
            return response
        return web.Response(body=IMAGE)

    other = (await serve(handler)).replace("127.0.0.1", "localhost")
    base = await serve(handler)
    async with Fetcher(ANYWHERE) as fetcher:
        assert await fetcher.fetch(f"{base}/a", MAX_BYTES) == IMAGE
        assert await fetcher.fetch(f"{base}/c", MAX_BYTES) == IMAGE
    assert len(seen) == 3
    for headers in seen:
        assert set(headers) == {"host", "user-agent", "accept", "accept-encoding"}
        assert headers["user-agent"].startswith("captioner/")


async def test_a_password_in_an_address_is_for_its_host_alone(serve: Serve) -> None:
    """It is not taken along by a redirect, nor accepted from one."""
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        if request.path == "/a":
            target = f"{base.replace('//', '//admin:hush@')}/b"
            return web.Response(status=307, headers={"Location": target})
        return web.Response(body=IMAGE)

    base = await serve(handler)
    async with Fetcher(ANYWHERE) as fetcher:
        await fetcher.fetch(f"{base.replace('//', '//me:pw@')}/a", MAX_BYTES)
    assert seen == ["Basic bWU6cHc=", None]


# --- what is said to be there


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 403, 404, 410])
async def test_an_image_that_is_not_there(serve: Serve, status: int) -> None:
    """Its own placeholder fails, at once."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    base = await serve(handler)
    error = await failure_of(f"{base}/a.png?token=hush")
    assert isinstance(error, PlaceholderError)
    assert error.reason == "image_unfetchable"
    assert str(status) in error.detail


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_an_image_that_may_come_later(serve: Serve, status: int) -> None:
    """Trouble of its host is tried again, when that says it may, but not after an age."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": request.path[1:]})

    base = await serve(handler)
    error = await failure_of(f"{base}/7")
    assert isinstance(error, TransientError)
    assert (error.reason, error.wait_s) == ("image_unfetchable", 7.0)
    error = await failure_of(f"{base}/86400")
    assert isinstance(error, PlaceholderError)
    assert "86,400 s" in error.detail


async def test_a_host_that_nobody_knows(names: Any) -> None:
    """It is not tried again: dead names are common, and trying them takes long."""
    error = await failure_of("http://gone.example/a", resolver=names({}))
    assert isinstance(error, PlaceholderError)
    assert "no such host" in error.detail


async def test_a_host_that_cannot_be_looked_up_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that does not answer may do so later."""

    async def resolve(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", resolve)
    error = await failure_of("http://slow.example/a")
    assert isinstance(error, TransientError)
    assert "Temporary failure" in error.detail


async def test_a_host_that_hangs_up(listen: Listen) -> None:
    """At once, and within the body: both may be better the next time."""

    async def nothing(_writer: asyncio.StreamWriter) -> None:
        return

    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        await writer.drain()

    for talk in (nothing, half):
        error = await failure_of(await listen(talk))
        assert isinstance(error, TransientError)
        assert error.reason == "image_unfetchable"


async def test_nothing_listens() -> None:
    """That is tried again."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = await failure_of(f"http://127.0.0.1:{port}/")
    assert isinstance(error, TransientError)
    assert not error.sent


async def test_no_http_is_spoken(listen: Listen) -> None:
    """Nor TLS: neither is a crash."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        await writer.drain()

    base = await listen(talk)
    assert (await failure_of(base)).reason == "image_unfetchable"
    assert (await failure_of(base.replace("http", "https"))).reason == "image_unfetchable"


async def test_a_bad_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """It will not be better the next time."""
    key: Any = None
    error = aiohttp.ClientConnectorCertificateError(key, ssl.CertificateError("self-signed"))

    @contextlib.asynccontextmanager
    async def get(*_arguments: object, **_options: object) -> AsyncIterator[None]:
        raise error
        yield

    monkeypatch.setattr("aiohttp.ClientSession.get", get)
    assert isinstance(await failure_of("https://x.example/"), PlaceholderError)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://x:99999/a.png?hush"])
async def test_an_address_that_is_none(url: str) -> None:
    """A typing mistake in a sample costs that sample only."""
    error = await failure_of(url)
    assert isinstance(error, PlaceholderError)
    assert error.reason == "image_unfetchable"


# --- how much, and for how long


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_large_image_is_not_read_to_its_end(serve: Serve, chunked: bool) -> None:
    """Whether its size is told or not; just as large as allowed is allowed."""
    sent_bytes = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent_bytes
        size_bytes = int(request.path[1:])
        response = web.StreamResponse()
        if chunked:
            response.enable_chunked_encoding()
        else:
            response.content_length = size_bytes
        await response.prepare(request)
        for start in range(0, size_bytes, 10_000):
            await response.write(bytes(min(10_000, size_bytes - start)))
            sent_bytes += 10_000
        return response

    base = await serve(handler)
    async with Fetcher(ANYWHERE) as fetcher:
        assert len(await fetcher.fetch(f"{base}/100000", MAX_BYTES)) == MAX_BYTES
    error = await failure_of(f"{base}/100001")
    assert (error.reason, "100,000 bytes" in error.detail) == ("too_large", True)
    sent_bytes = 0
    assert (await failure_of(f"{base}/1000000000")).reason == "too_large"
    assert sent_bytes < 50_000_000


async def test_a_bomb_is_unpacked_only_to_the_limit(serve: Serve) -> None:
    """A hundred megabytes of zeros that come as a hundred kilobytes."""
    bomb = gzip.compress(bytes(100_000_000), 9)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": request.path[1:]})

    base = await serve(handler)
    for encoding in ("gzip", "x-gzip", "deflate"):
        assert (await failure_of(f"{base}/{encoding}")).reason == "too_large"
    error = await failure_of(f"{base}/br")
    assert (error.reason, "'br'" in error.detail) == ("image_unfetchable", True)


async def test_a_packed_body_that_is_broken(serve: Serve) -> None:
    """It is said so."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=b"no gzip", headers={"Content-Encoding": "gzip"})

    assert (await failure_of(await serve(handler))).reason == "unreadable_image"


async def test_silence_and_drops_come_to_an_end(listen: Listen) -> None:
    """A host that falls silent is left after a while, one that sends drop by drop as well."""

    async def silence(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(60)

    async def drops(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def headers(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    begun_s = time.monotonic()
    for talk, limits, words in (
        (silence, FetchLimits(idle_s=0.1), "silent"),
        (drops, FetchLimits(total_s=0.2), "within 0.2 s"),
        (headers, FetchLimits(total_s=0.2), "within 0.2 s"),
    ):
        error = await failure_of(await listen(talk), limits=limits)
        assert isinstance(error, TransientError)
        assert words in error.detail
    assert time.monotonic() - begun_s < 5


# --- where it leads


async def test_redirects_are_followed(serve: Serve) -> None:
    """Five of them, of every kind, relative ones too; a sixth is too many."""

    async def handler(request: web.Request) -> web.Response:
        left = int(request.path.rpartition("/")[2])
        if left == 0:
            return web.Response(body=IMAGE)
        status = [301, 302, 303, 307, 308][left % 5]
        target = ["../x/{}", "{}", "/x/{}", "http://" + request.host + "/{}"][left % 4]
        return web.Response(status=status, headers={"Location": target.format(left - 1)})

    base = await serve(handler)
    async with Fetcher(ANYWHERE) as fetcher:
        assert await fetcher.fetch(f"{base}/x/5", MAX_BYTES) == IMAGE
    error = await failure_of(f"{base}/x/6")
    assert (error.reason, "5 times" in error.detail) == ("image_unfetchable", True)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "image_refused"),
        ("ftp://127.0.0.1/a", "image_refused"),
        ("data:image/png;base64,AAAA", "image_refused"),
        ("s3://bucket/a", "image_refused"),
        ("http://2130706433/", "image_refused"),
        ("http://[::1", "image_unfetchable"),
        ("http://x:99999/", "image_unfetchable"),
    ],
)
async def test_redirects_to_somewhere_else_are_not_followed(
    serve: Serve, location: str, reason: str
) -> None:
    """They lead from web address to web address, and to nothing of this machine."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    error = await failure_of(await serve(handler))
    assert isinstance(error, PlaceholderError)
    assert error.reason == reason


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "10.0.0.1"],
)
async def test_private_addresses_are_not_connected_to(host: str, serve: Serve) -> None:
    """However they are spelled; the message says what would allow it."""
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(body=IMAGE)

    port = (await serve(handler)).rpartition(":")[2]
    error = await failure_of(f"http://{host}:{port}/?hush", Reach())
    assert isinstance(error, PlaceholderError)
    assert (error.reason, "--allow-private-urls" in error.detail) == ("image_refused", True)
    assert not seen


async def test_names_of_private_addresses_are_not_connected_to(names: Any) -> None:
    """Those of this machine, of the cloud's metadata, and what only looks public."""
    answers = {
        "localhost": [["127.0.0.1", "::1"]],
        "metadata.google.internal": [["169.254.169.254"]],
        "innocent.example": [["fd00:ec2::254", "10.1.2.3"]],
        "mapped.example": [["::ffff:169.254.169.254"]],
    }
    for name in answers:
        error = await failure_of(f"http://{name}/", Reach(), resolver=names(answers))
        assert isinstance(error, PlaceholderError)
        assert error.reason == "image_refused"
        assert name in error.detail


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make 127.0.0.2 the public internet, and all the rest private."""
    monkeypatch.setattr(
        "captioner.vision.addresses.kind_if_not_public",
        lambda address: None if address == "127.0.0.2" else "a private",
    )


@pytest.mark.usefixtures("town")
async def test_a_name_that_changes_its_meaning_gains_nothing(serve: Serve, names: Any) -> None:
    """It is resolved once, and what was looked at is what is connected to."""
    hosts: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        hosts.append(request.transport.get_extra_info("sockname")[0])
        return web.Response(body=IMAGE)

    public = await serve(handler, "127.0.0.2")
    port = public.rpartition(":")[2]
    resolver = names({"turncoat.example": [["127.0.0.2"], ["127.0.0.1"]]})
    async with Fetcher(Reach(), resolver=resolver) as fetcher:
        for _ in range(3):
            await fetcher.fetch(f"http://turncoat.example:{port}/", MAX_BYTES)
    assert resolver.asked == ["turncoat.example"]
    assert set(hosts) == {"127.0.0.2"}
    error = await failure_of(f"http://turncoat.example:{port}/", Reach(), resolver=resolver)
    assert error.reason == "image_refused"


@pytest.mark.usefixtures("town")
async def test_the_public_ones_of_several_addresses_are_used(serve: Serve, names: Any) -> None:
    """The others are left out, wherever they stand."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=IMAGE)

    port = (await serve(handler, "127.0.0.2")).rpartition(":")[2]
    resolver = names({"mixed.example": [["127.0.0.1", "127.0.0.2", "10.0.0.1"]]})
    async with Fetcher(Reach(), resolver=resolver) as fetcher:
        assert await fetcher.fetch(f"http://mixed.example:{port}/", MAX_BYTES) == IMAGE


@pytest.mark.usefixtures("town")
async def test_a_public_address_that_is_down_is_no_refusal(names: Any) -> None:
    """It is tried again, though a private one of the same name was left out."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", 0))
        url = f"http://mixed.example:{unused.getsockname()[1]}/"
        resolver = names({"mixed.example": [["127.0.0.2", "127.0.0.1"]]})
        error = await failure_of(url, Reach(), resolver=resolver)
    assert isinstance(error, TransientError)


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("host", ["127.0.0.1", "inside.example", "localhost", "[::1]"])
async def test_redirects_to_private_addresses_are_not_followed(
    serve: Serve, names: Any, host: str
) -> None:
    """Each hop is looked at anew."""
    inside = []

    async def secret(request: web.Request) -> web.Response:
        inside.append(request.path)
        return web.Response(body=IMAGE)

    port = (await serve(secret)).rpartition(":")[2]

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"http://{host}:{port}/"})

    base = await serve(handler, "127.0.0.2")
    answers = {"inside.example": [["127.0.0.1"]], "localhost": [["127.0.0.1"]]}
    error = await failure_of(base, Reach(), resolver=names(answers))
    assert (error.reason, inside) == ("image_refused", [])


def test_no_socket_is_made_for_an_address_that_is_not_public() -> None:
    """Whatever the libraries in between make of a host: this is the last look."""
    stream = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
    with pytest.raises(NotAllowedError):
        socket_for((*stream, ("127.0.0.1", 80)))
    with pytest.raises(NotAllowedError):
        socket_for((socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("fe80::1%eth0", 80, 0, 2)))
    socket_for((*stream, ("8.8.8.8", 80))).close()
    socket_for((*stream, ("127.0.0.1", 80)), allow_private_urls=True).close()


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"])
async def test_where_clouds_hand_out_keys_nothing_is_fetched(names: Any, address: str) -> None:
    """Not even where private addresses are allowed: by address, by name, and by the last look."""
    host = f"[{address}]" if ":" in address else address
    resolver = names({"images.example": [[address]]})
    for url in (f"http://{host}/latest/meta-data/", "http://images.example/"):
        error = await failure_of(url, ANYWHERE, resolver=resolver)
        assert isinstance(error, PlaceholderError)
        assert error.reason == "image_refused"
        assert "a cloud's internal address, where keys are kept" in error.detail
        assert "--allow" not in error.detail
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(NotAllowedError):
        socket_for((family, socket.SOCK_STREAM, 0, "", (address, 80)), allow_private_urls=True)


async def test_the_resolver_is_closed_with_its_owner(names: Any) -> None:
    """It may hold sockets."""
    closed = []

    class Closing(type(names({}))):  # type: ignore[misc]
        async def close(self) -> None:
            closed.append(True)

    await AllowedResolver(Closing({})).close()
    assert closed == [True]


async def test_buckets_are_read_by_the_same_door() -> None:
    """In threads, within the same limits."""
    import fsspec

    fsspec.filesystem("memory").pipe("/door/a.png", IMAGE)
    async with Fetcher(Reach(), FetchLimits(concurrency=2)) as fetcher:
        found = await asyncio.gather(
            *(fetcher.fetch("memory://door/a.png", MAX_BYTES) for _ in range(4))
        )
    assert found == [IMAGE] * 4
    assert (await failure_of("memory://door/b.png?hush")).reason == "missing_image"


async def test_a_bucket_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left when the time is over, though its thread may still wait."""

    def slow(*_arguments: object) -> bytes:
        time.sleep(0.5)
        return b""

    monkeypatch.setattr(fetch_module, "read_remote", slow)
    error = await failure_of("memory://a", limits=FetchLimits(total_s=0.05))
    assert isinstance(error, TransientError)
