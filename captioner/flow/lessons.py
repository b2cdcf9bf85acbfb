"""What an answer, or its lack, tells of the endpoint: limits to the gate, health to the breaker."""

from __future__ import annotations

from collections.abc import Callable

from captioner.errors import RunStopped, TransientError
from captioner.events import EndpointDown, EndpointUp, Observer, SlowedDown
from captioner.flow.admission import Admission, Gate
from captioner.flow.breaker import PROBE_EVERY_S, Breaker, Change
from captioner.flow.clock import Clock
from captioner.flow.retrying import RetryPolicy
from captioner.vision.client import Answer
from captioner.vision.rate_headers import read_rates
from captioner.vision.reply import Action, Problem, Reply

_MOST_RECKONED = 4
"""A 429 that does not say how long to wait makes all wait as after no more failures than this."""


class Lessons:
    """Draws them for one endpoint, whose address is `name`. Raises RunStopped once it is gone."""

    def __init__(
        self,
        name: str,
        *,
        gate: Gate,
        breaker: Breaker,
        policy: RetryPolicy,
        clock: Clock,
        observe: Observer,
        unix_s: Callable[[], float],
    ) -> None:
        self._name = name
        self._gate = gate
        self._breaker = breaker
        self._policy = policy
        self._clock = clock
        self._observe = observe
        self._unix_s = unix_s
        self._down_since_s = 0.0

    def answered(
        self, answer: Answer, outcome: Reply | Problem, admission: Admission, attempts: int
    ) -> None:
        """An answer came to this admission, for a request that was sent so many times."""
        readings = read_rates(answer.headers)
        refusal = None
        if isinstance(outcome, Problem) and outcome.action is Action.SLOW_DOWN:
            refusal = outcome
        if answer.status >= 500:
            self._failed(f"HTTP {answer.status}", admission, answered=True)
        else:
            change = self._breaker.answered(self._clock.now_s(), refused=refusal is not None)
            if change:
                self._changed(change)
            if change == "gone" and refusal is not None:
                raise RunStopped(
                    "endpoint_gone",
                    f"{self._name} answers nothing but 429: {refusal.detail}",
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
                wait_s = self._policy.wait_s(min(attempts, _MOST_RECKONED), None, 0.5)
            self._gate.pause(wait_s)
            self._observe(SlowedDown(wait_s))

    def lost(self, error: TransientError, admission: Admission) -> None:
        """No whole answer came to this admission. Takes the blame from the request if it is the
        endpoint's."""
        # A probe that nobody answers has failed, though others in flight may just be slow.
        if error.reason == "connection" or self._breaker.is_down:
            self._failed(error.detail, admission, answered=False)
        if self._breaker.is_down or not error.sent:
            error.blame = False

    def gone(self, detail: str) -> RunStopped:
        """What stops the run where the endpoint is not there."""
        return RunStopped(
            "endpoint_gone",
            f"{self._name} cannot be reached ({detail}): check --base-url and "
            "that the endpoint is running",
        )

    def _failed(self, detail: str, admission: Admission, *, answered: bool) -> None:
        now_s = self._clock.now_s()
        change = self._breaker.failed(now_s, admission=admission.number, answered=answered)
        self._changed(change)
        if change == "gone":
            raise self.gone(detail)

    def _changed(self, change: Change) -> None:
        now_s = self._clock.now_s()
        if change == "down":
            self._down_since_s = now_s
            self._observe(EndpointDown(self._name, self._unix_s(), PROBE_EVERY_S))
        elif change == "up":
            self._observe(EndpointUp(now_s - self._down_since_s))
        self._gate.changed()
