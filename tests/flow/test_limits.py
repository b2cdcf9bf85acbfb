"""How fast requests are let through."""

from __future__ import annotations

import pytest

from captioner.flow.limits import StartRate


def _steady(rate: StartRate, per_s: float, *, from_s: float, seconds: float) -> float:
    count = round(seconds * per_s)
    for number in range(1, count + 1):
        rate.started(from_s + number / per_s)
    return from_s + seconds


@pytest.mark.parametrize("per_s", [0.5, 2.0, 40.0])
@pytest.mark.parametrize("seconds", [10.0, 120.0])
def test_a_steady_pace_is_told_as_it_is(per_s: float, seconds: float) -> None:
    """From the first seconds on, not only when the average has been filled."""
    rate = StartRate(1000.0)
    now_s = _steady(rate, per_s, from_s=1000.0, seconds=seconds)
    assert rate.per_s(now_s) == pytest.approx(per_s, rel=0.15)


def test_a_first_burst_is_not_taken_for_a_pace() -> None:
    """Ten at once in the first instant are ten a second, not infinitely many."""
    rate = StartRate(1000.0)
    for _ in range(10):
        rate.started(1000.0)
    assert rate.per_s(1000.0) == pytest.approx(10.0, rel=0.1)


def test_it_follows_a_change_and_forgets_in_a_pause() -> None:
    """Half a minute later the old pace is no more than a twentieth of what is told."""
    rate = StartRate(0.0)
    now_s = _steady(rate, 20.0, from_s=0.0, seconds=60.0)
    now_s = _steady(rate, 2.0, from_s=now_s, seconds=30.0)
    assert 2.0 <= rate.per_s(now_s) + 0.2 <= 3.3
    assert rate.per_s(now_s + 60.0) < 0.01


def test_nothing_started_is_no_pace() -> None:
    """Zero, and no division by it."""
    assert StartRate(5.0).per_s(5.0) == 0.0
