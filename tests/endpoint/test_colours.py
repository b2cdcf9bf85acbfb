from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from captioner.endpoint.colours import colour_name

CHANNEL = st.integers(0, 255)


@pytest.mark.parametrize(
    ("css", "name"),
    [
        ("black", "black"),
        ("white", "white"),
        ("gray", "grey"),
        ("red", "red"),
        ("orange", "orange"),
        ("yellow", "yellow"),
        ("lime", "green"),
        ("darkgreen", "dark green"),
        ("cyan", "cyan"),
        ("blue", "blue"),
        ("navy", "dark blue"),
        ("lightblue", "light blue"),
        ("saddlebrown", "brown"),
        ("wheat", "beige"),
        ("hotpink", "pink"),
        ("crimson", "red"),
    ],
)
def test_colours_have_the_names_people_give_them(css: str, name: str) -> None:
    """Well-known colours of the web are called what they are called there, or nearly."""
    red, green, blue = ImageColor.getrgb(css)[:3]
    assert colour_name(red, green, blue) == name


@given(CHANNEL, CHANNEL, CHANNEL)
def test_every_colour_has_a_name(red: int, green: int, blue: int) -> None:
    """No colour falls between the names, and greys are never called colourful."""
    assert colour_name(red, green, blue)
    assert colour_name(red, red, red).endswith(("black", "white", "grey"))
