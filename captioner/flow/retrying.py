"""Trying again: the only layer of retries, and the only file that knows tenacity."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from captioner.errors import TransientError

T = TypeVar("T")

_MOST_DOUBLINGS = 60
"""Any ceiling is reached long before; more would leave the range of a float."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently.

    `max_attempts` counts the first one. Waits are drawn evenly between nothing and an exponential
    ceiling (full jitter), so that what failed together does not come back together.
    """

    max_attempts: int = 8
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0

    def wait_s(self, failed_attempts: int, told_s: float | None, draw: float) -> float:
        """Seconds until the next attempt; `draw` is in 0..1.

        What the server told is the least; the jitter on top spreads those who were told the same.
        """
        doublings = min(failed_attempts - 1, _MOST_DOUBLINGS)
        ceiling_s = min(self.longest_wait_s, self.first_wait_s * 2.0**doublings)
        if told_s is None:
            return ceiling_s * draw
        return told_s + min(ceiling_s, 1.0) * draw


Backoff = Callable[[int, TransientError, float], Awaitable[None]]
"""Told of a failed attempt: its number, the error, the wait in seconds; returns when it is over."""


async def retrying(
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    backoff: Backoff,
    draw: Callable[[], float] = random.random,
) -> T:
    """Call `attempt` until it returns, for as long as it raises TransientError.

    `backoff` does the waiting, so that it can let go of what must not be held meanwhile. Raises the
    last TransientError when the attempts are used up, and any other error at once.
    """

    def wait_s(state: tenacity.RetryCallState) -> float:
        return policy.wait_s(state.attempt_number, _error(state).wait_s, draw())

    async def before_sleep(state: tenacity.RetryCallState) -> None:
        await backoff(state.attempt_number, _error(state), state.upcoming_sleep)

    async def no_sleep(_seconds: float) -> None:
        """The waiting was done by `backoff`."""

    retries = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(policy.max_attempts),
        wait=wait_s,
        before_sleep=before_sleep,
        sleep=no_sleep,
        reraise=True,
    )
    return await retries(attempt)


def _error(state: tenacity.RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, TransientError), error  # noqa: S101
    return error
