"""What a server says about waiting: `retry-after`, rate-limit resets and words in a message."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

_UNIT_S = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)\s*)+", re.ASCII)
_TOLD = re.compile(
    r"(?:try again in|retry after) ((?:\d+(?:\.\d+)?\s*(?:ms|milli|[smhd])[a-z]*\s*)+)",
    re.IGNORECASE | re.ASCII,
)
_TOLD_PIECE = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milli|[smhd])", re.IGNORECASE | re.ASCII)
_CACHED_DURATIONS = 512
_LIMITS = tuple(
    f"x-ratelimit-{{}}-{kind}"
    for kind in ("requests", "tokens", "project-requests", "project-tokens")
)


@functools.lru_cache(_CACHED_DURATIONS)
def duration_s(text: str) -> float | None:
    """Seconds of `6m0s`, `120ms`, `1h2m3.5s` or plain seconds; None where it is neither."""
    text = text.strip().rstrip(".")
    if _DURATION.fullmatch(text):
        seconds = _sum_s(_PIECE, text)
    else:
        try:
            seconds = float(text)
        except ValueError:
            return None
    return seconds if 0 <= seconds < math.inf else None


def wait_s(headers: Mapping[str, str], message: str, *, now_unix_s: float) -> float | None:
    """How long the server asks to wait, in seconds; None where it does not say.

    In order of trust: `retry-after-ms`, `retry-after` (seconds or an HTTP date), the reset of a
    limit that has nothing left, "try again in …" in the message. A limit of 0 or −1 means that
    the server does not know it, and says nothing.
    """
    milliseconds = duration_s(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    retry_after = headers.get("retry-after", "")
    if retry_after:
        seconds = duration_s(retry_after)
        if seconds is not None:
            return seconds
        try:
            date = parsedate_to_datetime(retry_after)
        except (ValueError, OverflowError):
            pass
        else:
            # Without a zone it is UTC, as all HTTP dates are.
            date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
            return max(0.0, date.timestamp() - now_unix_s)
    resets = [
        reset
        for name in _LIMITS
        if headers.get(name.format("remaining"), "").strip() == "0"
        and headers.get(name.format("limit"), "").strip() not in ("0", "-1")
        and (reset := duration_s(headers.get(name.format("reset"), ""))) is not None
        and reset > 0
    ]
    if resets:
        return max(resets)
    told = _TOLD.search(message)
    seconds = _sum_s(_TOLD_PIECE, told.group(1)) if told else math.inf
    return seconds if seconds < math.inf else None


def _sum_s(piece: re.Pattern[str], text: str) -> float:
    return sum(float(number) * _UNIT_S[unit.lower()] for number, unit in piece.findall(text))
