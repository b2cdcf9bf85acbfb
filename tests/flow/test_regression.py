"""A law with levels for groups is recovered from what was observed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.flow.regression import Law, Prior, fit, prior_law

PRIORS = (Prior(0.0, 100.0), Prior(1.0, 1.0))
slopes = st.floats(-5, 5)


def test_without_observations_the_prior_is_the_law() -> None:
    """Its means are the coefficients."""
    assert fit([], PRIORS).coefficients == prior_law(PRIORS).coefficients == (0.0, 1.0)


@given(st.floats(-500, 500), slopes, st.integers(0, 1000))
@settings(deadline=None)
def test_a_line_is_found(constant: float, slope: float, seed: int) -> None:
    """Exactly enough, where every observation is a group of its own and where all are one."""
    rng = random.Random(seed)
    points = [rng.uniform(0, 100) for _ in range(40)]
    for group in (lambda number: number, lambda number: 0):
        law = fit(
            [((1.0, x), constant + slope * x, group(number)) for number, x in enumerate(points)],
            PRIORS,
        )
        assert law.coefficients[1] == pytest.approx(slope, abs=0.1)


@given(slopes, st.integers(0, 1000))
@settings(deadline=None)
def test_groups_far_apart_do_not_bend_the_slope(slope: float, seed: int) -> None:
    """Levels that rise with x are told from x itself: only what varies inside a group counts."""
    rng = random.Random(seed)
    observations = []
    for group in range(6):
        for _ in range(10):
            x = 50 * group + rng.uniform(0, 50)
            observations.append(((1.0, x), slope * x + 1000 * group, group))
    law = fit(observations, PRIORS)
    assert law.coefficients[1] == pytest.approx(slope, abs=0.5)
    assert law.level_variance == 1000.0


def test_groups_alike_share_their_evidence() -> None:
    """One observation a group is enough where groups hardly differ."""
    law = fit([((1.0, float(x)), 7.0 + 2.0 * x, x) for x in range(0, 100, 5)], PRIORS)
    assert law((1.0, 50.0)) == pytest.approx(107.0, abs=1.0)
    assert law.level_variance < 1.0


def test_a_level_is_believed_the_more_the_more_often_it_was_seen() -> None:
    """And the more groups differ."""
    near, far = Law((1.0,), 0.1), Law((1.0,), 1000.0)
    assert near.level_weight(1) < near.level_weight(9) < far.level_weight(1) < 1.0
