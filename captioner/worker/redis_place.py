"""Which Redis, stream and group a queue URL names, and the keys that belong to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from captioner.errors import ConfigError

_SCHEMES: Final = ("redis", "rediss", "unix")
_OURS: Final = {"stream": "captions", "group": "captioners"}
_TLS: Final = "ssl_"


@dataclass(frozen=True, slots=True)
class RedisPlace:
    """A stream of one Redis and the group that reads it.

    `url` is for the client and may hold a password; `shown` is for people and holds none.
    """

    url: str = field(repr=False)
    shown: str
    stream: str
    group: str

    @classmethod
    def parse(cls, text: str) -> RedisPlace:
        """Read `redis://[USER:PASSWORD@]HOST:PORT/DB?stream=NAME&group=NAME`.

        Also `rediss://` (TLS, with the client's options `ssl_…`) and `unix://PATH`. Raises
        ConfigError, without what may be secret in the text.
        """
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
            query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=False))
        except ValueError as error:
            raise ConfigError(f"--queue is no URL of a Redis: {error}") from None
        named = {name: query.pop(name, default) for name, default in _OURS.items()}
        shown = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"
        unknown = [name for name in query if not (name.startswith(_TLS) or name == "db")]
        if parts.scheme not in _SCHEMES:
            raise ConfigError("--queue must be redis://HOST:PORT/DB?stream=NAME&group=NAME")
        if unknown:
            raise ConfigError(
                f"--queue {shown}: {unknown[0]} is not known; there are stream, group, db and ssl_…"
            )
        number = parts.path.strip("/") if parts.scheme != "unix" else query.get("db", "0")
        if number and not number.isdecimal():
            raise ConfigError(f"--queue {shown}: the database must be a number, such as /0")
        for name, value in named.items():
            if not value or not value.isprintable():
                raise ConfigError(f"--queue {shown}: {name} must be a name")
        url = urlunsplit(parts._replace(query=urlencode(query), fragment=""))
        shown += f"?stream={named['stream']}&group={named['group']}"
        return cls(url, shown, named["stream"], named["group"])

    @property
    def done(self) -> str:
        """The stream of results."""
        return f"{self.stream}:done"

    @property
    def failed(self) -> str:
        """The stream of what has no caption, or not all of them."""
        return f"{self.stream}:failed"

    @property
    def finished(self) -> str:
        """The hash of ids that are in one of the two, and where."""
        return f"{self.stream}:finished"

    def spent(self, profile: str) -> str:
        """The hash of what a profile has spent, by ledger."""
        return f"{self.stream}:spent:{profile}" if profile else f"{self.stream}:spent"

    @property
    def batches(self) -> str:
        """The set of names of batches."""
        return f"{self.stream}:batches"

    def batch(self, name: str) -> str:
        """The hash of one batch."""
        return f"{self.stream}:batch:{name}"
