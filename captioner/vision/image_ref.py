"""Where an image is: a path, URL, data URL, bytes or an open picture, read only when it is needed.

Whatever a sample gives becomes an `ImageRef`; whether it is of any use shows when it is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import quote, unquote, unquote_to_bytes

import pybase64

from captioner.errors import PlaceholderError
from captioner.record import record
from captioner.vision.local_file import path_of_file_url, read_file
from captioner.vision.printable import printable, printable_url
from captioner.vision.reach import Reach, is_url
from captioner.vision.remote import joined

Kind: TypeAlias = Literal[
    "path", "file_url", "url", "data_url", "remote", "bytes", "picture", "unusable"
]

_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile("https?://", re.IGNORECASE), "url"),
    (re.compile("data:", re.IGNORECASE), "data_url"),
    (re.compile("file:", re.IGNORECASE), "file_url"),
    (re.compile("[a-z][a-z0-9+.-]+://", re.IGNORECASE), "remote"),
)
_TRUSTED: Final = Reach()


@record
class ImageRef:
    """An image as a sample gave it. Make one with `ImageRef.of`.

    `kind` says what `source` is: a path (relative ones start at `image_base`, which may be a URL
    too), an http(s) URL, one of another store, such as a bucket ("remote"), bytes, a PIL image, or
    nothing that can hold an image. `row_value` is what stands for the image in rows: the path or
    URL just as it was given, None where there was neither.
    """

    kind: Kind
    source: object
    image_base: str
    row_value: str | None = None

    @classmethod
    def of(cls, given: object, image_base: str | Path) -> ImageRef:
        """What `given` refers to; never raises, since trouble belongs to the one placeholder.

        Takes a path or URL as text (`file:`, `data:`, `http:`, `https:`, `s3:` and others that
        fsspec knows), path-like objects, bytes, PIL images, and the mapping of `bytes` and `path`
        that Hugging Face datasets use.
        """
        base = os.fspath(image_base)
        if isinstance(given, str):
            return cls._of_text(given, base)
        if isinstance(given, Mapping):
            content, path = given.get("bytes"), given.get("path")
            if isinstance(content, bytes | bytearray | memoryview):
                return cls("bytes", content, base, path if isinstance(path, str) else None)
            if content is None and isinstance(path, str):
                return cls._of_text(path, base)
            given = path if content is None and path is not None else given
        if isinstance(given, bytes | bytearray | memoryview):
            return cls("bytes", given, base)
        if _is_picture(given):
            return cls("picture", given, base)
        if isinstance(given, os.PathLike):
            try:
                path = os.fsdecode(given)
            except Exception:  # a foreign __fspath__ may raise anything
                return cls("unusable", given, base)
            return cls._of_path(path, base)
        return cls("unusable", given, base)

    @classmethod
    def _of_text(cls, given: str, base: str) -> ImageRef:
        if ":" not in given:
            return cls._of_path(given, base)
        kind = next((kind for pattern, kind in _KINDS if pattern.match(given)), None)
        return cls._of_path(given, base) if kind is None else cls(kind, given, base, given)

    @classmethod
    def _of_path(cls, path: str, base: str) -> ImageRef:
        if not path or not is_url(base) or os.path.isabs(path):  # noqa: PTH117
            return cls("path", path, base, path)
        if not base.lower().startswith(("http://", "https://")):
            return cls("remote", joined(base, path), base, path)
        folder = base.partition("?")[0].partition("#")[0]
        return cls("url", joined(folder, quote(path, errors="surrogatepass")), base, path)

    @property
    def name(self) -> str | None:
        """The image as a person would name it: its path or URL; a data URL only by its size."""
        return self.label if self.kind == "data_url" else self.row_value

    @property
    def label(self) -> str:
        """A short name for messages, printable, without any image or what may be a secret in it."""
        if self.kind == "data_url":
            return f"data URL of {len(str(self.source)):,} characters"
        if self.row_value is not None:
            if self.kind in ("url", "remote"):  # passwords and signatures stay out of logs
                return printable_url(str(self.source))
            return printable(self.row_value)
        if isinstance(self.source, bytes | bytearray | memoryview):
            return f"image of {_size_bytes(self.source):,} bytes"
        return f"value of type {type(self.source).__name__}"

    @property
    def url(self) -> str | None:
        """The address of an image that has to be fetched, None for all others."""
        return str(self.source) if self.kind in ("url", "remote") else None

    @property
    def web_url(self) -> str | None:
        """The address of an image that an endpoint could fetch itself, None for all others."""
        return str(self.source) if self.kind == "url" else None

    def __repr__(self) -> str:
        return f"ImageRef({self.kind}: {self.label})"

    def read(self, max_bytes: int, reach: Reach = _TRUSTED) -> bytes:
        """The image's bytes; blocks. `reach` says which files may be read.

        Where `image_base` is a URL the sample came from elsewhere, and names no file of this
        machine but below the reach's `image_root`.

        Raises PlaceholderError: `missing_image`, `image_denied`, `unreadable_image` (empty, a
        folder, a bad data URL, …), `unsupported_image` (nothing that holds an image), `too_large`
        (more than `max_bytes`), `image_refused` (outside of `reach`), `image_unfetchable` (what
        has a `url`: a `Fetcher` gets those).
        """
        if is_url(self.image_base):
            reach = replace(reach, allow_local_files=False)
        match self.kind, self.source:
            case "path", str() as path:
                content = read_file(path, self.image_base, max_bytes, reach)
            case "file_url", str() as url:
                content = read_file(path_of_file_url(url), self.image_base, max_bytes, reach)
            case "data_url", str() as url:
                content = self._decode(url, max_bytes)
            case "bytes", (bytes() | bytearray() | memoryview()) as given:
                self._check_size(_size_bytes(given), max_bytes)
                content = bytes(given)
            case "picture", picture:
                # Pillow is loaded only where someone uses it.
                from captioner.vision.image import encode_picture

                content = encode_picture(picture, self.label)
            case (("url" | "remote"), _):
                raise PlaceholderError("image_unfetchable", f"{self.label} is yet to be fetched")
            case _:
                raise PlaceholderError(
                    "unsupported_image",
                    f"a {self.label} is no image: give a path, a URL, a data URL or bytes",
                )
        if not content:
            raise PlaceholderError("unreadable_image", f"{self.label} is empty (0 bytes)")
        self._check_size(len(content), max_bytes)
        return content

    def _decode(self, url: str, max_bytes: int) -> bytes:
        head, comma, payload = url[len("data:") :].partition(",")
        if not comma:
            raise PlaceholderError("unreadable_image", f"{self.label} has no comma before its data")
        if not head.lower().rstrip().endswith(";base64"):
            return unquote_to_bytes(payload)
        text = "".join((unquote(payload) if "%" in payload else payload).split()).rstrip("=")
        self._check_size(len(text) * 3 // 4, max_bytes)
        if "-" in text or "_" in text:
            text = text.replace("-", "+").replace("_", "/")
        try:
            return pybase64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError as error:
            raise PlaceholderError(
                "unreadable_image", f"{self.label} is not valid base64"
            ) from error

    def _check_size(self, size_bytes: int, max_bytes: int) -> None:
        if size_bytes > max_bytes:
            raise PlaceholderError(
                "too_large",
                f"{self.label} has {size_bytes:,} bytes; at most {max_bytes:,} are read",
            )


def _is_picture(given: object) -> bool:
    """Is it a PIL image? Told by its class's name, so that Pillow need not be loaded."""
    return any(
        (kind.__module__, kind.__name__) == ("PIL.Image", "Image") for kind in type(given).__mro__
    )


def _size_bytes(content: bytes | bytearray | memoryview) -> int:
    return content.nbytes if isinstance(content, memoryview) else len(content)
