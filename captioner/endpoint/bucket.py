"""The rate limits: two token buckets, the headers that tell of them, and the 429s. Pure.

A bucket holds at most `burst_s` seconds of its rate. A request is charged one request, and its
prompt estimate plus maximum output, when it is admitted; one that is turned away costs nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from captioner.endpoint.api_errors import ApiError

HeaderStyle: TypeAlias = Literal["official", "azure", "none"]
Kind: TypeAlias = Literal["requests", "tokens"]

_TINY = 1e-6


class Bucket:
    """Fills at `per_minute` / 60 a second up to `capacity`; full at the start.

    `now_s` never runs backwards for it: an earlier time counts as the latest seen.
    """

    def __init__(self, per_minute: int, capacity: float) -> None:
        self.per_minute = per_minute
        self.per_second = per_minute / 60
        self.capacity = capacity
        self._level = capacity
        self._at_s = -math.inf

    def level(self, now_s: float) -> float:
        """How much is free at `now_s`."""
        if now_s > self._at_s:
            if self._at_s > -math.inf:
                gained = (now_s - self._at_s) * self.per_second
                self._level = min(self.capacity, self._level + gained)
            self._at_s = now_s
        return self._level

    def wait_s(self, amount: float, now_s: float) -> float:
        """Seconds until `amount` is free; 0 where it is."""
        lacking = amount - self.level(now_s)
        # A client that waited exactly as told must not fail on a float's last digit.
        return lacking / self.per_second if lacking > _TINY else 0.0

    def take(self, amount: float, now_s: float) -> None:
        """Charge `amount`, which the caller has seen to be free."""
        self._level = max(0.0, self.level(now_s) - amount)

    def full_in_s(self, now_s: float) -> float:
        """Seconds until the bucket is full again."""
        return (self.capacity - self.level(now_s)) / self.per_second


@dataclass(frozen=True, slots=True)
class _Limit:
    kind: Kind
    short: str
    bucket: Bucket


class LimitReachedError(ApiError):
    """The 429 of a limit; `kind` says of which, `headers` tell the rates as they stand."""

    def __init__(self, kind: Kind, message: str, headers: dict[str, str]) -> None:
        super().__init__(429, message, type_=kind, code="rate_limit_exceeded", headers=headers)
        self.kind = kind


class RateLimits:
    """Both limits of one endpoint, shared by all its models and keys."""

    def __init__(
        self,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
        *,
        burst_s: float,
        style: HeaderStyle = "official",
    ) -> None:
        self._style = style
        self._limits: list[_Limit] = []
        if requests_per_minute is not None:
            # Below one request nothing could ever pass.
            capacity = max(1.0, requests_per_minute / 60 * burst_s)
            bucket = Bucket(requests_per_minute, capacity)
            self._limits.append(_Limit("requests", "RPM", bucket))
        if tokens_per_minute is not None:
            bucket = Bucket(tokens_per_minute, tokens_per_minute / 60 * burst_s)
            self._limits.append(_Limit("tokens", "TPM", bucket))

    @property
    def buckets(self) -> dict[Kind, Bucket]:
        """The bucket of each limit that is set."""
        return {limit.kind: limit.bucket for limit in self._limits}

    def admit(self, model: str, tokens: int, now_s: float) -> dict[str, str]:
        """Charge a request and return its reply's headers, or raise LimitReachedError, the 429."""
        amounts: dict[Kind, int] = {"requests": 1, "tokens": tokens}
        for limit in self._limits:
            if amounts[limit.kind] > limit.bucket.capacity:
                raise self._too_large(limit, model, amounts[limit.kind], now_s)
        waits = [(limit.bucket.wait_s(amounts[limit.kind], now_s), limit) for limit in self._limits]
        wait_s, worst = max(waits, key=lambda wait: wait[0], default=(0.0, None))
        if worst and wait_s > 0:
            raise self._reached(wait_s, worst, amounts[worst.kind], model, now_s)
        for limit in self._limits:
            limit.bucket.take(amounts[limit.kind], now_s)
        return self.headers(now_s)

    def levels(self, now_s: float) -> dict[Kind, float]:
        """How much of each limit is free at `now_s`."""
        return {limit.kind: limit.bucket.level(now_s) for limit in self._limits}

    def headers(self, now_s: float) -> dict[str, str]:
        """`x-ratelimit-…` as they stand; empty without limits or where the style has none."""
        if self._style == "none":
            return {}
        told: dict[str, str] = {}
        for limit in self._limits:
            bucket = limit.bucket
            told[f"x-ratelimit-limit-{limit.kind}"] = str(bucket.per_minute)
            told[f"x-ratelimit-remaining-{limit.kind}"] = str(math.floor(bucket.level(now_s)))
            reset_s = bucket.full_in_s(now_s)
            told[f"x-ratelimit-reset-{limit.kind}"] = (
                duration(reset_s) if self._style == "official" else str(math.ceil(reset_s))
            )
        return told

    def _reached(
        self, wait_s: float, limit: _Limit, amount: int, model: str, now_s: float
    ) -> LimitReachedError:
        if self._style == "none":
            return LimitReachedError(limit.kind, f"Rate limit exceeded for {model}.", {})
        bucket = limit.bucket
        used = bucket.per_minute - math.floor(bucket.level(now_s))
        message = (
            f"Rate limit reached for {model} on {limit.kind} per min ({limit.short}): "
            f"Limit {bucket.per_minute}, Used {used}, Requested {amount}. "
            f"Please try again in {duration(wait_s)}."
        )
        headers = self.headers(now_s)
        headers["retry-after"] = str(math.ceil(wait_s))
        if self._style == "official":
            headers["retry-after-ms"] = str(math.ceil(wait_s * 1000))
        return LimitReachedError(limit.kind, message, headers)

    def _too_large(self, limit: _Limit, model: str, amount: int, now_s: float) -> LimitReachedError:
        # What can pass at once is less than a minute's worth: naming the smaller number is
        # what lets a client see that waiting will not help.
        most = math.floor(limit.bucket.capacity)
        message = (
            f"Request too large for {model} on {limit.kind} per min ({limit.short}): "
            f"Limit {most}, Requested {amount}. The input or output tokens must be reduced."
        )
        return LimitReachedError(limit.kind, message, self.headers(now_s))


def duration(seconds: float) -> str:
    """A duration as the API writes it, rounded up to ms: `6m0s`, `1.5s`, `120ms`, `1h2m3s`."""
    milliseconds = max(0, math.ceil(round(seconds * 1000, 6)))
    if milliseconds == 0:
        return "0s"
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}h" if hours else ""
    if hours or minutes:
        text += f"{minutes}m"
    return f"{text}{milliseconds / 1000:g}s"
