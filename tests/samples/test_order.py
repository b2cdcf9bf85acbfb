"""Order restored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.order import Reorder


@given(st.permutations(list(range(20))))
def test_any_order_in_one_order_out(arrivals: list[int]) -> None:
    """Everything leaves once, in order, and as soon as nothing earlier is missing."""
    reorder: Reorder[str] = Reorder()
    left: list[str] = []
    seen: set[int] = set()
    for position in arrivals:
        left += reorder.put(position, f"item {position}")
        seen.add(position)
        complete = next(number for number in range(21) if number not in seen)
        assert left == [f"item {number}" for number in range(complete)]
        assert reorder.held == len(seen) - complete


def test_a_position_is_taken_once() -> None:
    """A second item for a place, waiting or gone, is a mistake that shows."""
    reorder: Reorder[None] = Reorder()
    assert reorder.put(0, None) == [None]
    assert reorder.put(2, None) == []
    for position in (0, 2, -1):
        with pytest.raises(ValueError, match=f"position {position} "):
            reorder.put(position, None)


def test_repr_shows_the_state() -> None:
    """A glance says what is awaited and how much waits."""
    reorder: Reorder[int] = Reorder()
    reorder.put(3, 0)
    assert repr(reorder) == "<Reorder: next is 0, 1 held>"
