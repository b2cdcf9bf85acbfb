"""Records behave as frozen dataclasses do, but for what mypy alone forbids."""

from __future__ import annotations

import pytest

from captioner.record import record


@record
class Place:
    """Where something is."""

    x_px: int
    y_px: int = 0


def test_a_record_is_its_values() -> None:
    """Equal values are one key; there is no room for anything else, and a match takes it apart."""
    assert {Place(1), Place(1, 0)} == {Place(1)}
    assert repr(Place(1)) == "Place(x_px=1, y_px=0)"
    with pytest.raises(AttributeError):
        Place(1).z_px = 2  # type: ignore[attr-defined]
    match Place(1, 2):
        case Place(x_px, y_px):
            assert (x_px, y_px) == (1, 2)
