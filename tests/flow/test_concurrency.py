"""How many requests may be in flight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.concurrency import Concurrency


def test_a_fixed_number_holds_whatever_happens() -> None:
    """`concurrency=7` means seven from the first request to the last."""
    concurrency = Concurrency(fixed=7, maximum=3)
    for told_rates in (True, False):
        concurrency.clean_reply(in_flight=7, told_rates=told_rates, idle_quota=True)
    concurrency.congested(admission=1, latest_admission=1)
    assert concurrency.limit == 7


def test_with_rate_headers_it_starts_with_four_and_grows_by_one() -> None:
    """One more for each clean reply, however few are in flight, and no further than allowed."""
    concurrency = Concurrency(fixed=None, maximum=10)
    assert concurrency.limit == 4
    for limit in (5, 6, 7, 8, 9, 10, 10):
        concurrency.clean_reply(in_flight=1, told_rates=True)
        assert concurrency.limit == limit


def test_an_idle_quota_lets_it_catch_up() -> None:
    """Three more a reply, but only while all that is allowed is really in flight."""
    concurrency = Concurrency(fixed=None, maximum=100)
    concurrency.clean_reply(in_flight=4, told_rates=True, idle_quota=True)
    assert concurrency.limit == 7
    concurrency.clean_reply(in_flight=5, told_rates=True, idle_quota=True)
    assert concurrency.limit == 8
    concurrency.clean_reply(in_flight=8, told_rates=True, idle_quota=False)
    assert concurrency.limit == 9


def test_without_rate_headers_the_first_clean_reply_is_a_leap() -> None:
    """To 64 at once; then one more a reply while four fifths are really in flight."""
    concurrency = Concurrency(fixed=None, maximum=256)
    concurrency.clean_reply(in_flight=4, told_rates=False)
    assert concurrency.limit == 64
    concurrency.clean_reply(in_flight=51, told_rates=False)
    assert concurrency.limit == 64
    concurrency.clean_reply(in_flight=52, told_rates=False)
    assert concurrency.limit == 65
    for _ in range(1000):
        concurrency.clean_reply(in_flight=256, told_rates=False)
    assert concurrency.limit == 256


def test_it_leaps_once() -> None:
    """After a congestion it grows by one again."""
    concurrency = Concurrency(fixed=None, maximum=256)
    concurrency.clean_reply(in_flight=4, told_rates=False)
    concurrency.congested(admission=1, latest_admission=64)
    assert concurrency.limit == 51
    concurrency.clean_reply(in_flight=50, told_rates=False)
    assert concurrency.limit == 52


def test_a_small_maximum_holds_at_the_start() -> None:
    """`max_concurrency=1` never lets four start."""
    assert Concurrency(fixed=None, maximum=1).limit == 1


def test_one_congestion_cuts_once() -> None:
    """429s of requests admitted before the cut tell of the same congestion."""
    concurrency = Concurrency(fixed=None, maximum=100)
    for _ in range(96):
        concurrency.clean_reply(in_flight=1, told_rates=True)
    for admission in range(1, 51):
        concurrency.congested(admission=admission, latest_admission=60)
    assert concurrency.limit == 80
    concurrency.congested(admission=60, latest_admission=75)
    assert concurrency.limit == 80
    concurrency.congested(admission=61, latest_admission=75)
    assert concurrency.limit == 64


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=80),
    st.integers(1, 20),
    st.booleans(),
)
def test_the_limit_stays_between_one_and_the_maximum(
    replies: list[int | None], maximum: int, told_rates: bool
) -> None:
    """Whatever replies come in, somebody may go and nobody exceeds the maximum."""
    concurrency = Concurrency(fixed=None, maximum=maximum)
    for latest, age in enumerate(replies, start=1):
        if age is None:
            concurrency.clean_reply(in_flight=20, told_rates=told_rates, idle_quota=True)
        else:
            concurrency.congested(admission=max(1, latest - age), latest_admission=latest)
        assert 1 <= concurrency.limit <= maximum


def test_a_number_may_be_fixed_while_it_runs() -> None:
    """It holds from then on, whatever comes, and may pass what it would have grown to."""
    concurrency = Concurrency(fixed=None, maximum=64)
    concurrency.fix(100)
    assert concurrency.limit == 100
    concurrency.clean_reply(in_flight=100, told_rates=True, idle_quota=True)
    concurrency.congested(admission=1, latest_admission=9)
    assert concurrency.limit == 100
    concurrency.fix(1)
    assert concurrency.limit == 1


def test_a_fixed_number_may_be_left_to_be_found_out() -> None:
    """From where it stands, and no more than it may grow to: no second start with four."""
    concurrency = Concurrency(fixed=20, maximum=64)
    concurrency.fix(None)
    assert concurrency.limit == 20
    concurrency.congested(admission=3, latest_admission=30)
    assert concurrency.limit == 16
    concurrency.clean_reply(in_flight=1, told_rates=True)
    assert concurrency.limit == 17
    concurrency.fix(100)
    concurrency.fix(None)
    assert concurrency.limit == 64
