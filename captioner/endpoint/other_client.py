"""A second client on the same quota, which only the buckets and the headers betray. Pure.

It sends steadily, with some unevenness in time and size, knows to the moment when something is
free, and drops what it could not get before its next request is due: it takes what it wants as far
as there is something, and never saves up a backlog. Settled is what it did until now, whenever
somebody asks: that gives the same as if it had run all the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from captioner.endpoint.bucket import Kind, RateLimits
from captioner.endpoint.faults import uniform
from captioner.endpoint.options import LARGEST_BITE, EndpointOptions
from captioner.endpoint.stats import Stats

_BITES_PER_S: Final = 10
"""How finely tokens are taken where no rate of requests is named."""


@dataclass(frozen=True, slots=True)
class Bite:
    """One request of the second client: when it is sent, and what it takes."""

    at_s: float
    amounts: dict[Kind, int]


class OtherClient:
    """Spends from `limits` from `start` on, as the options say, and counts into `stats`."""

    def __init__(self, options: EndpointOptions, limits: RateLimits, stats: Stats) -> None:
        self._limits = limits
        self._stats = stats
        self._seed = options.seed
        requests, tokens = options.other_requests_per_minute, options.other_tokens_per_minute
        self._request = 0 if requests is None else 1
        bites_per_minute = requests or min(60 * _BITES_PER_S, tokens or 0)
        self._gap_s = 60 / bites_per_minute if bites_per_minute else None
        self._tokens = (tokens or 0) / bites_per_minute if bites_per_minute else 0.0
        self._start_s: float | None = None
        self._sent = 0
        self._settled_s = 0.0

    def start(self, at_s: float) -> None:
        """From `at_s` on it spends; told again, it changes nothing."""
        if self._start_s is None:
            self._start_s = self._settled_s = at_s

    def settle(self, now_s: float) -> None:
        """Take everything that it took until `now_s`."""
        if self._start_s is None or self._gap_s is None or now_s < self._settled_s:
            return
        while (bite := self._bite(self._start_s, self._gap_s, self._sent)).at_s <= now_s:
            due_s = self._bite(self._start_s, self._gap_s, self._sent + 1).at_s
            at_s = max(bite.at_s, self._settled_s)
            at_s += self._wait_s(bite, at_s)
            if at_s < due_s and at_s > now_s:
                break
            if at_s < due_s:
                self._take(bite, at_s)
            else:
                self._stats.other_turned_away += 1
            self._sent += 1
        self._settled_s = now_s

    def _bite(self, start_s: float, gap_s: float, number: int) -> Bite:
        # One in each gap, somewhere in it: uneven from moment to moment, exact in the long run.
        early = uniform(self._seed, "other time", number, 0)
        large = uniform(self._seed, "other size", number, 0) - 0.5
        tokens = round(self._tokens * (1 + 2 * (LARGEST_BITE - 1) * large))
        return Bite(
            start_s + (number + early) * gap_s, {"requests": self._request, "tokens": tokens}
        )

    def _wait_s(self, bite: Bite, at_s: float) -> float:
        buckets = self._limits.buckets.items()
        return max((bucket.wait_s(bite.amounts[kind], at_s) for kind, bucket in buckets), default=0)

    def _take(self, bite: Bite, at_s: float) -> None:
        for kind, bucket in self._limits.buckets.items():
            bucket.take(bite.amounts[kind], at_s)
        self._stats.other_took(bite.amounts["requests"], bite.amounts["tokens"])
