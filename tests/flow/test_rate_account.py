"""What may be spent of one limit: the tighter of what is set and what is learned."""

from __future__ import annotations

import pytest

from captioner.flow.rate_account import RateAccount
from captioner.vision.rate_headers import RateReading


def _spend(account: RateAccount, seconds: float, *, from_s: float, amount: float = 1.0) -> float:
    """How much starts in a span when everything starts as soon as it may."""
    now_s, spent = from_s, 0.0
    while True:
        account.book(amount, now_s)
        now_s = max(now_s, account.ready_at_s(amount, now_s))
        if now_s > from_s + seconds + 1e-9:
            account.give_back(amount, now_s)
            return spent
        account.start(amount, now_s)
        spent += amount


def _tell(
    account: RateAccount, *, per_minute: float, capacity: float, sent_s: float, now_s: float
) -> None:
    """A full bucket of this size, less the request itself."""
    reset_s = 60 / per_minute
    reading = RateReading(per_minute, capacity - 1, reset_s)
    account.observe(reading, sent_s=sent_s, amount=1.0, admitted=True, now_s=now_s)


def test_nothing_set_and_nothing_told_limits_nothing() -> None:
    """An endpoint without limits is held up by nobody."""
    account = RateAccount(None, now_s=0.0)
    for _ in range(1000):
        account.book(1e6, 0.0)
        assert account.ready_at_s(1e6, 0.0) <= 0.0
        account.start(1e6, 0.0)


def test_what_is_set_holds_from_the_first_second() -> None:
    """A second's worth at once, and then the rate: nothing is known of the server's bursts."""
    account = RateAccount(600.0, now_s=0.0)
    assert _spend(account, 0.0, from_s=0.0) == 10
    assert _spend(account, 60.0, from_s=0.0) == pytest.approx(600, abs=1)


@pytest.mark.parametrize(("set_per_minute", "told_per_minute"), [(600.0, 120.0), (120.0, 600.0)])
def test_the_tighter_one_holds(set_per_minute: float, told_per_minute: float) -> None:
    """A limit that is set too high is corrected by the server; a lower one is kept."""
    account = RateAccount(set_per_minute, now_s=0.0)
    account.book(1.0, 0.0)
    account.start(1.0, 0.0)
    _tell(account, per_minute=told_per_minute, capacity=10.0, sent_s=0.0, now_s=0.5)
    spent = _spend(account, 600.0, from_s=0.5)
    assert 0.94 * 1200 <= spent <= 1.02 * 1200 + 10


def test_a_burst_is_allowed_once_the_server_told_of_it() -> None:
    """Five seconds of the server's rate are five seconds of the one that is set."""
    account = RateAccount(120.0, now_s=0.0)
    account.book(1.0, 0.0)
    account.start(1.0, 0.0)
    assert account.ceiling is not None
    assert account.ceiling.capacity == 2
    _tell(account, per_minute=600.0, capacity=50.0, sent_s=0.0, now_s=0.5)
    assert account.ceiling.capacity == pytest.approx(10.0)
    assert 9 <= _spend(account, 0.5, from_s=0.5) <= 11
    _tell(account, per_minute=600.0, capacity=20.0, sent_s=0.5, now_s=1.0)
    assert account.ceiling.capacity == pytest.approx(10.0)


@pytest.mark.parametrize("set_per_minute", [None, 600.0])
@pytest.mark.parametrize("told", [True, False])
def test_a_pause_holds_everything_and_leaves_no_burst(
    set_per_minute: float | None, told: bool
) -> None:
    """For what is set and for what is learned: after a minute no more than at any other time."""
    if set_per_minute is None and not told:
        return
    account = RateAccount(set_per_minute, now_s=0.0)
    account.book(1.0, 0.0)
    account.start(1.0, 0.0)
    if told:
        _tell(account, per_minute=600.0, capacity=50.0, sent_s=0.0, now_s=0.5)
    _spend(account, 10.0, from_s=0.5)
    account.pause_until(70.5, 10.5)
    account.book(1.0, 11.0)
    assert account.ready_at_s(1.0, 11.0) >= 70.5
    account.give_back(1.0, 11.0)
    assert _spend(account, 1.0, from_s=70.5) <= 10 + 5


def test_what_was_booked_and_never_started_is_given_back() -> None:
    """A cancelled request costs nobody anything."""
    account = RateAccount(60.0, now_s=0.0)
    account.book(1000.0, 0.0)
    account.give_back(1000.0, 0.0)
    account.book(1.0, 0.0)
    assert account.ready_at_s(1.0, 0.0) == 0.0
    assert "RateAccount" in repr(account)
