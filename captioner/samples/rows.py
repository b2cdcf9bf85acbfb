"""Which rows a sample has. Their kinds follow from its plan and its failures, without a caption."""

from __future__ import annotations

import functools
from collections.abc import Set
from typing import Final, Literal

from captioner.record import record
from captioner.samples.plan import Plan
from captioner.samples.rules import Rules


@record
class RowKind:
    """What a row is: the kept `original`, the `generated` sample, or the `caption` of one
    `placeholder` (None for the other two).
    """

    name: Literal["original", "generated", "caption"]
    placeholder: int | None = None


ORIGINAL: Final = RowKind("original")
GENERATED: Final = RowKind("generated")


def rows_of(plan: Plan, failed: Set[int], rules: Rules) -> tuple[RowKind, ...]:
    """Return the kinds of a sample's rows, in order; `failed` are placeholders without a caption.

    Raises ValueError if `failed` names a placeholder that the sample does not have.
    """
    count = len(plan.placeholders)
    if failed and (foreign := sorted(index for index in failed if not 0 <= index < count)):
        raise ValueError(f"no placeholder {foreign[0]}")
    if rules.rows == "captions":
        return _captions(count)
    kinds = (ORIGINAL,) if rules.keep_original_sample else ()
    return (*kinds, GENERATED) if _is_generated(count, len(failed), rules) else kinds


# The same for every sample of one image.
@functools.lru_cache(64)
def _captions(count: int) -> tuple[RowKind, ...]:
    return tuple([RowKind("caption", index) for index in range(count)])


def _is_generated(placeholders: int, failed: int, rules: Rules) -> bool:
    # A sample without placeholders has nothing to generate from, in `all` as in `any`.
    if not placeholders:
        return False
    return failed == 0 if rules.any_or_all == "all" else failed < placeholders
