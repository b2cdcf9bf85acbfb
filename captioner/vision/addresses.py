"""Which addresses are on the public internet, and which URLs are plain enough to follow. Pure.

The networks are those of IANA's special-purpose registries for IPv4 and IPv6, as a table of our
own: what Python's `ipaddress` calls private differs between its versions.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from yarl import URL

from captioner.errors import PlaceholderError
from captioner.vision.printable import printable_url

INTERNAL: Final = "a cloud's internal"
"""The kind of address where clouds hand out keys to whoever asks from inside."""
_NOT_PUBLIC_V4: Final = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "an unspecified"),
        ("10.0.0.0/8", "a private"),
        ("100.100.100.200/32", INTERNAL),
        ("100.64.0.0/10", "a carrier's private"),
        ("127.0.0.0/8", "a loopback"),
        ("168.63.129.16/32", INTERNAL),
        # All of it: each cloud, and each of its services, has another one.
        ("169.254.0.0/16", INTERNAL),
        ("172.16.0.0/12", "a private"),
        ("192.0.0.192/32", INTERNAL),
        ("192.0.0.0/24", "a reserved"),
        ("192.0.2.0/24", "a documentation"),
        ("192.88.99.0/24", "a reserved"),
        ("192.168.0.0/16", "a private"),
        ("198.18.0.0/15", "a private"),
        ("198.51.100.0/24", "a documentation"),
        ("203.0.113.0/24", "a documentation"),
        ("224.0.0.0/4", "a multicast"),
        ("240.0.0.0/4", "a reserved"),
    )
)
_NOT_PUBLIC_V6: Final = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("::/128", "an unspecified"),
        ("::1/128", "a loopback"),
        ("fd00:ec2::/32", INTERNAL),
        ("fd20:ce::/32", INTERNAL),
        ("fc00::/7", "a private"),
        ("fe80::/10", "a link-local"),
        ("ff00::/8", "a multicast"),
        ("2001::/23", "a reserved"),
        ("2001:db8::/32", "a documentation"),
        ("3fff::/20", "a documentation"),
    )
)
_PUBLIC_V6: Final = ip_network("2000::/3")
_WITH_V4_AT_END: Final = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))
_WITH_V4_IN_FRONT: Final = ip_network("2002::/16")

_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(%25[a-z0-9._-]+)?", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_LONGEST_CHARACTERS: Final = 8_000
_INTERNAL_NAMES: Final = ("metadata", "metadata.google.internal", "instance-data")


def kind_if_not_public(address: str) -> str | None:
    """What kind of address an IP address is, such as "a private"; None where it is public.

    Addresses that hold an IPv4 address are judged by that: IPv4-mapped, NAT64 and 6to4 ones.
    Whatever is no IP address in its usual spelling is "an unknown".
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return "an unknown"
    if isinstance(ip, IPv6Address):
        if any(ip in network for network in _WITH_V4_AT_END):
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip in _WITH_V4_IN_FRONT:
            ip = IPv4Address(int(ip) >> 80 & 0xFFFFFFFF)
    if isinstance(ip, IPv4Address):
        return next((kind for network, kind in _NOT_PUBLIC_V4 if ip in network), None)
    known = next((kind for network, kind in _NOT_PUBLIC_V6 if ip in network), None)
    return known or (None if ip in _PUBLIC_V6 else "a reserved")


def kind_if_refused(address: str, *, allow_private_urls: bool) -> str | None:
    """What kind of address it is where it may not be fetched; None where it may.

    An address inside of clouds may not whatever is allowed.
    """
    kind = kind_if_not_public(address)
    return kind if kind == INTERNAL or not allow_private_urls else None


def web_address(url: str) -> URL:
    """The http(s) URL that `url` spells, to be sent just as it is written where that is possible.

    Raises PlaceholderError: `image_unfetchable` where it is none, `image_refused` where it is one
    of the spellings that programs read differently: control characters, backslashes in front of
    the query, IP addresses as one number, in octal or in hexadecimal.
    """
    shown = printable_url(url)
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in url):
        raise PlaceholderError("image_refused", f"{shown} holds control characters")
    if "\\" in url.partition("?")[0]:
        raise PlaceholderError("image_refused", f"{shown} holds a backslash; write %5C")
    try:
        # Yarl would write escapes its own way, and some signatures do not survive that.
        parsed = URL(url, encoded=_PLAIN.fullmatch(url) is not None)
        host, port = parsed.raw_host or "", parsed.port
    except ValueError as error:
        raise PlaceholderError("image_unfetchable", f"{shown} is no usable address") from error
    if parsed.scheme not in ("http", "https"):
        raise PlaceholderError("image_refused", f"{shown} is no http or https address")
    if not host or not port or len(url) > _LONGEST_CHARACTERS or not _HOST.fullmatch(host):
        raise PlaceholderError("image_unfetchable", f"{shown} is no usable address")
    if _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]) and not _is_ip(host):
        raise PlaceholderError(
            "image_refused", f"{shown} spells an IP address in an odd way; write it as 1.2.3.4"
        )
    return parsed


def address_to_hand_on(url: str, *, allow_private_urls: bool) -> str:
    """`url` if an endpoint may be told to fetch it itself, as far as its text shows.

    Raises PlaceholderError as `web_address` does, and `image_refused` where its host is an IP
    address or a name that is not on the public internet. What other names lead to only the
    endpoint sees.
    """
    host = (web_address(url).raw_host or "").rstrip(".").lower()
    if _is_ip(host):
        kind = kind_if_refused(host, allow_private_urls=allow_private_urls)
    elif host in _INTERNAL_NAMES:
        kind = INTERNAL
    else:
        is_here = host == "localhost" or host.endswith((".localhost", ".internal", ".local"))
        kind = "a private" if is_here and not allow_private_urls else None
    if kind is not None:
        raise refused(printable_url(url), kind)
    return url


def refused(shown: str, kind: str) -> PlaceholderError:
    """The error for an address of a `kind` that may not be fetched; `shown` names it."""
    if kind == INTERNAL:
        return PlaceholderError(
            "image_refused", f"{shown} is at {kind} address, where keys are kept: never fetched"
        )
    return PlaceholderError(
        "image_refused", f"{shown} is at {kind} address; allow such ones with --allow-private-urls"
    )


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
