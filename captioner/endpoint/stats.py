"""What the endpoint counted, for tests, benchmarks and `GET /stats`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from captioner.endpoint.bucket import Kind

_SECONDS_KEPT: Final = 3600
"""So long after the first request, admissions are counted second by second."""


@dataclass(slots=True)
class Stats:
    """Counts since the start or the last reset.

    `requests` counts chat requests, `statuses` the replies by HTTP status, `faults` what went
    wrong on purpose, `limited` the 429s by the limit that was reached. `captions` are the captions
    that were paid for: a client that left before its reply (`abandoned`) and one that was cut off
    by an outage or the end (`cut_off`) pay all the same. `paid_twice` are those beyond the first
    for the same ask, `cut_short` those that the output cap cut. `tokens_admitted` is what the
    token rate was charged (prompt estimate plus maximum output), `prompt_tokens` and
    `completion_tokens` what was billed. `other_…` is what the second client took, and how often
    it got nothing.

    `first_request_s` is the endpoint's clock; all other times are seconds since then.
    """

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    limited: Counter[str] = field(default_factory=Counter)
    admitted: int = 0
    tokens_admitted: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    captions: int = 0
    paid_twice: int = 0
    cut_short: int = 0
    abandoned: int = 0
    cut_off: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    first_request_s: float | None = None
    first_admission_s: float | None = None
    last_admission_s: float | None = None
    outage_began_s: float | None = None
    outage_ended_s: float | None = None
    other_requests: int = 0
    other_tokens: int = 0
    other_turned_away: int = 0
    opening_s: float = 0.0
    opening: Mapping[Kind, float] | None = field(default=None, repr=False)
    other_by_last: Mapping[Kind, int] = field(default_factory=dict, repr=False)
    asks: dict[int, int] = field(default_factory=dict, repr=False)
    images: dict[int, int] = field(default_factory=dict, repr=False)
    seconds: dict[int, tuple[int, int]] = field(default_factory=dict, repr=False)

    def arrived(self, now_s: float) -> None:
        """A chat request came."""
        self.since_first_s(now_s)
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def left(self) -> None:
        """It is answered, broken or abandoned."""
        self.in_flight -= 1

    def since_first_s(self, now_s: float) -> float:
        """Seconds since the first request, which is now where there was none."""
        if self.first_request_s is None:
            self.first_request_s = now_s
        return now_s - self.first_request_s

    def opened(self, levels: Mapping[Kind, float], now_s: float) -> None:
        """The limits were asked, and held this much before; only the first time counts."""
        if self.opening is None:
            self.opening_s = self.since_first_s(now_s)
            self.opening = dict(levels)

    def admit(self, tokens: int, now_s: float) -> None:
        """A request passed the limits and was charged `tokens`."""
        at_s = self.since_first_s(now_s)
        self.admitted += 1
        self.tokens_admitted += tokens
        if self.first_admission_s is None:
            self.first_admission_s = at_s
        self.last_admission_s = at_s
        self.other_by_last = {"requests": self.other_requests, "tokens": self.other_tokens}
        if at_s < _SECONDS_KEPT:
            count, sum_tokens = self.seconds.get(int(at_s), (0, 0))
            self.seconds[int(at_s)] = count + 1, sum_tokens + tokens

    def other_took(self, requests: int, tokens: int) -> None:
        """The second client was let in with these."""
        self.other_requests += requests
        self.other_tokens += tokens

    def paid(self, ask: int, image: int, prompt_tokens: int, completion_tokens: int) -> None:
        """A caption was made for this ask (digest of model and messages) and image (digest)."""
        self.captions += 1
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens
        before = self.asks.get(ask, 0)
        self.asks[ask] = before + 1
        if before:
            self.paid_twice += 1
        self.images[image] = self.images.get(image, 0) + 1

    def reset(self) -> None:
        """Forget everything but the requests in flight."""
        fresh = Stats(in_flight=self.in_flight, most_in_flight=self.in_flight)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    def snapshot(self) -> dict[str, Any]:
        """The counts as JSON values; of asks and images only how many."""
        seconds = [self.seconds.get(at, (0, 0)) for at in range(max(self.seconds, default=-1) + 1)]
        return {
            "requests": self.requests,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "faults": dict(sorted(self.faults.items())),
            "limited": dict(sorted(self.limited.items())),
            "admitted": self.admitted,
            "tokens_admitted": self.tokens_admitted,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "captions": self.captions,
            "captions_per_image": _spread("images", self.images),
            "captions_per_ask": _spread("asks", self.asks),
            "paid_twice": self.paid_twice,
            "cut_short": self.cut_short,
            "abandoned": self.abandoned,
            "cut_off": self.cut_off,
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "first_admission_s": self.first_admission_s,
            "last_admission_s": self.last_admission_s,
            "admitted_each_s": [count for count, _ in seconds],
            "tokens_each_s": [tokens for _, tokens in seconds],
            "outage": {"began_s": self.outage_began_s, "ended_s": self.outage_ended_s},
            "other": {
                "requests": self.other_requests,
                "tokens": self.other_tokens,
                "turned_away": self.other_turned_away,
            },
        }


def _spread(of: str, counts: Mapping[int, int]) -> dict[str, int]:
    return {of: len(counts), "most": max(counts.values(), default=0)}
