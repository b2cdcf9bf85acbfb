"""What goes wrong, and how long it takes: draws that depend on the ask alone. Pure.

A draw hashes seed, ask and how often that ask was seen, never the order of arrival: the same job
meets the same faults whatever its concurrency, and a retry meets a new draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.checks import digest_int
from captioner.endpoint.options import FaultKind
from captioner.endpoint.replies import Answer, Heading, Words, completion_answer

_P99_Z: Final = 2.3263
"""The 99th percentile of the standard normal distribution."""

_HTML: Final = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
_REFUSAL: Final = "I'm sorry, but I can't help with that image."


def uniform(seed: int, purpose: str, ask: int, seen: int) -> float:
    """A draw in the open interval (0, 1)."""
    drawn = digest_int(f"{seed} {purpose} {ask} {seen}".encode())
    return ((drawn >> 12) + 0.5) / 2**52


def draw_fault(
    seed: int, ask: int, seen: int, *, share: float, kinds: Sequence[FaultKind]
) -> FaultKind | None:
    """The fault of this attempt, if it has one."""
    drawn = uniform(seed, "fault", ask, seen)
    if drawn >= share:
        return None
    return kinds[min(int(drawn / share * len(kinds)), len(kinds) - 1)]


def draw_latency_s(
    seed: int, ask: int, seen: int, *, latency_s: float, p99_s: float | None
) -> float:
    """Seconds until the reply: fixed, or log-normal with this median and 99th percentile."""
    if p99_s is None:
        return latency_s
    sigma = math.log(p99_s / latency_s) / _P99_Z
    z = NormalDist().inv_cdf(uniform(seed, "latency", ask, seen))
    return latency_s * math.exp(sigma * z)


def faulty(kind: FaultKind, heading: Heading, words: Words, *, html: bool, azure: bool) -> Answer:
    """What this fault looks like, in place of a reply that would have said `words`.

    `html` chooses a proxy's page over a JSON body where both occur; `azure` the form of its
    content filter.
    """
    text = words.content or ""
    match kind:
        case "500":
            return _server_error(500, "The server had an error while processing your request.")
        case "502" | "503" | "504":
            status = int(kind)
            if html:
                page = f"<html><head><title>{status} {_HTML[status]}</title></head></html>\n"
                return Answer(status, page.encode(), content_type="text/html")
            return _server_error(status, f"{_HTML[status]}: overloaded, try again later.")
        case "reset" | "hang":
            return Answer(0, b"", manner=kind)
        case "truncated":
            return completion_answer(heading, words, manner="truncate")
        case "empty_choices":
            return completion_answer(heading, None)
        case "error_body":
            error = ApiError(200, "Upstream error.", type_="server_error", code="502")
            return error.answer()
        case "sanitizer":
            message = "The image could not be processed, try again."
            return ApiError(400, message, code="sanitizer_server_error").answer()
        case "refusal":
            return completion_answer(heading, Words(None, refusal=_REFUSAL))
        case "content_filter":
            return completion_answer(heading, Words(text[: len(text) // 3], "content_filter"))
        case "content_policy":
            return _content_policy(azure=azure)
        case "empty":
            return completion_answer(heading, Words(""))
        case "length":
            return completion_answer(heading, Words(text[: len(text) // 2], "length"))


def _server_error(status: int, message: str) -> Answer:
    return ApiError(status, message, type_="server_error").answer()


def _content_policy(*, azure: bool) -> Answer:
    if azure:
        message = "The response was filtered due to the prompt triggering the content policy."
        return ApiError(400, message, param="prompt", code="content_filter").answer()
    message = "Your request was rejected as a result of our safety system."
    return ApiError(400, message, code="content_policy_violation").answer()
