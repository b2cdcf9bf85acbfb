"""When the next request may start: rates, pauses, and whether the endpoint is there. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from captioner.events import Cause
from captioner.flow.breaker import Breaker
from captioner.flow.guessing import GuessedRate
from captioner.flow.limits import Limits
from captioner.flow.rate_account import RateAccount
from captioner.vision.rate_headers import Kind, RateReading


class Rates:
    """The accounts of requests and tokens, a guessed rate, the breaker, and who told us to wait.

    What was booked is kept until it starts or is given back: at most the head's.
    """

    def __init__(
        self, requests: RateAccount, tokens: RateAccount, breaker: Breaker, *, now_s: float
    ) -> None:
        self.requests = requests
        self.tokens = tokens
        self.guess = GuessedRate()
        self.breaker = breaker
        self.paused_until_s = now_s
        self.are_told = False
        self.is_held = False
        self._booked: int | None = None

    def book(self, tokens: int, now_s: float) -> None:
        """The next request costs this much; book before asking when it may start."""
        self._booked = tokens
        self.requests.book(1.0, now_s)
        self.tokens.book(tokens, now_s)

    def give_back(self, tokens: int, now_s: float) -> None:
        """It does not start after all."""
        self._booked = None
        self.unsent(tokens, now_s)

    def unsent(self, tokens: int, now_s: float) -> None:
        """It started, and was given up before anything was sent: the ceilings have it back."""
        self.requests.give_back(1.0, now_s)
        self.tokens.give_back(tokens, now_s)

    def start(self, tokens: int, now_s: float, *, admission: int) -> None:
        """What was booked starts now."""
        self._booked = None
        self.requests.start(1.0, now_s)
        self.tokens.start(tokens, now_s)
        self.guess.start(now_s)
        self.breaker.start(admission)

    def ready(self, tokens: int, now_s: float) -> tuple[float, Cause]:
        """When what was booked may start, and what it waits for."""
        if self.is_held:
            return math.inf, "paused"
        ready_s: float = self.requests.ready_at_s(1.0, now_s)
        cause: Cause = "requests"
        if (guessed_s := self.guess.ready_at_s(now_s)) > ready_s:
            ready_s = guessed_s
        if (tokens_s := self.tokens.ready_at_s(tokens, now_s)) > ready_s:
            ready_s, cause = tokens_s, "tokens"
        if (there_s := self.breaker.ready_at_s(now_s)) > ready_s:
            ready_s, cause = there_s, "server"
        # A pause stops the accounts too: until it ends it is the server that binds.
        if self.paused_until_s > now_s:
            return max(ready_s, self.paused_until_s), "server"
        return ready_s, cause

    def learn(
        self,
        readings: Mapping[Kind, RateReading],
        *,
        sent_s: float,
        tokens: int,
        admitted: bool,
        now_s: float,
    ) -> None:
        """The answer to a request of so many tokens told these limits."""
        amounts: tuple[tuple[Kind, RateAccount, float], ...] = (
            ("requests", self.requests, 1.0),
            ("tokens", self.tokens, tokens),
        )
        for kind, account, amount in amounts:
            if kind in readings:
                self.are_told = True
                account.observe(
                    readings[kind], sent_s=sent_s, amount=amount, admitted=admitted, now_s=now_s
                )

    def pause(self, wait_s: float, now_s: float) -> None:
        """Let nothing start for so long; the accounts' own time stops."""
        self.paused_until_s = max(self.paused_until_s, now_s + wait_s)
        for account in (self.requests, self.tokens):
            account.pause_until(self.paused_until_s, now_s)

    def set_limits(self, limits: Limits, now_s: float) -> None:
        """Let other ceilings hold; what is booked is booked in them too."""
        booked, one = (0, 0.0) if self._booked is None else (self._booked, 1.0)
        self.requests.set_ceiling(limits.requests_per_minute, now_s=now_s, booked=one)
        self.tokens.set_ceiling(limits.tokens_per_minute, now_s=now_s, booked=booked)

    def lie_idle(self, now_s: float) -> bool:
        """Whether limits were told, and most of what they allow is left."""
        return (
            self.are_told
            and self.requests.learned.is_idle(now_s)
            and self.tokens.learned.is_idle(now_s)
        )
