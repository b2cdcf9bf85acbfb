"""One question about one image: what was asked, and the bytes that ask it.

A body is spliced from bytes, with the image between two pieces of prebuilt JSON: an image never
passes through a JSON encoder, which would cost more than encoding it in base64 does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import pybase64
from blake3 import blake3

from captioner.record import record
from captioner.vision.image import Prepared
from captioner.vision.image_policy import AS_IT_IS, ImagePolicy
from captioner.vision.image_ref import ImageRef

T = TypeVar("T")

_IMAGE_MARK = "\x00image\x00"
_IMAGE_MARK_JSON = json.dumps(_IMAGE_MARK).strip('"').encode()
_CAP_FIELDS = ("max_tokens", "max_completion_tokens")
_CACHED_PROMPTS = 64


@record
class Request:
    """What one placeholder asks; `sample` and `index` are the placeholder's id.

    An empty `system_prompt` sends no system message, an empty `user_prompt` no text part.
    """

    sample: int
    index: int
    image: ImageRef
    system_prompt: str
    user_prompt: str


class _Memo(dict[Hashable, T]):
    """What was made of the latest few keys."""

    def __setitem__(self, key: Hashable, value: T) -> None:
        if len(self) >= _CACHED_PROMPTS:
            self.clear()
        super().__setitem__(key, value)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What every request of a run has in common, as the user set it."""

    model: str
    detail: str = "low"
    max_tokens: int = 500
    temperature: float = 1.0
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    images: ImagePolicy = AS_IT_IS
    # What was made of the latest prompts: the same few come again with every request. Here and
    # not beside: `1` and `true` are equal, but are not sent alike.
    _around: _Memo[tuple[bytes, bytes]] = field(
        default_factory=_Memo, init=False, repr=False, compare=False
    )
    _asked: _Memo[hashlib.blake2b] = field(
        default_factory=_Memo, init=False, repr=False, compare=False
    )

    @property
    def cap_in_extra_body(self) -> bool:
        """Whether the user put the output cap into `extra_body`: then it is sent as it stands."""
        return any(name in self.extra_body for name in _CAP_FIELDS)

    @property
    def cap_tokens(self) -> int:
        """The output cap that counts."""
        caps = (self.extra_body.get(name) for name in _CAP_FIELDS)
        return next((cap for cap in caps if isinstance(cap, int)), self.max_tokens)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How this endpoint and model want a request to be put; learned from their own answers.

    o-series and later models take `max_completion_tokens` for `max_tokens`, some take no
    temperature but 1, some servers do not know `detail`, and some want every text as a list of
    parts.
    """

    cap_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    send_temperature: bool = True
    send_detail: bool = True
    text_as_parts: bool = False

    def learn(self, parameter: str) -> Dialect | None:
        """The dialect without what the server rejected; None where nothing is left to change."""
        match parameter:
            case "max_tokens" if self.cap_field == "max_tokens":
                return replace(self, cap_field="max_completion_tokens")
            case "max_completion_tokens" if self.cap_field == "max_completion_tokens":
                return replace(self, cap_field="max_tokens")
            case "temperature" if self.send_temperature:
                return replace(self, send_temperature=False)
            case "detail" if self.send_detail:
                return replace(self, send_detail=False)
            case "content" if not self.text_as_parts:
                return replace(self, text_as_parts=True)
            case _:
                return None

    def describe(self) -> str:
        """The dialect in words, for log and summary."""
        words = [f"output cap as {self.cap_field}"]
        if not self.send_temperature:
            words.append("no temperature")
        if not self.send_detail:
            words.append("no detail")
        if self.text_as_parts:
            words.append("text as parts")
        return ", ".join(words)


def body_parts(
    request: Request,
    parameters: Parameters,
    dialect: Dialect,
    prepared: Prepared,
    *,
    cap_tokens: int,
) -> list[bytes]:
    """The request's JSON body in pieces, to be joined or written one after another.

    Order after the rule for prompt caches: what is constant first, the image last.
    `cap_tokens` is the output cap of this attempt, which may be twice what the user set.
    """
    key = request.system_prompt, request.user_prompt, dialect, cap_tokens, prepared.mime
    around = parameters._around.get(key)
    if around is None:
        around = parameters._around[key] = _around_the_image(parameters, *key)
    head, tail = around
    if prepared.url is not None:
        return [head, json.dumps(prepared.url).encode()[1:-1], tail]
    return [head, pybase64.b64encode(prepared.data), tail]


def _around_the_image(
    parameters: Parameters,
    system_prompt: str,
    user_prompt: str,
    dialect: Dialect,
    cap_tokens: int,
    mime: str,
) -> tuple[bytes, bytes]:
    """A body's JSON before and after an image's base64 or, without `mime`, its URL."""
    prefix = f"data:{mime};base64," if mime else ""
    image_url: dict[str, Any] = {"url": prefix + _IMAGE_MARK}
    if dialect.send_detail:
        image_url["detail"] = parameters.detail
    parts: list[dict[str, Any]] = []
    if user_prompt:
        parts.append(_text(user_prompt))
    parts.append({"type": "image_url", "image_url": image_url})
    messages: list[dict[str, Any]] = []
    if system_prompt:
        system = [_text(system_prompt)] if dialect.text_as_parts else system_prompt
        messages.append({"role": "system", "content": system})
    messages.append({"role": "user", "content": parts})

    fields: dict[str, Any] = {"model": parameters.model}
    if not parameters.cap_in_extra_body:
        fields[dialect.cap_field] = cap_tokens
    if dialect.send_temperature:
        fields["temperature"] = parameters.temperature
    fields |= parameters.extra_body
    fields.pop("messages", None)
    fields["messages"] = messages

    # The last mark is the image's: what a prompt or another field holds comes before it.
    head, _, tail = json.dumps(fields, separators=(",", ":")).encode().rpartition(_IMAGE_MARK_JSON)
    return head, tail


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def digest_of(source: bytes) -> bytes:
    """The digest of an image as it came, before anything was done to it."""
    # A third of the time that SHA-256 takes even where processors have instructions for it.
    return blake3(source).digest()


def ask_key(source_digest: bytes, request: Request, parameters: Parameters, endpoint: str) -> bytes:
    """The key under which a reply may be shared: equal keys ask the same.

    Made of what the user asked, never of what was adapted on the way: image bytes, prompts, model,
    endpoint, parameters and image policy.
    """
    key = request.system_prompt, request.user_prompt, endpoint
    asked = parameters._asked.get(key)
    if asked is None:
        asked = parameters._asked[key] = _digest_of_words(parameters, *key)
    digest = asked.copy()
    digest.update(source_digest)
    return digest.digest()


def _digest_of_words(
    parameters: Parameters, system_prompt: str, user_prompt: str, endpoint: str
) -> hashlib.blake2b:
    """The digest of a key so far, with everything but the image in it."""
    asked = json.dumps(
        [
            endpoint,
            parameters.model,
            parameters.detail,
            parameters.max_tokens,
            parameters.temperature,
            dict(parameters.extra_body),
            parameters.images.asked(),
            system_prompt,
            user_prompt,
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.blake2b(asked.encode(), digest_size=16)
