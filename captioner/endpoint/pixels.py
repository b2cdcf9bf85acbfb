"""What can be measured in an image. The only file of the endpoint that knows Pillow; it blocks."""

from __future__ import annotations

import io
from collections import Counter
from typing import Final

from PIL import (
    GifImagePlugin,
    Image,
    ImageChops,
    ImageFile,
    ImageStat,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from captioner.endpoint import api_errors
from captioner.endpoint.colours import colour_name
from captioner.endpoint.describe import Picture
from captioner.endpoint.image_urls import AskedImage

# The format's own class, as the MIME type was checked already: no guessing, and no warning about
# the process-wide pixel limit, which belongs to whoever embeds the endpoint.
_OPENERS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    "image/png": PngImagePlugin.PngImageFile,
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/gif": GifImagePlugin.GifImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
}
MOST_PIXELS: Final = 100_000_000
_LOOKED_AT_PX: Final = 128
_COLOURS: Final = 8
_EDGE: Final = 24


def size_of(image: AskedImage) -> tuple[int, int]:
    """Width and height in px as stored, from the header; raises ApiError where there is none."""
    with _open(image) as opened:
        width_px, height_px = opened.size
        if width_px * height_px > MOST_PIXELS:
            raise api_errors.invalid(
                f"Image too large: {width_px}x{height_px} px, at most {MOST_PIXELS} are allowed.",
                param=None,
                code="image_too_large",
            )
        return width_px, height_px


def measure(image: AskedImage) -> Picture:
    """Decode every pixel and measure; raises ApiError where the bytes are no whole image.

    Brightness, contrast and detail are shares of their maxima; colours are named, with their
    shares, the largest first. EXIF orientation is ignored, as models ignore it.
    """
    with _open(image) as opened:
        if image.mime == "image/gif" and getattr(opened, "is_animated", False):
            raise api_errors.invalid_image("Animated GIFs are not supported.")
        width_px, height_px = opened.size
        try:
            small = _small_rgb(opened)
        except Exception as error:
            raise api_errors.invalid_image("Its bytes do not decode.") from error
    grey = small.convert("L")
    statistic = ImageStat.Stat(grey)
    quarters = grey.resize((2, 2), Image.Resampling.BOX).tobytes()
    return Picture(
        width_px=width_px,
        height_px=height_px,
        colours=_colours(small),
        brightness=statistic.mean[0] / 255,
        contrast=min(1.0, statistic.stddev[0] / 127.5),
        detail=_detail(grey),
        top_minus_bottom=(quarters[0] + quarters[1] - quarters[2] - quarters[3]) / 510,
        left_minus_right=(quarters[0] + quarters[2] - quarters[1] - quarters[3]) / 510,
    )


def _open(image: AskedImage) -> ImageFile.ImageFile:
    try:
        return _OPENERS[image.mime](io.BytesIO(image.data))
    except Exception as error:  # decoders fail in every way there is
        raise api_errors.invalid_image("Its header does not decode.") from error


def _small_rgb(opened: ImageFile.ImageFile) -> Image.Image:
    bounds = (_LOOKED_AT_PX, _LOOKED_AT_PX)
    if opened.format == "JPEG":
        opened.draft("RGB", bounds)
    image: Image.Image = opened
    image.load()
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in ("LA", "PA", "La", "RGBa"):
        image = image.convert("RGBA")
    elif image.mode not in ("RGB", "RGBA", "L"):
        image = image.convert("RGB")
    image.thumbnail(bounds, Image.Resampling.BOX)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _colours(small: Image.Image) -> tuple[tuple[str, float], ...]:
    indexed = small.quantize(_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = indexed.getpalette() or []
    pixels = small.width * small.height
    shares: Counter[str] = Counter()
    for at, count in enumerate(indexed.histogram()):
        if count:
            red, green, blue = palette[3 * at : 3 * at + 3]
            shares[colour_name(red, green, blue)] += count
    # Ties by name, so that the order never depends on the palette's.
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return tuple((name, count / pixels) for name, count in ordered)


def _detail(grey: Image.Image) -> float:
    """The share of points that differ clearly from the next one to the right or below."""
    width_px, height_px = grey.width - 1, grey.height - 1
    if min(width_px, height_px) < 1:
        return 0.0
    here = grey.crop((0, 0, width_px, height_px))
    right = grey.crop((1, 0, width_px + 1, height_px))
    below = grey.crop((0, 1, width_px, height_px + 1))
    edges = ImageChops.lighter(
        ImageChops.difference(here, right), ImageChops.difference(here, below)
    )
    return sum(edges.histogram()[_EDGE:]) / (width_px * height_px)
