"""One way to get a reply: the gate and the client of one endpoint, key and model."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from captioner.errors import PlaceholderError, RunStopped, TransientError
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    DialectLearned,
    Observer,
    RetryBegun,
    RetryScheduled,
    SlowedDown,
)
from captioner.flow.adapting import Adaptation
from captioner.flow.admission import Gate
from captioner.flow.clock import Clock
from captioner.flow.costs import Costs
from captioner.flow.drain import Drain
from captioner.flow.health import EndpointHealth
from captioner.flow.ledger import Paid
from captioner.flow.pictures import Picture
from captioner.flow.retrying import RetryPolicy, retrying
from captioner.vision import reply as replies
from captioner.vision.client import Answer, ChatClient
from captioner.vision.image import Prepared
from captioner.vision.reply import Action, Problem, Reply
from captioner.vision.request import Dialect, Parameters, Request, body_parts

_DIALECT_CHANGES = 4
"""More for one request means that the endpoint rejects both forms of something."""


class Lane(Protocol):
    """Gets replies; hides how."""

    async def submit(self, request: Request, picture: Picture, drain: Drain) -> Paid:
        """The reply to a request.

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
        costs: Costs,
        policy: RetryPolicy,
        clock: Clock,
        observe: Observer,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._parameters = parameters
        self._gate = gate
        self._costs = costs
        self._policy = policy
        self._clock = clock
        self._observe = observe
        self._unix_s = unix_s
        self._dialect = Dialect()
        self._health = EndpointHealth()

    async def submit(self, request: Request, picture: Picture, drain: Drain) -> Paid:
        """The reply to a request; see `Lane.submit`."""
        errand = _Errand(self, request, picture, drain)
        try:
            return await retrying(errand.run, self._policy, backoff=errand.back_off)
        except (TransientError, PlaceholderError) as error:
            if errand.best is not None:
                return replace(errand.best, attempts=errand.attempts)
            if error.reason == "connection" and not self._health.has_answered:
                raise self._gone(error.detail) from error
            raise PlaceholderError(error.reason, error.detail, attempts=errand.attempts) from error

    async def send(
        self,
        request: Request,
        picture: Picture,
        prepared: Prepared,
        drain: Drain,
        *,
        cap_tokens: int,
        attempt: int,
    ) -> Paid | Problem:
        """One request through the gate and its answer. Raises TransientError, RunStopped."""
        age = (request.sample, request.index)
        tokens = self._costs.admission_tokens(request, prepared, cap_tokens)
        async with self._gate.admitted(age, tokens) as admission:
            drain.check()
            dialect = self._dialect
            parts = body_parts(request, self._parameters, dialect, prepared, cap_tokens=cap_tokens)
            picture.sent(sum(map(len, parts)))
            started_s = self._clock.now_s()
            self._observe(AttemptStarted(*age, attempt, tokens))
            try:
                with drain.finishing():
                    answer = await self._client.post(parts)
            except BaseException as error:
                lost = error if isinstance(error, TransientError) else None
                reason = lost.reason if lost else "abandoned"
                latency_s = self._clock.now_s() - started_s
                self._observe(AttemptEnded(*age, attempt, None, reason, latency_s))
                if lost:
                    self._note_lost(lost)
                raise
            latency_s = self._clock.now_s() - started_s
            outcome = self._read(answer)
            self._observe(_ended(age, attempt, answer.status, outcome, latency_s))
            self._health.answered()
            if isinstance(outcome, Reply):
                self._gate.clean_reply()
                return Paid(outcome, attempt, latency_s)
            if outcome.action is Action.SLOW_DOWN:
                self._slow_down(outcome, admission, attempt)
            if outcome.action is Action.CHANGE_DIALECT:
                return self._change_dialect(outcome, dialect)
            return outcome

    def _read(self, answer: Answer) -> Reply | Problem:
        return replies.read(answer.status, answer.headers, answer.body, now_unix_s=self._unix_s())

    def _slow_down(self, problem: Problem, admission: int, attempt: int) -> None:
        """Everyone waits: as long as told, else as long as this request would."""
        self._gate.congested(admission)
        wait_s = problem.wait_s
        if wait_s is None:
            wait_s = self._policy.wait_s(attempt, None, 0.5)
        self._gate.pause(wait_s)
        self._observe(SlowedDown(wait_s))

    def _change_dialect(self, problem: Problem, used: Dialect) -> Problem:
        """Learn for all requests what this one was told, unless another already has."""
        if self._dialect == used:
            learned = used.learn(problem.parameter)
            if learned is None:
                return replace(problem, action=Action.STOP)
            self._dialect = learned
            self._observe(DialectLearned(learned.describe()))
        return problem

    def _note_lost(self, error: TransientError) -> None:
        if error.reason == "connection" and self._health.gone(self._clock.now_s()):
            raise self._gone(error.detail) from error

    def _gone(self, detail: str) -> RunStopped:
        return RunStopped(
            "endpoint_gone",
            f"{self._client.endpoint.name} cannot be reached ({detail}): check --base-url and "
            "that the endpoint is running",
        )

    def new_adaptation(self) -> Adaptation:
        """A request as it was asked."""
        parameters = self._parameters
        return Adaptation(parameters.cap_tokens, may_double=not parameters.cap_in_extra_body)

    async def wait(self, request: Request, attempt: int, error: TransientError, s: float) -> None:
        """Wait before a retry, holding nothing."""
        age = (request.sample, request.index)
        self._observe(RetryScheduled(*age, attempt, error.reason, error.detail, s))
        try:
            await self._clock.sleep_s(s)
        finally:
            self._observe(RetryBegun(*age))


class _Errand:
    """One request on its way through attempts and adaptations."""

    def __init__(self, lane: ChatLane, request: Request, picture: Picture, drain: Drain) -> None:
        self._lane = lane
        self._drain = drain
        self._request = request
        self._picture = picture
        self._adaptation = lane.new_adaptation()
        self._dialect_changes = 0
        self.attempts = 0
        self.best: Paid | None = None
        """A paid reply that is kept in case asking once more brings nothing better."""

    async def run(self) -> Paid:
        """Send until there is a reply; changes what the answers ask to change, without waiting."""
        while True:
            self._drain.check()
            prepared = await self._picture.prepared(self._adaptation.shape)
            self.attempts += 1
            answer = await self._lane.send(
                self._request,
                self._picture,
                prepared,
                self._drain,
                cap_tokens=self._adaptation.cap_tokens,
                attempt=self.attempts,
            )
            if isinstance(answer, Paid):
                longer = self._adaptation.with_twice_the_cap()
                if answer.reply.finish_reason != "length" or longer is None:
                    return answer
                self.best, self._adaptation = answer, longer
            else:
                self._mend(answer, prepared)

    def _mend(self, problem: Problem, sent: Prepared) -> None:
        match problem.action:
            case Action.STOP:
                raise RunStopped(problem.reason, problem.detail)
            case Action.RETRY | Action.SLOW_DOWN:
                raise TransientError(problem.reason, problem.detail, wait_s=problem.wait_s)
            case Action.CHANGE_DIALECT:
                self._dialect_changes += 1
                if self._dialect_changes > _DIALECT_CHANGES:
                    raise RunStopped(problem.reason, problem.detail)
                return
        changed = self._adaptation.after(problem, sent)
        if changed is None:
            raise PlaceholderError(problem.reason, problem.detail)
        self._adaptation = changed

    async def back_off(self, _failed: int, error: TransientError, wait_s: float) -> None:
        """Wait before the next attempt without place, bytes or right to go on while draining."""
        self._drain.check()
        self._picture.put_away()
        await self._lane.wait(self._request, self.attempts, error, wait_s)


def _ended(
    age: tuple[int, int], attempt: int, status: int, outcome: Reply | Problem, latency_s: float
) -> AttemptEnded:
    if isinstance(outcome, Problem):
        return AttemptEnded(*age, attempt, status, outcome.reason, latency_s)
    usage = outcome.usage
    return AttemptEnded(
        *age,
        attempt,
        status,
        "",
        latency_s,
        usage.prompt_tokens if usage else 0,
        usage.completion_tokens if usage else 0,
    )
