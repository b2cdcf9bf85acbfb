"""Levels: the median of what is left over, kept up to date at little cost."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.levels import Bill, Case, Level, Levels
from captioner.flow.regression import Law

LAWS = [Law((10.0, 2.0), 1.0), Law((0.0, 3.0), 10.0)]
CASES = [Case((1.0, terms), "size", "class") for terms in (1.0, 5.0, 6.0)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CASES),
            st.integers(1, 40),
            st.sampled_from(LAWS),
            st.sampled_from(LAWS),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_a_level_is_the_median_of_its_newest_nine(bills: list[tuple[Case, int, Law, Law]]) -> None:
    """At each moment, and whichever law holds as a bill comes and as it is asked about."""
    level = Level()
    for count, (case, tokens, held, law) in enumerate(bills, 1):
        level.add(Bill(case, tokens), held)
        newest = bills[max(0, count - 9) : count]
        residuals = [tokens - law(case.terms) for case, tokens, _, _ in newest]
        weight = law.level_weight(len(newest))
        assert level.under(law) == pytest.approx(weight * statistics.median(residuals))


def test_the_longest_unused_level_goes() -> None:
    """Memory is bounded, whatever sizes come."""
    levels = Levels()
    first = levels.at(0)
    for key in range(1, 1024):
        levels.at(key)
    assert levels.at(0) is first
    levels.at(1024)
    assert (len(levels), 0 in levels, 1 in levels) == (1024, True, False)
