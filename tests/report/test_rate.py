from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.report.rate import Rate


def test_a_steady_stream_has_its_rate_at_every_age() -> None:
    """Four a second are four a second before, at and long after the window's length."""
    rate = Rate(100.0, 30)
    for quarter in range(1, 4000):
        now_s = 100.0 + quarter / 4
        rate.add(now_s, 1)
        if quarter > 40:
            assert rate.per_second(now_s) == pytest.approx(4, rel=0.03)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    """A burst counts for the window's length and no longer."""
    rate = Rate(0.0, 30)
    rate.add(50.0, 60)
    assert rate.per_second(50.5) == pytest.approx(60 / 29.5)
    assert rate.per_second(79.0) == pytest.approx(60 / 29)
    assert rate.per_second(80.0) == 0


def test_the_first_moment_claims_no_fantastic_speed() -> None:
    """Within the first second the mean is over a whole one."""
    rate = Rate(7.0, 30)
    rate.add(7.001, 3)
    assert rate.per_second(7.002) == 3


@given(st.lists(st.tuples(st.floats(0, 400), st.integers(0, 10**6)), max_size=200))
def test_memory_is_bounded_by_the_window(steps: list[tuple[float, int]]) -> None:
    """However much happens, at most one bucket a second is kept, and rates are never negative."""
    rate = Rate(0.0, 30)
    for now_s, amount in sorted(steps):
        rate.add(now_s, amount)
        assert 0 <= rate.per_second(now_s) <= 10**6 * 200
        assert len(rate._buckets) <= 30
