"""A linear law with a level of its own for each group, fitted to a few hundred observations. Pure.

A random-intercept model: y = x·β + level(group) + noise. How much groups differ decides how much of
the evidence for β may come from between them: where they differ a lot only what varies inside a
group counts. This is done by subtracting a part of each group's mean before a least-squares fit
(quasi-demeaning, as for random effects in panel data), the part chosen by likelihood from a few.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Vector: TypeAlias = Sequence[float]
Matrix: TypeAlias = list[list[float]]

_LEVEL_VARIANCES = (0.1, 1.0, 10.0, 1000.0)
"""Of a group's level, relative to the noise: from groups that hardly differ to strangers."""

_NOISE_VARIANCE = 1.0
"""Of whole tokens, in tokens². It weighs the prior against the observations."""

_ROUNDING_VARIANCE = 1 / 12


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a coefficient before anything is observed."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Law:
    """Coefficients, and the variance of a group's level relative to the noise's."""

    coefficients: tuple[float, ...]
    level_variance: float

    def __call__(self, x: Vector) -> float:
        """What the law says of an observation, its group's level left out."""
        total: float = sum(map(operator.mul, self.coefficients, x))
        return total

    def level_weight(self, count: int) -> float:
        """How far the mean of `count` residuals of a group is to be believed, from 0 to 1."""
        return count * self.level_variance / (1.0 + count * self.level_variance)


def prior_law(priors: Sequence[Prior]) -> Law:
    """The law before anything is observed."""
    return Law(tuple(prior.mean for prior in priors), 1.0)


def fit(observations: Iterable[tuple[Vector, float, Hashable]], priors: Sequence[Prior]) -> Law:
    """The most likely law for observations of x, y and group, given the priors.

    Takes any number of observations, none included.
    """
    size = len(priors) + 1
    squares = _zeros(size)
    sums: dict[Hashable, tuple[int, list[float]]] = {}
    for x, y, group in observations:
        row = [value * prior.sd for value, prior in zip(x, priors, strict=True)]
        row.append(y - sum(value * prior.mean for value, prior in zip(x, priors, strict=True)))
        _add_product(squares, row)
        count, total = sums.get(group, (0, row))
        sums[group] = count + 1, list(map(operator.add, total, row)) if count else row
    if not sums:
        return prior_law(priors)
    # What is subtracted for a group depends on its count only: groups of a count go together.
    numbers = Counter(count for count, _ in sums.values())
    products = {count: _zeros(size) for count in numbers}
    for count, total in sums.values():
        _add_product(products[count], total)
    groups = [_Groups(count, number, products[count]) for count, number in numbers.items()]
    _, variance, scaled = min(_fitted(squares, groups, ratio) for ratio in _LEVEL_VARIANCES)
    coefficients = tuple(
        prior.mean + prior.sd * value for prior, value in zip(priors, scaled, strict=True)
    )
    return Law(coefficients, variance)


@dataclass(frozen=True, slots=True)
class _Groups:
    """All groups of `count` observations: how many, and Σ sum · sumᵀ over them."""

    count: int
    number: int
    products: Matrix


def _fitted(
    squares: Matrix, groups: Sequence[_Groups], variance: float
) -> tuple[float, float, list[float]]:
    """Badness (−2 log likelihood), level variance, and coefficients in units of the priors."""
    gram = [row[:] for row in squares]
    log_determinant = 0.0
    observations = 0
    for alike in groups:
        shrinkage = 1.0 + alike.count * variance
        for target, row in zip(gram, alike.products, strict=True):
            for j, product in enumerate(row):
                target[j] -= variance / shrinkage * product
        log_determinant += alike.number * math.log(shrinkage)
        observations += alike.number * alike.count
    right = gram.pop()
    y_squared = right.pop()
    for i, row in enumerate(gram):
        row[i] += _NOISE_VARIANCE
    scaled = _solve(gram, right)
    misfit = y_squared - sum(map(operator.mul, scaled, right))
    noise = max(misfit / observations, _ROUNDING_VARIANCE)
    return observations * math.log(noise) + log_determinant, variance, scaled


def _zeros(size: int) -> Matrix:
    """The lower triangle of a symmetric matrix; the upper half is not kept."""
    return [[0.0] * (i + 1) for i in range(size)]


def _add_product(lower: Matrix, row: Vector) -> None:
    """Add row · rowᵀ."""
    for i, left in enumerate(row):
        target = lower[i]
        for j in range(i + 1):
            target[j] += left * row[j]


def _solve(left: Matrix, right: Vector) -> list[float]:
    """Solve a symmetric, positive definite system, its lower triangle given, after Cholesky."""
    size = len(left)
    lower: Matrix = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = left[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            # Rounding may leave nothing of what the prior made positive.
            lower[i][j] = math.sqrt(max(rest, 1e-9)) if i == j else rest / lower[j][j]
    solution = list(right)
    for i in range(size):
        solution[i] -= sum(lower[i][k] * solution[k] for k in range(i))
        solution[i] /= lower[i][i]
    for i in reversed(range(size)):
        solution[i] -= sum(lower[k][i] * solution[k] for k in range(i + 1, size))
        solution[i] /= lower[i][i]
    return solution
