"""How numbers, spans of time and other people's words are put on a terminal."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def clean(text: str) -> str:
    """`text` as one printable line: what a terminal would obey stands there as an escape.

    Control characters, line breaks, text-direction overrides and lone surrogates (file names that
    are not UTF-8) become `\\x1b`, `\\n`, `\\u202e` and the like.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def shorten(text: str, width: int) -> str:
    """The beginning of `text`, at most `width` (2 or more) characters with the ellipsis."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def shorten_front(text: str, width: int) -> str:
    """The end of `text`, at most `width` (2 or more) characters: paths differ at the end."""
    return text if len(text) <= width else "…" + text[-(width - 1) :]


def place_name(place: str) -> str:
    """A path or URL for display, cleaned and without what may be secret or long.

    Of a URL, user, password, query and fragment are left out; of a data URL, the data.
    """
    if place[:5].lower() == "data:":
        return clean(shorten(place.partition(",")[0], 40)) + ",…"
    if "://" not in place:
        return clean(place)
    try:
        parts = urlsplit(place)
    except ValueError:
        return clean(place.partition("://")[0]) + "://…"
    host = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, host, parts.path, "", ""))
    return clean(bare) + ("?…" if parts.query or parts.fragment else "")


def counted(number: int, noun: str) -> str:
    """`1 sample`, `1,000 samples`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def token_count(tokens: int) -> str:
    """`812 tokens`, `45,300 tokens`, `12.3 M tokens`."""
    if tokens < 1_000_000:
        return counted(tokens, "token")
    return f"{tokens / 1_000_000:,.1f} M tokens"


def span(seconds: float) -> str:
    """`4.2 s`, `42 s`, `1 min 05 s`, `2 h 05 min`, `3 d 04 h`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = whole // 60
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = minutes // 60
    return f"{hours // 24} d {hours % 24:02d} h"


def rate(per_second: float) -> str:
    """`0.35`, `9.8`, `123`: three digits tell enough."""
    if per_second < 1:
        return f"{per_second:.2f}"
    return f"{per_second:.1f}" if per_second < 99.95 else f"{per_second:,.0f}"


def byte_size(size_bytes: int) -> str:
    """`812 bytes`, `61.0 kB`, `1.2 GB` (decimal units)."""
    if size_bytes < 1000:
        return counted(size_bytes, "byte")
    size = float(size_bytes)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:,.1f} TB"
