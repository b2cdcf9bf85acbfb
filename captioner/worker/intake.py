"""`POST /v1/captions`: one sample in, its outcome out, through the gate that all share."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from aiohttp import web

from captioner.errors import Abandoned, CaptionerError, ConfigError, RunStopped
from captioner.formats.jsonl import parse_object
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample
from captioner.worker.access import Access
from captioner.worker.answers import Answer, Answers, OtherBodyError, outcome_as_json
from captioner.worker.desk import Seat
from captioner.worker.pauses import profile_label
from captioner.worker.service import Service

PROFILE_HEADER: Final = "X-Captioner-Profile"
KEY_HEADER: Final = "Idempotency-Key"
_FIELDS: Final = ("sample", "image", "prompt", "profile")
_KEY_CHARS: Final = 255
_BODY_S: Final = 30.0
_SOON_S: Final = 5
_LATER_S: Final = 30
_READ_BYTES: Final = 2**16


class CallError(Exception):
    """The call cannot be answered as it is: the HTTP status, why, and when to come again."""

    def __init__(self, status: int, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Call:
    """A body that was read: a sample as it stands (`fields`), or else an image and a prompt."""

    profile: str
    fields: Mapping[str, Any] | None = None
    image: str = ""
    prompt: str | None = None

    def sample(self, number: int, rules: Rules, size_bytes: int) -> Sample:
        """What is asked, as these rules name its fields."""
        fields = self.fields
        if fields is None:
            fields = {rules.text_key: rules.image_token, rules.image_key: [self.image]}
        return Sample(number, fields, size_bytes=size_bytes)


def parse_call(raw: bytes, profile: str = "") -> Call:
    """What a body asks for; `profile` is what its header names.

    Raises CallError (400) for what is no sample.
    """
    try:
        body = parse_object(raw)
    except ValueError as error:
        raise CallError(400, f"the body must be one JSON object: {error}") from None
    if unknown := sorted(set(body) - set(_FIELDS)):
        raise CallError(400, f"unknown field {unknown[0]!r}: there are {', '.join(_FIELDS)}")
    named = body.get("profile", profile)
    if not isinstance(named, str):
        raise CallError(400, "profile must be a string")
    sample, image, prompt = body.get("sample"), body.get("image"), body.get("prompt")
    if not (prompt is None or isinstance(prompt, str)):
        raise CallError(400, "prompt must be a string")
    if "sample" in body:
        if "image" in body:
            raise CallError(400, "sample and image are both given: keep one")
        if not isinstance(sample, dict):
            raise CallError(400, "sample must be a JSON object")
        return Call(named, sample, prompt=prompt)
    if not isinstance(image, str) or not image:
        raise CallError(400, "there must be a sample (an object) or an image (a string)")
    return Call(named, None, image, prompt)


class Intake:
    """Answers callers; each with its own status, none with an effect on another."""

    def __init__(
        self,
        service: Service,
        access: Access,
        answers: Answers,
        *,
        max_body_bytes: int,
        max_wait_s: float,
        body_timeout_s: float = _BODY_S,
    ) -> None:
        self._service = service
        self._access = access
        self._answers = answers
        self._max_body_bytes = max_body_bytes
        self._max_wait_s = max_wait_s
        self._body_timeout_s = body_timeout_s
        self._numbers = itertools.count()

    async def handle(self, request: web.Request) -> web.Response:
        """One call."""
        self._access.check(request)
        try:
            answer = await self._answer(request)
        except CallError as error:
            response = web.json_response({"error": error.message}, status=error.status)
            if error.status == 408:
                response.force_close()
            if error.retry_after_s is not None:
                response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        return web.Response(status=answer.status, body=answer.body, content_type="application/json")

    async def _answer(self, request: web.Request) -> Answer:
        if request.content_type != "application/json":
            # What a page elsewhere can send without asking first is not taken.
            raise CallError(415, "send Content-Type: application/json")
        key = request.headers.get(KEY_HEADER, "")
        if len(key) > _KEY_CHARS:
            raise CallError(400, f"{KEY_HEADER} may have {_KEY_CHARS} characters")
        raw = await self._body(request)
        call = parse_call(raw, request.headers.get(PROFILE_HEADER, ""))
        if not key:
            return await self._caption(call, secrets.token_hex(16), len(raw))
        digest = blake2b(raw, digest_size=16).digest()
        name = f"{call.profile}\0{key}"
        try:
            return await self._answers.answer(
                name, digest, lambda: self._caption(call, key, len(raw))
            )
        except OtherBodyError:
            raise CallError(422, f"this {KEY_HEADER} came with another body before") from None

    async def _body(self, request: web.Request) -> bytes:
        """The whole body, within its time and size."""
        if (request.content_length or 0) > self._max_body_bytes:
            raise self._too_large()
        raw = bytearray()
        try:
            async with asyncio.timeout(self._body_timeout_s):
                async for part in request.content.iter_chunked(_READ_BYTES):
                    raw += part
                    if len(raw) > self._max_body_bytes:
                        raise self._too_large()
        except TimeoutError:
            raise CallError(
                408, f"the body did not come within {self._body_timeout_s:g} s"
            ) from None
        return bytes(raw)

    def _too_large(self) -> CallError:
        return CallError(413, f"the body may have {self._max_body_bytes:,} bytes")

    async def _caption(self, call: Call, name: str, size_bytes: int) -> Answer:
        seat = await self._seat(call.profile)
        self._check_wait(seat)
        sample = call.sample(next(self._numbers), seat.front.rules, size_bytes)
        try:
            outcome = await seat.front.sample(sample, name=name, user_prompt=call.prompt)
        except Abandoned:
            raise _draining() from None
        except RunStopped as error:
            self._service.desk.pause(call.profile, error)
            raise _stopped(call.profile, error) from None
        if outcome.fault:
            raise CallError(400, f"{outcome.fault}: {outcome.fault_detail}")
        try:
            told = {"profile": profile_label(call.profile), "outcome": outcome_as_json(outcome)}
            return Answer.of(200, told)
        except (TypeError, ValueError, RecursionError, json.JSONDecodeError) as error:
            raise CallError(400, f"the sample cannot be written as JSON: {error}") from None

    async def _seat(self, profile: str) -> Seat:
        desk = self._service.desk
        if profile not in desk.profiles:
            known = ", ".join(sorted(filter(None, desk.profiles))) or "none"
            raise CallError(404, f"no profile is called {profile!r}: there are {known}")
        if self._service.is_draining:
            raise _draining()
        if desk.is_held:
            raise CallError(503, "paused by an operator", _LATER_S)
        try:
            return await desk.seat(profile)
        except Abandoned:
            raise _draining() from None
        except RunStopped as error:
            raise _stopped(profile, error) from None
        except (ConfigError, CaptionerError) as error:
            detail = f"profile {profile_label(profile)} cannot be worked for: {error}"
            raise CallError(503, detail, _LATER_S) from None

    def _check_wait(self, seat: Seat) -> None:
        wait_s = seat.road.gate.expected_wait_s(seat.front.singles.unsent)
        if wait_s == math.inf:
            raise CallError(503, f"endpoint down: {seat.road.name} does not answer", _SOON_S)
        if wait_s > self._max_wait_s:
            after_s = max(1, math.ceil(wait_s - self._max_wait_s))
            raise CallError(
                429,
                f"it would wait about {wait_s:.0f} s, and at most {self._max_wait_s:g} s are "
                "allowed: come again later",
                after_s,
            )


def _draining() -> CallError:
    return CallError(503, "the worker drains: ask another, or come again", _SOON_S)


def _stopped(profile: str, error: RunStopped) -> CallError:
    name = profile_label(profile)
    return CallError(503, f"profile {name} is paused: {error.verdict}: {error.detail}", _LATER_S)
