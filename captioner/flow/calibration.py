"""Learns from bills what a prompt really costs: the formulas are only where it starts. Pure.

A bill is taken for a sum of what grows with the text (its tokens by our tokenizer, its characters),
what grows with the image (the model's documented formula, tiles, patches) and a constant, plus a
level for each size class, so that an endpoint that counts by a formula of its own is met too. The
sum serves sizes not seen yet; the levels make those that were seen exact.
"""

from __future__ import annotations

import functools
import operator
import statistics
from collections import Counter, deque
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import NamedTuple

from captioner.flow.levels import Bill, Case, Levels
from captioner.flow.regression import Prior, fit, prior_law

MESSAGE_TOKENS = 8
"""Roles and separators of a system and a user message, as chat formats add them."""

CHARS_PER_TOKEN = 4
"""Of English text, roughly."""

CALIBRATED_AFTER = 10
"""Replies until the estimate rests more on bills than on formulas."""

_PRIORS = (
    Prior(MESSAGE_TOKENS, 8.0),  # each request
    Prior(1.0, 0.15),  # each text token
    Prior(0.0, 0.25),  # each four characters beyond the text's tokens
    Prior(1.0, 1.0),  # each image token of the formula
    Prior(0.0, 100.0),  # each tile
    Prior(0.0, 0.5),  # each patch
    Prior(0.0, 0.5),  # each patch under the usual budget
)
_TEXT_TERMS = 3
_WINDOW = 256
_ALWAYS_FITTED = 64
_CACHED_CASES = 1024
_SURE_BILLS = 3
_FITS = 6
_FAR_OFF = 6.0
_MOST_ARE_RIGHT = 0.75
_UNSURE_SHARE = 0.5
_MISS_SHARE = 0.01
_NOTABLE_SHARE = 0.25


class PromptSize(NamedTuple):
    """What a prompt's cost may depend on.

    `table_tokens` is the image by the model's documented formula. `tiles` (of 512 px), `patches`
    (of 32 px) and `budgeted_patches` (after shrinking to the usual budget) are what other formulas
    would count at `high`.
    """

    text_tokens: int
    text_chars: int
    width_px: int
    height_px: int
    table_tokens: int
    tiles: int
    patches: int
    budgeted_patches: int

    def terms(self) -> tuple[float, ...]:
        """The terms of the sum, one for each of `_PRIORS`."""
        return (
            1.0,
            float(self.text_tokens),
            self.text_chars / CHARS_PER_TOKEN - self.text_tokens,
            float(self.table_tokens),
            float(self.tiles),
            float(self.patches),
            float(self.budgeted_patches),
        )


@dataclass(frozen=True, slots=True)
class CalibrationNote:
    """The formula and the bill for an average image differ by more than a quarter.

    `ratio` is billed by table.
    """

    table_tokens: int
    billed_tokens: int
    ratio: float


class Calibration:
    """Fits the prompt tokens of one endpoint, model and detail. Time and memory are bounded.

    The law is fitted anew after the 1st, 2nd, 3rd … reply, then ever more rarely, and after the
    first dozens not at all while it hits.
    """

    def __init__(self) -> None:
        self._noted = False
        self.forget()

    def forget(self) -> None:
        """Forget all bills, as when texts are counted in another way from now on."""
        self.replies = 0
        self.image_multiplier = 1.0
        self._law = prior_law(_PRIORS)
        # What is expected of cases, for as long as no bill changes it: mostly none does.
        self._expected: dict[Case, float] = {}
        self._bills: deque[Bill] = deque(maxlen=_WINDOW)
        self._sizes = Levels()
        self._table_classes = Levels()
        self._missed = False
        self._fit_at = 1

    @property
    def is_calibrated(self) -> bool:
        """Whether estimates rest more on bills than on formulas."""
        return self.replies >= CALIBRATED_AFTER

    def estimate_tokens(self, size: PromptSize) -> int:
        """What a prompt of this size will be billed; at least 1."""
        return max(1, round(self._expect(_case(size))))

    def learn(self, size: PromptSize, billed_tokens: int) -> CalibrationNote | None:
        """Learn from a reply's `usage.prompt_tokens`; nothing from one below 1.

        Returns a note once, where the image's bill turns out to be another than the formula's.
        """
        if billed_tokens < 1:
            return None
        case = _case(size)
        bill = Bill(case, billed_tokens)
        missed_tokens = abs(self._expect(case) - billed_tokens)
        self._missed |= missed_tokens > max(2.0, _MISS_SHARE * billed_tokens)
        self._bills.append(bill)
        changed = self._sizes.at(case.size).add(bill, self._law)
        if self._table_classes.at(case.table_class).add(bill, self._law) or changed:
            self._expected.clear()
        self.replies += 1
        if self.replies < self._fit_at:
            return None
        self._fit_at = self.replies + min(_WINDOW, max(1, self.replies // 4))
        if self._missed or self.replies <= _ALWAYS_FITTED:
            self._fit()
            self._missed = False
        return self._note()

    def _fit(self) -> None:
        """Fit the law to the newest bills, and again without those that are far off."""
        self._expected.clear()
        kept = everything = list(zip(self._bills, _groups(self._bills), strict=True))
        for _ in range(_FITS):
            self._law = fit(((bill.case.terms, bill.tokens, at) for bill, at in kept), _PRIORS)
            missed_tokens = [
                abs(bill.tokens - bill.case.under(self._law) - self._sure_level(bill.case))
                for bill, _ in everything
            ]
            most_tokens = _FAR_OFF * max(1.0, statistics.median(missed_tokens))
            near = [
                one
                for one, tokens in zip(everything, missed_tokens, strict=True)
                if tokens <= most_tokens
            ]
            # Where many are far off it is the law that errs, not they.
            if near == kept or len(near) < _MOST_ARE_RIGHT * len(everything):
                return
            kept = near

    def _expect(self, case: Case) -> float:
        tokens = self._expected.get(case)
        if tokens is None:
            if len(self._expected) >= _CACHED_CASES:
                self._expected.clear()
            tokens = self._expected[case] = case.under(self._law) + self._level(case)
        return tokens

    def _sure_level(self, case: Case) -> float:
        """The level of a class with enough bills that a strange one shows."""
        for levels, key in ((self._sizes, case.size), (self._table_classes, case.table_class)):
            level = levels.get(key)
            if level is not None and len(level.bills) >= _SURE_BILLS:
                return level.under(self._law)
        return 0.0

    def _level(self, case: Case) -> float:
        level = self._sizes.get(case.size)
        if level is None or len(level.bills) < _SURE_BILLS:
            level = self._table_classes.get(case.table_class)
        if level is None:
            return 0.0
        tokens = level.under(self._law)
        if len(level.bills) >= _SURE_BILLS:
            return tokens
        # One strange bill must not mislead all that follow in its class.
        most = _UNSURE_SHARE * abs(case.under(self._law))
        return min(most, max(-most, tokens))

    def _note(self) -> CalibrationNote | None:
        text = self._law.coefficients[:_TEXT_TERMS]
        table_tokens = sum(bill.case.terms[_TEXT_TERMS] for bill in self._bills)
        billed_tokens = sum(
            bill.tokens - sum(map(operator.mul, text, bill.case.terms)) for bill in self._bills
        )
        self.image_multiplier = max(0.0, billed_tokens) / max(1.0, table_tokens)
        if not self.is_calibrated or self._noted:
            return None
        table_mean_tokens = table_tokens / len(self._bills)
        text_mean_tokens = sum(bill.case.terms[1] for bill in self._bills) / len(self._bills)
        # A prompt that is always the same cannot be told from the image: it may be miscounted.
        doubt_tokens = _PRIORS[0].sd + _PRIORS[1].sd * text_mean_tokens
        most_tokens = max(_NOTABLE_SHARE * table_mean_tokens, doubt_tokens)
        if abs(self.image_multiplier - 1.0) * table_mean_tokens <= most_tokens:
            return None
        self._noted = True
        return CalibrationNote(
            round(table_mean_tokens),
            round(self.image_multiplier * table_mean_tokens),
            self.image_multiplier,
        )

    def __repr__(self) -> str:
        return f"<Calibration after {self.replies} replies: image × {self.image_multiplier:.2f}>"


@functools.lru_cache(_CACHED_CASES)
def _case(size: PromptSize) -> Case:
    return Case(size.terms(), (size.width_px, size.height_px), (size.table_tokens, size.tiles))


def _groups(bills: Collection[Bill]) -> list[Hashable]:
    """The class of each bill: its size where that came often enough, else the formula's class."""
    seen = Counter(bill.case.size for bill in bills)
    return [
        case.size if seen[case.size] >= _SURE_BILLS else ("table", case.table_class)
        for case, _ in bills
    ]
