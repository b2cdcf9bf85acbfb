"""Makes an image ready to be sent: as it is where a model can take it, else upright and as JPEG.

JPEG, PNG, WebP and still GIF go through byte for byte, and only their headers are read. What lies
on its side by its EXIF orientation, and anything else that Pillow opens, is turned upright, laid
over white and written as JPEG. Pillow's errors never leave this file. Everything here blocks.
"""

from __future__ import annotations

import io
import re
import struct
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from PIL import Image, UnidentifiedImageError

from captioner.errors import CaptionerError, PlaceholderError

T = TypeVar("T")
Format = Literal["JPEG", "PNG", "GIF", "WEBP"]

_JPEG_QUALITY = 90
_LARGEST_PX = 178_956_970  # what Pillow itself takes for a decompression bomb
_TAIL_BYTES = 64
_ORIENTATION_TAG = 0x0112
_UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_KNOWN_STRANGERS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb".{4}ftyp(?:hei|hev|mif1|msf1)", re.DOTALL), "HEIC"),
    (re.compile(rb"%PDF"), "PDF"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<svg", re.DOTALL), "SVG"),
    (re.compile(rb"\s*<(?:!doctype\s+)?html", re.IGNORECASE), "an HTML page"),
)
# Opening a picture that several threads share is the one thing Pillow does not guard.
_SHARED_PICTURES = threading.Lock()

# Odd metadata and large pictures are no news to the user of a long run, and are judged below.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An image ready to be sent: bytes, their mime type, and its size when it stands upright.

    `converted` says that the bytes are not the source's.
    """

    mime: str
    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    converted: bool


def prepare(
    source: bytes,
    label: str,
    *,
    effort: Literal["as_is", "reencode"] = "as_is",
    max_side_px: int | None = None,
) -> Prepared:
    """The image in `source` as a model can take it; `label` names it in errors.

    `effort="reencode"` writes a fresh JPEG whatever the source is. `max_side_px` shrinks an image
    whose longer side is longer; it never enlarges one. Nothing of the source's metadata is in a
    converted image. Raises PlaceholderError: `unreadable_image` (empty or damaged),
    `unsupported_image` (no image, or of a kind that Pillow cannot open), `too_large`.
    """
    if not source:
        raise PlaceholderError("unreadable_image", f"{label} is empty (0 bytes)")
    return _guarded(label, source, lambda: _prepare(source, label, effort, max_side_px))


def encode_picture(picture: object, label: str) -> bytes:
    """A PIL image as JPEG, upright and over white. Raises PlaceholderError as `prepare` does."""
    if not isinstance(picture, Image.Image):
        raise PlaceholderError("unsupported_image", f"a {label} is no PIL image")

    def encode() -> bytes:
        with _SHARED_PICTURES:
            picture.load()
        return _as_jpeg(picture, label, None).data

    return _guarded(label, b"", encode)


def _prepare(source: bytes, label: str, effort: str, max_side_px: int | None) -> Prepared:
    known = _format_of(source)
    with Image.open(io.BytesIO(source), formats=[known] if known else None) as picture:
        _check_size(picture, label)
        if picture.format == "EPS":  # Pillow would run it as a program
            raise PlaceholderError("unsupported_image", f"{label} is EPS; convert it to JPEG")
        small = max_side_px is None or max(picture.size) <= max_side_px
        if known and effort == "as_is" and small and _can_go_as_it_is(picture, known, source):
            if not _looks_whole(known, source):
                picture.load()  # raises where the damage is real
            return Prepared(f"image/{known.lower()}", source, *picture.size, converted=False)
        return _as_jpeg(picture, label, max_side_px)


def _format_of(source: bytes) -> Format | None:
    """The format by the first bytes, None for any that models do not take."""
    if source.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if source.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if source.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if source.startswith(b"RIFF") and source[8:12] == b"WEBP":
        return "WEBP"
    return None


def _can_go_as_it_is(picture: Image.Image, known: Format, source: bytes) -> bool:
    """Is it a still picture that stands upright?"""
    if known in ("GIF", "WEBP") and getattr(picture, "is_animated", False):
        return False
    # To be sure that a PNG has no EXIF behind its pixels Pillow decodes them all: look first.
    if known == "PNG" and not _may_have_exif(source):
        return True
    return _orientation(picture) == 1


def _may_have_exif(png: bytes) -> bool:
    chunks = _png_chunks(png)
    in_text = not chunks.isdisjoint((b"tEXt", b"zTXt", b"iTXt")) and b"Raw profile type" in png
    return in_text or b"eXIf" in chunks


def _png_chunks(png: bytes) -> set[bytes]:
    """The kinds of chunk in a PNG, as far as their lengths lead."""
    kinds: set[bytes] = set()
    at_byte = 8
    while at_byte + 8 <= len(png) and b"IEND" not in kinds:
        length_bytes, kind = struct.unpack_from(">I4s", png, at_byte)
        kinds.add(kind)
        at_byte += 12 + length_bytes
    return kinds


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or it makes no sense."""
    try:
        orientation = picture.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # damaged metadata is no reason to lose the picture
        return 1
    return orientation if orientation in _UPRIGHT else 1


def _looks_whole(known: Format, source: bytes) -> bool:
    """Does the file end as its format says? Cheap; a cut file fails, and a few whole ones too."""
    tail = source[-_TAIL_BYTES:]
    match known:
        case "JPEG":
            return b"\xff\xd9" in tail
        case "PNG":
            return b"IEND" in _png_chunks(source)
        case "GIF":
            # The end of the picture's last block, then the trailer.
            return tail.rstrip(b"\0").endswith(b"\0;")
        case "WEBP":
            return int.from_bytes(source[4:8], "little") + 8 <= len(source)


def _as_jpeg(picture: Image.Image, label: str, max_side_px: int | None) -> Prepared:
    """The (first) picture upright, over white, no larger than asked, as a JPEG of its own."""
    _check_size(picture, label)
    width_px, height_px = picture.size
    scale = min(1.0, (max_side_px or max(picture.size)) / max(picture.size))
    target = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    picture.draft(None, target)  # a JPEG is decoded at the nearest larger size, four times faster
    picture.load()
    orientation = _orientation(picture)  # only now: Pillow turns a TIFF by itself as it loads
    flat = _flattened(picture)
    if scale < 1:
        flat = flat.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if orientation in _UPRIGHT:
        flat = flat.transpose(_UPRIGHT[orientation])
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=_JPEG_QUALITY, comment=b"")  # the source's would be kept
    return Prepared("image/jpeg", out.getvalue(), *flat.size, converted=True)


def _flattened(picture: Image.Image) -> Image.Image:
    """The picture in RGB, over white where it is transparent; itself if it is so already."""
    # Transparency by a grey level is lost where levels are scaled.
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    elif picture.mode in ("I", "F"):  # no range is fixed for these: what is there is stretched
        low, high = picture.convert("F").getextrema()
        assert isinstance(low, float) and isinstance(high, float)  # noqa: S101, PT018
        scale = 255 / (high - low) if high > low else 0.0
        picture = picture.convert("F").point(lambda value: value * scale - low * scale).convert("L")
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    picture = picture.convert("RGBA")
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    return flat


def _check_size(picture: Image.Image, label: str) -> None:
    width_px, height_px = picture.size
    if width_px < 1 or height_px < 1:
        raise PlaceholderError("unreadable_image", f"{label} has no pixels")
    if width_px * height_px > _LARGEST_PX:
        raise PlaceholderError(
            "too_large", f"{label} has {width_px} x {height_px} px; at most {_LARGEST_PX:,} in all"
        )


def _guarded(label: str, source: bytes, work: Callable[[], T]) -> T:
    """`work()`, with every error of Pillow's, and there are many kinds, as PlaceholderError."""
    try:
        return work()
    except CaptionerError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PlaceholderError(
            "too_large", f"{label} has more than {_LARGEST_PX:,} px; shrink it"
        ) from error
    except UnidentifiedImageError as error:
        if _format_of(source):
            raise PlaceholderError(
                "unreadable_image", f"{label} is damaged: its header cannot be read"
            ) from error
        strangers = (name for pattern, name in _KNOWN_STRANGERS if pattern.match(source))
        what = f"is {stranger}" if (stranger := next(strangers, "")) else "is no image known here"
        raise PlaceholderError(
            "unsupported_image", f"{label} {what}; convert it to JPEG, PNG, WebP or GIF"
        ) from error
    except MemoryError as error:
        raise PlaceholderError("too_large", f"{label} does not fit into memory") from error
    except Exception as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise PlaceholderError("unreadable_image", f"{label} cannot be decoded: {why}") from error
