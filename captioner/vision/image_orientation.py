"""Which way up an image lies by its EXIF tag, and how to turn it."""

from __future__ import annotations

from typing import Final

from PIL import Image

_ORIENTATION_TAG: Final = 0x0112
_UPRIGHT: Final[dict[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(picture: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or it makes no sense."""
    try:
        orientation = picture.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # damaged metadata is no reason to lose the picture
        return 1
    return orientation if orientation in _UPRIGHT else 1


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture turned; itself where it stands upright."""
    turn = _UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def is_on_its_side(orientation: int) -> bool:
    """Does turning it upright swap width and height?"""
    return orientation in (5, 6, 7, 8)
