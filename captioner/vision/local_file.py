"""Reads an image from a file of this machine, never waiting for one, and not outside a root."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import Final

from captioner.errors import PlaceholderError
from captioner.vision.printable import printable
from captioner.vision.reach import Reach

# Opening a named pipe must not wait for a writer.
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_file(given: str, image_base: str, max_bytes: int, reach: Reach) -> bytes:
    """The content of the file at `given`, which starts at `image_base` if it is relative; blocks.

    Raises PlaceholderError: `missing_image`, `image_denied`, `unreadable_image` (a folder, a pipe,
    …), `too_large` (more than `max_bytes`), `image_refused` (outside of what `reach` allows).
    """
    if not given:
        raise PlaceholderError("missing_image", "the image's path is empty")
    path = os.path.abspath(os.path.join(image_base, given))  # noqa: PTH100, PTH118
    shown = printable(path)
    _check_reach(path, shown, reach)
    root = reach.root_folder

    try:
        if root is None:
            file = os.open(path, _OPEN_FLAGS)
        else:
            file = _open_within(path, os.path.realpath(root), shown)
        # A descriptor and no file object, which would look at the file once more.
        try:
            status = os.fstat(file)
            if stat.S_ISDIR(status.st_mode):
                raise PlaceholderError("unreadable_image", f"{shown} is a folder")
            if not stat.S_ISREG(status.st_mode):
                raise PlaceholderError("unreadable_image", f"{shown} is no regular file")
            if status.st_size > max_bytes:
                raise PlaceholderError(
                    "too_large",
                    f"{shown} has {status.st_size:,} bytes; at most {max_bytes:,} are read",
                )
            return _read_up_to(file, status.st_size, max_bytes, shown)
        finally:
            os.close(file)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PlaceholderError("missing_image", f"no such file: {shown}") from error
    except PermissionError as error:
        raise PlaceholderError("image_denied", f"{shown} may not be read by this user") from error
    except OSError as error:
        hint = ""
        if error.errno == errno.ENAMETOOLONG:
            hint = "; base64 text needs data:image/jpeg;base64, in front"
        raise PlaceholderError(
            "unreadable_image", f"{shown} cannot be read: {error.strerror or error}{hint}"
        ) from error
    except ValueError as error:
        raise PlaceholderError(
            "unreadable_image", f"{shown} holds characters no file name can have"
        ) from error


def path_of_file_url(url: str) -> str:
    """The path that a `file:` URL names; PlaceholderError where it is on another host.

    `?` and `#` are kept: in names of files they are common, in such URLs they mean nothing else.
    """
    from urllib.request import url2pathname  # it would load an HTTP client for everyone

    rest = url[len("file:") :]
    if rest.startswith("//"):
        host, slash, tail = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            raise PlaceholderError(
                "unsupported_image", f"{printable(url)} is on another host; use a path from here"
            )
        rest = slash + tail
    return url2pathname(rest)


def _check_reach(path: str, shown: str, reach: Reach) -> None:
    """Raise for what needs no look at the disk, so that nobody learns what exists outside."""
    if reach.image_root is None:
        if not reach.allow_local_files:
            raise PlaceholderError(
                "image_refused",
                f"{shown} is a file of this machine, which samples from elsewhere may not name; "
                "give the folder that they may with --image-root",
            )
        return
    root = reach.root_folder
    if root is None or not any(
        _is_inside(path, spelling)
        for spelling in (os.path.abspath(root), os.path.realpath(root))  # noqa: PTH100
    ):
        raise PlaceholderError("image_refused", f"{shown} is outside of image_root")


def _open_within(path: str, root: str, shown: str) -> int:
    """A descriptor of the file at `path`, whose links do not lead out of the folder `root`."""
    if sys.platform == "linux":
        # A handle that reads nothing, but stays with this one file whatever happens to its name.
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            same_file = f"/proc/self/fd/{handle}"
            _check_inside(os.readlink(same_file), root, shown)  # noqa: PTH115
            return os.open(same_file, _OPEN_FLAGS)
        finally:
            os.close(handle)
    # Elsewhere a folder that is swapped for a link between these two lines goes unnoticed.
    real = os.path.realpath(path, strict=True)
    _check_inside(real, root, shown)
    return os.open(real, _OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0))


def _check_inside(real: str, root: str, shown: str) -> None:
    if not _is_inside(real, root):
        raise PlaceholderError("image_refused", f"{shown} is a link that leads out of image_root")


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _read_up_to(file: int, size_bytes: int, max_bytes: int, shown: str) -> bytes:
    # It may grow as it is read, and some files tell no size at all.
    content = os.read(file, size_bytes + 1)
    while size_bytes < len(content) <= max_bytes:
        more = os.read(file, max_bytes + 1 - len(content))
        if not more:
            break
        content += more
    if len(content) > max_bytes:
        raise PlaceholderError(
            "too_large", f"{shown} has more than the {max_bytes:,} bytes that are read"
        )
    return content
