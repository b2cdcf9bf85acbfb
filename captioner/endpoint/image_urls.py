"""The address of an image: a data URL whose type must be that of its bytes. Pure."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

import pybase64

from captioner.endpoint import api_errors
from captioner.endpoint.options import EndpointOptions

_MAGIC: Final = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}


@dataclass(frozen=True, slots=True)
class AskedImage:
    """One image part. `data` is empty where `url` is an http(s) address; `digest` is of either."""

    data: bytes
    mime: str
    detail: str
    url: str
    digest: bytes


def read_image(where: str, url: str, detail: str, options: EndpointOptions) -> AskedImage:
    """Check an image address: a base64 data URL whose MIME type is that of its bytes."""
    if url[:5].lower() != "data:":
        return _remote(where, url, detail, options)
    head, comma, payload = url[5:].partition(",")
    mime, *attributes = (piece.strip().lower() for piece in head[:200].split(";"))
    if not comma or "base64" not in attributes or mime not in _MAGIC:
        got = f"'{mime[:64]}'" if comma else "no data"
        raise api_errors.invalid_image(
            f"Expected a base64-encoded data URL with an image MIME type, but got {got}.",
            param=where,
        )
    try:
        data = pybase64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise api_errors.invalid(
            "Invalid base64 image_url.", param=where, code="invalid_base64"
        ) from error
    if len(data) > options.max_image_bytes:
        raise api_errors.invalid(
            f"Image too large: {len(data)} bytes, at most {options.max_image_bytes} are allowed.",
            param=where,
            code="image_too_large",
        )
    actual = sniff(data)
    if actual is None:
        raise api_errors.invalid_image(
            "Its bytes are empty." if not data else "Its bytes are no image.", param=where
        )
    if actual != mime:
        raise api_errors.invalid_image(
            f"The data URL says {mime}, but its bytes are {actual}.", param=where
        )
    return AskedImage(data, mime, detail, "", hashlib.sha256(data).digest())


def sniff(data: bytes) -> str | None:
    """The MIME type that the first bytes say, of the four that the API takes."""
    for mime, magics in _MAGIC.items():
        if data.startswith(magics) and (mime != "image/webp" or data[8:12] == b"WEBP"):
            return mime
    return None


def _remote(where: str, url: str, detail: str, options: EndpointOptions) -> AskedImage:
    shown = url[:64]
    if not url.lower().startswith(("http://", "https://")):
        raise api_errors.invalid(
            f"Invalid image URL: '{shown}'. Expected a base64 data URL or an http(s) address.",
            param=where,
            code="invalid_image_url",
        )
    if not options.accept_urls:
        raise api_errors.invalid(
            f"Error while downloading {shown}: the rehearsal endpoint downloads nothing.",
            param=where,
            code="invalid_image_url",
        )
    return AskedImage(b"", "", detail, url, hashlib.sha256(url.encode()).digest())
