"""Loops at the end of a text."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from captioner.samples.repetition import loop_at_end

SENTENCE = "The dog is next to the other dog, which is brown. "
PARAGRAPH = (
    "A wide street with tall houses on both sides leads up to a church whose tower is lit by "
    "the low sun, while a tram with few passengers comes round the corner and a cyclist waits "
    "at the crossing with one foot on the kerb and looks back. "
)
DISTINCT = " ".join(f"word{number}" for number in range(40)) + ". "


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE * 8,
        DISTINCT + SENTENCE * 8,
        DISTINCT + SENTENCE * 8 + SENTENCE[:17],
        DISTINCT + SENTENCE.replace(" ", "\n") * 4 + SENTENCE.upper() * 4,
        PARAGRAPH * 3,
        "and a tree, " * 30,
        "A dog " + "very " * 40 + "big",
        "这是一只猫。" * 20,
        "!" * 200,
    ],
    ids=["whole", "tail", "cut", "spaced", "paragraph", "list", "stuttered", "chinese", "marks"],
)
def test_loops(text: str) -> None:
    """A phrase that comes many times until the end is a loop, also when the last round is cut."""
    if text.endswith("big"):
        assert loop_at_end(text) is None  # it found its way out
        text = text.removesuffix("big")
    loop = loop_at_end(text)
    assert loop is not None
    assert loop.repeats * loop.unit_chars >= 60


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ha ha ha ha ha",
        "A sign that says NO NO NO NO NO NO.",
        SENTENCE * 3,
        PARAGRAPH * 2,
        SENTENCE * 20 + "Then a cat came and everything changed.",
        DISTINCT * 3 + "\n" + "-" * 80,
        "| 1 | 2 |\n|---|---|\n| 3 | 4 |\n| 5 | 6 |\n| 7 | 8 |\n| 9 | 10 |\n| 11 | 12 |",
        "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily.",
    ],
)
def test_lawful_repetition(text: str) -> None:
    """Short laughs, signs, refrains, rules of dashes and loops that ended are no loops."""
    assert loop_at_end(text) is None


@given(st.text("abcdefgh .", min_size=20, max_size=80), st.integers(6, 30), st.text(max_size=200))
def test_any_phrase_can_loop(unit: str, repeats: int, before: str) -> None:
    """Whatever came before it, and wherever its last round was cut."""
    plain_unit = " ".join(unit.split())
    assume(len(plain_unit) >= 20)
    text = before + " " + " ".join([plain_unit] * (repeats + 1)) + " " + plain_unit[:9]
    assert loop_at_end(text) is not None


@given(st.lists(st.integers(0, 10**9), unique=True, max_size=200))
def test_what_never_repeats_never_loops(numbers: list[int]) -> None:
    """Words that differ make no loop, however many."""
    assert loop_at_end(" ".join(f"{number:010}" for number in numbers)) is None
