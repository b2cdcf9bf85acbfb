"""Objects and folders in buckets and other stores, by fsspec, which is loaded only here.

Accounts, keys and endpoints come from the environment or the stores' own files, never from a URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeGuard

from captioner.errors import CaptionerError, ConfigError

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_EXTRAS: Final = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
    "hf": "hf",
}
"""The extra that reads each kind of store."""

_S3: Final = {"max_concurrency": 2, "default_block_size": 16 * 2**20}
"""What its library holds of a large object in memory; by default ten times 50 MiB."""
_OPTIONS: Final[dict[str, dict[str, Any]]] = {"s3": _S3, "s3a": _S3}
_BUCKETED: Final = frozenset(_EXTRAS) - {"hf"}
_WEB: Final = ("http", "https")
_LOCAL: Final = ("file", "local")
_VERSIONS: Final = (
    *("ETag", "etag", "e_tag", "generation", "blob_id", "md5Hash", "LastModified"),
    *("last_modified", "Last-Modified", "updated", "mtime", "created"),
)
"""What the stores call that which changes with an object, the best first."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: `path` is relative to the place that was asked, empty for that place itself.

    `size_bytes` is None where the store does not tell; `version` is whatever of it changes with the
    content, as text, empty where it tells nothing of the kind.
    """

    path: str
    size_bytes: int | None
    version: str


@dataclass(frozen=True, slots=True)
class Place:
    """An object or folder at `url`, which has no slash at its end. Make one with `Place.of`.

    Every method blocks, and raises ConfigError where the store does not do as it was asked.
    """

    url: str
    protocol: str
    path: str
    store: Any = field(repr=False, compare=False)

    @classmethod
    def of(cls, url: str) -> Place:
        """The place that a URL names; nothing is asked yet.

        Raises ConfigError where the URL cannot be used or what reads it is not installed.
        """
        protocol, _, rest = url.partition("://")
        protocol = protocol.lower()
        _check(protocol, rest)
        url = plain_url(url)
        try:
            import fsspec

            store = fsspec.filesystem(protocol, **_OPTIONS.get(protocol, {}))
        except ImportError as error:
            extra = _EXTRAS.get(protocol)
            what = f"pip install 'captioner[{extra}]'" if extra else f"pip install fsspec; {error}"
            raise ConfigError(f"{url}: {protocol}:// needs another library: {what}") from error
        except ValueError as error:
            raise ConfigError(
                f"{url}: {protocol}:// is not known; there are s3://, gs://, az://, hf:// and what "
                "else fsspec reads"
            ) from error
        except Exception as error:
            raise ConfigError(f"{url}: {trouble(error)}") from error
        return cls(url, protocol, store._strip_protocol(url), store)

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self.url.rpartition("/")[2]

    @property
    def parent_url(self) -> str:
        """The URL of the folder or bucket that it is in."""
        head, _, rest = self.url.partition("://")
        return f"{head}://{rest.rpartition('/')[0]}"

    def look(self) -> Stored | None:
        """The object here, None for a folder. Raises ConfigError where there is neither."""
        with told(self.url):
            about = self._info()
        return None if about.get("type") == "directory" else _stored("", about)

    def exists(self) -> bool:
        """Whether there is an object or a folder.

        Raises ConfigError where its bucket is missing, so that this shows early.
        """
        with told(self.url):
            try:
                self._info()
            except FileNotFoundError:
                self._check_bucket()
                return False
        return True

    def files(self) -> list[Stored]:
        """All objects below this folder, in no order."""
        with told(self.url):
            self.store.invalidate_cache()
            found = self.store.find(self.path, detail=True)
        below = f"{self.path}/" if self.path.strip("/") else self.path
        return [
            _stored(name.removeprefix(below), about)
            for name, about in found.items()
            if about.get("type") != "directory" and not name.endswith("/") and name != self.path
        ]

    def get(self, path: str, target: Path, came: Callable[[int], None]) -> None:
        """Write the object at `path`, relative to this one (empty: this), into a local file.

        `came` is told how many bytes came, again and again; what it raises ends it.
        """
        from fsspec.callbacks import Callback

        class Came(Callback):  # type: ignore[misc]
            def relative_update(self, inc: int = 1) -> None:
                came(inc)

        with told(self._url(path)):
            self.store.get_file(self._path(path), str(target), callback=Came())

    def put(self, source: Path, path: str = "") -> None:
        """Make a local file the object at `path`: there whole, or not at all."""
        with told(self._url(path), doing="written"):
            self.store.put_file(str(source), self._path(path))

    def remove(self) -> None:
        """Remove the object, if there is one."""
        with told(self.url, doing="removed"):
            try:
                self._info()
            except FileNotFoundError:
                return
            self.store.rm_file(self.path)

    def _info(self) -> dict[str, Any]:
        self.store.invalidate_cache()
        about: dict[str, Any] = self.store.info(self.path)
        return about

    def _check_bucket(self) -> None:
        if self.protocol not in _BUCKETED:
            return
        bucket = self.path.partition("/")[0]
        try:
            self.store.info(bucket)
        except FileNotFoundError:
            raise ConfigError(
                f"{self.url}: there is no bucket {bucket}: create it, or check its name"
            ) from None
        except Exception:  # noqa: S110 - who may write into a bucket need not be let to look at it
            pass

    def _path(self, path: str) -> str:
        return f"{self.path.rstrip('/')}/{path}" if path else self.path

    def _url(self, path: str) -> str:
        return f"{self.url}/{path}" if path else self.url


def is_url(given: object) -> bool:
    """Does an INPUT or OUTPUT start with a scheme and two slashes?"""
    return isinstance(given, str) and _URL.match(given) is not None


def plain_url(url: str) -> str:
    """The one spelling of a URL: its scheme in lower case, and no slash at its end."""
    protocol, _, rest = url.partition("://")
    return f"{protocol.lower()}://{rest.rstrip('/')}"


@contextmanager
def told(url: str, doing: str = "read") -> Iterator[None]:
    """Make whatever a store's library raises a ConfigError that names `url` and no secret."""
    try:
        yield
    except CaptionerError:
        raise
    except Exception as error:  # each library has errors of its own
        raise ConfigError(f"{url} cannot be {doing}: {trouble(error)}") from error


def trouble(error: Exception) -> str:
    """What went wrong and what to do, without a library's words: they may hold keys."""
    kind = type(error).__name__
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if _is_of_network(error.__cause__):  # what reads the web says so of hosts, too
            return trouble(error.__cause__)
        return "no such object, folder or bucket: check its name"
    if isinstance(error, PermissionError):
        return "the credentials found here do not allow it, or have expired"
    if "Credential" in kind:
        return (
            "no credentials were found: set them in the environment (for S3 AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE), or in the store's own files"
        )
    if isinstance(error, NotImplementedError):
        return "this kind of store does not offer that"
    if _is_of_network(error):
        return f"the store cannot be reached ({kind}): check the network and the endpoint's address"
    return (isinstance(error, OSError) and error.strerror) or kind


def _is_of_network(error: BaseException | None) -> TypeGuard[Exception]:
    return isinstance(error, Exception) and any(
        word in type(error).__name__ for word in ("Timeout", "Connect", "Disconnect")
    )


def _check(protocol: str, rest: str) -> None:
    shown = f"{protocol}://…"
    authority = rest.partition("/")[0]
    if ":" in authority.rpartition("@")[0] or (protocol in _WEB and "@" in authority):
        raise ConfigError(
            f"{shown} holds a password: leave it out, and set it in the environment or in the "
            "store's own files"
        )
    if protocol in _WEB and ("?" in rest or "#" in rest):
        raise ConfigError(
            f"{shown} has a query, which may be a secret and is not kept: download it, and name "
            "the file"
        )
    if not rest.isprintable():
        raise ConfigError(f"{shown} holds control characters")
    url = f"{protocol}://{rest}"
    if protocol in _LOCAL:
        raise ConfigError(f"{url} is on this machine: name it by its path")
    if any(part in (".", "..") for part in rest.split("/")):
        raise ConfigError(f"{url} holds '..' or '.': write the whole path")
    if not rest.strip("/"):
        raise ConfigError(f"{url} names nothing: give a bucket and a path in it")


def _stored(path: str, about: dict[str, Any]) -> Stored:
    version = next((str(about[name]) for name in _VERSIONS if about.get(name)), "")
    size_bytes = about.get("size")
    return Stored(path, None if size_bytes is None else int(size_bytes), version)
