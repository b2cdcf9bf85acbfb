"""Amounts of money: exact in whole numbers, readable in dollars."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.dollars import PICODOLLARS, dollars_text, limit_picodollars, price_picodollars


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (0.0, "$0.00"),
        (31.2, "$31.20"),
        (12345.678, "$12,345.68"),
        (0.25, "$0.25"),
        (0.1, "$0.10"),
        (0.0999, "$0.10"),
        (0.0949, "$0.095"),
        (0.031, "$0.031"),
        (0.00314159, "$0.0031"),
        (0.000000042, "$0.000000042"),
    ],
)
def test_dollars_are_readable(dollars: float, text: str) -> None:
    """Cents where there are some, else two digits that tell something."""
    assert dollars_text(dollars) == text


@given(st.floats(1e-12, 1e6))
def test_what_costs_something_never_looks_free(dollars: float) -> None:
    """Nor is what is shown off by more than a twentieth or half a cent."""
    shown = float(dollars_text(dollars).removeprefix("$").replace(",", ""))
    assert shown > 0
    assert shown == pytest.approx(dollars, rel=0.051, abs=0.0051 if dollars > 0.09 else 0)


def test_prices_are_exact() -> None:
    """As decimals are written, not as binary fractions have them; what is finer is rounded up."""
    assert price_picodollars(1) == 1_000_000
    assert price_picodollars(0.075) == 75_000
    assert price_picodollars(Decimal("0.0000001")) == 1
    assert price_picodollars(0) == 0


def test_a_limit_is_never_more_than_was_set() -> None:
    """Rounded down, to less than anything costs."""
    assert limit_picodollars(5) == 5 * PICODOLLARS
    assert limit_picodollars(0.1) == PICODOLLARS // 10
    assert limit_picodollars(1e-13) == 0
