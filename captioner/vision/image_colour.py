"""Any mode of picture in 8-bit sRGB, as a model takes it: profiles, print colours, deep greys.

A picture is shrunk between `resizable` and `as_rgb`: what is converted is then the smaller one.
"""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from PIL import ImageCms

_PROFILE_BYTES: Final = 4 * 2**20
_PROFILED_MODES: Final = frozenset({"RGB", "CMYK", "L", "LAB"})


def shows_everywhere(picture: Image.Image) -> bool:
    """Does every decoder show it alike? Print colours are often shown inverted, deep greys cut."""
    return picture.mode not in ("CMYK", "YCCK", "I", "F") and not picture.mode.startswith("I;16")


def resizable(picture: Image.Image) -> Image.Image:
    """The picture in a mode whose pixels can be averaged; itself if it is in one already."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I")  # a transparent grey level is lost where levels are scaled
    if picture.mode in ("I", "F"):
        return picture
    if picture.has_transparency_data:
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    if picture.mode == "P":
        return picture.convert("RGB")
    return picture.convert("L") if picture.mode == "1" else picture


def as_rgb(
    picture: Image.Image, *, deep: bool, profile: bytes | None, background: str
) -> Image.Image:
    """A `resizable` picture in sRGB, over `background` where it is transparent.

    `deep` says that it holds 16-bit greys. A profile that is broken or of other colours than the
    picture is ignored.
    """
    if picture.mode in ("I", "F"):
        picture = _eight_bit(picture, deep=deep)
    alpha = None
    if picture.mode == "RGBA":
        alpha = picture.getchannel("A")
        picture = picture.convert("RGB")
    picture = _in_srgb(picture, profile)
    if alpha is None:
        return picture
    flat = Image.new("RGB", picture.size, background)
    flat.paste(picture, mask=alpha)
    return flat


def _eight_bit(picture: Image.Image, *, deep: bool) -> Image.Image:
    if deep:
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    # No range is fixed for these: what is there is stretched.
    picture = picture.convert("F")
    low, high = picture.getextrema()
    assert isinstance(low, float) and isinstance(high, float)  # noqa: S101, PT018
    scale = 255 / (high - low) if high > low else 0.0
    return picture.point(lambda value: value * scale - low * scale).convert("L")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and len(profile) <= _PROFILE_BYTES and picture.mode in _PROFILED_MODES:
        # Only here: it loads a library of its own.
        from PIL import ImageCms

        try:
            with io.BytesIO(profile) as file:
                source = ImageCms.ImageCmsProfile(file)
            converted = ImageCms.profileToProfile(picture, source, _srgb(), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
