"""Hostile inputs, each tried from a sample's value to what would be sent; the docs show the table.

`HOSTILE_TABLE=write python -m pytest tests/vision/test_hostile_inputs.py` writes
`docs/hostile-input.md` anew.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import struct
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from PIL import Image

from captioner.errors import PlaceholderError, TransientError
from captioner.samples.reasons import REASONS
from captioner.vision.addresses import kind_if_not_public
from captioner.vision.fetch import Fetcher, FetchLimits
from captioner.vision.image import prepare
from captioner.vision.image_ref import ImageRef
from captioner.vision.reach import Reach

if TYPE_CHECKING:
    from tests.vision.conftest import Listen, Names, Serve

pytestmark = pytest.mark.usefixtures("only_loopback")

PAGE = Path(__file__).parents[2] / "docs" / "hostile-input.md"
KEY = "sk-secret-0123456789"
MAX_BYTES = 2_000_000
LIMITS = FetchLimits(idle_s=0.3, total_s=0.6)
MOST_S = 10.0
TRUSTED = Reach()
PUBLIC = "127.0.0.2"
"""In these tests the one address that counts as public; 127.0.0.1 is as private as ever."""


def picture(form: str = "PNG") -> bytes:
    """A small picture as a file."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, form)
    return out.getvalue()


def animation(frames: int) -> bytes:
    """A GIF of many pictures."""
    first, *others = (Image.new("RGB", (40, 30), (n % 255, 0, 0)) for n in range(frames))
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others)
    return out.getvalue()


def png(width_px: int, height_px: int, *, claim_px: int | None = None) -> bytes:
    """A black and white PNG of this size, which packs well; or one that claims to be larger."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    claimed = (claim_px or width_px, claim_px or height_px)
    header = struct.pack(">IIBBBBB", *claimed, 1, 0, 0, 0, 0)
    rows = zlib.compressobj()
    pixels = b"".join(rows.compress(bytes((width_px + 7) // 8 + 1)) for _ in range(height_px))
    body = chunk(b"IHDR", header) + chunk(b"IDAT", pixels + rows.flush()) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@dataclass
class World:
    """Where the tricks are played: files, servers and names."""

    folder: Path
    serve: Serve
    listen: Listen
    names: dict[str, list[list[str]]]
    seen_inside: list[str]
    seen_headers: list[dict[str, str]]

    async def inside(self) -> str:
        """A server on a private address, which nobody is to reach."""

        async def secret(request: web.Request) -> web.Response:
            self.seen_inside.append(request.path)
            return web.Response(body=picture())

        return await self.serve(secret)

    async def public(self, location: str | None = None, **answer: object) -> str:
        """A server on a public address, which answers so, or redirects."""

        async def handler(request: web.Request) -> web.Response:
            self.seen_headers.append(dict(request.headers))
            if location is not None:
                return web.Response(status=302, headers={"Location": location})
            headers = answer.get("headers", {})
            assert isinstance(headers, dict)
            body = answer.get("body", picture())
            return web.Response(body=body, headers={str(k): str(v) for k, v in headers.items()})

        return await self.serve(handler, PUBLIC)

    def file(self, name: str, content: bytes) -> str:
        """A file below the image root."""
        (self.folder / "inside" / name).write_bytes(content)
        return name

    def link(self, name: str, target: str) -> str:
        """A link below the image root."""
        (self.folder / "inside" / name).symlink_to(target)
        return name


Trick = Callable[[World], Awaitable[object]]
CONFINED = Reach(image_root="inside")
ELSEWHERE = Reach(allow_local_files=False)
LOCAL_SERVERS = Reach(allow_private_urls=True)
TRICKS: dict[str, tuple[str, Reach, Trick, str]] = {}


def trick(group: str, name: str, expected: str, reach: Reach = TRUSTED) -> Callable[[Trick], Trick]:
    """Put a trick on the table, with what becomes of it."""

    def put(play: Trick) -> Trick:
        TRICKS[name] = (group, reach, play, expected)
        return play

    return put


FILES, BYTES, URLS, ANSWERS, BUCKETS = (
    "Paths",
    "Bytes of images",
    "Addresses",
    "What an image's host answers",
    "Buckets",
)
SENT, FIRST_FRAME = "sent as it is", "sent as JPEG"


@trick(BYTES, "a PNG of 72 bytes that claims 3,600 megapixels", "too_large")
async def _(_world: World) -> object:
    return png(64, 64, claim_px=60_000)


@trick(BYTES, "a PNG of 30 KB that unpacks to 225 megapixels", "too_large")
async def _(_world: World) -> object:
    return png(15_000, 15_000)


@trick(BYTES, "a PNG of 1 × 100,000 px", "too_large")
async def _(_world: World) -> object:
    return png(1, 100_000)


@trick(BYTES, "a GIF of 1,000 frames", FIRST_FRAME)
async def _(_world: World) -> object:
    return animation(1000)


@trick(BYTES, "a JPEG cut in half", "unreadable_image")
async def _(_world: World) -> object:
    noise = io.BytesIO()
    Image.effect_noise((200, 200), 80).save(noise, "JPEG")
    return noise.getvalue()[: len(noise.getvalue()) // 2]


@trick(BYTES, "a program, a web page or a script called `a.jpg`", "unsupported_image")
async def _(world: World) -> object:
    return world.file("a.jpg", b"<html><script>alert(1)</script></html>")


@trick(BYTES, "a data URL that is cut, or no base64", "unreadable_image")
async def _(_world: World) -> object:
    return "data:image/png;base64,AAAAA"


@trick(FILES, "`../secret.png` out of image_root", "image_refused", CONFINED)
async def _(_world: World) -> object:
    return "../secret.png"


@trick(FILES, "an absolute path out of image_root", "image_refused", CONFINED)
async def _(world: World) -> object:
    return str(world.folder / "secret.png")


@trick(FILES, "a path out of image_root to what does not exist", "image_refused", CONFINED)
async def _(_world: World) -> object:
    return "/nowhere/at/all.png"


@trick(FILES, "a folder whose name begins as image_root's does", "image_refused", CONFINED)
async def _(world: World) -> object:
    return str(world.folder / "inside-of-others" / "a.png")


@trick(FILES, "a link in image_root to a file outside", "image_refused", CONFINED)
async def _(world: World) -> object:
    return world.link("link.png", "../secret.png")


@trick(FILES, "a link in image_root to a folder outside", "image_refused", CONFINED)
async def _(world: World) -> object:
    return world.link("up", "..") + "/secret.png"


@trick(FILES, "a `file:` URL out of image_root, percent-encoded", "image_refused", CONFINED)
async def _(world: World) -> object:
    return f"file://{world.folder}/inside/%2e%2e/secret.png"


@trick(FILES, "a link in image_root to a file inside", SENT, CONFINED)
async def _(world: World) -> object:
    world.file("b.png", picture())
    return world.link("inside.png", "b.png")


@trick(FILES, "a `file:` URL in a remote data set", "image_refused", ELSEWHERE)
async def _(world: World) -> object:
    return (world.folder / "secret.png").as_uri()


@trick(FILES, "an absolute path in a remote data set", "image_refused", ELSEWHERE)
async def _(world: World) -> object:
    return str(world.folder / "secret.png")


@trick(FILES, "a `file:` URL on another host", "unsupported_image")
async def _(_world: World) -> object:
    return "file://server/share/a.png"


@trick(FILES, "a NUL in a name", "unreadable_image")
async def _(_world: World) -> object:
    return "a\0.png"


@trick(FILES, "line breaks and terminal codes in a name", "missing_image")
async def _(_world: World) -> object:
    return "a\r\n\x1b[31m\x07.png"


@trick(FILES, "a name of 100,000 characters", "unreadable_image")
async def _(_world: World) -> object:
    return "x" * 100_000


@trick(FILES, "a named pipe without a writer", "unreadable_image")
async def _(world: World) -> object:
    os.mkfifo(world.folder / "inside" / "pipe.png")
    return "pipe.png"


@trick(FILES, "an endless device (`/dev/zero`)", "unreadable_image")
async def _(_world: World) -> object:
    return "/dev/zero"


@trick(FILES, "a link to itself", "unreadable_image")
async def _(world: World) -> object:
    return world.link("loop.png", "loop.png")


@trick(FILES, "a file of 1 TB", "too_large")
async def _(world: World) -> object:
    with (world.folder / "inside" / "huge.png").open("wb") as file:
        file.truncate(10**12)
    return "huge.png"


def refused_url(name: str, url: str, reach: Reach = TRUSTED) -> None:
    """Put an address on the table that is refused as it stands."""

    @trick(URLS, name, "image_refused", reach)
    async def _(_world: World) -> object:
        return url


refused_url("a loopback address", "http://127.0.0.1/a.png")
refused_url("a private address", "http://192.168.0.1/a.png")
refused_url("the address of a cloud's metadata", "http://169.254.169.254/latest/meta-data/")
refused_url(
    "the same, while private addresses are allowed", "http://169.254.169.254/", LOCAL_SERVERS
)
refused_url(
    "that of another cloud (`fd00:ec2::254`), likewise", "http://[fd00:ec2::254]/", LOCAL_SERVERS
)
refused_url("the same inside IPv6 (`::ffff:a9fe:a9fe`)", "http://[::ffff:a9fe:a9fe]/")
refused_url("the same behind NAT64 (`64:ff9b::`)", "http://[64:ff9b::169.254.169.254]/")
refused_url("a link-local address with a zone", "http://[fe80::1%25eth0]/")
refused_url("the unspecified address (`0.0.0.0`)", "http://0.0.0.0/")
refused_url("a loopback address as one number", "http://2130706433/")
refused_url("in octal", "http://0177.0.0.1/")
refused_url("in hexadecimal", "http://0x7f.0.0.1/")
refused_url("cut short (`127.1`)", "http://127.1/")
refused_url("with a dot behind it", "http://127.0.0.1./")
refused_url("in full-width digits", "http://\uff11\uff12\uff17.0.0.1/")
refused_url("with a public name in front of an @", "http://public.example@127.0.0.1/")
refused_url("with a backslash", "http://public.example\\@127.0.0.1/")
refused_url("line breaks in an address", "http://public.example/\r\nX-Evil: 1")
refused_url("`gopher:`, `ftp:`, `sftp:` and other schemes", "gopher://127.0.0.1:6379/_FLUSHALL")


@trick(URLS, "a name that resolves to a private address", "image_refused")
async def _(world: World) -> object:
    world.names["innocent.example"] = [["127.0.0.1"]]
    return (await world.inside()).replace("127.0.0.1", "innocent.example")


@trick(URLS, "a name that resolves to a public address, and then to a private one", SENT)
async def _(world: World) -> object:
    world.names["turncoat.example"] = [[PUBLIC], ["127.0.0.1"]]
    return (await world.public()).replace(PUBLIC, "turncoat.example")


@trick(URLS, "a name with a private and a public address", SENT)
async def _(world: World) -> object:
    world.names["both.example"] = [["127.0.0.1", PUBLIC]]
    return (await world.public()).replace(PUBLIC, "both.example")


@trick(URLS, "a redirect to a private address", "image_refused")
async def _(world: World) -> object:
    return await world.public(await world.inside())


@trick(URLS, "a redirect to a name that resolves to one", "image_refused")
async def _(world: World) -> object:
    world.names["innocent.example"] = [["127.0.0.1"]]
    return await world.public((await world.inside()).replace("127.0.0.1", "innocent.example"))


@trick(URLS, "a redirect to a `file:` URL", "image_refused")
async def _(world: World) -> object:
    return await world.public((world.folder / "secret.png").as_uri())


@trick(URLS, "a redirect to itself, for ever", "image_unfetchable")
async def _(world: World) -> object:
    return await world.public("/again")


@trick(URLS, "a redirect to another host, while a key is set", SENT)
async def _(world: World) -> object:
    return await world.public(await world.public())


def told(name: str, expected: str, head: bytes, then: Callable[[], bytes]) -> None:
    """Put an answer on the table that begins so, and goes on so without end."""

    @trick(ANSWERS, name, expected, LOCAL_SERVERS)
    async def _(world: World) -> object:
        async def talk(writer: asyncio.StreamWriter) -> None:
            writer.write(head)
            while more := then():
                writer.write(more)
                await writer.drain()
                if len(more) == 1:
                    await asyncio.sleep(0.01)

        return await world.listen(talk)


OK = b"HTTP/1.1 200 OK\r\n"
AGAIN = "tried again, then `image_unfetchable`"
told("a body without an end", "too_large", OK + b"\r\n", lambda: bytes(2**16))
told("a body that comes byte by byte", AGAIN, OK + b"\r\n", lambda: b".")
told("headers without an end", AGAIN, OK, lambda: b"X-More: 1\r\n" * 100)
told("a header of 10 MB", AGAIN, OK + b"X: ", lambda: b"x" * 2**16)
told("half of the length it tells", AGAIN, OK + b"Content-Length: 99\r\n\r\nhalf", lambda: b"")
told("more than the length it tells", AGAIN, OK + b"Content-Length: 50\r\n\r\n" + picture(), bytes)


@trick(ANSWERS, "nothing at all", AGAIN, LOCAL_SERVERS)
async def _(world: World) -> object:
    async def talk(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    return await world.listen(talk)


@trick(ANSWERS, "a length of 10 TB", "too_large", LOCAL_SERVERS)
async def _(world: World) -> object:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 10000000000000\r\n\r\n")
        await writer.drain()

    return await world.listen(talk)


@trick(ANSWERS, "a picture called text/html", SENT)
async def _(world: World) -> object:
    return await world.public(headers={"Content-Type": "text/html"})


@trick(ANSWERS, "a login page called image/jpeg", "unsupported_image")
async def _(world: World) -> object:
    return await world.public(body=b"<html>Log in</html>", headers={"Content-Type": "image/jpeg"})


@trick(ANSWERS, "an empty body", "unreadable_image")
async def _(world: World) -> object:
    return await world.public(body=b"")


@trick(ANSWERS, "half a megabyte of gzip that holds 100 MB", "too_large")
async def _(world: World) -> object:
    bomb = gzip.compress(bytes(100_000_000), 1)
    return await world.public(body=bomb, headers={"Content-Encoding": "gzip"})


@trick(ANSWERS, "a wish to be asked again in a year", "image_unfetchable")
async def _(world: World) -> object:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "31536000"})

    return await world.serve(handler, PUBLIC)


BUCKET = Reach(image_root="memory://photos/in")


@trick(BUCKETS, "another prefix than image_root's", "image_refused", BUCKET)
async def _(_world: World) -> object:
    return "memory://photos/in-secret/a.png"


@trick(BUCKETS, "`..` in a key", "image_refused", BUCKET)
async def _(_world: World) -> object:
    return "memory://photos/in/../secret/a.png"


@trick(BUCKETS, "any bucket, while image_root is a folder", "image_refused", CONFINED)
async def _(_world: World) -> object:
    return "s3://somebody-elses/a.png"


@trick(BUCKETS, "a file in a store's clothes (`local:`, `zip:`, …)", "image_refused")
async def _(world: World) -> object:
    return f"local://{world.folder}/secret.png"


@trick(BUCKETS, "a chain of stores (`zip://…::http://…`)", "image_refused")
async def _(_world: World) -> object:
    return "zip://a.png::http://127.0.0.1/a.zip"


@pytest.fixture
def world(
    tmp_path: Path,
    serve: Serve,
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """An image root with a secret beside it, and a net in which one address is public."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.png").write_bytes(picture())
    (tmp_path / "inside-of-others").mkdir()
    (tmp_path / "inside-of-others" / "a.png").write_bytes(picture())
    monkeypatch.setattr(
        "captioner.vision.addresses.kind_if_not_public",
        lambda address: None if address == PUBLIC else kind_if_not_public(address),
    )
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    return World(tmp_path, serve, listen, {}, [], [])


def check_words(detail: str) -> None:
    """A message is short and upsets no terminal."""
    assert detail.isprintable()
    assert len(detail) < 500


async def end_of(given: object, reach: Reach, resolver: Names, folder: Path) -> str:
    """What becomes of an image: what would be sent, or the reason why nothing is."""
    ref = ImageRef.of(given, folder / "inside")
    try:
        async with Fetcher(reach, LIMITS, resolver=resolver) as fetcher:
            if ref.url is None:
                source = await asyncio.to_thread(ref.read, MAX_BYTES, reach)
            else:
                source = await fetcher.fetch(ref.url, MAX_BYTES)
            prepared = await asyncio.to_thread(prepare, source, ref.label)
    except PlaceholderError as error:
        check_words(error.detail)
        return error.reason
    except TransientError as error:
        check_words(error.detail)
        return f"tried again, then `{error.reason}`"
    return FIRST_FRAME if prepared.converted else SENT


@pytest.mark.parametrize("name", TRICKS)
async def test_every_trick_ends_as_the_table_says(
    name: str, world: World, names: Callable[[dict[str, list[list[str]]]], Names]
) -> None:
    """Soon, in words fit to print; nothing private is reached, nothing of ours is sent along."""
    _, reach, play, expected = TRICKS[name]
    given = await play(world)
    begun_s = time.monotonic()
    end = await end_of(given, reach, names(world.names), world.folder)
    assert end == expected
    assert end in REASONS or end in (SENT, FIRST_FRAME, AGAIN)
    assert time.monotonic() - begun_s < MOST_S
    assert world.seen_inside == []
    for headers in world.seen_headers:
        assert set(headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}
        assert KEY not in str(headers)


def table() -> str:
    """The page's table, as Markdown."""
    lines = []
    for group in (BYTES, FILES, URLS, ANSWERS, BUCKETS):
        lines += [f"### {group}", "", "| tried | what happens |", "|---|---|"]
        for name, (its_group, _, _, expected) in TRICKS.items():
            if its_group == group:
                end = f"`{expected}`" if expected in REASONS else expected
                lines.append(f"| {name} | {end} |")
        lines.append("")
    return "\n".join(lines)


def test_the_page_shows_this_table() -> None:
    """What is written there was tried here."""
    text = PAGE.read_text()
    head, begin, rest = text.partition("<!-- table -->\n")
    _, end, tail = rest.partition("<!-- end of table -->\n")
    assert begin
    assert end
    new = f"{head}{begin}\n{table()}{end}{tail}"
    if os.environ.get("HOSTILE_TABLE") == "write":
        PAGE.write_text(new)
    assert PAGE.read_text() == new, "write it anew: HOSTILE_TABLE=write, see this file's top"
