"""What the endpoint counted, for tests, benchmarks and `GET /stats`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Stats:
    """Counts since the start or the last reset.

    `requests` counts chat requests, `statuses` the replies by HTTP status, `faults` what went
    wrong on purpose. `captions` are the captions that were paid for: a client that left before
    its reply (`abandoned`) pays all the same. `tokens_admitted` is what the token rate was charged
    (prompt estimate plus maximum output), `prompt_tokens` and `completion_tokens` what was billed.
    Admission times are the endpoint's clock, in seconds.
    """

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    admitted: int = 0
    tokens_admitted: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    captions: int = 0
    paid_twice: int = 0
    abandoned: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    first_admission_s: float | None = None
    last_admission_s: float | None = None
    asks: dict[int, int] = field(default_factory=dict, repr=False)
    images: dict[int, int] = field(default_factory=dict, repr=False)

    def arrived(self) -> None:
        """A chat request came."""
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def left(self) -> None:
        """It is answered, broken or abandoned."""
        self.in_flight -= 1

    def admit(self, tokens: int, now_s: float) -> None:
        """A request passed the limits and was charged `tokens`."""
        self.admitted += 1
        self.tokens_admitted += tokens
        if self.first_admission_s is None:
            self.first_admission_s = now_s
        self.last_admission_s = now_s

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
        return {
            "requests": self.requests,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "faults": dict(sorted(self.faults.items())),
            "admitted": self.admitted,
            "tokens_admitted": self.tokens_admitted,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "captions": self.captions,
            "captions_per_image": {
                "images": len(self.images),
                "most": max(self.images.values(), default=0),
            },
            "paid_twice": self.paid_twice,
            "abandoned": self.abandoned,
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "first_admission_s": self.first_admission_s,
            "last_admission_s": self.last_admission_s,
        }
