"""What a file's bytes say about it before anyone decodes it. Pure, and quick."""

from __future__ import annotations

import re
import struct
from typing import Final, Literal

Format = Literal["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"]

SENDABLE: Final = frozenset({"JPEG", "PNG", "GIF", "WEBP"})
"""What models take as it is, if it is still and upright."""

LOSSY: Final = frozenset({"JPEG", "WEBP", "AVIF", "HEIF"})

# Formats that Pillow lists and that are no pictures, or that it opens with another program.
NEVER_OPENED: Final = frozenset(
    {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG", "FPX", "MIC", "PDF", "PALM"}
)

_TAIL_BYTES = 64
_MOST_PIECES = 100_000
_JPEG_SCANS = 60
_SLOW_JPEG_PX = 3_000_000_000
_JPEG_SCAN = 0xDA
_JPEG_SEQUENTIAL = frozenset((0xC0, 0xC1, 0xC9))
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_NEUTRAL_BRANDS = frozenset((b"mif1", b"msf1"))
_KNOWN_STRANGERS: Final = (
    (re.compile(rb"%PDF"), "PDF"),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "EPS"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<svg", re.DOTALL), "SVG"),
    (re.compile(rb"\s*<(?:!doctype\s+)?html", re.IGNORECASE), "an HTML page"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "), "JPEG XL"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "a film"),
    (re.compile(rb"\xd7\xcd\xc6\x9a|.{40} EMF", re.DOTALL), "WMF"),
)


def format_of(source: bytes) -> Format | None:
    """The format by the first bytes; None for the rare ones, and for what is no image."""
    if source.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if source.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if source.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if source.startswith(b"RIFF") and source[8:12] == b"WEBP":
        return "WEBP"
    if source.startswith(b"BM"):
        return "BMP"
    if source.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    return _heif_or_avif(source)


def stranger(source: bytes) -> str | None:
    """What a file is that is no image which can be opened here; None where nobody knows."""
    head = source[:4096]
    return next((name for pattern, name in _KNOWN_STRANGERS if pattern.match(head)), None)


def looks_whole(known: str | None, source: bytes) -> bool:
    """Does the file end as its format says? Cheap; a cut file fails, and a few whole ones too."""
    tail = source[-_TAIL_BYTES:]
    match known:
        case "JPEG":
            return tail.find(b"\xff\xd9") >= 0  # `in` raises and forgets an error first
        case "PNG":
            return b"IEND" in png_chunks(source)
        case "GIF":
            # The end of the picture's last block, then the trailer.
            return tail.rstrip(b"\0").endswith(b"\0;")
        case "WEBP":
            return int.from_bytes(source[4:8], "little") + 8 <= len(source)
        case _:
            return False


def may_have_late_exif(known: str | None, source: bytes) -> bool:
    """May orientation be told behind the pixels, where Pillow finds it only by decoding them?"""
    if known != "PNG":
        return False
    chunks = png_chunks(source)
    in_text = not chunks.isdisjoint((b"tEXt", b"zTXt", b"iTXt")) and b"Raw profile type" in source
    return in_text or b"eXIf" in chunks


def png_chunks(png: bytes) -> set[bytes]:
    """The kinds of chunk in a PNG, as far as their lengths lead."""
    kinds: set[bytes] = set()
    at_byte = 8
    for _ in range(_MOST_PIECES):
        if at_byte + 8 > len(png) or b"IEND" in kinds:
            break
        length_bytes, kind = struct.unpack_from(">I4s", png, at_byte)
        kinds.add(kind)
        at_byte += 12 + length_bytes
    return kinds


def has_too_many_pieces(known: str | None, source: bytes) -> bool:
    """Is it made of so many chunks or segments that reading its header alone takes seconds?"""
    match known:
        case "PNG":
            at_byte, step, length = 8, 12, struct.Struct(">I")
        case "JPEG":
            at_byte, step, length = 4, 2, struct.Struct(">H")
        case _:
            return False
    for _ in range(_MOST_PIECES):
        if at_byte + 4 > len(source) or (known == "JPEG" and source[at_byte - 1] == _JPEG_SCAN):
            return False
        at_byte += step + length.unpack_from(source, at_byte)[0]
    return True


def is_buffered_jpeg(source: bytes) -> bool:
    """Is it a JPEG whose picture comes in several scans? A decoder keeps all of it in memory."""
    if not source.startswith(b"\xff\xd8"):
        return False
    at_byte, channels = 2, 0
    for _ in range(_MOST_PIECES):
        if at_byte + 10 > len(source):
            return True
        marker = source[at_byte + 1]
        if marker == _JPEG_SCAN:
            return source[at_byte + 4] != channels
        if marker in _JPEG_FRAMES:
            channels = source[at_byte + 9] if marker in _JPEG_SEQUENTIAL else -1
        at_byte += 2 + int.from_bytes(source[at_byte + 2 : at_byte + 4])
    return True


def slow_scans(known: str | None, source: bytes, pixels: int) -> int | None:
    """The scans of a JPEG that would take minutes to decode; None where it is decoded in seconds.

    A scan of a few bytes may go over the whole picture, and a file may have millions of them.
    """
    if known != "JPEG" or not is_buffered_jpeg(source):
        return None
    scans = source.count(b"\xff\xda")  # rather too many: thumbnails have some of their own
    return scans if scans > _JPEG_SCANS and scans * pixels > _SLOW_JPEG_PX else None


def _heif_or_avif(source: bytes) -> Format | None:
    if source[4:8] != b"ftyp":
        return None
    size_bytes = min(int.from_bytes(source[:4], "big"), 256)
    listed = (source[at : at + 4] for at in range(16, size_bytes, 4))
    major, brands = source[8:12], {source[8:12], *listed}
    if major in _AVIF_BRANDS or (major in _NEUTRAL_BRANDS and brands & _AVIF_BRANDS):
        return "AVIF"
    if major in _HEIF_BRANDS or (major in _NEUTRAL_BRANDS and brands & _HEIF_BRANDS):
        return "HEIF"
    return "HEIF" if major in _NEUTRAL_BRANDS else None
