"""Who may ask what: a token, and whose name the worker is called by."""

from __future__ import annotations

import hmac
import ipaddress
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from captioner.errors import ConfigError

_SCHEME: Final = "bearer "


class Access:
    """Lets in who has the token; without one, all may ask, and nobody may steer.

    `no_token_body` are the words for who would steer all the same.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token.encode() if token else None

    @property
    def has_token(self) -> bool:
        """Whether there is a token to be known."""
        return self._token is not None

    def check_host(self, request: web.Request) -> None:
        """Without a token, refuse to be called by a name: a page elsewhere may have made one up
        that leads here, and would be let in by the browser of whoever reads it (421)."""
        if self._token is None and not _is_own(request.host):
            raise web.HTTPMisdirectedRequest(
                text="without a token this worker answers to addresses and localhost only; "
                "give it --http-token-file to let it be called by a name"
            )

    def check(self, request: web.Request) -> None:
        """Refuse who has not the token, if there is one (401)."""
        self.check_host(request)
        if self._token is None or hmac.compare_digest(_given(request), self._token):
            return
        raise web.HTTPUnauthorized(
            text="the token is missing or wrong: send Authorization: Bearer TOKEN",
            headers={hdrs.WWW_AUTHENTICATE: "Bearer"},
        )

    def check_control(self, request: web.Request) -> None:
        """As `check`; and where there is no token, refuse all (403)."""
        if self._token is None:
            raise web.HTTPForbidden(
                text="control is off: start the worker with --http-token-file FILE, "
                "and send what it holds as Authorization: Bearer TOKEN"
            )
        self.check(request)


def access_of(host: str, token_file: Path | None) -> Access:
    """Who may ask a worker that listens at `host`.

    Raises ConfigError where the file has no token, and where others than this machine could ask
    without one.
    """
    if token_file is None:
        if not _is_loopback(host):
            raise ConfigError(
                f"--http {host or '0.0.0.0'} can be reached from other machines: "  # noqa: S104
                "set --http-token-file to a file with a long random token, or use 127.0.0.1"
            )
        return Access(None)
    try:
        token = token_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"--http-token-file {token_file} cannot be read: {words}") from None
    if not token:
        raise ConfigError(f"--http-token-file {token_file} is empty: put a long random token in it")
    return Access(token)


def host_and_port(http: str) -> tuple[str, int]:
    """What `--http` names. Raises ConfigError."""
    host, colon, port = http.strip().rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"--http {http}: must be HOST:PORT, such as 127.0.0.1:8080")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def _given(request: web.Request) -> bytes:
    value = request.headers.get(hdrs.AUTHORIZATION, "")
    return value[len(_SCHEME) :].strip().encode() if value.lower().startswith(_SCHEME) else b""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_own(host: str) -> bool:
    """Whether what stands in a Host header is an address or localhost."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    name = name.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.lower() == "localhost"
    return True
