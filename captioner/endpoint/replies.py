"""What goes back: the official reply shape, and the answer that the server acts out. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from captioner.endpoint.options import FaultKind

CHARS_PER_TOKEN: Final = 4
"""A rough average of English text; the endpoint has no tokenizer."""

Manner: TypeAlias = Literal["send", "truncate", "reset", "hang"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as bytes, and the manner in which it is given.

    `truncate` sends the first half of the body and closes; `reset` breaks the connection with
    nothing sent; `hang` holds it until the client gives up.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    manner: Manner = "send"


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """What a caller of the endpoint wants answered instead of a caption.

    `content`, `finish_reason` and `refusal` go into the official reply; `body` (an object, or text
    as it is) replaces the whole of it and is needed where `status` is not 200. `headers` are added.
    `fault` makes the request go wrong in that way. `latency_s` replaces the endpoint's own.
    """

    content: str | None = None
    status: int = 200
    body: Mapping[str, Any] | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    finish_reason: str = "stop"
    refusal: str | None = None
    fault: FaultKind | None = None
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What the message of a reply says."""

    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """What a reply says apart from its words; `created_s` is Unix time.

    `as_parts` puts its words into a list of text parts, as some proxies do.
    """

    id: str
    model: str
    created_s: int
    prompt_tokens: int
    hidden_tokens: int = 0
    service_tier: str = "default"
    as_parts: bool = False


def text_tokens(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // CHARS_PER_TOKEN)


def capped(text: str, max_output_tokens: int | None, hidden_tokens: int = 0) -> tuple[Words, int]:
    """The text within the cap, and the hidden tokens that were really spent before it."""
    if max_output_tokens is None or hidden_tokens + text_tokens(text) <= max_output_tokens:
        return Words(text), hidden_tokens
    hidden_tokens = min(hidden_tokens, max_output_tokens)
    room = (max_output_tokens - hidden_tokens) * CHARS_PER_TOKEN
    return Words(text[:room], "length"), hidden_tokens


def completion_tokens(heading: Heading, words: Words | None) -> int:
    """The output that is billed: what is hidden and what is seen."""
    seen = text_tokens((words.content or "") + (words.refusal or "")) if words else 0
    return heading.hidden_tokens + seen


def completion(heading: Heading, words: Words | None) -> dict[str, Any]:
    """A chat completion in the official shape; without words its `choices` are empty."""
    output_tokens = completion_tokens(heading, words)
    choices = []
    if words:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": _content(heading, words),
            "refusal": words.refusal,
            "annotations": [],
        }
        choices = [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": words.finish_reason,
            }
        ]
    return {
        "id": heading.id,
        "object": "chat.completion",
        "created": heading.created_s,
        "model": heading.model,
        "choices": choices,
        "usage": {
            "prompt_tokens": heading.prompt_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": heading.prompt_tokens + output_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": heading.hidden_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": heading.service_tier,
        "system_fingerprint": "fp_rehearsal",
    }


def _content(heading: Heading, words: Words) -> str | list[dict[str, str]] | None:
    if words.content is None or not heading.as_parts:
        return words.content
    return [{"type": "text", "text": words.content}]


def completion_answer(heading: Heading, words: Words | None, manner: Manner = "send") -> Answer:
    """A 200 with that completion."""
    return Answer(200, json.dumps(completion(heading, words)).encode(), manner=manner)


def model_card(model: str) -> dict[str, Any]:
    """One entry of `/v1/models`."""
    return {"id": model, "object": "model", "created": 0, "owned_by": "rehearsal"}
