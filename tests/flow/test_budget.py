"""The bucket: a rate that holds over every span, debts, and pauses that leave no burst."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.budget import Bucket


def test_a_full_bucket_gives_its_capacity_at_once() -> None:
    """What fits starts now; the next amount starts when its debt is paid."""
    bucket = Bucket(10.0, 100.0, now_s=0.0)
    bucket.book(100.0, 0.0)
    assert bucket.ready_at_s(0.0) == 0.0
    bucket.book(20.0, 0.0)
    assert bucket.ready_at_s(0.0) == 2.0
    assert bucket.ready_at_s(1.5) == 2.0
    assert bucket.ready_at_s(5.0) == 5.0


def test_more_than_the_capacity_can_be_booked() -> None:
    """A request larger than the bucket starts as soon as its debt is paid; it never starves."""
    bucket = Bucket(10.0, 50.0, now_s=0.0)
    bucket.book(500.0, 0.0)
    assert bucket.ready_at_s(0.0) == 45.0


def test_a_bucket_never_holds_more_than_its_capacity() -> None:
    """An hour of rest saves up no more than the capacity."""
    bucket = Bucket(10.0, 50.0, now_s=0.0)
    bucket.book(50.0, 3600.0)
    bucket.book(10.0, 3600.0)
    assert bucket.ready_at_s(3600.0) == 3601.0


def test_giving_back_undoes_a_booking() -> None:
    """A booking given back leaves no trace, and cannot overfill the bucket."""
    bucket = Bucket(10.0, 50.0, now_s=0.0)
    bucket.book(70.0, 0.0)
    bucket.give_back(70.0, 0.0)
    bucket.book(50.0, 0.0)
    assert bucket.ready_at_s(0.0) == 0.0
    bucket.give_back(500.0, 0.0)
    bucket.book(60.0, 0.0)
    assert bucket.ready_at_s(0.0) == 1.0


def test_a_pause_stops_the_time_of_the_bucket() -> None:
    """Debt is paid only after the pause, and nothing was saved up during it."""
    bucket = Bucket(10.0, 50.0, now_s=0.0)
    bucket.book(70.0, 0.0)
    bucket.pause_until(30.0, 0.0)
    assert bucket.ready_at_s(0.0) == 32.0
    assert bucket.ready_at_s(31.0) == 32.0
    bucket.book(50.0, 32.0)
    assert bucket.ready_at_s(32.0) == 37.0


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    """The latest end of all pauses holds."""
    bucket = Bucket(10.0, 50.0, now_s=0.0)
    bucket.pause_until(30.0, 0.0)
    bucket.pause_until(10.0, 1.0)
    assert bucket.ready_at_s(1.0) == 30.0


def test_a_larger_burst_is_there_at_once_and_never_gets_smaller() -> None:
    """The server has told that it allows more; what it says later takes nothing back."""
    bucket = Bucket(10.0, 10.0, now_s=0.0)
    bucket.book(10.0, 0.0)
    bucket.allow_burst(50.0, 0.0)
    bucket.allow_burst(20.0, 0.0)
    assert bucket.capacity == 50.0
    bucket.book(40.0, 0.0)
    assert bucket.ready_at_s(0.0) == 0.0
    bucket.book(10.0, 0.0)
    assert bucket.ready_at_s(0.0) == 1.0


@given(
    steps=st.lists(
        st.tuples(
            st.floats(0.0, 5.0),
            st.floats(0.1, 300.0),
            st.one_of(st.none(), st.floats(0.1, 20.0)),
        ),
        max_size=40,
    ),
    capacity=st.floats(1.0, 200.0),
    rate_per_s=st.floats(0.5, 100.0),
)
def test_no_span_carries_more_than_capacity_and_rate(
    steps: list[tuple[float, float, float | None]], capacity: float, rate_per_s: float
) -> None:
    """Between any two starts no more is used than the capacity and what refilled, pauses apart."""
    bucket = Bucket(rate_per_s, capacity, now_s=0.0)
    now_s, paused_s = 0.0, 0.0
    starts: list[tuple[float, float]] = []  # time that counted, amount
    for rest_s, amount, pause_s in steps:
        now_s += rest_s
        if pause_s is not None:
            bucket.pause_until(now_s + pause_s, now_s)
            now_s += pause_s
            paused_s += pause_s
        bucket.book(amount, now_s)
        now_s = max(now_s, bucket.ready_at_s(now_s))
        starts.append((now_s - paused_s, amount))
    for first, (from_s, _) in enumerate(starts):
        used = 0.0
        for to_s, amount in starts[first + 1 :]:
            used += amount
            assert used <= capacity + rate_per_s * (to_s - from_s) + 1e-6 * (1 + used)


def test_the_repr_shows_the_level() -> None:
    """State is to be seen in messages of failing tests and in logs."""
    assert repr(Bucket(2.0, 10.0, now_s=0.0)) == "<Bucket 10.0 of 10, 2/s>"
    assert Bucket(2.0, 10.0, now_s=0.0).capacity == pytest.approx(10.0)
