"""Makes an image ready to be sent: as it is where a model can take it, else upright and as JPEG.

A JPEG, PNG, WebP or still GIF that stands upright and is within the policy's limits goes through
byte for byte, and only its header is read. Anything else is decoded as small as it can be, shrunk
(`image_sizing`), brought to sRGB (`image_colour`), turned (`image_orientation`) and written as JPEG
of quality 90, its colours at full resolution where the source was not lossy. Rare formats and
compressed TIFF are decoded by a process of their own (`image_apart`). Everything here blocks, and
may be called from many threads.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from typing import IO, Final, Literal

from PIL import Image

from captioner.errors import PlaceholderError
from captioner.vision.image_colour import as_rgb, resizable, shows_everywhere
from captioner.vision.image_decoding import (
    check_memory,
    check_size,
    decode,
    decoding_bytes,
    guarded,
    is_decodable,
    is_decoded_apart,
    may_be_rare,
    no_image,
    open_picture,
)
from captioner.vision.image_formats import (
    LOSSY,
    SENDABLE,
    format_of,
    is_buffered_jpeg,
    looks_whole,
    may_have_late_exif,
)
from captioner.vision.image_memory import Allowance
from captioner.vision.image_orientation import is_on_its_side, orientation_of, upright
from captioner.vision.image_policy import AS_IT_IS, ImagePolicy
from captioner.vision.image_sizing import sent_size
from captioner.vision.jpeg import plain_size
from captioner.vision.prepared import Prepared

__all__ = ["AS_IT_IS", "Effort", "ImagePolicy", "Prepared", "as_it_is", "encode_picture", "prepare"]

Effort = Literal["as_is", "reencode"]

JPEG_QUALITY: Final = 90
_WHITE: Final = "white"
_ATTEMPTS: Final = 10
_MEMORY: Final = Allowance()
# Opening a picture that several threads share is the one thing Pillow does not guard.
_SHARED_PICTURES: Final = threading.Lock()


def prepare(
    source: bytes,
    label: str,
    *,
    effort: Effort = "as_is",
    max_side_px: int | None = None,
    policy: ImagePolicy = AS_IT_IS,
) -> Prepared:
    """The image in `source` as a model can take it; `label` names it in errors.

    `effort="reencode"` writes a fresh JPEG whatever the source is. `max_side_px` is a limit on the
    longer side beyond the policy's. Nothing of the source's metadata is in a converted image.
    Raises PlaceholderError: `unreadable_image` (empty or damaged), `unsupported_image` (no image,
    or of a kind that cannot be opened), `too_large` (more pixels than can be decoded in 1 GB and
    ten seconds).
    """
    if not source:
        raise PlaceholderError("unreadable_image", f"{label} is empty (0 bytes)")
    plain = as_it_is(source, policy, max_side_px) if effort == "as_is" else None
    if plain is not None:
        return plain
    with guarded(label, source):
        known = format_of(source)
        if known is None and not may_be_rare(source):
            raise no_image(source, label)
        if known is not None and not is_decoded_apart(source, label, known):
            return prepare_here(source, label, known, effort, max_side_px, policy)
        from captioner.vision.image_apart import prepare_apart  # few runs meet such files

        with _MEMORY.hold(_MEMORY.most_bytes // 2):
            return prepare_apart(source, label, known, max_side_px, policy)


def as_it_is(source: bytes, policy: ImagePolicy, max_side_px: int | None = None) -> Prepared | None:
    """A plain JPEG to be sent as it is; None for all that Pillow has to look at. Quick."""
    size_px = plain_size(source)
    if size_px is None or not is_decodable(size_px) or not looks_whole("JPEG", source):
        return None
    width_px, height_px = size_px
    is_small = len(source) <= policy.max_bytes
    if not is_small or sent_size(width_px, height_px, policy, max_side_px) != size_px:
        return None
    return Prepared("image/jpeg", source, width_px, height_px, False)


def encode_picture(picture: object, label: str) -> bytes:
    """A PIL image as JPEG, upright and over white. Raises PlaceholderError as `prepare` does."""
    if not isinstance(picture, Image.Image):
        raise PlaceholderError("unsupported_image", f"a {label} is no PIL image")
    with guarded(label, b""):
        check_size(picture.size, label)
        with _SHARED_PICTURES:
            picture.load()
        return _as_jpeg(picture, label, picture.size, AS_IT_IS, known=None).data


def prepare_here(
    source: bytes,
    label: str,
    known: str | None,
    effort: Effort,
    max_side_px: int | None,
    policy: ImagePolicy,
) -> Prepared:
    """`prepare` in this process, for a source whose format is known or, if None, is a rare one."""
    with open_picture(source, label, known) as picture:
        target_px = sent_size(*picture.size, policy, max_side_px)
        may_pass = (
            known in SENDABLE
            and effort == "as_is"
            and target_px == picture.size
            and len(source) <= policy.max_bytes
        )
        late_exif = may_pass and "exif" not in picture.info and may_have_late_exif(known, source)
        # The usual case, without decoding: all that counts is in the header.
        passes = may_pass and not late_exif and _can_be_sent(picture, policy)
        as_it_is = Prepared(f"image/{str(known).lower()}", source, *picture.size, converted=False)
        if passes and looks_whole(known, source):
            return as_it_is
        need_bytes = decoding_bytes(picture, target_px, is_buffered=is_buffered_jpeg(source))
        check_memory(need_bytes, _MEMORY.most_bytes, picture.size, label)
        with _MEMORY.hold(need_bytes):
            if passes or (late_exif and _can_be_sent(picture, policy)):
                picture.load()  # it may be cut: that raises where the damage is real
                return as_it_is
            return _as_jpeg(picture, label, target_px, policy, known)


def _can_be_sent(picture: Image.Image, policy: ImagePolicy) -> bool:
    """Is it a still picture that stands upright, and looks the same to every decoder?"""
    if picture.format in ("GIF", "WEBP") and getattr(picture, "is_animated", False):
        return False
    if policy.background is not None and picture.has_transparency_data:
        return False
    return shows_everywhere(picture) and orientation_of(picture) == 1


def _as_jpeg(
    picture: Image.Image,
    label: str,
    target_px: tuple[int, int],
    policy: ImagePolicy,
    known: str | None,
) -> Prepared:
    """The (first) picture upright, in sRGB, without transparency, as a JPEG of its own."""
    source_px = picture.size
    deep = picture.mode.startswith("I;16")
    profile = picture.info.get("icc_profile")
    box = decode(picture, target_px)
    orientation = orientation_of(picture)  # only now: Pillow turns a TIFF by itself as it loads
    if picture.size == source_px[::-1] != source_px:
        source_px, target_px = source_px[::-1], target_px[::-1]
    shrunk = _shrunk(picture, target_px, box)
    rgb = as_rgb(shrunk, deep=deep, profile=profile, background=policy.background or _WHITE)
    sent = upright(rgb, orientation)
    if is_on_its_side(orientation):
        source_px = source_px[::-1]
    subsampling = 2 if known in LOSSY else 0
    for _ in range(_ATTEMPTS):
        data = _encoded(sent, subsampling)
        if len(data) <= policy.max_bytes:
            return Prepared("image/jpeg", data, *sent.size, True, *source_px)
        # Bytes go with the area, and a little less than that as pictures shrink.
        share = (policy.max_bytes / len(data)) ** 0.5 * 0.95
        smaller_px = (max(1, int(sent.width * share)), max(1, int(sent.height * share)))
        sent = sent.resize(smaller_px, Image.Resampling.LANCZOS, reducing_gap=2.0)
    raise PlaceholderError(
        "too_large", f"no JPEG of {label} has at most {policy.max_bytes:,} bytes; raise that limit"
    )


def _shrunk(
    picture: Image.Image, target_px: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    picture = resizable(picture)
    if picture.size == target_px:
        return picture
    return picture.resize(target_px, Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)


def _encoded(picture: Image.Image, subsampling: int) -> bytes:
    # Into a file that has a descriptor Pillow encodes without the interpreter's lock; into a
    # BytesIO it holds it, and with it the event loop, for as long as that takes.
    with _file_in_memory() as out:
        # Without a comment of our own the source's would be kept.
        picture.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=subsampling, comment=b"")
        out.seek(0)
        return out.read()


def _file_in_memory() -> IO[bytes]:
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("captioner-jpeg"), "w+b")
    return tempfile.TemporaryFile()
