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
    ceiling (full jitter), so that what failed together does not come back together. `deadline_s`
    bounds the time that one request spends in flight and between its attempts.
    """

    max_attempts: int = 8
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    deadline_s: float = 900.0

    def wait_s(self, failed_attempts: int, told_s: float | None, draw: float) -> float:
        """Seconds until the next attempt; `draw` is in 0..1.

        What the server told is the least; the jitter on top spreads those who were told the same.
        """
        doublings = min(failed_attempts - 1, _MOST_DOUBLINGS)
        ceiling_s = min(self.longest_wait_s, self.first_wait_s * 2.0**doublings)
        if told_s is None:
            return ceiling_s * draw
        return told_s + min(ceiling_s, told_s, 1.0) * draw


Backoff = Callable[[TransientError, float], Awaitable[None]]
"""Told of a failed attempt and of the seconds to wait; returns when they are over."""


def _no_time_spent() -> float:
    return 0.0


async def retrying(
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    backoff: Backoff,
    spent_s: Callable[[], float] = _no_time_spent,
    draw: Callable[[], float] = random.random,
) -> T:
    """Call `attempt` until it returns, for as long as it raises TransientError.

    `backoff` does the waiting, so that it can let go of what must not be held meanwhile; `spent_s`
    tells the seconds that count towards the deadline. Raises the last TransientError when attempts
    or time are used up, and any other error at once.
    """
    try:
        return await attempt()
    except TransientError as error:
        return await try_again(error, attempt, policy, backoff=backoff, spent_s=spent_s, draw=draw)


async def try_again(
    error: TransientError,
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    backoff: Backoff,
    spent_s: Callable[[], float] = _no_time_spent,
    draw: Callable[[], float] = random.random,
) -> T:
    """Go on as `retrying` does after a first attempt that ended in `error`.

    Tenacity costs as much CPU as a request: it is given only what has failed once.
    """
    failed: TransientError | None = error
    tries = int(error.blame)

    async def counted() -> T:
        nonlocal tries
        try:
            return await attempt()
        except TransientError as error:
            tries += error.blame
            raise

    async def further() -> T:
        nonlocal failed
        if failed is not None:
            first, failed = failed, None
            raise first
        return await counted()

    def used_up(_state: tenacity.RetryCallState) -> bool:
        return tries >= policy.max_attempts or spent_s() >= policy.deadline_s

    def wait_s(state: tenacity.RetryCallState) -> float:
        return policy.wait_s(max(1, tries), _error(state).wait_s, draw())

    async def before_sleep(state: tenacity.RetryCallState) -> None:
        await backoff(_error(state), state.upcoming_sleep)

    async def no_sleep(_seconds: float) -> None:
        """The waiting was done by `backoff`."""

    retries = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=used_up,
        wait=wait_s,
        before_sleep=before_sleep,
        sleep=no_sleep,
        reraise=True,
    )
    return await retries(further)


def _error(state: tenacity.RetryCallState) -> TransientError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, TransientError), error  # noqa: S101
    return error
