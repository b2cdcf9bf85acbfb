"""One way to get a reply: the gate and the client of one endpoint, key and model."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from captioner.errors import PlaceholderError, RunStopped, TransientError
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    EndpointDown,
    EndpointUp,
    EstimateOff,
    Observer,
    RetryBegun,
    RetryScheduled,
    SlowedDown,
)
from captioner.flow.admission import Admission, Gate
from captioner.flow.breaker import PROBE_EVERY_S, Breaker, Change
from captioner.flow.clock import Clock
from captioner.flow.costs import Costs
from captioner.flow.drain import Drain
from captioner.flow.errand import Errand
from captioner.flow.habits import Habits
from captioner.flow.ledger import Page, Paid
from captioner.flow.line import SOLE, Share
from captioner.flow.money import Booking
from captioner.flow.pictures import Picture
from captioner.flow.purse import Purse
from captioner.flow.retrying import RetryPolicy, retrying
from captioner.flow.spend import NOTHING, Spend
from captioner.vision import reply as replies
from captioner.vision.client import Answer, ChatClient
from captioner.vision.image import Prepared
from captioner.vision.rate_headers import read_rates
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
        self._habits = Habits(parameters, observe)
        self._purse = purse or Purse()
        self._share = share
        several = parameters.extra_body.get("n")
        self._replies = several if isinstance(several, int) else 1
        self._down_since_s = 0.0

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
            await retrying(
                errand.run, self._policy, backoff=errand.back_off, spent_s=lambda: errand.spent_s
            )
        except (TransientError, PlaceholderError) as error:
            if error.reason == "connection" and not self._breaker.has_answered:
                raise self._gone(error.detail) from error
            tries = errand.answers + errand.errors
            raise PlaceholderError(error.reason, error.detail, attempts=tries) from error

    async def _send(self, errand: Errand, prepared: Prepared, *, cap_tokens: int) -> Paid | Problem:
        """One request through the gate and its answer. Raises TransientError, RunStopped."""
        request = errand.request
        prompt = self._costs.prompt_tokens(request, prepared.width_px, prepared.height_px)
        came_s = self._clock.now_s()
        age = (request.sample, request.index)
        admission = await self._gate.enter(age, prompt.expected + cap_tokens, self._share)
        try:
            gate_s = admission.sent_s - came_s
            errand.drain.check()
            booking = await self._purse.reserve(prompt.at_worst, self._replies * cap_tokens)
            errand.attempts += 1
            dialect = self._habits.dialect
            parts = body_parts(request, self._parameters, dialect, prepared, cap_tokens=cap_tokens)
            errand.picture.sent(sum(map(len, parts)))
            sent_s = self._clock.now_s()
            answer = await self._post(errand, parts, admission, booking, gate_s)
            latency_s = self._clock.now_s() - sent_s
            errand.spent_s += latency_s
            outcome = replies.read(
                answer.status, answer.headers, answer.body, now_unix_s=self._unix_s()
            )
            self._observe(self._ended(errand, booking, answer.status, outcome, latency_s))
            self._learn(answer, outcome, admission, errand)
            if isinstance(outcome, Reply):
                self._habits.note(outcome, cap_tokens)
                self._settle(request, prepared, outcome)
                paid = errand.paid(outcome, latency_s)
                # With its place: what a crash can cost is never more than there are places.
                await errand.keep(paid)
                return paid
            if outcome.action is Action.RETRY and self._breaker.is_down:
                raise TransientError(outcome.reason, outcome.detail, blame=False)
            if outcome.action is Action.CHANGE_DIALECT:
                return self._habits.change_dialect(outcome, dialect)
            return outcome
        finally:
            self._gate.leave(admission)

    async def _post(
        self,
        errand: Errand,
        parts: list[bytes],
        admission: Admission,
        booking: Booking,
        gate_s: float,
    ) -> Answer:
        age, attempt = (errand.request.sample, errand.request.index), errand.attempts
        sent_s = self._clock.now_s()
        self._observe(AttemptStarted(*age, attempt, admission.tokens, gate_s))
        try:
            with errand.finishing:
                return await self._client.post(parts)
        except BaseException as error:
            lost = error if isinstance(error, TransientError) else None
            reason = lost.reason if lost else "abandoned"
            latency_s = self._clock.now_s() - sent_s
            errand.spent_s += latency_s
            cost = self._lose(booking, sent=lost is None or lost.sent)
            self._observe(
                AttemptEnded(
                    *age,
                    attempt,
                    None,
                    reason,
                    latency_s,
                    lost_tokens=cost.tokens,
                    picodollars=self._picodollars(cost),
                )
            )
            # A probe that nobody answers has failed, though others in flight may just be slow.
            if lost and (lost.reason == "connection" or self._breaker.is_down):
                self._note_failure(lost.detail, admission, answered=False)
            if lost and (self._breaker.is_down or not lost.sent):
                lost.blame = False
            raise

    def _learn(
        self, answer: Answer, outcome: Reply | Problem, admission: Admission, errand: Errand
    ) -> None:
        """Tell the gate what this answer says about limits and about the endpoint."""
        readings = read_rates(answer.headers)
        refusal = None
        if isinstance(outcome, Problem) and outcome.action is Action.SLOW_DOWN:
            refusal = outcome
        if answer.status >= 500:
            self._note_failure(f"HTTP {answer.status}", admission, answered=True)
        else:
            change = self._breaker.answered(self._clock.now_s(), refused=refusal is not None)
            if change:
                self._note_change(change)
            if change == "gone" and refusal is not None:
                raise RunStopped(
                    "endpoint_gone",
                    f"{self._client.endpoint.name} answers nothing but 429: {refusal.detail}",
                )
        if readings:
            self._gate.learn(readings, admission, admitted=refusal is None)
        if isinstance(outcome, Reply):
            self._gate.clean_reply(admission)
        elif refusal is not None:
            hinted = refusal.wait_s is not None or bool(readings)
            self._gate.congested(admission, hinted=hinted)
            wait_s = refusal.wait_s
            if wait_s is None:
                wait_s = self._policy.wait_s(min(errand.attempts, 4), None, 0.5)
            self._gate.pause(wait_s)
            self._observe(SlowedDown(wait_s))

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
            errand.request.sample,
            errand.request.index,
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

    def _note_failure(self, detail: str, admission: Admission, *, answered: bool) -> None:
        now_s = self._clock.now_s()
        change = self._breaker.failed(now_s, admission=admission.number, answered=answered)
        self._note_change(change)
        if change == "gone":
            raise self._gone(detail)

    def _note_change(self, change: Change) -> None:
        now_s = self._clock.now_s()
        if change == "down":
            self._down_since_s = now_s
            self._observe(EndpointDown(self._client.endpoint.name, self._unix_s(), PROBE_EVERY_S))
        elif change == "up":
            self._observe(EndpointUp(now_s - self._down_since_s))
        self._gate.changed()

    def _gone(self, detail: str) -> RunStopped:
        return RunStopped(
            "endpoint_gone",
            f"{self._client.endpoint.name} cannot be reached ({detail}): check --base-url and "
            "that the endpoint is running",
        )

    async def _wait(self, errand: Errand, error: TransientError, wait_s: float) -> None:
        """Wait before a retry, holding nothing."""
        age = (errand.request.sample, errand.request.index)
        self._observe(RetryScheduled(*age, errand.attempts, error.reason, error.detail, wait_s))
        try:
            await self._clock.sleep_s(wait_s)
        finally:
            self._observe(RetryBegun(*age))
