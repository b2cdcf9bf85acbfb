"""One way to get a reply: the gate and the client of one endpoint, key and model."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from captioner.errors import PlaceholderError, TransientError
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    EstimateOff,
    Observer,
    RetryBegun,
    RetryScheduled,
)
from captioner.flow.admission import Admission, Gate
from captioner.flow.breaker import Breaker
from captioner.flow.clock import Clock
from captioner.flow.costs import Costs
from captioner.flow.drain import Drain
from captioner.flow.errand import Errand
from captioner.flow.habits import Habits
from captioner.flow.ledger import Page, Paid
from captioner.flow.lessons import Lessons
from captioner.flow.line import SOLE, Share
from captioner.flow.money import Booking
from captioner.flow.pictures import Picture
from captioner.flow.purse import Purse
from captioner.flow.retrying import RetryPolicy, try_again
from captioner.flow.spend import NOTHING, Spend
from captioner.vision import reply as replies
from captioner.vision.client import ChatClient
from captioner.vision.image import Prepared
from captioner.vision.reply import Action, Problem, Reply
from captioner.vision.request import Parameters, Request, body_parts


class Lane(Protocol):
    """Gets replies; hides how."""

    async def submit(self, request: Request, picture: Picture, drain: Drain, page: Page) -> None:
        """Get the reply to a request, and add what comes to its page of the ledger.

        Raises PlaceholderError where there is none to be had, RunStopped where there will be none
        for anybody, and Abandoned once `drain` is requested and no request is in flight.
        """


class ChatLane:
    """A lane to a chat completions endpoint, with retries and with what it learns from answers."""

    def __init__(
        self,
        *,
        client: ChatClient,
        parameters: Parameters,
        gate: Gate,
        breaker: Breaker,
        costs: Costs,
        policy: RetryPolicy,
        clock: Clock,
        observe: Observer,
        purse: Purse | None = None,
        share: Share = SOLE,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._parameters = parameters
        self._gate = gate
        self._breaker = breaker
        self._costs = costs
        self._policy = policy
        self._clock = clock
        self._observe = observe
        self._unix_s = unix_s
        self._lessons = Lessons(
            client.endpoint.name,
            gate=gate,
            breaker=breaker,
            policy=policy,
            clock=clock,
            observe=observe,
            unix_s=unix_s,
        )
        self._habits = Habits(parameters, observe)
        self._purse = purse or Purse()
        self._share = share
        several = parameters.extra_body.get("n")
        self._replies = several if isinstance(several, int) else 1

    async def submit(self, request: Request, picture: Picture, drain: Drain, page: Page) -> None:
        """Get the reply to a request; see `Lane.submit`."""
        errand = Errand(
            request,
            picture,
            drain,
            page,
            send=self._send,
            first_try=self._habits.first_try(),
            clock=self._clock,
            waiting=self._wait,
        )
        try:
            try:
                await errand.run()
            except TransientError as error:
                await try_again(
                    error,
                    errand.run,
                    self._policy,
                    backoff=errand.back_off,
                    spent_s=lambda: errand.spent_s,
                )
        except (TransientError, PlaceholderError) as error:
            if error.reason == "connection" and not self._breaker.has_answered:
                raise self._lessons.gone(error.detail) from error
            tries = errand.answers + errand.errors
            raise PlaceholderError(error.reason, error.detail, attempts=tries) from error

    async def _send(self, errand: Errand, prepared: Prepared, *, cap_tokens: int) -> Paid | Problem:
        """One request through the gate and its answer. Raises TransientError, RunStopped."""
        request = errand.request
        prompt = self._costs.prompt_tokens(request, prepared.width_px, prepared.height_px)
        # Who waits for money holds no place: others have other purses.
        booking = await self._purse.reserve(prompt.at_worst, self._replies * cap_tokens)
        try:
            came_s = self._clock.now_s()
            tokens = prompt.expected + cap_tokens
            admission = await self._gate.enter(errand.age, tokens, self._share)
        except BaseException:
            self._purse.release(booking)
            raise
        try:
            try:
                errand.drain.check()
                dialect = self._habits.dialect
                parts = body_parts(
                    request, self._parameters, dialect, prepared, cap_tokens=cap_tokens
                )
                errand.picture.sent(sum(map(len, parts)))
            except BaseException:
                self._purse.release(booking)
                raise
            errand.attempts += 1
            sent_s = self._clock.now_s()
            gate_s = admission.sent_s - came_s
            self._observe(AttemptStarted(*errand.age, errand.attempts, tokens, gate_s))
            try:
                with errand.finishing:
                    answer = await self._client.post(parts)
            except BaseException as error:
                latency_s = self._clock.now_s() - sent_s
                errand.spent_s += latency_s
                self._lost(error, errand, booking, admission, latency_s)
                raise
            latency_s = self._clock.now_s() - sent_s
            errand.spent_s += latency_s
            outcome = replies.read(
                answer.status, answer.headers, answer.body, now_unix_s=self._unix_s()
            )
            self._observe(self._ended(errand, booking, answer.status, outcome, latency_s))
            self._lessons.answered(answer, outcome, admission, errand.attempts)
            if isinstance(outcome, Reply):
                self._habits.note(outcome, cap_tokens)
                self._settle(request, prepared, outcome)
                paid = errand.paid(outcome, latency_s)
                # With its place: what a crash can cost is never more than there are places.
                with errand.finishing:
                    await errand.page.add(paid)
                return paid
            if outcome.action is Action.RETRY and self._breaker.is_down:
                raise TransientError(outcome.reason, outcome.detail, blame=False)
            if outcome.action is Action.CHANGE_DIALECT:
                return self._habits.change_dialect(outcome, dialect)
            return outcome
        finally:
            self._gate.leave(admission)

    def _lost(
        self,
        error: BaseException,
        errand: Errand,
        booking: Booking,
        admission: Admission,
        latency_s: float,
    ) -> None:
        """Tell of an attempt without an answer, and book what it may have cost."""
        lost = error if isinstance(error, TransientError) else None
        cost = self._lose(booking, sent=lost is None or lost.sent)
        self._observe(
            AttemptEnded(
                *errand.age,
                errand.attempts,
                None,
                lost.reason if lost else "abandoned",
                latency_s,
                lost_tokens=cost.tokens,
                picodollars=self._picodollars(cost),
            )
        )
        if lost:
            self._lessons.lost(lost, admission)

    def _lose(self, booking: Booking, *, sent: bool) -> Spend:
        """End a booking that no usage will ever settle; what it may have cost."""
        if sent:
            return self._purse.settle(booking, None)
        self._purse.release(booking)
        return NOTHING

    def _picodollars(self, cost: Spend) -> int | None:
        return None if self._purse.prices is None else cost.picodollars

    def _ended(
        self,
        errand: Errand,
        booking: Booking,
        status: int,
        outcome: Reply | Problem,
        latency_s: float,
    ) -> AttemptEnded:
        """Settle what an answer costs: nothing if it is an error, the worst if it does not say."""
        usage = outcome.usage if isinstance(outcome, Reply) else None
        if usage is not None:
            cost, lost_tokens = self._purse.settle(booking, usage), 0
        else:
            cost = self._lose(booking, sent=status == 200)
            lost_tokens = cost.tokens
        return AttemptEnded(
            *errand.age,
            errand.attempts,
            status,
            outcome.reason if isinstance(outcome, Problem) else "",
            latency_s,
            usage.prompt_tokens if usage else 0,
            usage.completion_tokens if usage else 0,
            lost_tokens,
            self._picodollars(cost),
        )

    def _settle(self, request: Request, prepared: Prepared, reply: Reply) -> None:
        if reply.usage is None:
            return
        note = self._costs.settle(
            request, prepared.width_px, prepared.height_px, reply.usage.prompt_tokens
        )
        if note is not None:
            self._observe(EstimateOff(note.table_tokens, note.billed_tokens))

    async def _wait(self, errand: Errand, error: TransientError, wait_s: float) -> None:
        """Wait before a retry, holding nothing."""
        age = errand.age
        self._observe(RetryScheduled(*age, errand.attempts, error.reason, error.detail, wait_s))
        try:
            await self._clock.sleep_s(wait_s)
        finally:
            self._observe(RetryBegun(*age))
