"""From the one Settings to the small records that the rooms take."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

from asyncio_throttle.throttler import Throttler

from captioner.errors import ConfigError
from captioner.events import InputCopied, Observer
from captioner.flow.admission import Gate
from captioner.flow.binding import Binding
from captioner.flow.breaker import Breaker
from captioner.flow.clock import Clock
from captioner.flow.concurrency import Concurrency
from captioner.flow.limits import Limits
from captioner.flow.pictures import HandOn
from captioner.flow.rate_account import RateAccount
from captioner.flow.retrying import RetryPolicy
from captioner.flow.spend import Caps
from captioner.flow.window import WindowSize
from captioner.formats.choose import SourceChoice, open_source
from captioner.formats.places import is_url
from captioner.formats.sharded import Shard
from captioner.samples.outcome import Verdict
from captioner.samples.rules import Rules
from captioner.settings import ResolvedKey, Settings, join_url
from captioner.vision.addresses import address_to_hand_on
from captioner.vision.client import Endpoint, Timeouts
from captioner.vision.fetch import FetchLimits
from captioner.vision.image import ImagePolicy
from captioner.vision.image_tokens import family_of
from captioner.vision.reach import Reach
from captioner.vision.request import Parameters

Kind = Literal["samples", "texts", "images"]
"""What an input holds: samples that say where images are meant, texts beside images, or images."""


def rules_of(settings: Settings, kind: Kind) -> Rules:
    """The rules for samples; `placeholders` and `rows` follow the input where they are not set."""
    return Rules(
        text_key=settings.text_key,
        image_key=settings.image_key,
        image_token=settings.image_special_token,
        eoc_token=settings.eoc_special_token,
        placeholders=settings.placeholders or ("require" if kind == "samples" else "add"),
        rows=settings.rows or ("captions" if kind == "images" else "samples"),
        captions_key=settings.captions_key,
        conversations_key=settings.conversations_key,
        mode=settings.mode,
        system_prompt=settings.system_prompt,
        user_prompt=settings.user_prompt,
        user_prompt_key=settings.user_prompt_key,
        keep_original_sample=settings.keep_original_sample,
        any_or_all=settings.any_or_all,
        accept=frozenset(Verdict(verdict) for verdict in settings.accept),
    )


def source_of(
    settings: Settings,
    given: str | Path,
    shard: Shard | None = None,
    *,
    copies: Path | None = None,
    observer: Observer | None = None,
) -> SourceChoice:
    """The source that INPUT names, or a shard of it; `copies` is for what is elsewhere, and
    `observer` hears, from any thread, how it comes.

    Raises ConfigError where it cannot be read, or could name any file of this machine although it
    is from elsewhere.
    """
    base = settings.image_base
    if is_url(given) and base and not is_url(str(base)) and not settings.image_root:
        raise ConfigError(
            f"image_base {base}: samples from elsewhere may only name files of this machine below "
            "a folder that --image-root gives: set it too"
        )
    return open_source(
        given,
        copies=copies,
        tell=observer and (lambda *copied: observer(InputCopied(*copied))),
        image_base=settings.image_base,
        image_key=settings.image_key,
        image_bytes_key=settings.image_bytes_key,
        text_key=settings.text_key,
        format=settings.format,
        shard=shard,
    )


def parameters_of(settings: Settings, model: str) -> Parameters:
    """What every request has in common."""
    return Parameters(
        model=model,
        detail=settings.detail,
        max_tokens=settings.max_token,
        temperature=settings.temperature,
        extra_body=settings.extra_body,
        images=image_policy_of(settings, model),
    )


def image_policy_of(settings: Settings, model: str) -> ImagePolicy:
    """What is done to images. Raises ConfigError for what the model or Pillow does not know."""
    family = family_of(model)
    least = family.least_tokens(settings.detail)
    if settings.image_tokens is not None and settings.image_tokens < least:
        raise ConfigError(
            f"image_tokens {settings.image_tokens}: with {model} at detail {settings.detail} the "
            f"smallest image costs {least} tokens; set at least that, or another model or detail"
        )
    return ImagePolicy(
        resize=settings.resize,
        detail=settings.detail,
        family=family,
        max_side_px=settings.max_side,
        image_tokens=settings.image_tokens,
        background=_colour(settings.alpha_background),
    )


def _colour(name: str | None) -> str | None:
    from PIL import ImageColor

    try:
        return name if name is None or ImageColor.getrgb(name) else None
    except ValueError:
        raise ConfigError(
            f"alpha_background {name!r} is no colour: give a name such as white, or #rrggbb"
        ) from None


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


def hand_on_of(settings: Settings) -> HandOn | None:
    """What checks addresses that the endpoint is to fetch; None where captioner fetches them."""
    if not settings.send_urls:
        return None
    return partial(address_to_hand_on, allow_private_urls=settings.allow_private_urls)


def reach_of(settings: Settings) -> Reach:
    """What the names in samples may reach."""
    return Reach(
        image_root=settings.image_root,
        allow_private_urls=settings.allow_private_urls,
        allow_local_files=settings.allow_local_files,
    )


def fetch_limits_of(settings: Settings) -> FetchLimits:
    """How images with an address are fetched."""
    return FetchLimits(concurrency=settings.fetch_concurrency, total_s=settings.fetch_timeout_s)


def policy_of(settings: Settings) -> RetryPolicy:
    """How retries go."""
    return RetryPolicy(max_attempts=settings.max_attempts, deadline_s=settings.sample_deadline_s)


def caps_of(settings: Settings) -> Caps:
    """What may be spent."""
    return Caps.of(
        max_cost=settings.max_cost,
        max_requests=settings.max_requests,
        max_total_tokens=settings.max_total_tokens,
    )


def window_of(settings: Settings) -> WindowSize:
    """How far ahead of the output the reading may be."""
    return WindowSize(samples=settings.sample_window)


def limits_of(settings: Settings) -> Limits:
    """The limits that are set."""
    fixed = None if settings.concurrency == "auto" else settings.concurrency
    return Limits(fixed, settings.requests_per_minute, settings.tokens_per_minute)


def gate_of(settings: Settings, breaker: Breaker, clock: Clock, binding: Binding) -> Gate:
    """The gate of a lane: what is set is its ceiling, what the endpoint tells it learns."""
    now_s = clock.now_s()
    limits = limits_of(settings)
    return Gate(
        concurrency=Concurrency(fixed=limits.concurrency, maximum=settings.max_concurrency),
        requests=RateAccount(limits.requests_per_minute, now_s=now_s),
        tokens=RateAccount(limits.tokens_per_minute, now_s=now_s),
        guard=guard_of(limits.requests_per_minute),
        breaker=breaker,
        clock=clock,
        binding=binding,
    )


def guard_of(per_minute: float | None) -> Throttler | None:
    """Starts in a sliding window near a second: longer ones let a minute's worth go at once."""
    if per_minute is None:
        return None
    starts = max(1, round(per_minute / 60))
    return Throttler(rate_limit=starts, period=60 * starts / per_minute)
