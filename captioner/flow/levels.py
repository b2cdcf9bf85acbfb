"""How the bills of one class of prompts differ from the law that all of them follow. Pure.

What is worked out is kept: mostly the same few sizes come again, and are billed alike.
"""

from __future__ import annotations

import statistics
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import NamedTuple

from captioner.flow.regression import Law, Vector

_WINDOW = 9
_CLASSES = 1024


class Case:
    """A prompt as the law sees it, with the classes that it belongs to."""

    __slots__ = ("_law", "_tokens", "size", "table_class", "terms")

    def __init__(self, terms: Vector, size: Hashable, table_class: Hashable) -> None:
        self.terms = terms
        self.size = size
        self.table_class = table_class
        self._law: Law | None = None
        self._tokens = 0.0

    def under(self, law: Law) -> float:
        """Tokens by this law alone."""
        if self._law is not law:
            self._law, self._tokens = law, law(self.terms)
        return self._tokens


class Bill(NamedTuple):
    """What a prompt was billed."""

    case: Case
    tokens: int


class Level:
    """How the newest bills of one class differ from the law."""

    __slots__ = ("_is_weighed", "_law", "_residuals", "_tokens", "bills")

    def __init__(self) -> None:
        self.bills: deque[Bill] = deque(maxlen=_WINDOW)
        self._residuals: deque[float] = deque(maxlen=_WINDOW)
        self._law: Law | None = None
        self._is_weighed = False
        self._tokens = 0.0

    def add(self, bill: Bill, law: Law) -> bool:
        """One more bill; the oldest goes for it. Whether what was told under this law, the one that
        holds now, is outdated."""
        self.bills.append(bill)
        if self._law is not law:
            self._law = None
            return False
        residuals, was_weighed = self._residuals, self._is_weighed
        residual = bill.tokens - bill.case.under(law)
        # One that comes for its like changes nothing.
        if was_weighed and (len(residuals) < _WINDOW or residuals[0] != residual):
            self._is_weighed = False
        residuals.append(residual)
        return was_weighed and not self._is_weighed

    def under(self, law: Law) -> float:
        """The level in tokens, believed as far as there are bills for it."""
        if self._law is not law:
            self._law, self._is_weighed = law, False
            self._residuals.clear()
            self._residuals.extend(bill.tokens - bill.case.under(law) for bill in self.bills)
        if not self._is_weighed:
            # The median: one strange bill changes nothing.
            residual = statistics.median(self._residuals)
            self._tokens = residual * law.level_weight(len(self.bills))
            self._is_weighed = True
        return self._tokens


class Levels(OrderedDict[Hashable, Level]):
    """A level for each class; the longest unused ones go where there are too many."""

    def at(self, key: Hashable) -> Level:
        """The level under a key, made where there is none."""
        level = self.get(key)
        if level is None:
            level = self[key] = Level()
            if len(self) > _CLASSES:
                self.popitem(last=False)
        else:
            self.move_to_end(key)
        return level
