"""An image is sent as it is wherever a model can take it so, and otherwise upright as JPEG."""

from __future__ import annotations

import contextlib
import io
import math
import struct
import zlib
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageOps, PngImagePlugin

from captioner.errors import PlaceholderError
from captioner.vision.image import encode_picture, prepare

ORIENTATION = 0x0112
# How a camera that is held so stores a picture that stands upright.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
AS_THEY_ARE = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "MPO": "image/jpeg",
}
CONVERTED = ["BMP", "TIFF", "PPM", "TGA", "ICO", "JPEG2000", "AVIF"]


def quarters(width_px: int = 48, height_px: int = 32) -> Image.Image:
    """A picture that looks different however it is turned: red, green over blue, white."""
    picture = Image.new("RGB", (width_px, height_px), "white")
    half = (width_px // 2, height_px // 2)
    picture.paste("red", (0, 0, *half))
    picture.paste("green", (half[0], 0, width_px, half[1]))
    picture.paste("blue", (0, half[1], half[0], height_px))
    return picture


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    """The picture as a file of this format."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def exif(orientation: int) -> Image.Exif:
    """Metadata of a camera that was held so, and says whose it is."""
    metadata = Image.Exif()
    metadata[ORIENTATION] = orientation
    metadata[0x013B] = "Secret Photographer"
    return metadata


def decoded(data: bytes) -> Image.Image:
    """The picture in a file, as a model sees it: EXIF is not looked at."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def corners(picture: Image.Image) -> list[str]:
    """What colours the quarters have, named by the largest channel."""
    rgb = picture.convert("RGB")
    seen = []
    for across, down in [(1, 1), (3, 1), (1, 3), (3, 3)]:
        pixel = rgb.getpixel((rgb.width * across // 4, rgb.height * down // 4))
        assert isinstance(pixel, tuple)
        bright = [name for name, level in zip("RGB", pixel, strict=True) if level > 90]
        seen.append("".join(bright))
    return seen


@pytest.fixture
def no_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at pixels fails."""

    def load(self: ImageFile.ImageFile) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


@pytest.mark.usefixtures("no_decoding")
@pytest.mark.parametrize(("form", "mime"), AS_THEY_ARE.items())
def test_what_models_take_goes_through_untouched(form: str, mime: str) -> None:
    """Byte for byte, with the mime of its bytes and its size, and without decoding a pixel."""
    options = {"save_all": True, "append_images": [quarters()]} if form == "MPO" else {}
    source = encoded(quarters(), form, **options)
    prepared = prepare(source, "a")
    assert prepared.data is source
    assert (prepared.mime, prepared.converted) == (mime, False)
    assert (prepared.width_px, prepared.height_px) == (48, 32)


@pytest.mark.usefixtures("no_decoding")
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_metadata_of_an_upright_picture_changes_nothing(form: str) -> None:
    """EXIF alone is no reason to convert."""
    source = encoded(quarters(), form, exif=exif(1))
    assert prepare(source, "a").data is source


def test_repr_holds_no_image() -> None:
    """A record in a log shows no image by accident."""
    assert "data" not in repr(prepare(encoded(quarters(), "PNG"), "a"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", STORED)
def test_what_lies_on_its_side_is_turned_upright(form: str, orientation: int) -> None:
    """All eight orientations look the same when sent, once turned and not twice."""
    turn = STORED[orientation]
    stored = quarters() if turn is None else quarters().transpose(turn)
    options = {"quality": 95} if form in ("JPEG", "WEBP", "AVIF") else {}
    prepared = prepare(encoded(stored, form, exif=exif(orientation), **options), "a")
    sent = decoded(prepared.data)
    assert corners(sent) == ["R", "G", "B", "RGB"]
    assert sent.size == (prepared.width_px, prepared.height_px) == (48, 32)
    assert prepared.converted == (orientation != 1 or form in CONVERTED)
    if prepared.converted:
        assert not sent.getexif()
        assert b"Secret Photographer" not in prepared.data


def test_the_oracle_of_orientations_is_pillows() -> None:
    """The table above means what EXIF means."""
    for orientation, turn in STORED.items():
        stored = quarters() if turn is None else quarters().transpose(turn)
        picture = decoded(encoded(stored, "PNG", exif=exif(orientation)))
        assert corners(ImageOps.exif_transpose(picture)) == ["R", "G", "B", "RGB"]


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_makes_no_sense_is_none(orientation: int) -> None:
    """Such a picture is taken to stand upright."""
    source = encoded(quarters(), "JPEG", exif=exif(orientation))
    assert prepare(source, "a").data is source


def test_exif_behind_the_pixels_of_a_png_counts() -> None:
    """PNG allows it there, and some writers do so."""
    plain = encoded(quarters().transpose(Image.Transpose.ROTATE_90), "PNG")
    payload = exif(6).tobytes().removeprefix(b"Exif\0\0")
    body = b"eXIf" + payload
    chunk = struct.pack(">I", len(payload)) + body + struct.pack(">I", zlib.crc32(body))
    prepared = prepare(plain[:-12] + chunk + plain[-12:], "a")
    assert corners(decoded(prepared.data)) == ["R", "G", "B", "RGB"]
    assert prepared.converted


def test_exif_in_the_text_of_a_png_counts() -> None:
    """Older writers kept it there, in hexadecimal."""
    payload = exif(6).tobytes()
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Raw profile type exif", f"\nexif\n{len(payload):8}\n{payload.hex()}\n")
    stored = quarters().transpose(Image.Transpose.ROTATE_90)
    prepared = prepare(encoded(stored, "PNG", pnginfo=notes), "a")
    assert corners(decoded(prepared.data)) == ["R", "G", "B", "RGB"]
    assert prepared.converted


@pytest.mark.parametrize("form", CONVERTED)
def test_what_else_pillow_opens_becomes_jpeg(form: str) -> None:
    """Other formats are converted, whatever the file is called."""
    options = {"sizes": [(48, 32)]} if form == "ICO" else {}
    prepared = prepare(encoded(quarters(), form, **options), "a.png")
    assert (prepared.mime, prepared.converted) == ("image/jpeg", True)
    assert corners(decoded(prepared.data)) == ["R", "G", "B", "RGB"]


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_of_an_animation_the_first_picture_is_sent(form: str) -> None:
    """As a JPEG, since animations are refused."""
    second = Image.new("RGB", (48, 32), "black")
    source = encoded(quarters(), form, save_all=True, append_images=[second, quarters()])
    prepared = prepare(source, "a")
    assert (prepared.mime, prepared.converted) == ("image/jpeg", True)
    assert corners(decoded(prepared.data)) == ["R", "G", "B", "RGB"]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    """Converted pictures lie over white, whatever colour hides under the transparency."""
    picture = Image.new("RGBA", (16, 16), (0, 0, 0, 0)).convert(mode)
    data = encode_picture(picture, "a picture")
    assert decoded(data).getpixel((8, 8)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "P"), ("PNG", "L"), ("PNG", "RGB"), ("GIF", "P")]
)
def test_a_transparent_colour_becomes_white(form: str, mode: str) -> None:
    """Some formats name one colour that is not there."""
    picture = Image.new(mode, (16, 16), 0)
    nothing = (0, 0, 0) if mode == "RGB" else 0
    prepared = prepare(encoded(picture, form, transparency=nothing), "a", effort="reencode")
    assert decoded(prepared.data).getpixel((8, 8)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("mode", "low", "middle"),
    [("I;16", 0, 32_896), ("I", -1000, 0), ("F", -1, 0), ("L", 0, 128), ("1", 0, 1)],
)
def test_deep_greys_keep_their_contrast(mode: str, low: int, middle: int) -> None:
    """Levels above 255 are scaled, not cut off."""
    picture = Image.new(mode, (48, 16), low)
    picture.paste(middle, (16, 0, 32, 16))
    top = {"I;16": 65_535, "I": 1000, "F": 1, "L": 255, "1": 1}[mode]
    picture.paste(top, (32, 0, 48, 16))
    sent = decoded(prepare(encoded(picture, "TIFF"), "a").data).convert("L")
    levels = [sent.getpixel((x, 8)) for x in (8, 24, 40)]
    expected = [0, 255 if mode == "1" else 128, 255]
    assert levels == pytest.approx(expected, abs=3)


def test_cmyk_becomes_rgb_when_converted() -> None:
    """Print colours are sent as a screen shows them."""
    source = encoded(quarters().convert("CMYK"), "TIFF")
    sent = decoded(prepare(source, "a").data)
    assert sent.mode == "RGB"
    assert corners(sent) == ["R", "G", "B", "RGB"]


def test_reencode_writes_a_fresh_jpeg() -> None:
    """After a server's complaint the same picture is sent in other bytes, without metadata."""
    source = encoded(quarters(), "JPEG", exif=exif(1), comment=b"Secret Photographer")
    prepared = prepare(source, "a", effort="reencode")
    assert prepared.converted
    assert prepared.data != source
    assert b"Secret" not in prepared.data
    assert corners(decoded(prepared.data)) == ["R", "G", "B", "RGB"]


@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(1, 400),
    st.sampled_from(["JPEG", "PNG"]),
    st.sampled_from([1, 6]),
)
@settings(max_examples=60, deadline=None)
@example(5, 128, 64, "PNG", 1)
def test_shrinking_keeps_the_shape_and_never_enlarges(
    width_px: int, height_px: int, max_side_px: int, form: str, orientation: int
) -> None:
    """The longer side is at most as asked, and the other follows to the pixel."""
    source = encoded(Image.new("RGB", (width_px, height_px)), form, exif=exif(orientation))
    prepared = prepare(source, "a", max_side_px=max_side_px)
    sent = decoded(prepared.data)
    assert sent.size == (prepared.width_px, prepared.height_px)
    scale = min(Fraction(1), Fraction(max_side_px, max(width_px, height_px)))
    upright = (width_px, height_px) if orientation == 1 else (height_px, width_px)
    # Half a pixel goes up.
    assert sent.size == tuple(max(1, math.floor(side * scale + Fraction(1, 2))) for side in upright)
    assert prepared.converted == (scale < 1 or orientation != 1)


def test_shrinking_a_jpeg_decodes_it_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder is asked for a draft near the size that is sent."""
    drafts: list[tuple[int, int] | None] = []
    draft = Image.Image.draft

    def spy(self: Image.Image, mode: str | None, size: tuple[int, int] | None) -> Any:
        drafts.append(size)
        return draft(self, mode, size)

    source = encoded(quarters(1600, 1200), "JPEG")
    monkeypatch.setattr(type(Image.open(io.BytesIO(source))), "draft", spy)
    prepared = prepare(source, "a", max_side_px=200)
    assert drafts == [(200, 150)]
    assert corners(decoded(prepared.data)) == ["R", "G", "B", "RGB"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_file_is_unreadable(form: str, share: float) -> None:
    """Half an image fails, named, rather than being captioned or sent to be refused."""
    source = encoded(Image.effect_noise((64, 64), 80).convert("RGB"), form)
    with pytest.raises(PlaceholderError, match=r"photo\.jpg") as caught:
        prepare(source[: int(len(source) * share)], "photo.jpg")
    assert caught.value.reason == "unreadable_image"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_follows_a_whole_image_does_no_harm(form: str) -> None:
    """Phones append films and vendors append notes: the picture is whole, and sent as it came."""
    source = encoded(quarters(), form) + bytes(range(256)) * 40
    prepared = prepare(source, "a")
    assert prepared.data is source
    assert not prepared.converted


@pytest.mark.parametrize(
    ("source", "reason", "words"),
    [
        (b"", "unreadable_image", "empty"),
        (b"\xff\xd8\xff\xe0", "unreadable_image", "header"),
        (b"\x89PNG\r\n\x1a\n", "unreadable_image", "header"),
        (b"just text", "unsupported_image", "no image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "unreadable_image", "header"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "unsupported_image", "film"),
        (b"<!DOCTYPE html><html>not found</html>", "unsupported_image", "HTML"),
        (b'<?xml version="1.0"?>\n<svg/>', "unsupported_image", "SVG"),
        (b"%PDF-1.7", "unsupported_image", "PDF"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n",
            "unsupported_image",
            "EPS",
        ),
    ],
)
def test_what_is_no_image_says_what_it_is(source: bytes, reason: str, words: str) -> None:
    """The reason is exact, and the detail names the file and what was found."""
    with pytest.raises(PlaceholderError) as caught:
        prepare(source, "shot.jpg")
    assert caught.value.reason == reason
    assert "shot.jpg" in caught.value.detail
    assert words in caught.value.detail


def png_header(width_px: int, height_px: int) -> bytes:
    """A PNG that claims this size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width_px, height_px, 1, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("side_px", [10_000, 13_378, 60_000])
def test_a_decompression_bomb_is_never_decoded(side_px: int) -> None:
    """A small file that claims a huge picture fails at its header."""
    with pytest.raises(PlaceholderError) as caught:
        prepare(png_header(side_px, side_px), "bomb.png", effort="reencode")
    assert caught.value.reason in ("too_large", "unreadable_image")


@pytest.mark.usefixtures("no_decoding")
def test_a_bomb_is_not_passed_on_either() -> None:
    """What is too large to be decoded here is not sent to a server that would."""
    with pytest.raises(PlaceholderError, match=r"bomb\.png") as caught:
        prepare(png_header(60_000, 60_000), "bomb.png")
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("error", [MemoryError(), ValueError("odd"), SyntaxError(), struct.error()])
def test_whatever_pillow_raises_costs_one_placeholder(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its many kinds of error become one, with the cause kept."""

    def load(self: ImageFile.ImageFile) -> None:
        raise error

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(PlaceholderError, match=r"a\.bmp") as caught:
        prepare(encoded(quarters(), "BMP"), "a.bmp")
    assert caught.value.__cause__ is error


SEEDS = [
    encoded(quarters(), "JPEG", exif=exif(6)),
    encoded(quarters(), "JPEG", progressive=True),
    encoded(quarters(), "PNG", exif=exif(8)),
    encoded(quarters().convert("P"), "PNG", transparency=0),
    encoded(quarters(), "GIF", save_all=True, append_images=[quarters(20, 20)]),
    encoded(quarters(), "WEBP", exif=exif(3)),
    encoded(quarters(), "TIFF", exif=exif(5)),
    encoded(quarters(), "BMP"),
    encoded(quarters(), "MPO", save_all=True, append_images=[quarters()]),
    encoded(quarters(), "AVIF"),
    encoded(quarters(), "ICO"),
]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.data())
@settings(max_examples=400, deadline=None)
def test_mutated_files_are_prepared_or_fail_as_placeholders(data: st.DataObject) -> None:
    """Nothing that a file may hold raises anything else."""
    source = bytearray(data.draw(st.sampled_from(SEEDS)))
    near_the_start = st.integers(0, min(len(source), 200) - 1)
    anywhere = st.integers(0, len(source) - 1)
    for at_byte in data.draw(st.lists(near_the_start | anywhere, max_size=8)):
        source[at_byte] = data.draw(st.integers(0, 255))
    del source[data.draw(st.just(len(source)) | anywhere) :]
    effort: Literal["as_is", "reencode"] = data.draw(st.sampled_from(["as_is", "reencode"]))
    max_side_px = data.draw(st.none() | st.integers(1, 60))
    with contextlib.suppress(PlaceholderError):
        prepared = prepare(bytes(source), "mutant", effort=effort, max_side_px=max_side_px)
        assert prepared.data
        assert prepared.width_px > 0
        assert prepared.height_px > 0


def test_an_open_picture_is_encoded_like_a_file() -> None:
    """A PIL image is sent upright, over white, without its metadata."""
    picture = decoded(
        encoded(quarters().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(6))
    )
    data = encode_picture(picture, "a picture")
    assert corners(decoded(data)) == ["R", "G", "B", "RGB"]
    assert picture.size == (32, 48)
    assert picture.getexif()[ORIENTATION] == 6
    assert prepare(data, "a picture").data is data


def test_what_is_no_picture_is_unsupported() -> None:
    """Only PIL images can be encoded."""
    with pytest.raises(PlaceholderError, match="unsupported_image"):
        encode_picture(object(), "value of type object")
