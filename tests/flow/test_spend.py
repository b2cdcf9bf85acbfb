"""Amounts of what can be spent, and caps on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.spend import NO_CAPS, NOTHING, Caps, Dimension, Spend

amounts = st.integers(0, 10**15)
spends = st.builds(Spend, amounts, amounts, amounts, amounts)
limits = st.none() | amounts
caps = st.builds(Caps, limits, limits, limits)


@given(spends, spends)
def test_amounts_add_up_each_for_itself(one: Spend, other: Spend) -> None:
    """Sum, difference, multiples, the lower and the higher of two."""
    assert one + other - other == one
    assert one + one + one == one.times(3)
    assert one.lower(other) + one.higher(other) == one + other
    assert one.higher(other).covers(one)
    assert one.covers(other) == (one.lower(other) == other)


@given(spends)
def test_what_is_kept_comes_back(spend: Spend) -> None:
    """As whole numbers by their names; a record of fewer amounts is read too."""
    assert Spend.from_dict(spend.to_dict()) == spend
    assert Spend.from_dict({}) == NOTHING
    assert Spend.from_dict({"tokens": 7, "of_a_later_version": 1}) == Spend(tokens=7)


def test_covering_means_every_amount() -> None:
    """Less in one way is not covered by more in another."""
    assert Spend(2, 2, 2).covers(Spend(2, 1, 0))
    assert not Spend(1, 9, 9).covers(Spend(2, 0, 0))
    assert not Spend(9, 1, 9).covers(Spend(0, 2, 0))
    assert not Spend(9, 9, 1).covers(Spend(0, 0, 2))


@pytest.mark.parametrize(
    ("caps", "spend", "passed"),
    [
        (NO_CAPS, Spend(10**9, 10**9, 10**9), None),
        (Caps(3, 3, 3), Spend(3, 3, 3), None),
        (Caps(3, 3, 3), Spend(4, 4, 4), "picodollars"),
        (Caps(3, 3, 3), Spend(4, 4, 3), "requests"),
        (Caps(3, 3, 3), Spend(3, 4, 3), "tokens"),
        (Caps(requests=0), Spend(1, 0, 0), "requests"),
    ],
)
def test_a_cap_is_passed_by_more_than_it_only(
    caps: Caps, spend: Spend, passed: Dimension | None
) -> None:
    """The money is named first."""
    assert caps.passed_by(spend) == passed


@given(caps, spends)
def test_what_is_cut_passes_no_cap(caps: Caps, spend: Spend) -> None:
    """And is not less than need be."""
    cut = caps.cut(spend)
    assert caps.passed_by(cut) is None
    assert spend.covers(cut)
    assert caps.passed_by(spend) is not None or cut == spend


def test_caps_come_from_settings() -> None:
    """Dollars become picodollars; what is not set limits nothing."""
    assert Caps.of(max_cost=2.5, max_requests=7, max_total_tokens=9) == Caps(7, 9, 25 * 10**11)
    none = Caps.of(max_cost=None, max_requests=None, max_total_tokens=None)
    assert not none.any
    assert Caps.of(max_cost=None, max_requests=0, max_total_tokens=None).any
