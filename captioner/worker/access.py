"""Who may ask what: by tokens, and by whose name the worker is called by."""

from __future__ import annotations

import ipaddress
from typing import Final

from aiohttp import hdrs, web

from captioner.errors import ConfigError
from captioner.worker.tokens import TokenFile

_SCHEME: Final = "bearer "


class Access:
    """Lets in who has a token; without a callers' token all may ask, without any nobody may steer.

    `control` opens all doors. Where there is none, the callers' token steers as well.
    """

    def __init__(self, callers: TokenFile | None, control: TokenFile | None = None) -> None:
        self._callers = callers
        self._control = control or callers
        self._all = [token for token in (callers, control) if token]

    @property
    def has_control(self) -> bool:
        """Whether there is a token that steers."""
        return self._control is not None

    def check_host(self, request: web.Request) -> None:
        """Without a token, refuse to be called by a name: a page elsewhere may have made one up
        that leads here, and would be let in by the browser of whoever reads it (421)."""
        if self._callers is None and not _is_own(request.host):
            raise web.HTTPMisdirectedRequest(
                text="without a token this worker answers to addresses and localhost only; "
                "give it --http-token-file to let it be called by a name"
            )

    def check(self, request: web.Request) -> None:
        """Refuse who has neither token, if callers need one (401)."""
        self.check_host(request)
        if self._callers is not None and not self._knows(request):
            raise _unknown()

    def check_control(self, request: web.Request) -> None:
        """Refuse who has not the token that steers (401, for callers 403), and all without one."""
        if self._control is None:
            raise web.HTTPForbidden(
                text="control is off: start the worker with --control-token-file FILE or "
                "--http-token-file FILE, and send what it holds as Authorization: Bearer TOKEN"
            )
        if self._control.is_token(_given(request)):
            return
        if self._knows(request):
            raise web.HTTPForbidden(
                text="this is the token for callers: control needs that of --control-token-file"
            )
        raise _unknown()

    def _knows(self, request: web.Request) -> bool:
        given = _given(request)
        return any(token.is_token(given) for token in self._all)


def access_of(host: str, callers: TokenFile | None, control: TokenFile | None = None) -> Access:
    """Who may ask a worker that listens at `host`.

    Raises ConfigError where others than this machine could ask without a token, and where both
    files hold one.
    """
    if callers is None and not _is_loopback(host):
        raise ConfigError(
            f"--http {host or '0.0.0.0'} can be reached from other machines: "  # noqa: S104
            "set --http-token-file to a file with a long random token, or use 127.0.0.1"
        )
    if callers and control and callers.is_same(control):
        raise ConfigError(
            "--http-token-file and --control-token-file hold the same token, so all callers could "
            "steer: put another in one of them"
        )
    return Access(callers, control)


def host_and_port(http: str) -> tuple[str, int]:
    """What `--http` names. Raises ConfigError."""
    host, colon, port = http.strip().rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"--http {http}: must be HOST:PORT, such as 127.0.0.1:8080")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def _given(request: web.Request) -> bytes:
    value = request.headers.get(hdrs.AUTHORIZATION, "")
    if not value.lower().startswith(_SCHEME):
        return b""
    # What is no UTF-8 comes as surrogates.
    return value[len(_SCHEME) :].strip().encode("utf-8", "surrogateescape")


def _unknown() -> web.HTTPUnauthorized:
    return web.HTTPUnauthorized(
        text="the token is missing or wrong: send Authorization: Bearer TOKEN",
        headers={hdrs.WWW_AUTHENTICATE: "Bearer"},
    )


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
