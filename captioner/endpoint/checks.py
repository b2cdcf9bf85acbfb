"""From a request's bytes to what it asks, as strictly as the real API reads it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pydantic_core

from captioner.endpoint import api_errors
from captioner.endpoint.image_urls import AskedImage, read_image
from captioner.endpoint.options import ANY_MODEL, EndpointOptions
from captioner.endpoint.parameters import check_parameters

ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
DETAILS: Final = ("auto", "low", "high", "original")
_MESSAGE_KEYS: Final = frozenset(
    ["role", "content", "name", "refusal", "audio", "tool_calls", "tool_call_id", "function_call"]
)


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """A request that passed the checks.

    The prompts are all texts of their roles, joined by line breaks; empty where there is none.
    `body` is the whole of the JSON. `ask` identifies model and messages; `seen` is how often the
    same was admitted before.
    """

    model: str
    system_prompt: str
    user_text: str
    images: tuple[AskedImage, ...]
    max_output_tokens: int | None
    text_chars: int
    body: Mapping[str, Any]
    ask: int
    seen: int = 0

    @property
    def image_bytes(self) -> bytes:
        """The bytes of the first image; empty where there is none."""
        return self.images[0].data if self.images else b""

    @property
    def mime(self) -> str:
        """The first image's MIME type; empty where there is none."""
        return self.images[0].mime if self.images else ""

    @property
    def detail(self) -> str:
        """The first image's `detail`, `auto` where it was left out; empty without an image."""
        return self.images[0].detail if self.images else ""

    @property
    def image_digest(self) -> int:
        """Identifies the images together, whatever the prompts."""
        return digest_int(*(image.digest for image in self.images))


def read_request(
    raw: bytes, options: EndpointOptions, *, deployment: str | None = None
) -> AskedRequest:
    """Parse and check a request body, or raise ApiError with the official error.

    `deployment` is the name in an Azure path; it takes the place of the body's model.
    """
    try:
        body = pydantic_core.from_json(raw, allow_inf_nan=False)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise api_errors.invalid(
            "We could not parse the JSON body of your request: send one JSON object in UTF-8.",
            param=None,
            code=None,
        )
    model = _model(body, options, deployment)
    max_output_tokens = check_parameters(body, options)
    reading = _Reading(options)
    messages = body.get("messages")
    if messages is None:
        raise api_errors.missing("messages")
    if not isinstance(messages, list):
        raise api_errors.wrong_type("messages", "an array of objects", messages)
    if not messages:
        raise api_errors.empty_array("messages")
    for at, message in enumerate(messages):
        reading.message(f"messages[{at}]", message)
    return AskedRequest(
        model=model,
        system_prompt="\n".join(reading.system),
        user_text="\n".join(reading.user),
        images=tuple(reading.images),
        max_output_tokens=max_output_tokens,
        text_chars=reading.text_chars,
        body=body,
        ask=digest_int(model.encode(), *reading.said),
    )


def digest_int(*pieces: bytes) -> int:
    """64 bits that stand for the pieces in this order; boundaries count."""
    digest = hashlib.blake2b(digest_size=8)
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "big"))
        digest.update(piece)
    return int.from_bytes(digest.digest(), "big")


def _model(body: Mapping[str, Any], options: EndpointOptions, deployment: str | None) -> str:
    model = body.get("model") if deployment is None else deployment
    if model is None or model == "":
        raise api_errors.missing("model")
    if not isinstance(model, str):
        raise api_errors.wrong_type("model", "a string", model)
    if model not in options.models and ANY_MODEL not in options.models:
        raise api_errors.model_not_found(model)
    return model


class _Reading:
    """Collects what the messages say while checking them."""

    def __init__(self, options: EndpointOptions) -> None:
        self._options = options
        self.system: list[str] = []
        self.user: list[str] = []
        self.images: list[AskedImage] = []
        self.said: list[bytes] = []
        self.text_chars = 0

    def message(self, where: str, message: object) -> None:
        if not isinstance(message, dict):
            raise api_errors.wrong_type(where, "an object", message)
        self._known_keys(where, message, _MESSAGE_KEYS)
        role = _required_string(f"{where}.role", message.get("role"))
        if role not in ROLES:
            raise api_errors.wrong_value(f"{where}.role", role, ROLES)
        self.said.append(role.encode())
        content, at = message.get("content"), f"{where}.content"
        self._check_form(at, content)
        if isinstance(content, str):
            self._text(role, content)
        elif isinstance(content, list):
            if not content:
                raise api_errors.empty_array(at)
            for index, part in enumerate(content):
                self._part(f"{at}[{index}]", role, part)
        elif content is not None or role != "assistant":
            raise api_errors.wrong_type(at, "a string or an array of objects", content)

    def _check_form(self, where: str, content: object) -> None:
        rule = self._options.text_rule
        if rule == "parts" and isinstance(content, str):
            raise api_errors.wrong_type(where, "an array of objects", content)
        pictured = isinstance(content, list) and any(map(_is_image, content))
        if rule == "string" and isinstance(content, list) and not pictured:
            raise api_errors.wrong_type(where, "a string", content)

    def _part(self, where: str, role: str, part: object) -> None:
        if not isinstance(part, dict):
            raise api_errors.wrong_type(where, "an object", part)
        kind = _required_string(f"{where}.type", part.get("type"))
        supported = ("text", "image_url") if role == "user" else ("text",)
        if kind not in supported:
            raise api_errors.wrong_value(f"{where}.type", kind, supported)
        self._known_keys(where, part, frozenset(("type", kind)))
        if kind == "text":
            text = part.get("text")
            if text is None:
                raise api_errors.missing(f"{where}.text")
            if not isinstance(text, str):
                raise api_errors.wrong_type(f"{where}.text", "a string", text)
            self._text(role, text)
        else:
            self._image(f"{where}.image_url", part.get("image_url"))

    def _text(self, role: str, text: str) -> None:
        self.text_chars += len(text)
        self.said.append(text.encode())
        if role in ("system", "developer"):
            self.system.append(text)
        elif role == "user":
            self.user.append(text)

    def _image(self, where: str, image_url: object) -> None:
        if image_url is None:
            raise api_errors.missing(where)
        if not isinstance(image_url, dict):
            raise api_errors.wrong_type(where, "an object", image_url)
        self._known_keys(where, image_url, frozenset(("url", "detail")))
        rule = self._options.detail_rule
        if rule == "unknown" and "detail" in image_url:
            raise api_errors.unknown(f"{where}.detail")
        detail = "auto" if rule == "ignored" else image_url.get("detail", "auto")
        if not isinstance(detail, str):
            raise api_errors.wrong_type(f"{where}.detail", "a string", detail)
        if detail not in DETAILS:
            raise api_errors.wrong_value(f"{where}.detail", detail, DETAILS)
        url = _required_string(f"{where}.url", image_url.get("url"))
        image = read_image(f"{where}.url", url, detail, self._options)
        self.images.append(image)
        self.said += (b"image", image.digest, detail.encode())

    def _known_keys(self, where: str, found: dict[str, Any], known: frozenset[str]) -> None:
        if self._options.unknown_parameters == "ignore":
            return
        for name in found:
            if name not in known:
                raise api_errors.unknown(f"{where}.{name[:64]}")


def _is_image(part: object) -> bool:
    return isinstance(part, dict) and "image_url" in part


def _required_string(where: str, value: object) -> str:
    if value is None:
        raise api_errors.missing(where)
    if not isinstance(value, str):
        raise api_errors.wrong_type(where, "a string", value)
    return value
