"""A failure as the failures file holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one placeholder, or with `placeholder` None a record as a whole, came to nothing.

    `image` is the image as a person would name it, `where` a line that is no sample ("line 7").
    `reason` is one of `reasons.REASONS`, or one of a later version's; `detail` says what was seen.
    """

    sample: int
    placeholder: int | None
    reason: str
    image: str | None = None
    detail: str = ""
    attempts: int = 0
    where: str = ""


def is_index(value: object) -> TypeGuard[int]:
    """Whether a JSON value can be the id of a sample, or of a placeholder in it."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
