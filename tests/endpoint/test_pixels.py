from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.image_urls import AskedImage, read_image
from captioner.endpoint.options import EndpointOptions
from captioner.endpoint.pixels import MOST_PIXELS, measure, size_of


def asked(image: Image.Image | bytes, kind: str = "PNG", **options: object) -> AskedImage:
    """An image part of this image, or of these bytes."""
    if isinstance(image, Image.Image):
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        image = buffer.getvalue()
    url = f"data:image/{kind.lower()};base64,{base64.b64encode(image).decode()}"
    return read_image("url", url, "low", EndpointOptions())


def test_a_drawn_image_is_measured_truly() -> None:
    """Size, colours with their shares, brightness and its halves are those that were drawn."""
    image = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(image).rectangle((0, 100, 399, 199), fill="blue")
    picture = measure(asked(image))
    assert (picture.width_px, picture.height_px) == (400, 200)
    assert picture.colours == (("blue", 0.5), ("white", 0.5))
    assert picture.brightness == pytest.approx((1 + 29 / 255) / 2, abs=0.01)
    assert picture.top_minus_bottom == pytest.approx(1 - 29 / 255, abs=0.01)
    assert picture.left_minus_right == 0
    assert 0 < picture.detail < 0.1


def test_contrast_and_detail_have_ends() -> None:
    """One flat colour has neither; a fine chequerboard has all of the contrast."""
    flat = measure(asked(Image.new("L", (64, 64), 90)))
    assert (flat.contrast, flat.detail) == (0, 0)
    chequered = Image.new("L", (64, 64))
    chequered.putdata([255 * ((at + at // 64) % 2) for at in range(64 * 64)])
    picture = measure(asked(chequered))
    assert picture.contrast == pytest.approx(1, abs=0.01)
    assert picture.detail == 1


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"),
        ("L", "PNG"),
        ("LA", "PNG"),
        ("P", "PNG"),
        ("RGBA", "PNG"),
        ("I;16", "PNG"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("P", "GIF"),
        ("RGBA", "WEBP"),
    ],
)
def test_every_pixel_format_is_measured(mode: str, kind: str) -> None:
    """Black, in whatever mode an accepted format may hold it, is black."""
    color: object = (0, 0, 0, 255) if mode in ("RGBA", "CMYK") else 0
    color = (0, 255) if mode == "LA" else color
    picture = measure(asked(Image.new(mode, (40, 30), color), kind))  # type: ignore[arg-type]
    assert picture.colours == (("black", 1.0),)
    assert picture.brightness < 0.02


def test_what_is_transparent_lies_on_white() -> None:
    """A wholly transparent image is seen as white, in RGBA and in a palette."""
    assert measure(asked(Image.new("RGBA", (9, 9), (255, 0, 0, 0)))).colours == (("white", 1.0),)
    palette = Image.new("P", (9, 9), 0)
    assert measure(asked(palette, transparency=0)).colours == (("white", 1.0),)


def test_orientation_tags_are_ignored() -> None:
    """The size is that of the stored pixels, as models see them."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = asked(Image.new("RGB", (40, 20)), "JPEG", exif=exif)
    assert size_of(image) == (40, 20)
    assert (measure(image).width_px, measure(image).height_px) == (40, 20)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_cut_file_is_refused(kind: str) -> None:
    """Half of an image is no image, and the 400 is the official one."""
    image = Image.effect_noise((200, 200), 90).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, kind)
    half = asked(buffer.getvalue()[: len(buffer.getvalue()) // 2], kind)
    with pytest.raises(ApiError) as caught:
        measure(half)
    assert (caught.value.status, caught.value.code) == (400, "invalid_image_format")


def test_a_header_alone_is_refused() -> None:
    """Magic bytes followed by nothing are no image even where pixels are not decoded."""
    with pytest.raises(ApiError, match="unsupported image"):
        size_of(asked(b"\x89PNG\r\n\x1a\n"))


def test_animations_are_refused_where_the_api_refuses_them() -> None:
    """A GIF of two frames is not supported, one of a single frame is."""
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 255)]
    with pytest.raises(ApiError, match="Animated"):
        measure(asked(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert measure(asked(frames[0], "GIF")).width_px == 8


def test_a_bomb_is_refused_by_its_header() -> None:
    """A tiny file that claims more pixels than allowed is neither decoded nor warned about."""
    side_px = int(MOST_PIXELS**0.5) + 1
    header = bytearray(asked(Image.new("1", (1, 1))).data)
    header[16:24] = side_px.to_bytes(4, "big") * 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ApiError) as caught:
            size_of(AskedImage(bytes(header), "image/png", "low", "", b""))
    assert caught.value.code in ("image_too_large", "invalid_image_format")


def test_the_smallest_image_is_measured(make_image: Callable[..., bytes]) -> None:
    """One pixel is enough."""
    picture = measure(asked(make_image("red", (1, 1))))
    assert picture.colours == (("red", 1.0),)
    assert picture.detail == 0
