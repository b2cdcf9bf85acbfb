from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.endpoint.describe import Form, Picture, describe, form_of
from captioner.samples.prompts import MODE_PROMPTS
from captioner.samples.rules import Mode

PICTURE = Picture(
    width_px=640,
    height_px=480,
    colours=(("dark blue", 0.6), ("white", 0.37), ("red", 0.03)),
    brightness=0.31,
    contrast=0.5,
    detail=0.2,
    top_minus_bottom=0.2,
    left_minus_right=-0.1,
)
SHARE = st.floats(0, 1)
PICTURES = st.builds(
    Picture,
    width_px=st.integers(1, 20_000),
    height_px=st.integers(1, 20_000),
    colours=st.just((("grey", 1.0),)),
    brightness=SHARE,
    contrast=SHARE,
    detail=SHARE,
    top_minus_bottom=st.floats(-1, 1),
    left_minus_right=st.floats(-1, 1),
)


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        ("caption", Form.PARAGRAPH),
        ("description", Form.PAIR),
        ("reasoning", Form.REASONING),
        ("conversation", Form.DIALOGUE),
    ],
)
def test_each_mode_gets_the_form_it_asks_for(mode: Mode, form: Form) -> None:
    """The modes' own prompts are told apart; without a prompt it is a paragraph."""
    assert form_of(MODE_PROMPTS[mode]) is form
    assert form_of("") is Form.PARAGRAPH


def test_what_was_measured_is_said() -> None:
    """Size, orientation, colours that matter, light, contrast, detail, and who did not look."""
    text = describe([PICTURE], Form.PARAGRAPH, 0)
    for said in (
        "640 by 480",
        "landscape",
        "dark blue (60%) and white (37%)",
        "rather dark",
        "31.0%",
        "strong contrast",
        "upper half is brighter",
        "much detail",
        "no model looked",
    ):
        assert said in text
    assert "red" not in text
    assert "\n" not in text


@given(PICTURES, st.integers(0, 2**64 - 1))
def test_pairs_are_pairs(picture: Picture, draw: int) -> None:
    """Question and answer take turns, line by line: one pair, or several for a dialogue."""
    for form in (Form.PAIR, Form.REASONING, Form.DIALOGUE):
        lines = describe([picture], form, draw).splitlines()
        assert [line[:3] for line in lines] == ["Q: ", "A: "] * (len(lines) // 2)
        assert (len(lines) > 2) == (form is Form.DIALOGUE)


@given(PICTURES, st.integers(0, 2**64 - 1), st.sampled_from(Form))
def test_every_form_is_honest_and_repeatable(picture: Picture, draw: int, form: Form) -> None:
    """Each text says its size and that no model looked; the same draw says the same."""
    text = describe([picture], form, draw)
    assert f"{picture.width_px} by {picture.height_px} pixels" in text
    assert text.count("no model looked at the image") == 1
    assert describe([picture], form, draw) == text


@pytest.mark.parametrize(
    ("size_px", "words"),
    [
        ((100, 100), "a square"),
        ((90, 100), "in portrait orientation"),
        ((1000, 100), "a long strip in landscape orientation"),
    ],
)
def test_orientation(size_px: tuple[int, int], words: str) -> None:
    """Shape follows from the sides."""
    picture = replace(PICTURE, width_px=size_px[0], height_px=size_px[1])
    assert words in describe([picture], Form.PARAGRAPH, 1)


def test_several_images_are_told_apart() -> None:
    """Each image has its own paragraph, with its number."""
    text = describe([PICTURE, replace(PICTURE, width_px=7)], Form.PARAGRAPH, 5)
    assert text.startswith("Image 1.\n")
    assert "\n\nImage 2.\n" in text
