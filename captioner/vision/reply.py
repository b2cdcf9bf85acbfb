"""What came back: a reply that can be judged, or a problem and what to do about it.

The one home of the table of errors. Pure: status, headers and body in, a decision out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic_core import from_json

from captioner.record import record
from captioner.samples.outcome import Usage
from captioner.vision import hints


@record
class Reply:
    """A chat completion, not yet judged.

    `content` is None where the model gave none; `tier` is the service tier that served it.
    """

    content: str | None
    refusal: str | None
    finish_reason: str | None
    usage: Usage | None = None
    model: str | None = None
    tier: str | None = None


class Action(StrEnum):
    """What to do about a problem."""

    RETRY = "retry"
    SLOW_DOWN = "slow_down"
    REENCODE = "reencode"
    SHRINK = "shrink"
    CHANGE_DIALECT = "change_dialect"
    FAIL = "fail"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no reply.

    `reason` is one of `samples.reasons.REASONS`, for STOP a verdict of `RunStopped`. `wait_s` is
    what the server asks for. `parameter` is what CHANGE_DIALECT is about.
    """

    action: Action
    reason: str
    detail: str
    wait_s: float | None = None
    parameter: str = ""


# Not "billing" alone: messages about rates tell where to raise them, at …/account/billing.
_NO_MONEY = (
    "insufficient_quota",
    "credit balance",
    "billing_hard_limit",
    "billing_not_active",
    "check your plan and billing",
    "payment required",
)
_TOO_LARGE = (
    "context_length_exceeded",
    "maximum context length",
    "available context size",
    "payload too large",
    "request entity too large",
    "string_above_max_length",
    "request too large",
)
_BAD_IMAGE = (
    "invalid_image",
    "unsupported image",
    "image_parse_error",
    "invalid_base64",
    "could not process image",
    "failed to decode image",
    "cannot identify image",
    "sanitizer_server_error",
    # Some servers fetch what came as a data URL from a store of their own.
    "while downloading",
)
_UNSUPPORTED = ("unsupported_parameter", "unsupported_value", "unknown_parameter")
_UNSUPPORTED_IN_WORDS = re.compile(
    r"unsupported (?:parameter|value): '([\w.\[\]]+)'", re.IGNORECASE
)
# Model names hold digits ("for limit gpt-4o"), so the number must follow at once.
_LIMIT_AND_REQUESTED = re.compile(
    r"\blimit:? ([0-9][0-9,]*).*?\brequested:? ([0-9][0-9,]*)", re.IGNORECASE
)
_IMAGE_TEXT = re.compile(r"data:image/[^\"'\s]*|[A-Za-z0-9+/]{100,}={0,2}", re.IGNORECASE)
_READ_CHARACTERS = 10_000
_SHOWN_CHARACTERS = 300


def read(
    status: int, headers: Mapping[str, str], body: bytes, *, now_unix_s: float
) -> Reply | Problem:
    """Read an answer of `/chat/completions`.

    `headers` must find names without regard to case. Follows the error table of the official API
    and of the servers that speak it.
    """
    if status == 200:
        return _completion(body)
    error = _error_object(body)
    words = _words(error, body)
    code = f"{error.get('code') or ''} {error.get('type') or ''}".lower()
    said = f"{code} {words}".lower()
    decided = _by_words(status, error, code, said, words)
    if decided is not None:
        return decided
    problem = _by_status(status, _shown(status, words))
    should = headers.get("x-should-retry", "").strip().lower()
    action = problem.action
    if should == "false" and action in (Action.RETRY, Action.SLOW_DOWN):
        action = Action.FAIL
    elif should == "true" and action is Action.FAIL:
        action = Action.RETRY
    if action in (Action.RETRY, Action.SLOW_DOWN):
        wait = hints.wait_s(headers, words, now_unix_s=now_unix_s)
        return replace(problem, action=action, wait_s=wait)
    return replace(problem, action=action)


def _by_words(
    status: int, error: Mapping[str, Any], code: str, said: str, words: str
) -> Problem | None:
    """What the words decide, whatever the status; None leaves it to the status."""
    detail = _shown(status, words)
    if status in (400, 402, 403, 429) and any(mark in said for mark in _NO_MONEY):
        return Problem(Action.STOP, "no_quota", detail)
    if status == 429:
        return Problem(Action.SHRINK, "too_large", detail) if _never_fits(words) else None
    if "image input is not supported" in said:
        return Problem(Action.STOP, "bad_request_settings", detail)
    if "model_not_found" in code:
        return Problem(Action.STOP, "bad_request_settings", detail)
    if status == 403 and "moderation" in said:
        return Problem(Action.FAIL, "filtered", detail)
    if status not in (400, 413, 422):
        return None
    if "content_policy" in said:
        return Problem(Action.FAIL, "refused", detail)
    if "content_filter" in said or "responsibleai" in said:
        return Problem(Action.FAIL, "filtered", detail)
    if status == 413 or any(mark in said for mark in _TOO_LARGE):
        return Problem(Action.SHRINK, "too_large", detail)
    if any(mark in said for mark in _BAD_IMAGE):
        return Problem(Action.REENCODE, "unreadable_image", detail)
    # Proxies keep the words and lose the fields.
    told = _UNSUPPORTED_IN_WORDS.search(words)
    path = str(error.get("param") or (told.group(1) if told else ""))
    parameter = path.rsplit(".", 1)[-1]
    form_of_text = "invalid_type" in code and parameter == "content"
    if told or form_of_text or any(mark in code for mark in _UNSUPPORTED):
        return Problem(Action.CHANGE_DIALECT, "bad_request_settings", detail, parameter=parameter)
    return None


def _by_status(status: int, detail: str) -> Problem:
    if status == 429:
        return Problem(Action.SLOW_DOWN, "rate_limited", detail)
    if status in (408, 409) or status >= 500:
        reason = "timeout" if status in (408, 504) else "server_error"
        return Problem(Action.RETRY, reason, detail)
    if status in (401, 403):
        return Problem(Action.STOP, "bad_key", detail)
    if status == 402:
        return Problem(Action.STOP, "no_quota", detail)
    if status == 404 or 300 <= status < 400:
        return Problem(Action.STOP, "bad_request_settings", detail)
    if 200 < status < 300:
        return Problem(Action.RETRY, "bad_reply", detail)
    return Problem(Action.FAIL, "rejected", detail)


def _never_fits(words: str) -> bool:
    found = _LIMIT_AND_REQUESTED.search(words)
    if found is None:
        return False
    limit, requested = (float(number.replace(",", "")) for number in found.groups())
    return requested > limit


def _completion(body: bytes) -> Reply | Problem:
    try:
        answer = _parsed(body)
        if not isinstance(answer, dict):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        return Problem(Action.RETRY, "bad_reply", "the answer is no JSON object, or was cut short")
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        words = _words(_error_object(body), b"")
        told = "the answer has no choices"
        if words:
            told = f"an error inside a 200: {_short(words)}"
        return Problem(Action.RETRY, "bad_reply", told)
    choice: dict[str, Any] = choices[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        return Problem(Action.RETRY, "bad_reply", "the answer's choice has no message")
    return Reply(
        content=_content(message.get("content")),
        refusal=_text_or_none(message.get("refusal")),
        finish_reason=_text_or_none(choice.get("finish_reason")),
        usage=_usage(answer.get("usage")),
        model=_text_or_none(answer.get("model")),
        tier=_text_or_none(answer.get("service_tier")),
    )


def _parsed(body: bytes) -> object:
    try:
        return from_json(body)
    except ValueError:
        # The quick parser knows UTF-8 alone, and no half of a surrogate pair.
        return json.loads(body)


def _content(content: object) -> str | None:
    """Text of a content that is a string or, as some proxies send it, a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            _text_or_none(part.get("text")) or ""
            for part in content
            if isinstance(part, dict) and part.get("type", "text") == "text"
        )
    return None


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    return Usage(prompt, completion)


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _error_object(body: bytes) -> Mapping[str, Any]:
    """The error in a body: `{"error": {…}}`, `{"error": "…"}`, the fields at the top; or a list
    of one of these, as Google sends it.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(answer, list) and answer:
        answer = answer[0]
    if not isinstance(answer, dict):
        return {}
    error = answer.get("error") or answer
    return error if isinstance(error, dict) else {"message": error}


def _words(error: Mapping[str, Any], body: bytes) -> str:
    """The server's words on one line, printable and never with an image in them."""
    message = error.get("message") or error.get("detail") or ""
    try:
        text = message if isinstance(message, str) else json.dumps(message)
    except RecursionError:
        text = ""
    if not text and not error and body.lstrip()[:1] not in (b"<", b""):
        text = body[:_READ_CHARACTERS].decode(errors="replace")
    text = _IMAGE_TEXT.sub("(image)", text)[:_READ_CHARACTERS]
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _shown(status: int, words: str) -> str:
    return f"HTTP {status}: {_short(words)}" if words else f"HTTP {status}"


def _short(words: str) -> str:
    return words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 1] + "…"
