"""The gate: when a request may start.

Only the oldest waiter, the head, books and sleeps; it is woken by whatever changes. A thousand
sleepers could be overtaken by a retry and would slide; one cannot.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Protocol

from captioner.events import Cause
from captioner.flow.binding import Binding
from captioner.flow.breaker import Breaker
from captioner.flow.clock import Clock
from captioner.flow.concurrency import Concurrency
from captioner.flow.guessing import GuessedRate
from captioner.flow.places import Age, Places
from captioner.flow.rate_account import RateAccount
from captioner.record import record
from captioner.vision.rate_headers import Kind, RateReading


class Guard(Protocol):
    """A coarse limit on starts: asyncio-throttle's Throttler."""

    rate_limit: int

    async def acquire(self) -> None:
        """Return when one more start fits."""


@record
class Admission:
    """A request that may start: its number, counted from 1, when, and what it is taken to cost."""

    number: int
    sent_s: float
    tokens: int


class Gate:
    """Admits requests under a concurrency limit, a request rate and a token rate.

    In flight means sent and unanswered: who sleeps at the gate is not in flight, and who waits to
    retry holds no place. While the endpoint is down only probes are admitted.
    """

    def __init__(
        self,
        *,
        concurrency: Concurrency,
        requests: RateAccount,
        tokens: RateAccount,
        guard: Guard | None,
        breaker: Breaker,
        clock: Clock,
        binding: Binding,
    ) -> None:
        self._concurrency = concurrency
        self._requests = requests
        self._tokens = tokens
        self._guard = guard
        self._starts_of_guard = guard.rate_limit if guard else 0
        self._guess = GuessedRate()
        self._breaker = breaker
        self._clock = clock
        self._binding = binding
        # Nobody is the head while there is no place: it would only wake to wait again.
        self._head = Places(lambda: int(self._has_place))
        self._changed = asyncio.Event()
        self._paused_until_s = clock.now_s()
        self._told_rates = False
        self._admissions = 0
        self.in_flight = 0

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return self._concurrency.limit

    @property
    def _has_place(self) -> bool:
        return self.in_flight < self._concurrency.limit

    @property
    def waiting(self) -> int:
        """How many requests wait here, the head among them."""
        return self._head.waiting + self._head.taken

    def admitted(self, age: Age, tokens: int) -> _Admitted:
        """Hold a place, as an async context manager, for one request that costs `tokens`."""
        return _Admitted(self, age, tokens)

    async def enter(self, age: Age, tokens: int) -> Admission:
        """Wait for a place; `leave` gives it back."""
        if not self._is_open(tokens):
            await self._wait(age, tokens)
        self._admissions += 1
        number = self._admissions
        now_s = self._clock.now_s()
        self._requests.start(1.0, now_s)
        self._tokens.start(tokens, now_s)
        self._guess.start(now_s)
        self._breaker.start(number)
        return Admission(number, now_s, tokens)

    def leave(self, admission: Admission) -> None:
        """Give the place back."""
        self._breaker.given_back(admission.number)
        self.in_flight -= 1
        self.changed()

    def learn(
        self, readings: Mapping[Kind, RateReading], admission: Admission, *, admitted: bool
    ) -> None:
        """The answer to an admission told these limits."""
        now_s = self._clock.now_s()
        amounts: tuple[tuple[Kind, RateAccount, float], ...] = (
            ("requests", self._requests, 1.0),
            ("tokens", self._tokens, admission.tokens),
        )
        for kind, account, amount in amounts:
            if kind in readings:
                self._told_rates = True
                account.observe(
                    readings[kind],
                    sent_s=admission.sent_s,
                    amount=amount,
                    admitted=admitted,
                    now_s=now_s,
                )
        if self._guard is not None and self._requests.learned.is_known:
            burst = math.ceil(self._requests.learned.capacity)
            self._guard.rate_limit = self._starts_of_guard + burst
        self._changed.set()

    def pause(self, wait_s: float) -> None:
        """Admit nobody for `wait_s`; the accounts' time stops too, so nothing bursts after it."""
        now_s = self._clock.now_s()
        self._paused_until_s = max(self._paused_until_s, now_s + wait_s)
        for account in (self._requests, self._tokens):
            account.pause_until(self._paused_until_s, now_s)
        self._changed.set()

    def clean_reply(self, admission: Admission) -> None:
        """This request was answered well, and still holds its place: more may be in flight."""
        now_s = self._clock.now_s()
        self._guess.clean_reply(sent_s=admission.sent_s, now_s=now_s)
        self._concurrency.clean_reply(
            in_flight=self.in_flight,
            told_rates=self._told_rates,
            idle_quota=self._told_rates
            and self._requests.learned.is_idle(now_s)
            and self._tokens.learned.is_idle(now_s),
        )
        self.changed()

    def congested(self, admission: Admission, *, hinted: bool) -> None:
        """A 429 came for this admission; `hinted`: it said how long to wait."""
        self._concurrency.congested(admission=admission.number, latest_admission=self._admissions)
        if not hinted and not self._told_rates:
            self._guess.refused(sent_s=admission.sent_s, now_s=self._clock.now_s())
        self.changed()

    def changed(self) -> None:
        """Something outside the gate changed that may admit the head, such as the breaker."""
        self._changed.set()
        self._head.changed()

    def _is_open(self, tokens: int) -> bool:
        """Whether a request of so many tokens, booked by this, may start without any waiting."""
        if self._guard is not None or self.waiting or not self._has_place:
            return False
        now_s = self._clock.now_s()
        self._book(tokens, now_s)
        if self._ready(tokens, now_s)[0] > now_s:
            self._give_back(tokens, now_s)
            return False
        self.in_flight += 1
        self._binding.gate_is_idle()
        return True

    async def _wait(self, age: Age, tokens: int) -> None:
        if not self._has_place:
            self._binding.now("concurrency")
        await self._head.take(age)
        try:
            self._book(tokens, self._clock.now_s())
            try:
                if self._guard is not None:
                    # Booked already, so it is known what binds while the guard makes one wait.
                    self._tell(*self._ready(tokens, self._clock.now_s()))
                    await self._guard.acquire()
                # Last, for meanwhile everybody may have been told to wait.
                await self._start(tokens)
                self.in_flight += 1
            except BaseException:
                self._give_back(tokens, self._clock.now_s())
                raise
        finally:
            self._head.free()
            if not self.waiting:
                self._binding.gate_is_idle()
            elif not self._has_place:
                self._binding.now("concurrency")

    def _book(self, tokens: int, now_s: float) -> None:
        self._requests.book(1.0, now_s)
        self._tokens.book(tokens, now_s)

    def _give_back(self, tokens: int, now_s: float) -> None:
        self._requests.give_back(1.0, now_s)
        self._tokens.give_back(tokens, now_s)

    async def _place(self) -> None:
        while not self._has_place:
            self._binding.now("concurrency")
            self._changed.clear()
            await self._changed.wait()

    async def _start(self, tokens: int) -> None:
        while True:
            await self._place()
            now_s = self._clock.now_s()
            ready_s, cause = self._ready(tokens, now_s)
            if ready_s <= now_s:
                return
            self._tell(ready_s, cause)
            self._changed.clear()
            if ready_s == math.inf:
                await self._changed.wait()
                continue
            await self._clock.sleep_s(ready_s - now_s, self._changed)
            # Slept to the end means ready: looking again could find a remainder of a few bits
            # that no sleep ever ends.
            if not self._changed.is_set():
                return

    def _ready(self, tokens: int, now_s: float) -> tuple[float, Cause]:
        """When the head may start, and what it waits for."""
        candidates: tuple[tuple[float, Cause], ...] = (
            (self._requests.ready_at_s(1.0, now_s), "requests"),
            (self._guess.ready_at_s(now_s), "requests"),
            (self._tokens.ready_at_s(tokens, now_s), "tokens"),
            (self._breaker.ready_at_s(now_s), "server"),
            (self._paused_until_s, "server"),
        )
        ready_s, cause = max(candidates)
        # A pause stops the accounts too: until it ends it is the server that binds.
        return ready_s, "server" if self._paused_until_s > now_s else cause

    def _tell(self, ready_s: float, cause: Cause) -> None:
        if ready_s > self._clock.now_s():
            self._binding.now(cause)

    def __repr__(self) -> str:
        return f"<Gate {self.in_flight} of {self.limit} in flight, {self.waiting} waiting>"


class _Admitted:
    """The place of one request, as a context; a generator would cost as much as the gate."""

    __slots__ = ("_admission", "_age", "_gate", "_tokens")

    def __init__(self, gate: Gate, age: Age, tokens: int) -> None:
        self._gate, self._age, self._tokens = gate, age, tokens

    async def __aenter__(self) -> Admission:
        self._admission = await self._gate.enter(self._age, self._tokens)
        return self._admission

    async def __aexit__(self, *_error: object) -> None:
        self._gate.leave(self._admission)
