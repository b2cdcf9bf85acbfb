"""The page for people, in a real browser: what a model or a file name says stays text."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from captioner.endpoint import AskedRequest, ScriptedReply
from captioner.errors import RunStopped
from captioner.worker.views import read_page

if TYPE_CHECKING:
    from tests.worker.http.conftest import Bench, Serving

HOSTILE_CAPTION = "<script>alert(1);document.title='owned'</script><img src=x onerror=alert(2)>"
HOSTILE_NAME = '"><img onerror=document.title="owned" src=x>.jpg'
SCREENSHOTS = os.environ.get("CAPTIONER_SCREENSHOTS")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CAPTIONER_NEEDS_CHROMIUM") != "1",
    reason="there is no chromium here",
)


def test_the_page_is_whole_and_lets_nothing_in() -> None:
    """One file without anything from elsewhere, and a policy that allows its own words alone."""
    page = read_page()
    text = page.html.decode()
    assert "innerHTML" not in text
    assert "insertAdjacentHTML" not in text
    markup = text.partition("<script>")[0]
    assert re.findall(r'(?:src|href)="([^"]*)"', markup) == ["data:,"]
    assert "url(" not in text
    assert " style=" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'none'" in page.policy
    assert "unsafe" not in page.policy
    assert page.policy.count("'sha256-") == 2


async def test_the_page_comes_with_its_policy(serving: Serving) -> None:
    """And is not kept by browsers, framed by others, or guessed to be something else."""
    async with serving() as bench:
        answer = await bench.get("/")
        assert answer.headers["Content-Security-Policy"] == read_page().policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


async def test_the_last_captions_have_small_pictures(serving: Serving, tmp_path: Path) -> None:
    """A JPEG of some 320 px, made anew from what was sent."""
    async with serving() as bench:
        from tests.worker.http.conftest import picture

        await bench.post("/v1/captions", {"image": picture(7, "JPEG", side_px=1500)})
        shown = (await bench.get("/live")).json["captions"][0]
        assert shown["caption"]
        assert shown["thumbnail"]

        async def made() -> bool:
            return bench.live.thumbnail(shown["thumbnail"]) is not None

        await bench.until(made)
        found = bench.live.thumbnail(shown["thumbnail"])
        assert found is not None
        assert found[0] == "image/jpeg"
        assert len(found[1]) < 20_000
        answer = await bench.get(f"/thumbnails/{shown['thumbnail']}")
        assert answer.headers["Content-Type"] == "image/jpeg"


@needs_chromium
async def test_hostile_words_stay_text(serving: Serving, tmp_path: Path) -> None:
    """A caption that is a script and a file name that is a tag are read, not run."""
    folder = tmp_path / "images"
    await asyncio.to_thread(make_image, folder, HOSTILE_NAME)
    async with serving(
        reply=hostile, profiles={"": {"image_base": str(folder)}}, token=None
    ) as bench:
        answer = await bench.post("/v1/captions", {"image": HOSTILE_NAME})
        assert answer.json["outcome"]["captions"][0]["caption"] == HOSTILE_CAPTION
        page = await dom(bench, tmp_path)
    assert "<title>captioner: ready</title>" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;img onerror=document.title" in page
    assert len(re.findall(r"<script", page)) == 1
    assert not re.findall(r"<img[^>]*onerror", page)


@needs_chromium
async def test_what_stands_still_is_told_apart(serving: Serving, tmp_path: Path) -> None:
    """A paused profile beside one that goes on is a part, and the worker is no less ready."""
    async with serving(profiles={"cats": {}, "dogs": {}}, token=None) as bench:
        bench.service.desk.pause("cats", RunStopped("no_quota", "nothing is left"))
        page = await dom(bench, tmp_path)
    assert "<title>captioner: degraded</title>" in page
    assert '<li class="part">profile cats: no_quota: nothing is left</li>' in page


@needs_chromium
@pytest.mark.parametrize(("width_px", "height_px"), [(1280, 800), (390, 844)])
async def test_it_fits_its_screen(
    serving: Serving, tmp_path: Path, width_px: int, height_px: int
) -> None:
    """A desktop's and a phone's; nothing sticks out at the side. The picture of it is kept where
    CAPTIONER_SCREENSHOTS names a folder."""
    async with serving(
        {"latency_s": 0.4, "latency_p99_s": 1.5, "requests_per_minute": 600, "burst_s": 1.0},
        profiles={"product-photos": {}},
        token=None,
        max_wait_s=600.0,
    ) as bench:
        kept = Path(SCREENSHOTS or tmp_path)
        picture = kept / f"page-{width_px}.png"
        size = f"--window-size={width_px},{height_px}"
        async with busy(bench):
            await browse(tmp_path, size, f"--screenshot={picture}", bench.address)
    header = await asyncio.to_thread(lambda: picture.read_bytes()[16:24])
    assert struct.unpack(">II", header) == (width_px, height_px)


@contextlib.asynccontextmanager
async def busy(bench: Bench) -> AsyncIterator[None]:
    """A worker in the middle of its work."""
    calls = [
        asyncio.ensure_future(
            bench.caption(7919 * number, profile="product-photos" if number % 3 else "")
        )
        for number in range(400)
    ]
    await asyncio.sleep(3.0)
    yield
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)


def hostile(_asked: AskedRequest) -> ScriptedReply:
    """What a model may say."""
    return ScriptedReply(content=HOSTILE_CAPTION)


def make_image(folder: Path, name: str) -> None:
    """An image under this name."""
    from PIL import Image

    folder.mkdir()
    Image.new("RGB", (64, 48), "teal").save(folder / name, "JPEG")


async def dom(bench: Bench, profile: Path) -> str:
    """The page as it stands once its data came."""
    return await browse(profile, "--dump-dom", bench.address)


async def browse(profile: Path, *words: str) -> str:
    """What the browser prints."""
    assert CHROMIUM is not None, "CAPTIONER_NEEDS_CHROMIUM is 1, and there is no chromium"
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        f"--user-data-dir={profile / 'browser'}",
        "--virtual-time-budget=4000",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return out.decode()
