"""What is read from a JPEG's header is what Pillow finds, or nothing."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from captioner.errors import PlaceholderError
from captioner.vision.image import ImagePolicy, prepare, prepare_here
from captioner.vision.image_decoding import guarded
from captioner.vision.jpeg import plain_size
from captioner.vision.prepared import Prepared


def encoded(mode: str = "RGB", size_px: tuple[int, int] = (48, 32), **options: Any) -> bytes:
    """A JPEG; `options` are those of Pillow."""
    out = io.BytesIO()
    Image.effect_noise(size_px, 60).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def with_segment(kind: int, content: bytes, length_bytes: int | None = None) -> bytes:
    """A JPEG with a segment of its own at its start."""
    length = len(content) + 2 if length_bytes is None else length_bytes
    plain = encoded()
    return plain[:2] + bytes((0xFF, kind)) + length.to_bytes(2, "big") + content + plain[2:]


def turned() -> Image.Exif:
    """Metadata that say the picture lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


PLAIN = {
    "colour": encoded(),
    "grey": encoded("L"),
    "one pixel": encoded(size_px=(1, 1)),
    "odd sides": encoded(size_px=(65, 31)),
    "full colour resolution": encoded(subsampling=0, quality=95),
    "own tables": encoded(optimize=True),
    "restarts": encoded(restart_marker_rows=1),
    "comment": encoded(comment=b"a cat"),
    "resolution": encoded(dpi=(300, 300)),
    "not JFIF": with_segment(0xE5, b"whatever"),
}
OTHERS = {
    "progressive": encoded(progressive=True),
    "four colours": encoded("CMYK"),
    "on its side": encoded(exif=turned()),
    "colour profile": encoded(icc_profile=b"profile" * 30),
    "orientation in XMP": with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<tiff:Orientation>"),
    "further pictures": with_segment(0xE2, b"MPF\0" + bytes(40)),
    "Photoshop": with_segment(0xED, b"Photoshop 3.0\0008BIM"),
    "half a JFIF": with_segment(0xE0, b"JFIF\0"),
    "half an Adobe": with_segment(0xEE, b"Adobe"),
    "fine tables": with_segment(0xDB, b"\x10" + bytes(64)),
    "no length": with_segment(0xFE, b"", 0),
    "a length beyond the end": with_segment(0xFE, b"", 65_000),
    "padding": encoded()[:2] + b"\xff" + encoded()[2:],
    "many segments": encoded()[:2] + b"\xff\xfe\0\2" * 200 + encoded()[2:],
    "cut in its header": encoded()[:100],
    "nothing": b"\xff\xd8\xff",
    "no JPEG": b"GIF89a" + bytes(100),
}


@pytest.mark.parametrize("source", PLAIN.values(), ids=PLAIN)
def test_a_plain_jpeg_has_the_size_that_pillow_finds(source: bytes) -> None:
    """So most photos need no more than their first bytes."""
    with Image.open(io.BytesIO(source)) as picture:
        assert plain_size(source) == picture.size


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS)
def test_whatever_is_unusual_is_left_to_pillow(source: bytes) -> None:
    """It may be turned, of print colours, slow to decode or damaged."""
    assert plain_size(source) is None


def _by_pillow(source: bytes, policy: ImagePolicy) -> Prepared | None:
    with contextlib.suppress(PlaceholderError), guarded("x.jpg", source):
        return prepare_here(source, "x.jpg", "JPEG", "as_is", None, policy)
    return None


@given(
    at_byte=st.integers(2, 640),
    byte=st.integers(0, 255),
    kind=st.sampled_from(sorted(PLAIN)),
    cut_bytes=st.sampled_from((0, 0, 0, 5, 300)),
)
def test_a_damaged_header_is_judged_as_pillow_judges_it(
    at_byte: int, byte: int, kind: str, cut_bytes: int
) -> None:
    """One byte is another, and the end may be missing: the short way takes nothing else."""
    source = bytearray(PLAIN[kind])
    source[min(at_byte, len(source) - 1)] = byte
    whole = bytes(source[: len(source) - cut_bytes])

    if plain_size(whole) is not None:
        with Image.open(io.BytesIO(whole), formats=["JPEG"]) as picture:
            assert plain_size(whole) == picture.size


@pytest.mark.parametrize("source", (PLAIN | OTHERS).values(), ids=PLAIN | OTHERS)
@pytest.mark.parametrize("policy", [ImagePolicy(), ImagePolicy(max_side_px=16, detail="high")])
def test_both_ways_make_the_same_of_an_image(source: bytes, policy: ImagePolicy) -> None:
    """Whether Pillow is asked or not."""
    prepared = None
    with contextlib.suppress(PlaceholderError):
        prepared = prepare(source, "x.jpg", policy=policy)

    if source.startswith(b"\xff\xd8\xff"):
        assert prepared == _by_pillow(source, policy)


def test_a_policy_on_bytes_holds_for_plain_ones_too() -> None:
    """What has more is made smaller."""
    source = PLAIN["full colour resolution"]

    assert prepare(source, "x.jpg", policy=ImagePolicy(max_bytes=len(source) - 1)).converted
