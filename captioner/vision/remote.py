"""Reads images from buckets and other stores by fsspec, whose libraries are loaded where needed.

Accounts, keys and endpoints come from the environment or the stores' own files, never from the
address that a sample gives.
"""

from __future__ import annotations

import errno
from typing import Any, Final

from captioner.errors import CaptionerError, PlaceholderError, TransientError
from captioner.vision.printable import printable_url
from captioner.vision.reach import Reach

_EXTRAS: Final = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
    "hf": "hf",
    "memory": "",
}
"""Stores that hold objects and nothing of this machine, and the extra that reads each."""

_ALIASES: Final = {"s3a": "s3", "gcs": "gs", "abfs": "az", "abfss": "az"}
_PASSING: Final = (errno.EIO, errno.EBUSY, errno.EAGAIN, errno.ETIMEDOUT)


def read_remote(url: str, max_bytes: int, reach: Reach, timeout_s: float) -> bytes:
    """The object at an fsspec URL; blocks for at most about twice `timeout_s`.

    Raises TransientError (`image_unfetchable`) for what may pass, and PlaceholderError:
    `missing_image`, `image_denied`, `unreadable_image` (empty, a folder), `too_large` (more than
    `max_bytes`), `image_refused` (outside of what `reach` allows), `unsupported_image` (no such
    kind of store), `image_unfetchable` (its library is missing, or fails).
    """
    shown = printable_url(url)
    protocol = url.partition("://")[0].lower()
    _check_reach(url, protocol, shown, reach)
    try:
        store = _store(protocol, shown)
        path = store._strip_protocol(protocol + url[len(protocol) :])
        about = _call(store, "info", timeout_s, path)
        if about.get("type") == "directory":
            raise PlaceholderError("unreadable_image", f"{shown} is a folder")
        size_bytes = about.get("size")
        if size_bytes == 0:
            raise PlaceholderError("unreadable_image", f"{shown} is empty (0 bytes)")
        if size_bytes is None or size_bytes <= max_bytes:
            # It may have been replaced since by something larger.
            content: bytes = _call(store, "cat_file", timeout_s, path, start=0, end=max_bytes + 1)
            if len(content) <= max_bytes:
                return content
    except CaptionerError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PlaceholderError("missing_image", f"no such object: {shown}") from error
    except PermissionError as error:
        raise PlaceholderError(
            "image_denied", f"{shown} may not be read with the credentials found here"
        ) from error
    except Exception as error:  # each library has errors of its own
        # Their words may hold keys and signatures.
        why = getattr(error, "strerror", None) if isinstance(error, OSError) else None
        detail = f"{shown} cannot be read: {why or type(error).__name__}"
        if _may_pass(error):
            raise TransientError("image_unfetchable", detail) from error
        raise PlaceholderError("image_unfetchable", detail) from error
    raise PlaceholderError("too_large", f"{shown} is larger than {max_bytes:,} bytes")


def joined(base: str, path: str) -> str:
    """The URL of what a relative `path` names from the folder at the URL `base`.

    However often it says `..`, it stays in the same bucket or on the same host.
    """
    protocol, _, rest = base.partition("://")
    bucket, _, folder = rest.partition("/")
    parts = [part for part in folder.split("/") if part]
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return f"{protocol}://{bucket}/{'/'.join(parts)}"


def _check_reach(url: str, protocol: str, shown: str, reach: Reach) -> None:
    if not url.isprintable():
        raise PlaceholderError("image_refused", f"{shown} holds control characters")
    if any(part in (".", "..") for part in url.split("/")):
        raise PlaceholderError("image_refused", f"{shown} holds '..' or '.'; write the whole path")
    if reach.image_root is not None and not _is_inside(url, reach.root_url or ""):
        raise PlaceholderError("image_refused", f"{shown} is outside of image_root")
    if protocol not in _EXTRAS and not (reach.allow_private_urls and reach.allow_local_files):
        # A host behind such an address, or a file, would be reached unseen.
        raise PlaceholderError(
            "image_refused",
            f"{shown}: {protocol}:// may lead into this machine or its network; allow that with "
            "--allow-private-urls",
        )


def _is_inside(url: str, root: str) -> bool:
    url, root = _uniform(url), _uniform(root)
    return bool(root) and (url == root or url.startswith(f"{root}/"))


def _uniform(url: str) -> str:
    protocol, _, path = url.partition("://")
    protocol = protocol.lower()
    return f"{_ALIASES.get(protocol, protocol)}://{path.rstrip('/')}" if path else ""


def _store(protocol: str, shown: str) -> Any:
    try:
        import fsspec

        return fsspec.filesystem(protocol)
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        what = f"pip install 'captioner[{extra}]'" if extra else str(error)
        raise PlaceholderError(
            "image_unfetchable", f"{shown}: {protocol}:// needs another library: {what}"
        ) from error
    except ValueError as error:
        raise PlaceholderError(
            "unsupported_image",
            f"{shown}: nothing reads {protocol}://; use a path, an http(s) URL or a bucket's URL",
        ) from error


def _call(store: Any, name: str, timeout_s: float, *arguments: Any, **options: Any) -> Any:
    if not getattr(store, "async_impl", False):
        return getattr(store, name)(*arguments, **options)
    from fsspec.asyn import sync

    return sync(store.loop, getattr(store, f"_{name}"), *arguments, timeout=timeout_s, **options)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, TimeoutError | ConnectionError):
        return True
    if isinstance(error, OSError) and error.errno in _PASSING:
        return True
    return any(word in type(error).__name__ for word in ("Timeout", "Connection", "Disconnected"))
