"""Which file names are images that can be sent, and which must be converted first."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

SUPPORTED: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
)

_PHOTO: Final = "convert to JPEG"
_RAW: Final = "develop the camera raw to JPEG"
_DRAWING: Final = "render to PNG"
_LAYERS: Final = "export as PNG or JPEG"

REMEDIES: Final[dict[str, str]] = {
    **dict.fromkeys((".heic", ".heif", ".hif", ".avif", ".avifs", ".jxl"), _PHOTO),
    **dict.fromkeys((".jp2", ".j2k", ".j2c", ".jpf", ".jpx", ".jpm"), _PHOTO),
    **dict.fromkeys((".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2"), _RAW),
    **dict.fromkeys((".dng", ".orf", ".rw2", ".raf", ".pef", ".srw", ".x3f", ".3fr"), _RAW),
    **dict.fromkeys((".erf", ".kdc", ".dcr", ".mrw", ".mef", ".rwl", ".iiq", ".raw"), _RAW),
    **dict.fromkeys((".svg", ".svgz", ".eps", ".ai", ".wmf", ".emf"), _DRAWING),
    ".pdf": "export the pages as PNG",
    **dict.fromkeys((".psd", ".psb", ".xcf", ".kra"), _LAYERS),
    **dict.fromkeys((".ico", ".tga", ".dds", ".exr", ".hdr", ".ppm", ".pgm", ".pbm"), _LAYERS),
}
"""Suffix of an image that cannot be sent → what its owner can do."""


def suffix_of(name: str) -> str:
    """The suffix in lower case, with its dot; empty where there is none."""
    return PurePath(name).suffix.lower()
