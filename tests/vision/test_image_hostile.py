"""Hostile bytes end as a picture or as a reason, soon, and never as anything else."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import random
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from captioner.errors import PlaceholderError
from captioner.vision.image import ImagePolicy, prepare
from captioner.vision.image_tokens import family_of

ROOT = Path(__file__).parents[2]
POLICY = ImagePolicy(family=family_of("gpt-4o"))
MOST_S = 10.0


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    """The picture as a file of this format."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width_px: int, height_px: int, *chunks: bytes, is_whole: bool = False) -> bytes:
    """A black and white PNG of this size, with or without its pixels."""
    header = struct.pack(">IIBBBBB", width_px, height_px, 1, 0, 0, 0, 0)
    pixels = bytes(((width_px + 7) // 8 + 1) * height_px) if is_whole else b""
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(pixels))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def after_start(jpeg: bytes, more: bytes) -> bytes:
    """A JPEG with more segments in front."""
    return jpeg[:2] + more + jpeg[2:]


def claiming(jpeg: bytes, side_px: int) -> bytes:
    """A JPEG whose header tells of another size than 64 by 64 px."""
    return jpeg.replace(struct.pack(">HH", 64, 64), struct.pack(">HH", side_px, side_px), 1)


def scans(count: int) -> bytes:
    """A progressive JPEG that goes over its 12 megapixels so many times more."""
    jpeg = encoded(Image.new("RGB", (4000, 3000)), "JPEG", progressive=True)
    return jpeg[:-2] + jpeg[jpeg.rfind(b"\xff\xc4") : -2] * count + b"\xff\xd9"


@functools.cache
def photo() -> bytes:
    """A small JPEG."""
    return encoded(Image.new("RGB", (64, 64), "teal"), "JPEG")


def animation(form: str, frames: int) -> bytes:
    """Many pictures, of which the first is red."""
    first = Image.new("RGB", (50, 50), "red")
    others = [Image.new("RGB", (50, 50), (0, 0, number % 255)) for number in range(frames - 1)]
    return encoded(first, form, save_all=True, append_images=others)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb of 3,600 megapixels": (lambda: png(60_000, 60_000), "too_large"),
    "a bomb with all its pixels": (lambda: png(13_000, 13_000, is_whole=True), "too_large"),
    "1 by 100,000 px": (lambda: png(1, 100_000, is_whole=True), "too_large"),
    "100,000 by 1 px": (lambda: png(100_000, 1, is_whole=True), "too_large"),
    "1 by 65,000 px": (lambda: png(1, 65_000, is_whole=True), ""),
    "a JPEG that claims 65,500 px square": (lambda: claiming(photo(), 65_500), "too_large"),
    "a GIF that claims 60,000 px square": (
        lambda: b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + animation("GIF", 1)[10:],
        "too_large",
    ),
    "a PGM that claims 100,000 px square": (lambda: b"P5\n100000 100000\n255\n", "too_large"),
    "a GIF of 1,000 frames": (lambda: animation("GIF", 1000), ""),
    "a WebP of 300 frames": (lambda: animation("WEBP", 300), ""),
    "a PNG of 1,000,000 chunks": (
        lambda: png(8, 8, chunk(b"abCd", b"") * 1_000_000),
        "unreadable_image",
    ),
    "a JPEG of 3,000,000 segments": (
        lambda: after_start(photo(), b"\xff\xe4\0\x02" * 3_000_000),
        "unreadable_image",
    ),
    "a JPEG of 5,000 scans": (lambda: scans(5000), "too_large"),
    "text that swells in a PNG": (
        lambda: png(8, 8, chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10**6))) * 100),
        "unreadable_image",
    ),
    "a profile that swells in a PNG": (
        lambda: png(8, 8, chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(10**8)))),
        "unreadable_image",
    ),
    "10 MB of EXIF": (
        lambda: after_start(photo(), (b"\xff\xe1\xff\xffExif\0\0" + bytes(65_527)) * 150),
        "",
    ),
    "10 MB of comments": (
        lambda: after_start(photo(), (b"\xff\xfe\xff\xff" + bytes(65_533)) * 150),
        "",
    ),
    "a TIFF of 60,000 tags": (
        lambda: (
            b"II*\0\x08\0\0\0"
            + struct.pack("<H", 60_000)
            + b"".join(struct.pack("<HHII", tag, 4, 1, 5) for tag in range(60_000))
            + bytes(4)
        ),
        "unreadable_image",
    ),
    "a WebP cut in half": (
        lambda: encoded(Image.effect_noise((64, 64), 80), "WEBP")[:900],
        "unreadable_image",
    ),
    "20 MB of zeros": (lambda: bytes(20_000_000), "unsupported_image"),
    "noise": (lambda: random.Random(0).randbytes(10**6), "unsupported_image"),
    "a program": (lambda: b"\x7fELF" + bytes(5000), "unsupported_image"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run\n", "unsupported_image"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("effort", ["as_is", "reencode"])
def test_every_trick_ends_as_a_picture_or_a_reason(name: str, effort: Any) -> None:
    """The table of tricks, with the reason that each is met with; an empty one is a picture."""
    make, reason = HOSTILE[name]
    source = make()
    begun_s = time.monotonic()
    if reason:
        with pytest.raises(PlaceholderError, match=r"trick\.jpg") as caught:
            prepare(source, "trick.jpg", effort=effort, policy=POLICY)
        assert caught.value.reason == reason
    else:
        prepared = prepare(source, "trick.jpg", effort=effort, policy=POLICY)
        assert max(prepared.width_px, prepared.height_px) <= 512
    assert time.monotonic() - begun_s < MOST_S


def test_the_first_picture_of_a_long_animation_is_sent() -> None:
    """The others are never decoded."""
    prepared = prepare(animation("GIF", 1000), "a.gif", policy=POLICY)
    with Image.open(io.BytesIO(prepared.data)) as picture:
        red, green, blue = picture.convert("RGB").getpixel((25, 25))  # type: ignore[misc]
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


SEEDS: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("PNG", {}),
    ("GIF", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "jpeg"}),
    ("BMP", {}),
    ("AVIF", {}),
]
TELLING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_mutants_end_as_pictures_or_reasons() -> None:
    """Bytes changed, cut out, doubled and swapped; `benchmarks/fuzz_images.py` makes more."""
    picture = Image.effect_noise((90, 60), 60).convert("RGB")
    seeds = [encoded(picture, form, **options) for form, options in SEEDS]
    ends: dict[bool, int] = {True: 0, False: 0}
    for number in range(600):
        chance = random.Random(number)
        source = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 2, 8))):
            at = int(len(source) * chance.random() ** 2)
            length = chance.choice((1, 4, 40, len(source) // 3))
            match chance.randrange(5):
                case 0 | 1:
                    source[at : at + 1] = bytes([chance.choice(TELLING)])
                case 2:
                    del source[at : at + length]
                case 3:
                    source[at:at] = source[at : at + length] * 3
                case _:
                    other = chance.choice(seeds)
                    source[at : at + length] = other[at : at + length]
        ends[_is_prepared(bytes(source), number)] += 1
    assert min(ends.values()) > 100


def _is_prepared(source: bytes, number: int) -> bool:
    with contextlib.suppress(PlaceholderError):
        effort: Any = "reencode" if number % 2 else "as_is"
        prepared = prepare(source, f"mutant {number}", effort=effort, policy=POLICY)
        assert prepared.data
        return True
    return False


@pytest.mark.skipif(
    "PILLOW_IMAGES" not in os.environ, reason="downloads 47 MB: set PILLOW_IMAGES=1"
)
@pytest.mark.timeout(900)
def test_pillows_own_test_images_end_as_pictures_or_reasons() -> None:
    """None crashes, hangs for 10 s or takes 1 GB; among them are many that once broke a decoder."""
    command = [sys.executable, "-m", "benchmarks.pillow_images"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "Tests" not in run.stdout and "CalledProcessError" in run.stderr:
        pytest.skip("Pillow's source package cannot be downloaded here")
    assert ", 0 not as promised" in run.stdout, run.stdout[-3000:] + run.stderr[-3000:]
