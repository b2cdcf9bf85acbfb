"""What is changed about a request, each change once."""

from __future__ import annotations

import pytest

from captioner.flow.adapting import AS_IT_IS, Adaptation, Shape
from captioner.vision.image import Prepared
from captioner.vision.reply import Action, Problem


def _sent(width_px: int = 1000, height_px: int = 400) -> Prepared:
    return Prepared("image/jpeg", b"", width_px, height_px, converted=False)


def _problem(action: Action) -> Problem:
    return Problem(action, "too_large", "")


def test_the_cap_is_doubled_once() -> None:
    """The second cut reply is kept as it is."""
    longer = Adaptation(500).with_twice_the_cap()
    assert longer is not None
    assert longer.cap_tokens == 1000
    assert longer.with_twice_the_cap() is None


def test_a_cap_that_may_not_be_doubled_is_not() -> None:
    """A cap in extra_body is the user's word."""
    assert Adaptation(500, may_double=False).with_twice_the_cap() is None


def test_an_image_is_encoded_anew_once() -> None:
    """Bad bytes get one more try."""
    again = Adaptation(500).after(_problem(Action.REENCODE), _sent())
    assert again == Adaptation(500, Shape("reencode"))
    assert again is not None
    assert again.after(_problem(Action.REENCODE), _sent()) is None


def test_an_image_is_halved_once() -> None:
    """By its longer side, and not below what can be seen."""
    smaller = Adaptation(500).after(_problem(Action.SHRINK), _sent(1000, 400))
    assert smaller == Adaptation(500, Shape("reencode", 500))
    assert smaller is not None
    assert smaller.after(_problem(Action.SHRINK), _sent(500, 200)) is None
    tiny = Adaptation(500).after(_problem(Action.SHRINK), _sent(20, 30))
    assert tiny is not None
    assert tiny.shape.max_side_px == 64


def test_shrinking_after_encoding_anew_is_still_possible() -> None:
    """These are two changes, and each may be made once; a shrunk image is encoded anew already."""
    again = Adaptation(500).after(_problem(Action.REENCODE), _sent())
    assert again is not None
    both = again.after(_problem(Action.SHRINK), _sent())
    assert both is not None
    assert both.shape == Shape("reencode", 500)
    assert both.after(_problem(Action.REENCODE), _sent()) is None


@pytest.mark.parametrize("action", [Action.FAIL, Action.STOP, Action.RETRY, Action.CHANGE_DIALECT])
def test_nothing_is_changed_for_other_problems(action: Action) -> None:
    """They are dealt with elsewhere."""
    assert Adaptation(500, AS_IT_IS).after(_problem(action), _sent()) is None
