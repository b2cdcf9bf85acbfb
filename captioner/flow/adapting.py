"""What is changed about one request after the endpoint's answer, and asked once more. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from captioner.vision.image import Prepared
from captioner.vision.reply import Action, Problem

_SMALLEST_SIDE_PX = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be done to an image before it is sent; the default sends it as it is."""

    effort: Literal["as_is", "reencode"] = "as_is"
    max_side_px: int | None = None


AS_IT_IS = Shape()


@dataclass(frozen=True, slots=True)
class Adaptation:
    """How a request differs from what was asked; each change is made at most once.

    `cap_tokens` is the output cap. What differs here is never part of the ledger's key.
    """

    cap_tokens: int
    shape: Shape = AS_IT_IS
    may_double: bool = True

    def with_twice_the_cap(self) -> Adaptation | None:
        """For a reply that was cut at the cap; None the second time."""
        if not self.may_double:
            return None
        return replace(self, cap_tokens=2 * self.cap_tokens, may_double=False)

    def after(self, problem: Problem, sent: Prepared) -> Adaptation | None:
        """What to try next after `problem` with what was `sent`; None where nothing is left."""
        match problem.action:
            case Action.REENCODE if self.shape.effort == "as_is":
                return replace(self, shape=replace(self.shape, effort="reencode"))
            case Action.SHRINK if self.shape.max_side_px is None:
                side_px = max(_SMALLEST_SIDE_PX, max(sent.width_px, sent.height_px) // 2)
                return replace(self, shape=Shape("reencode", side_px))
            case _:
                return None
