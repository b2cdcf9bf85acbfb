"""One request on its way through attempts and adaptations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from captioner.errors import PlaceholderError, RunStopped, TransientError
from captioner.flow.adapting import Adaptation
from captioner.flow.clock import Clock
from captioner.flow.drain import Drain
from captioner.flow.ledger import Page, Paid, Rejected
from captioner.flow.pictures import Picture
from captioner.vision.image import Prepared
from captioner.vision.reply import Action, Problem, Reply
from captioner.vision.request import Request

_DIALECT_CHANGES = 4
"""More for one request means that the endpoint rejects both forms of something."""


class Send(Protocol):
    """Sends a request once, through the gate."""

    async def __call__(
        self, errand: Errand, prepared: Prepared, *, cap_tokens: int
    ) -> Paid | Problem:
        """The reply, which is kept by then, or what is wrong. Raises TransientError, RunStopped."""


class Errand:
    """A request, what was tried for it, and what is left to try.

    `age` orders it at the gate. `attempts` counts the requests sent. `answers` counts those that
    said something about the request, and `errors` those that count against it. `spent_s` is the
    time in flight and between attempts; time at the gate or while everybody is paused is not its
    own. `finishing` is a context for what its task, in which it has to be made, does without
    another request.
    """

    def __init__(
        self,
        request: Request,
        picture: Picture,
        drain: Drain,
        page: Page,
        *,
        send: Send,
        first_try: Adaptation,
        clock: Clock,
        waiting: Callable[[Errand, TransientError, float], Awaitable[None]],
    ) -> None:
        self.request = request
        self.age = (request.sample, request.index)
        self.picture = picture
        self.drain = drain
        self.finishing = drain.finishing()
        self.page = page
        self._send = send
        self._adaptation = first_try
        self._clock = clock
        self._waiting = waiting
        self._dialect_changes = 0
        self.attempts = 0
        self.answers = 0
        self.errors = 0
        self.spent_s = 0.0
        earlier = page.kept[-1] if page.kept else None
        if isinstance(earlier, Paid):
            # Its first reply was cut: what is left is to ask with twice the cap.
            self.answers = earlier.attempts
            self._adaptation = first_try.with_twice_the_cap() or first_try

    async def run(self) -> None:
        """Send until there is a reply, and keep what comes; changes what the answers ask to change.

        Raises TransientError for an attempt to be made again, after waiting.
        """
        try:
            while True:
                self.drain.check()
                prepared = await self.picture.prepared(self._adaptation.shape)
                answer = await self._send(self, prepared, cap_tokens=self._adaptation.cap_tokens)
                if isinstance(answer, Problem):
                    await self._mend(answer, prepared)
                    continue
                self.answers += 1
                longer = None
                if answer.reply.finish_reason == "length":
                    longer = self._adaptation.with_twice_the_cap()
                if longer is None:
                    return
                self._adaptation = longer
        except TransientError as error:
            self.errors += error.blame
            raise

    def paid(self, reply: Reply, latency_s: float) -> Paid:
        """A reply to what was sent last."""
        return Paid(reply, self.answers + 1, latency_s, doubled=not self._adaptation.may_double)

    async def _mend(self, problem: Problem, sent: Prepared) -> None:
        match problem.action:
            case Action.STOP:
                raise RunStopped(problem.reason, problem.detail)
            case Action.SLOW_DOWN:
                # The gate is paused for everybody: at its head, this one waits no longer than told.
                raise TransientError(problem.reason, problem.detail, wait_s=0.0, blame=False)
            case Action.RETRY:
                raise TransientError(problem.reason, problem.detail, wait_s=problem.wait_s)
            case Action.CHANGE_DIALECT:
                self._dialect_changes += 1
                if self._dialect_changes > _DIALECT_CHANGES:
                    raise RunStopped(problem.reason, problem.detail)
                return
        self.answers += 1
        changed = self._adaptation.after(problem, sent)
        if changed is None:
            with self.finishing:
                await self.page.add(Rejected(problem.reason, problem.detail, self.answers))
            raise PlaceholderError(problem.reason, problem.detail)
        self._adaptation = changed

    async def back_off(self, error: TransientError, wait_s: float) -> None:
        """Wait before the next attempt without place, bytes or right to go on while draining."""
        self.drain.check()
        self.picture.put_away()
        started_s = self._clock.now_s()
        await self._waiting(self, error, wait_s)
        self.spent_s += self._clock.now_s() - started_s
