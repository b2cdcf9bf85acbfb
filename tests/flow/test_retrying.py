"""Retries: how often, how long the waits, which errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import PlaceholderError, RunStopped, TransientError
from captioner.flow.retrying import RetryPolicy, retrying


class Attempts:
    """Fails with the given errors, one a call, then returns 'done'; notes the waits."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.waits: list[tuple[str, float]] = []

    async def __call__(self) -> str:
        """Fail or be done."""
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    async def back_off(self, error: TransientError, wait_s: float) -> None:
        """Note the wait."""
        self.waits.append((error.reason, wait_s))

    async def run(self, policy: RetryPolicy, draw: Callable[[], float] = lambda: 1.0) -> str:
        """Run under a policy, with jitter drawn by `draw`."""
        return await retrying(self, policy, backoff=self.back_off, draw=draw)


def _lost(wait_s: float | None = None) -> TransientError:
    return TransientError("timeout", "no answer", wait_s=wait_s)


async def test_it_tries_until_it_succeeds() -> None:
    """The waits' ceiling doubles from a second to half a minute."""
    attempts = Attempts(*(_lost() for _ in range(7)))
    assert await attempts.run(RetryPolicy(max_attempts=8)) == "done"
    assert attempts.calls == 8
    assert [wait for _, wait in attempts.waits] == [1, 2, 4, 8, 16, 30, 30]


async def test_the_last_error_is_raised_when_attempts_are_used_up() -> None:
    """After the last attempt nobody waits."""
    attempts = Attempts(*(TransientError("server_error", str(n)) for n in range(9)))
    with pytest.raises(TransientError, match="server_error: 2"):
        await attempts.run(RetryPolicy(max_attempts=3))
    assert attempts.calls == 3
    assert len(attempts.waits) == 2


@pytest.mark.parametrize(
    "error",
    [
        PlaceholderError("rejected", ""),
        RunStopped("bad_key", ""),
        ValueError(),
        asyncio.CancelledError(),
    ],
)
async def test_any_other_error_ends_it_at_once(error: BaseException) -> None:
    """Only TransientError says that another attempt may succeed."""
    attempts = Attempts(_lost(), error)
    with pytest.raises(type(error)):
        await attempts.run(RetryPolicy())
    assert attempts.calls == 2


async def test_what_the_server_told_is_the_least() -> None:
    """Jitter comes on top, so that those told the same do not come back together."""
    for draw, expected_s in ((0.0, 20.0), (1.0, 21.0)):
        attempts = Attempts(_lost(wait_s=20.0))
        await attempts.run(RetryPolicy(), draw=lambda draw=draw: draw)  # type: ignore[misc]
        assert attempts.waits == [("timeout", expected_s)]


async def test_what_is_nobodys_fault_uses_up_no_attempt() -> None:
    """Neither does it make the waits longer."""
    blameless = [TransientError("connection", "", blame=False) for _ in range(50)]
    attempts = Attempts(_lost(), *blameless, _lost())
    assert await attempts.run(RetryPolicy(max_attempts=3)) == "done"
    assert [wait for _, wait in attempts.waits] == [1] * 51 + [2]


async def test_being_told_to_wait_for_nothing_is_no_wait() -> None:
    """Whoever waits at the gate need not wait before it."""
    attempts = Attempts(TransientError("rate_limited", "", wait_s=0.0, blame=False))
    await attempts.run(RetryPolicy())
    assert attempts.waits == [("rate_limited", 0.0)]


async def test_the_time_that_counts_ends_it() -> None:
    """Whatever is to blame, and however many attempts are left."""
    for blame in (True, False):
        attempts = Attempts(*(TransientError("timeout", "", blame=blame) for _ in range(9)))
        with pytest.raises(TransientError):
            await retrying(
                attempts,
                RetryPolicy(deadline_s=30.0),
                backoff=attempts.back_off,
                spent_s=lambda attempts=attempts: 10.0 * attempts.calls,  # type: ignore[misc]
            )
        assert attempts.calls == 3


@given(
    failed=st.integers(1, 5000),
    told_s=st.one_of(st.none(), st.floats(0, 1e6)),
    draw=st.floats(0, 1),
)
def test_waits_stay_within_bounds(failed: int, told_s: float | None, draw: float) -> None:
    """Between nothing and the ceiling, or at most a second above what was told."""
    wait_s = RetryPolicy().wait_s(failed, told_s, draw)
    if told_s is None:
        assert 0 <= wait_s <= 30
    else:
        assert told_s <= wait_s <= told_s + 1
