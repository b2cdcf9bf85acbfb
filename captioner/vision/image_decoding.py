"""Opens pictures that others made, within limits of pixels, memory and time.

Only headers are read here until `decode`. Whatever Pillow raises, and that is all sorts, becomes
PlaceholderError in `guarded`. Everything blocks.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Final

from PIL import Image, UnidentifiedImageError

from captioner.errors import CaptionerError, PlaceholderError
from captioner.vision.image_formats import (
    NEVER_OPENED,
    format_of,
    has_too_many_pieces,
    slow_scans,
    stranger,
)

_LARGEST_PX: Final = 178_956_970  # what Pillow itself takes for a decompression bomb
_LONGEST_PX: Final = 65_500  # what a JPEG can have
# Bytes a pixel at the peak, as measured: of what is decoded, and of what is then sent.
_DECODING_BYTES: Final = {"WEBP": 17.5, "AVIF": 12.5, "HEIF": 10.0}
_PLAIN_BYTES: Final = 4.5
_TRANSPARENT_BYTES: Final = 9.5
_OTHER_BYTES: Final = 6.5
_COEFFICIENT_BYTES: Final = 6.5
_SENT_BYTES: Final = 9.0

# Odd metadata and large pictures are no news to the user of a long run, and are judged below.
logging.getLogger("PIL").addHandler(logging.NullHandler())
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def open_picture(source: bytes, label: str, known: str | None) -> Image.Image:
    """The picture in `source`, its header read and its size checked.

    `known` is its format; None tries whatever else Pillow opens. Raises PlaceholderError:
    `unsupported_image`, `too_large`, and whatever `guarded` makes of Pillow's errors.
    """
    if has_too_many_pieces(known, source):
        raise PlaceholderError(
            "unreadable_image", f"{label} is cut into far too many pieces to be a photo"
        )
    if known == "HEIF":
        picture = _open_heif(source, label)
    else:
        picture = Image.open(io.BytesIO(source), formats=[known] if known else rare_formats())
    check_size(picture.size, label)
    scans = slow_scans(known, source, picture.width * picture.height)
    if scans is not None:
        picture.close()
        raise PlaceholderError(
            "too_large", f"{label} has {scans:,} scans, which would take minutes to decode"
        )
    return picture


def decode(picture: Image.Image, target_px: tuple[int, int]) -> tuple[float, float, float, float]:
    """Decode the pixels, at a smaller size if the format can and `target_px` allows.

    Returns the box that the whole picture fills in what was decoded.
    """
    drafted = picture.draft(None, target_px)  # a JPEG then is decoded up to ten times faster
    if drafted is None and picture.format == "JPEG2000":
        _leave_out_levels(picture, target_px)
    picture.load()
    return drafted[1] if drafted is not None else (0, 0, picture.width, picture.height)


def decoding_bytes(
    picture: Image.Image, target_px: tuple[int, int], *, is_buffered: bool = False
) -> int:
    """Memory that `decode` and a conversion will take at their peak, roughly.

    `is_buffered` says that it is a JPEG whose decoder keeps the whole picture twice.
    """
    pixels = picture.width * picture.height
    kind = picture.format or ""
    buffered = 0.0
    if kind in ("JPEG", "MPO"):
        buffered = _COEFFICIENT_BYTES * pixels if is_buffered else 0.0
        shrinks = min(picture.width // target_px[0], picture.height // target_px[1])
        pixels //= next(times for times in (8, 4, 2, 1) if times <= max(1, shrinks)) ** 2
    if picture.has_transparency_data:
        each = _TRANSPARENT_BYTES
    else:
        each = _PLAIN_BYTES if picture.mode in ("L", "RGB", "CMYK") else _OTHER_BYTES
    decoded = max(each, _DECODING_BYTES.get(kind, 0)) * pixels
    return int(buffered + decoded + _SENT_BYTES * target_px[0] * target_px[1])


def check_size(size_px: tuple[int, int], label: str) -> None:
    """Raises PlaceholderError where this is no size of a picture that can be decoded."""
    width_px, height_px = size_px
    if width_px < 1 or height_px < 1:
        raise PlaceholderError("unreadable_image", f"{label} has no pixels")
    if not is_decodable(size_px):
        raise PlaceholderError(
            "too_large",
            f"{label} has {width_px} x {height_px} px; at most {_LARGEST_PX:,} in all, "
            f"and {_LONGEST_PX:,} a side",
        )


def is_decodable(size_px: tuple[int, int]) -> bool:
    """Whether a picture is not too large."""
    return size_px[0] * size_px[1] <= _LARGEST_PX and max(size_px) <= _LONGEST_PX


def check_memory(need_bytes: int, most_bytes: int, size_px: tuple[int, int], label: str) -> None:
    """Raises PlaceholderError where a picture cannot be decoded in the memory there is for it."""
    if need_bytes > most_bytes:
        width_px, height_px = size_px
        raise PlaceholderError(
            "too_large",
            f"{label} has {width_px} x {height_px} px; to decode it takes "
            f"{need_bytes / 1e6:,.0f} MB, and at most {most_bytes / 1e6:,.0f} MB may be taken",
        )


def is_decoded_apart(source: bytes, label: str, known: str) -> bool:
    """Is it a TIFF that needs libtiff? Of damaged ones that writes to the process's own stderr."""
    if known != "TIFF":
        return False
    with open_picture(source, label, known) as picture:
        return picture.info.get("compression") != "raw"


def rare_formats() -> list[str]:
    """What Pillow opens beyond the formats that `format_of` tells, by its own names."""
    Image.init()
    return [name for name in Image.OPEN if name not in NEVER_OPENED]


def may_be_rare(source: bytes) -> bool:
    """Does any rare format claim these bytes? Those without a mark of their own read the header."""
    unmarked = []
    for name in rare_formats():
        accepts = Image.OPEN[name][1]
        if accepts is None:
            unmarked.append(name)
            continue
        with contextlib.suppress(Exception):
            if accepts(source[:16]) is True:
                return True
    with contextlib.suppress(Exception), Image.open(io.BytesIO(source), formats=unmarked):
        return True
    return False


@contextlib.contextmanager
def guarded(label: str, source: bytes) -> Iterator[None]:
    """Every error of Pillow's, and there are many kinds, as PlaceholderError."""
    try:
        yield
    except CaptionerError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PlaceholderError(
            "too_large", f"{label} has more than {_LARGEST_PX:,} px; shrink it"
        ) from error
    except UnidentifiedImageError as error:
        if format_of(source):
            raise PlaceholderError(
                "unreadable_image", f"{label} is damaged: its header cannot be read"
            ) from error
        raise no_image(source, label) from error
    except MemoryError as error:
        raise PlaceholderError("too_large", f"{label} does not fit into memory") from error
    except Exception as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise PlaceholderError("unreadable_image", f"{label} cannot be decoded: {why}") from error


def no_image(source: bytes, label: str) -> PlaceholderError:
    """The error that says what these bytes are, as they are no image that can be opened here."""
    what = f"is {name}" if (name := stranger(source)) else "is no image known here"
    return PlaceholderError(
        "unsupported_image", f"{label} {what}; convert it to JPEG, PNG, WebP or GIF"
    )


def _open_heif(source: bytes, label: str) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile  # an extra, and it loads a library of its own
    except ImportError as error:
        raise PlaceholderError(
            "unsupported_image",
            f"{label} is HEIC: pip install 'captioner[heic]' to read it, or convert it to JPEG",
        ) from error
    try:
        picture: Image.Image = HeifImageFile(io.BytesIO(source))  # type: ignore[no-untyped-call]
    except SyntaxError as error:
        raise UnidentifiedImageError(str(error)) from error
    return picture


def _leave_out_levels(picture: Image.Image, target_px: tuple[int, int]) -> None:
    """Decode a JPEG 2000 at a lower level of its pyramid, of which nearly all have six."""
    shrinks = min(picture.width // target_px[0], picture.height // target_px[1])
    levels = min(5, shrinks.bit_length() - 1)
    if levels > 0:
        picture.reduce = levels  # type: ignore[method-assign,assignment]
