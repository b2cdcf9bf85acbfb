"""Where an image is: a path, URL, data URL, bytes or an open picture, read only when it is needed.

Whatever a sample gives becomes an `ImageRef`; whether it is of any use shows when it is read.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import unquote, unquote_to_bytes

import pybase64

from captioner.errors import PlaceholderError

Kind: TypeAlias = Literal[
    "path", "file_url", "url", "data_url", "other_url", "bytes", "picture", "unusable"
]

_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile("https?://", re.IGNORECASE), "url"),
    (re.compile("data:", re.IGNORECASE), "data_url"),
    (re.compile("file:", re.IGNORECASE), "file_url"),
    (re.compile("[a-z][a-z0-9+.-]+://", re.IGNORECASE), "other_url"),
)
_USER_AND_QUERY = re.compile(r"(?<=//)[^/?#]*@|[?#].*", re.DOTALL)
_LABEL_CHARACTERS = 200
# Opening a named pipe must not wait for a writer.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ImageRef:
    """An image as a sample gave it. Make one with `ImageRef.of`.

    `kind` says what `source` is: a path (relative ones start at `image_base`), some URL, bytes, a
    PIL image, or nothing that can hold an image. `row_value` is what stands for the image in rows:
    the path or URL just as it was given, None where there was neither.
    """

    kind: Kind
    source: object
    image_base: str
    row_value: str | None = None

    @classmethod
    def of(cls, given: object, image_base: str | Path) -> ImageRef:
        """What `given` refers to; never raises, since trouble belongs to the one placeholder.

        Takes a path or URL as text (`file:`, `data:`, `http:`, `https:`), path-like objects,
        bytes, PIL images, and the mapping of `bytes` and `path` that Hugging Face datasets use.
        """
        base = os.fspath(image_base)
        if isinstance(given, Mapping):
            content, path = given.get("bytes"), given.get("path")
            if isinstance(content, bytes | bytearray | memoryview):
                return cls("bytes", content, base, path if isinstance(path, str) else None)
            given = path if content is None and path is not None else given
        if isinstance(given, str):
            return cls(_kind_of(given), given, base, given)
        if isinstance(given, bytes | bytearray | memoryview):
            return cls("bytes", given, base)
        if _is_picture(given):
            return cls("picture", given, base)
        if isinstance(given, os.PathLike):
            try:
                path = os.fsdecode(given)
            except Exception:  # a foreign __fspath__ may raise anything
                return cls("unusable", given, base)
            return cls("path", path, base, path)
        return cls("unusable", given, base)

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
            if self.kind in ("url", "other_url"):  # passwords and signatures stay out of logs
                return _printable(_USER_AND_QUERY.sub("", self.row_value))
            return _printable(self.row_value)
        if isinstance(self.source, bytes | bytearray | memoryview):
            return f"image of {_size_bytes(self.source):,} bytes"
        return f"value of type {type(self.source).__name__}"

    @property
    def url(self) -> str | None:
        """The address of an image that has to be fetched, None for all others."""
        return str(self.source) if self.kind == "url" else None

    def __repr__(self) -> str:
        return f"ImageRef({self.kind}: {self.label})"

    def read(self, max_bytes: int) -> bytes:
        """The image's bytes; blocks.

        Raises PlaceholderError: `missing_image`, `image_denied`, `unreadable_image` (empty, a
        folder, a bad data URL, …), `unsupported_image` (nothing that holds an image), `too_large`
        (more than `max_bytes`), `image_unfetchable` (a URL: the client fetches those).
        """
        match self.kind, self.source:
            case "path", str() as path:
                content = self._read_file(path, max_bytes)
            case "file_url", str() as url:
                content = self._read_file(_path_of_file_url(url), max_bytes)
            case "data_url", str() as url:
                content = self._decode(url, max_bytes)
            case "bytes", (bytes() | bytearray() | memoryview()) as given:
                self._check_size(_size_bytes(given), max_bytes)
                content = bytes(given)
            case "picture", picture:
                # Pillow is loaded only where someone uses it.
                from captioner.vision.image import encode_picture

                content = encode_picture(picture, self.label)
            case "url", _:
                raise PlaceholderError("image_unfetchable", f"{self.label} is yet to be fetched")
            case "other_url", _:
                raise PlaceholderError(
                    "unsupported_image",
                    f"{self.label}: addresses of this kind cannot be read; "
                    "use a path or an http(s) URL",
                )
            case _:
                raise PlaceholderError(
                    "unsupported_image",
                    f"a {self.label} is no image: give a path, a URL, a data URL or bytes",
                )
        if not content:
            raise PlaceholderError("unreadable_image", f"{self.label} is empty (0 bytes)")
        self._check_size(len(content), max_bytes)
        return content

    def _read_file(self, given: str, max_bytes: int) -> bytes:
        if not given:
            raise PlaceholderError("missing_image", "the image's path is empty")
        path = os.path.abspath(os.path.join(self.image_base, given))  # noqa: PTH100, PTH118
        try:
            # With an opener, the descriptor is closed even where this turns out to be a folder.
            with io.FileIO(path, opener=lambda name, _: os.open(name, _OPEN_FLAGS)) as file:
                status = os.fstat(file.fileno())
                if stat.S_ISDIR(status.st_mode):
                    raise PlaceholderError("unreadable_image", f"{_printable(path)} is a folder")
                if not stat.S_ISREG(status.st_mode):
                    raise PlaceholderError(
                        "unreadable_image", f"{_printable(path)} is no regular file"
                    )
                self._check_size(status.st_size, max_bytes)
                return file.read()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise PlaceholderError("missing_image", f"no such file: {_printable(path)}") from error
        except PermissionError as error:
            raise PlaceholderError(
                "image_denied", f"{_printable(path)} may not be read by this user"
            ) from error
        except OSError as error:
            hint = ""
            if error.errno == errno.ENAMETOOLONG:
                hint = "; base64 text needs data:image/jpeg;base64, in front"
            raise PlaceholderError(
                "unreadable_image",
                f"{_printable(path)} cannot be read: {error.strerror or error}{hint}",
            ) from error
        except ValueError as error:
            raise PlaceholderError(
                "unreadable_image", f"{_printable(path)} holds characters no file name can have"
            ) from error

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
                f"{self.label} has {size_bytes:,} bytes; at most {max_bytes:,} may be sent",
            )


def _kind_of(given: str) -> Kind:
    return next((kind for pattern, kind in _KINDS if pattern.match(given)), "path")


def _path_of_file_url(url: str) -> str:
    """The path that a `file:` URL names; PlaceholderError where it is on another host.

    `?` and `#` are kept: in names of files they are common, in such URLs they mean nothing else.
    """
    from urllib.request import url2pathname  # it would load an HTTP client for everyone

    rest = url[len("file:") :]
    if rest.startswith("//"):
        host, slash, tail = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            raise PlaceholderError(
                "unsupported_image", f"{_printable(url)} is on another host; use a path from here"
            )
        rest = slash + tail
    return url2pathname(rest)


def _is_picture(given: object) -> bool:
    """Is it a PIL image? Told by its class's name, so that Pillow need not be loaded."""
    return any(
        (kind.__module__, kind.__name__) == ("PIL.Image", "Image") for kind in type(given).__mro__
    )


def _size_bytes(content: bytes | bytearray | memoryview) -> int:
    return content.nbytes if isinstance(content, memoryview) else len(content)


def _printable(text: str) -> str:
    """`text` short enough for a message, with nothing in it that could upset a terminal."""
    if len(text) > _LABEL_CHARACTERS:
        text = f"{text[: _LABEL_CHARACTERS // 2]}…{text[-_LABEL_CHARACTERS // 2 :]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
