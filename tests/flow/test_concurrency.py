"""How many requests may be in flight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.concurrency import Concurrency


def test_a_fixed_number_holds_whatever_happens() -> None:
    """`concurrency=7` means seven from the first request to the last."""
    concurrency = Concurrency(fixed=7, maximum=3)
    concurrency.clean_reply()
    concurrency.congested(admission=1, latest_admission=1)
    assert concurrency.limit == 7


def test_it_starts_with_four_and_grows_to_the_maximum() -> None:
    """One more for each clean reply, and no further than allowed."""
    concurrency = Concurrency(fixed=None, maximum=10)
    assert concurrency.limit == 4
    concurrency.clean_reply()
    assert concurrency.limit == 5
    for _ in range(100):
        concurrency.clean_reply()
    assert concurrency.limit == 10


def test_a_small_maximum_holds_at_the_start() -> None:
    """`max_concurrency=1` never lets four start."""
    assert Concurrency(fixed=None, maximum=1).limit == 1


def test_one_congestion_cuts_once() -> None:
    """429s of requests admitted before the cut tell of the same congestion."""
    concurrency = Concurrency(fixed=None, maximum=100)
    for _ in range(96):
        concurrency.clean_reply()
    for admission in range(1, 51):
        concurrency.congested(admission=admission, latest_admission=60)
    assert concurrency.limit == 80
    concurrency.congested(admission=60, latest_admission=75)
    assert concurrency.limit == 80
    concurrency.congested(admission=61, latest_admission=75)
    assert concurrency.limit == 64


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=80), st.integers(1, 20))
def test_the_limit_stays_between_one_and_the_maximum(
    replies: list[int | None], maximum: int
) -> None:
    """Whatever replies come in, somebody may go and nobody exceeds the maximum."""
    concurrency = Concurrency(fixed=None, maximum=maximum)
    for latest, age in enumerate(replies, start=1):
        if age is None:
            concurrency.clean_reply()
        else:
            concurrency.congested(admission=max(1, latest - age), latest_admission=latest)
        assert 1 <= concurrency.limit <= maximum
