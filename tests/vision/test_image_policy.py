"""What is sent follows the policy: no more pixels, bytes or tokens than asked, in true colours."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from captioner.errors import PlaceholderError
from captioner.vision.image import ImagePolicy, Prepared, prepare
from captioner.vision.image_tokens import FAMILIES, family_of

ORIENTATION = 0x0112


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    """The picture as a file of this format."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def turned(orientation: int) -> Image.Exif:
    """The metadata of a camera that was held so."""
    metadata = Image.Exif()
    metadata[ORIENTATION] = orientation
    return metadata


def sent(prepared: Prepared) -> Image.Image:
    """The picture that is sent, decoded."""
    picture = Image.open(io.BytesIO(prepared.data))
    picture.load()
    assert picture.size == (prepared.width_px, prepared.height_px)
    assert prepared.mime == f"image/{str(picture.format).lower()}"
    return picture


def colour(prepared: Prepared, at_px: tuple[int, int] = (8, 8)) -> tuple[int, int, int]:
    """A pixel of what is sent."""
    red, green, blue = sent(prepared).convert("RGB").getpixel(at_px)  # type: ignore[misc]
    return int(red), int(green), int(blue)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(list(FAMILIES.values())),
    st.sampled_from(["low", "high"]),
    st.integers(1, 1500),
    st.integers(1, 1500),
    st.none() | st.integers(90, 900),
    st.sampled_from(["JPEG", "PNG", "WEBP", "BMP"]),
    st.sampled_from([1, 3, 6]),
)
def test_real_images_cost_no_more_than_asked(
    family: Any,
    detail: str,
    width_px: int,
    height_px: int,
    image_tokens: int | None,
    form: str,
    orientation: int,
) -> None:
    """What comes out of the encoder is as cheap, as small and as tall as was promised."""
    options = {} if form == "BMP" else {"exif": turned(orientation)}
    source = encoded(Image.new("RGB", (width_px, height_px), "teal"), form, **options)
    policy = ImagePolicy(detail=detail, family=family, image_tokens=image_tokens)
    prepared = prepare(source, "a", policy=policy)
    size = sent(prepared).size
    cost = family.tokens(detail, *size)
    if image_tokens is not None:
        assert cost <= max(image_tokens, family.least_tokens(detail))
    assert cost <= family.tokens(detail, width_px, height_px)
    upright = (height_px, width_px) if orientation == 6 and options else (width_px, height_px)
    assert (prepared.source_width_px, prepared.source_height_px) == upright
    assert size[0] <= upright[0]
    assert size[1] <= upright[1]
    assert abs(size[0] * upright[1] - size[1] * upright[0]) <= max(upright)
    if size == upright and not (orientation != 1 and options) and form != "BMP":
        assert prepared.data is source


def test_the_default_leaves_out_what_low_detail_cannot_show() -> None:
    """A 12-megapixel photo is sent in the 512 px that are looked at, and says what it was."""
    source = encoded(Image.linear_gradient("L").resize((4000, 3000)).convert("RGB"), "JPEG")
    prepared = prepare(source, "a", policy=ImagePolicy(family=family_of("gpt-4o")))
    assert sent(prepared).size == (512, 384)
    assert (prepared.source_width_px, prepared.source_height_px) == (4000, 3000)


@pytest.mark.parametrize("resize", ["auto", "never"])
def test_limits_of_the_api_are_kept_whatever_the_policy(resize: Any) -> None:
    """An image of too many bytes is written anew, and shrunk until it fits."""
    source = encoded(Image.effect_noise((700, 500), 90).convert("RGB"), "PNG")
    policy = ImagePolicy(resize, max_bytes=40_000)
    prepared = prepare(source, "a", policy=policy)
    assert len(prepared.data) <= 40_000
    assert 100 < prepared.width_px < 700
    assert abs(prepared.width_px * 5 / 7 - prepared.height_px) <= 2
    roomy = prepare(source, "a", policy=ImagePolicy(resize, max_bytes=len(source) - 1))
    assert roomy.mime == "image/jpeg"
    assert (roomy.width_px, roomy.height_px) == (700, 500)


def test_bytes_that_no_image_fits_into_are_a_reason() -> None:
    """Rather than sent to be refused."""
    source = encoded(Image.new("RGB", (9, 9)), "PNG")
    with pytest.raises(PlaceholderError, match="at most 60 bytes") as caught:
        prepare(source, "a", policy=ImagePolicy(max_bytes=60))
    assert caught.value.reason == "too_large"


def test_transparent_images_are_laid_over_the_colour_that_is_set() -> None:
    """White where they are converted anyway; a colour of one's own even where they are not."""
    clear = encoded(Image.new("RGBA", (16, 16), (0, 0, 0, 0)), "PNG")
    assert prepare(clear, "a").data is clear
    assert colour(prepare(clear, "a", effort="reencode")) == (255, 255, 255)
    red = prepare(clear, "a", policy=ImagePolicy(background="#ff0000"))
    assert red.converted
    assert colour(red)[0] > 250
    assert max(colour(red)[1:]) < 5
    opaque = encoded(Image.new("RGB", (16, 16)), "PNG")
    assert prepare(opaque, "a", policy=ImagePolicy(background="black")).data is opaque


def test_transparent_pixels_do_not_bleed_when_shrunk() -> None:
    """The colour that hides under full transparency is never seen."""
    picture = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (32, 0, 64, 64))
    prepared = prepare(encoded(picture, "PNG"), "a", max_side_px=16)
    for across in range(16):
        red, green, blue = colour(prepared, (across, 8))
        assert red <= green + 12, (across, red, green, blue)


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_print_colours_are_sent_as_a_screen_shows_them(form: str) -> None:
    """A JPEG in CMYK too, though models take JPEG: many decoders show it inverted."""
    source = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), form)
    prepared = prepare(source, "a")
    assert prepared.converted
    red, green, blue = colour(prepared)
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_a_grey_png_of_16_bit_keeps_its_contrast() -> None:
    """Decoders that know 8 bit would make it all white."""
    row = struct.pack("<32H", *[0x4000] * 16, *[0xC000] * 16)
    picture = Image.frombytes("I;16", (32, 16), row * 16)
    prepared = prepare(encoded(picture, "PNG"), "a")
    assert prepared.converted
    assert colour(prepared, (4, 8))[0] == pytest.approx(64, abs=3)
    assert colour(prepared, (28, 8))[0] == pytest.approx(192, abs=3)


def profile_with_swapped_channels() -> bytes:
    """A profile by which red is what others call green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {}
    for at in range(132, 132 + 12 * int.from_bytes(profile[128:132]), 12):
        tags[bytes(profile[at : at + 4])] = at
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    where = profile[red + 4 : red + 12]
    profile[red + 4 : red + 12] = profile[green + 4 : green + 12]
    profile[green + 4 : green + 12] = where
    return bytes(profile)


def test_profiles_are_applied_when_an_image_is_converted() -> None:
    """What is sent is sRGB, without a profile."""
    red = Image.new("RGB", (16, 16), (255, 0, 0))
    source = encoded(red, "TIFF", icc_profile=profile_with_swapped_channels())
    prepared = prepare(source, "a")
    red_level, green_level, _ = colour(prepared)
    assert green_level > 240
    assert red_level < 60
    assert "icc_profile" not in sent(prepared).info


@pytest.mark.parametrize(
    "profile",
    [
        b"nonsense",
        bytes(200),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "RGBA"])
def test_broken_profiles_are_ignored(profile: bytes, mode: str) -> None:
    """So are those of another kind of picture."""
    picture = Image.new("RGB", (16, 16), "white").convert(mode)
    prepared = prepare(encoded(picture, "TIFF", icc_profile=profile), "a")
    assert min(colour(prepared)) > 240


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_can_be_shrunk(mode: str) -> None:
    """To the pixel, and still half dark and half light."""
    picture = Image.new("L", (100, 60), 10)
    picture.paste(240, (50, 0, 100, 60))
    if mode in ("I;16", "I", "F"):
        deep = picture.convert("I").point(lambda level: level * 257)
        picture = deep.convert(mode)
    else:
        picture = picture.convert("RGB").convert(mode)
    form = "PNG" if mode in ("LA", "P", "RGBA", "1") else "TIFF"
    prepared = prepare(encoded(picture, form), "a", max_side_px=20)
    assert sent(prepared).size == (20, 12)
    assert max(colour(prepared, (3, 6))) < 60
    assert min(colour(prepared, (16, 6))) > 190


def test_heic_is_converted_and_turned_once() -> None:
    """The decoder turns the picture already; the tag that is left is not obeyed again."""
    pillow_heif = pytest.importorskip("pillow_heif")
    picture = Image.new("RGB", (64, 32), "red")
    picture.paste("blue", (0, 16, 64, 32))
    heif = pillow_heif.from_pillow(picture.transpose(Image.Transpose.ROTATE_90))
    out = io.BytesIO()
    heif.save(out, quality=90, exif=turned(6).tobytes())
    prepared = prepare(out.getvalue(), "a.heic")
    assert sent(prepared).size == (64, 32)
    assert colour(prepared, (32, 4))[0] > 200
    assert colour(prepared, (32, 28))[2] > 200


def test_without_the_extra_heic_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The detail names it."""
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    source = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic") + bytes(40)
    with pytest.raises(PlaceholderError, match=r"captioner\[heic\]") as caught:
        prepare(source, "a.heic")
    assert caught.value.reason == "unsupported_image"


@pytest.mark.parametrize("size_px", [(9000, 300), (300, 9000), (20_000, 40)])
def test_panoramas_keep_their_shape(size_px: tuple[int, int]) -> None:
    """As wide as they are, they fit the model's square."""
    source = encoded(Image.new("RGB", size_px, "olive"), "JPEG")
    policy = ImagePolicy(detail="high", family=family_of("gpt-4o"))
    width_px, height_px = sent(prepare(source, "a", policy=policy)).size
    assert max(width_px, height_px) == 2048
    assert abs(width_px * size_px[1] - height_px * size_px[0]) <= max(size_px)


DRAFTED: list[tuple[str, Callable[[], bytes]]] = [
    ("JPEG", lambda: encoded(Image.new("RGB", (3000, 2000), "navy"), "JPEG")),
    ("JPEG2000", lambda: encoded(Image.new("RGB", (1500, 1000), "navy"), "JPEG2000")),
]


@pytest.mark.parametrize(("form", "source"), DRAFTED)
def test_formats_with_levels_come_out_in_the_right_size(
    form: str, source: Callable[[], bytes]
) -> None:
    """What is decoded small is neither shifted nor distorted."""
    prepared = prepare(source(), "a", max_side_px=99)
    assert sent(prepared).size == (99, 66)
    assert colour(prepared)[2] > 110
