"""What `base_url` may be, and how addresses are made from it. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from captioner.errors import ConfigError

EMBEDDED: Final = "embedded"
"""The base_url of the rehearsal endpoint inside the process."""

OFFICIAL_HOST: Final = "api.openai.com"
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_NEVER_IN_A_URL: Final = re.compile(r"[\s\x00-\x1f\x7f\\\"<>^`{|}]")
_HTTP: Final = re.compile(r"(https?):/+(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY: Final = re.compile(
    r"(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)\.?(?::([0-9]{1,5}))?"
)


def normalise_base_url(text: str) -> str:
    """Mend what can only be meant one way, and return scheme, host, path and query; idempotent.

    Stray blanks and slashes go, a host without a scheme gets one (http where it is loopback,
    private or has a port and no dot, else https), an empty path becomes `/v1`, a trailing
    `/chat/completions` is cut off and a query is kept. `embedded` is passed through.
    Raises ConfigError for anything else; its message never holds a query or a password.
    """
    text = text.strip()
    if text.casefold() == EMBEDDED:
        return EMBEDDED
    address, _, query = text.partition("#")[0].partition("?")
    if _NEVER_IN_A_URL.search(text):
        raise _nonsense(address, "has a blank or a character that no address holds")
    scheme, rest = _split_scheme(address)
    authority, _, path = rest.partition("/")
    host, port = _split_authority(address, authority.lower())
    scheme = scheme or _scheme_for(address, host, port)
    if host == OFFICIAL_HOST and scheme == "http":
        raise ConfigError(f"{OFFICIAL_HOST} takes requests over https only: write https://")
    if port and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _nonsense(address, "has '..' in its path")
    while parts[-2:] == ["chat", "completions"]:
        del parts[-2:]
    return f"{scheme}://{host}/{'/'.join(parts or ['v1'])}" + (f"?{query}" if query else "")


def join_url(base_url: str, path: str) -> str:
    """Return the address of `path` (such as `chat/completions`) under a normalised base URL."""
    address, mark, query = base_url.partition("?")
    return f"{address.rstrip('/')}/{path.lstrip('/')}{mark}{query}"


def is_official(base_url: str) -> bool:
    """Tell whether a normalised base URL is OpenAI's own host, and on its usual port."""
    return base_url.startswith(f"https://{OFFICIAL_HOST}/")


def mask_query(url: str) -> str:
    """Hide the values of a URL's query, for whatever a person may see."""
    address, mark, query = url.partition("?")
    pairs = [item.partition("=") for item in query.split("&") if item]
    return address + mark + "&".join(f"{name}=***" if eq else "***" for name, eq, _ in pairs)


def _nonsense(address: str, fault: str) -> ConfigError:
    # What stands before an @ may be a password.
    shown = f"{address[:80]!r} " if "@" not in address and address else ""
    return ConfigError(
        f"{shown}{fault}: expected an address such as https://host/v1 or http://localhost:8000/v1,"
        f" or '{EMBEDDED}'"
    )


def _split_scheme(address: str) -> tuple[str, str]:
    if match := _HTTP.fullmatch(address):
        return match[1].lower(), match[2]
    if "://" in address:
        raise _nonsense(address, "is neither http nor https")
    return "", address.lstrip("/")


def _split_authority(address: str, authority: str) -> tuple[str, str]:
    if "@" in authority:
        raise _nonsense(address, "must not hold a user or password; use api_key or extra_headers")
    match = _AUTHORITY.fullmatch(authority)
    if not authority or match is None or ".." in authority:
        raise _nonsense(address, "has no valid host" if authority else "has no host")
    host, port = match[1], (match[2] or "").lstrip("0")
    if host in _DEFAULT_PORTS:
        raise _nonsense(address, "has a broken scheme")
    if match[2] and not 0 < int(port or 0) < 65_536:
        raise _nonsense(address, "has a port that is not from 1 to 65535")
    if (host.startswith("[") or host.replace(".", "").isdigit()) and _ip(host) is None:
        raise _nonsense(address, "has no valid IP address")
    return host, port


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _scheme_for(address: str, host: str, port: str) -> str:
    if ip := _ip(host):
        return "http" if ip.is_private or ip.is_loopback or ip.is_link_local else "https"
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return "http"
    if "." in host:
        return "https"
    if port:  # a name without a dot is never public: a container or a machine on the same network
        return "http"
    raise _nonsense(address, "has no scheme")
