"""From the one Settings to the small records that the rooms take."""

from __future__ import annotations

from typing import Literal

from asyncio_throttle.throttler import Throttler

from captioner.flow.admission import Gate
from captioner.flow.binding import Binding
from captioner.flow.breaker import Breaker
from captioner.flow.clock import Clock
from captioner.flow.concurrency import Concurrency
from captioner.flow.rate_account import RateAccount
from captioner.flow.retrying import RetryPolicy
from captioner.flow.window import WindowSize
from captioner.samples.outcome import Verdict
from captioner.samples.rules import Rules
from captioner.settings import ResolvedKey, Settings, join_url
from captioner.vision.client import Endpoint, Timeouts
from captioner.vision.request import Parameters

Kind = Literal["samples", "images"]
"""What an input holds: samples with texts, or images and nothing else."""


def rules_of(settings: Settings, kind: Kind) -> Rules:
    """The rules for samples; `placeholders` and `rows` follow the input where they are not set."""
    images = kind == "images"
    return Rules(
        text_key=settings.text_key,
        image_key=settings.image_key,
        image_token=settings.image_special_token,
        eoc_token=settings.eoc_special_token,
        placeholders=settings.placeholders or ("add" if images else "require"),
        rows=settings.rows or ("captions" if images else "samples"),
        captions_key=settings.captions_key,
        mode=settings.mode,
        system_prompt=settings.system_prompt,
        user_prompt=settings.user_prompt,
        user_prompt_key=settings.user_prompt_key,
        keep_original_sample=settings.keep_original_sample,
        any_or_all=settings.any_or_all,
        accept=frozenset(Verdict(verdict) for verdict in settings.accept),
    )


def parameters_of(settings: Settings, model: str) -> Parameters:
    """What every request has in common."""
    return Parameters(
        model=model,
        detail=settings.detail,
        max_tokens=settings.max_token,
        temperature=settings.temperature,
        extra_body=settings.extra_body,
    )


def endpoint_of(settings: Settings, base_url: str, key: ResolvedKey) -> Endpoint:
    """Addresses and headers of the endpoint at `base_url`."""
    headers = {name: value.get_secret_value() for name, value in settings.extra_headers.items()}
    secrets = list(headers.values())
    if key.key is not None:
        secret = key.key.get_secret_value()
        secrets.append(secret)
        bearer = settings.auth_header.lower() == "authorization"
        headers[settings.auth_header] = f"Bearer {secret}" if bearer else secret
    return Endpoint(
        name=base_url.partition("?")[0],
        chat_url=join_url(base_url, "chat/completions"),
        models_url=join_url(base_url, "models"),
        headers=headers,
        secrets=tuple(secret for secret in secrets if secret),
    )


def timeouts_of(settings: Settings) -> Timeouts:
    """The client's time limits."""
    return Timeouts(
        connect_s=settings.connect_timeout_s,
        first_byte_s=settings.first_byte_timeout_s,
        request_s=settings.request_timeout_s,
    )


def policy_of(settings: Settings) -> RetryPolicy:
    """How retries go."""
    return RetryPolicy(max_attempts=settings.max_attempts, deadline_s=settings.sample_deadline_s)


def window_of(settings: Settings) -> WindowSize:
    """How far ahead of the output the reading may be."""
    return WindowSize(samples=settings.sample_window)


def gate_of(settings: Settings, breaker: Breaker, clock: Clock, binding: Binding) -> Gate:
    """The gate of a lane: what is set is its ceiling, what the endpoint tells it learns."""
    now_s = clock.now_s()
    fixed = None if settings.concurrency == "auto" else settings.concurrency
    return Gate(
        concurrency=Concurrency(fixed=fixed, maximum=settings.max_concurrency),
        requests=RateAccount(settings.requests_per_minute, now_s=now_s),
        tokens=RateAccount(settings.tokens_per_minute, now_s=now_s),
        guard=_guard(settings.requests_per_minute),
        breaker=breaker,
        clock=clock,
        binding=binding,
    )


def _guard(per_minute: float | None) -> Throttler | None:
    """Starts in a sliding window near a second: longer ones let a minute's worth go at once."""
    if per_minute is None:
        return None
    starts = max(1, round(per_minute / 60))
    return Throttler(rate_limit=starts, period=60 * starts / per_minute)
