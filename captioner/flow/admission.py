"""The gate: when a request may start.

Who waits is let in as soon as there is a place and nothing else stands in the way. Where something
does, only the oldest, the head, books and sleeps; it is woken by whatever changes. A thousand
sleepers could be overtaken by a retry and would slide; one cannot.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from captioner.events import Cause
from captioner.flow.binding import Binding
from captioner.flow.breaker import Breaker
from captioner.flow.clock import Clock
from captioner.flow.concurrency import Concurrency
from captioner.flow.limits import Guard, Limits, StartRate
from captioner.flow.line import SOLE, Age, Line, Share
from captioner.flow.rate_account import RateAccount
from captioner.flow.rates import Rates
from captioner.record import record
from captioner.vision.rate_headers import Kind, RateReading

_NO_LIMIT = 2**31


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
        self._rates = Rates(requests, tokens, breaker, now_s=clock.now_s())
        self._guard = guard
        self._starts_of_guard = guard.rate_limit if guard else 0
        self._clock = clock
        self._binding = binding
        # Each is called with his admission, or with None to be the head.
        self._line: Line[Admission | None] = Line()
        self._has_head = False
        self._changed = asyncio.Event()
        self._starts = StartRate(clock.now_s())
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
        return len(self._line) + self._has_head

    @property
    def is_held(self) -> bool:
        """Whether nothing is admitted because `hold` was called."""
        return self._rates.is_held

    @property
    def limits(self) -> Limits:
        """What holds now: the tighter of what is set and learned, None where there is neither."""
        rates = self._rates
        return Limits(self.limit, rates.requests.per_minute, rates.tokens.per_minute)

    def expected_wait_s(self, before: int) -> float:
        """How long one more request would wait here behind `before` others of its share.

        By the pace of the last seconds; infinite while nothing is admitted at all.
        """
        now_s = self._clock.now_s()
        if self.is_held or self._rates.breaker.is_down:
            return math.inf
        paused_s = max(0.0, self._rates.paused_until_s - now_s)
        per_s = self._starts.per_s(now_s)
        if not self.waiting:
            # Its pace is what was asked for then, and not what can go through.
            per_s = (self._rates.requests.per_minute or 0.0) / 60
            if before < self.limit - self.in_flight:
                return paused_s
        return paused_s + (before + 1) * max(1, self._line.shares) / per_s if per_s else paused_s

    def hold(self) -> None:
        """Admit nothing until `release`; what is in flight goes on."""
        self._rates.is_held = True
        self._changed.set()

    def release(self) -> None:
        """Admit again."""
        self._rates.is_held = False
        self.changed()

    def set_limits(self, limits: Limits, guard: Guard | None) -> None:
        """Let these limits, and the guard that goes with them, hold from now on."""
        self._concurrency.fix(limits.concurrency)
        self._rates.set_limits(limits, self._clock.now_s())
        if self._guard is not None:
            self._guard.rate_limit = _NO_LIMIT  # whoever waits at the old one is let through
        self._guard, self._starts_of_guard = guard, guard.rate_limit if guard else 0
        self.changed()

    async def enter(self, age: Age, tokens: int, share: Share = SOLE) -> Admission:
        """Wait for a place for one request that costs `tokens`; `leave` gives it back."""
        if not self.waiting and self._has_place and (admission := self._at_once(tokens)):
            self._line.passed(share.name, tokens)
            self._binding.gate_is_idle()
            return admission
        return await self._wait(age, tokens, share)

    def leave(self, admission: Admission) -> None:
        """Give the place back."""
        self._rates.breaker.given_back(admission.number)
        self.in_flight -= 1
        self.changed()

    def learn(
        self, readings: Mapping[Kind, RateReading], admission: Admission, *, admitted: bool
    ) -> None:
        """The answer to an admission told these limits."""
        self._rates.learn(
            readings,
            sent_s=admission.sent_s,
            tokens=admission.tokens,
            admitted=admitted,
            now_s=self._clock.now_s(),
        )
        learned = self._rates.requests.learned
        if self._guard is not None and learned.is_known:
            self._guard.rate_limit = self._starts_of_guard + math.ceil(learned.capacity)
        self._changed.set()

    def pause(self, wait_s: float) -> None:
        """Admit nobody for `wait_s`; the accounts' time stops too, so nothing bursts after it."""
        self._rates.pause(wait_s, self._clock.now_s())
        self._changed.set()

    def clean_reply(self, admission: Admission) -> None:
        """This request was answered well, and still holds its place: more may be in flight."""
        now_s = self._clock.now_s()
        self._rates.guess.clean_reply(sent_s=admission.sent_s, now_s=now_s)
        self._concurrency.clean_reply(
            in_flight=self.in_flight,
            told_rates=self._rates.are_told,
            idle_quota=self._rates.lie_idle(now_s),
        )
        self.changed()

    def congested(self, admission: Admission, *, hinted: bool) -> None:
        """A 429 came for this admission; `hinted`: it said how long to wait."""
        self._concurrency.congested(admission=admission.number, latest_admission=self._admissions)
        if not hinted and not self._rates.are_told:
            self._rates.guess.refused(sent_s=admission.sent_s, now_s=self._clock.now_s())
        self.changed()

    def changed(self) -> None:
        """Something outside the gate changed that may admit the head, such as the breaker."""
        if self._has_head:
            self._changed.set()
        elif self._line:
            self._call()

    def _call(self) -> None:
        """Let in who may start; who comes first and may not becomes the head."""
        # Nobody is the head while there is no place: it would only wake to wait again.
        while self._line and self._has_place and not self._has_head:
            waiter = self._line.call()
            if not waiter.turn.done():
                admission = self._at_once(waiter.cost)
                self._has_head = admission is None
                waiter.turn.set_result(admission)

    def _at_once(self, tokens: int) -> Admission | None:
        """Start a request of so many tokens, for which there is a place, if nothing binds."""
        if self._guard is not None:
            return None
        now_s = self._clock.now_s()
        self._rates.book(tokens, now_s)
        if self._rates.ready(tokens, now_s)[0] > now_s:
            self._rates.give_back(tokens, now_s)
            return None
        return self._begun(tokens)

    def _begun(self, tokens: int) -> Admission:
        """What was booked starts now."""
        self.in_flight += 1
        self._admissions += 1
        number = self._admissions
        now_s = self._clock.now_s()
        self._rates.start(tokens, now_s, admission=number)
        self._starts.started(now_s)
        return Admission(number, now_s, tokens)

    async def _wait(self, age: Age, tokens: int, share: Share) -> Admission:
        if not self._has_place:
            self._binding.now("concurrency")
        if not self.waiting:
            self._starts = StartRate(self._clock.now_s())
        waiter = self._line.join((share.rank, *age), share.name, tokens)
        self._call()
        try:
            admission = await waiter.turn
        except asyncio.CancelledError:
            if not waiter.turn.done() or waiter.turn.cancelled():
                self._line.leave(waiter)
            elif (admission := waiter.turn.result()) is not None:
                self._rates.unsent(tokens, self._clock.now_s())
                self.leave(admission)
            else:
                self._has_head = False
                self.changed()
            raise
        try:
            return admission or await self._go_as_head(tokens)
        finally:
            if not self.waiting:
                self._binding.gate_is_idle()
            elif not self._has_place:
                self._binding.now("concurrency")

    async def _go_as_head(self, tokens: int) -> Admission:
        try:
            self._rates.book(tokens, self._clock.now_s())
            try:
                if self._guard is not None:
                    # Booked already, so it is known what binds while the guard makes one wait.
                    self._tell(*self._rates.ready(tokens, self._clock.now_s()))
                    await self._guard.acquire()
                # Last, for meanwhile everybody may have been told to wait.
                await self._start(tokens)
                return self._begun(tokens)
            except BaseException:
                self._rates.give_back(tokens, self._clock.now_s())
                raise
        finally:
            self._has_head = False
            self._call()

    async def _place(self) -> None:
        while not self._has_place:
            self._binding.now("concurrency")
            self._changed.clear()
            await self._changed.wait()

    async def _start(self, tokens: int) -> None:
        while True:
            await self._place()
            now_s = self._clock.now_s()
            ready_s, cause = self._rates.ready(tokens, now_s)
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

    def _tell(self, ready_s: float, cause: Cause) -> None:
        if ready_s > self._clock.now_s():
            self._binding.now(cause)

    def __repr__(self) -> str:
        return f"<Gate {self.in_flight} of {self.limit} in flight, {self.waiting} waiting>"
