"""Prompt estimates come to what an endpoint really bills, whatever it counts by."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.flow.calibration import Calibration, CalibrationNote, PromptSize
from captioner.vision.image_tokens import (
    FAMILIES,
    UNKNOWN,
    Family,
    PatchFamily,
    PatchLevel,
    TileFamily,
)

Bill = Callable[[PromptSize], float]
Size = tuple[int, int]
Text = tuple[int, int]

FOLDER: list[Size] = [(640, 480), (480, 640), (1024, 768), (512, 512), (1200, 900), (2000, 1500)]
FOREIGN: dict[str, Callable[[int, int], float]] = {
    "constant": lambda width_px, height_px: 576,
    "tiles": lambda width_px, height_px: TileFamily(85, 170).tokens("high", width_px, height_px),
    "patches": lambda width_px, height_px: PatchFamily(PatchLevel(1536), 1.62).tokens(
        "high", width_px, height_px
    ),
    "patches of 28 px": lambda width_px, height_px: (
        round(width_px / 28) * round(height_px / 28) + 2
    ),
    "square root": lambda width_px, height_px: 3 * (width_px * height_px) ** 0.5,
}
families = st.sampled_from([*FAMILIES.values(), UNKNOWN])
details = st.sampled_from(["low", "high", "original"])
seeds = st.integers(0, 2**32 - 1)
multipliers = st.floats(0.6, 3.0)


def prompt_size(family: Family, detail: str, size_px: Size, text: Text) -> PromptSize:
    """As Costs makes it; `text` is tokens and characters."""
    return PromptSize(
        *text,
        *size_px,
        table_tokens=family.tokens(detail, *size_px),
        tiles=TileFamily(0, 1).tokens("high", *size_px),
        patches=PatchFamily(PatchLevel(None), 1).tokens("high", *size_px),
        budgeted_patches=PatchFamily(PatchLevel(1536), 1).tokens("high", *size_px),
    )


def any_size(rng: random.Random) -> Size:
    """A size that hardly comes twice."""
    return rng.randint(64, 2000), rng.randint(64, 2000)


def any_text(rng: random.Random) -> Text:
    """A prompt of 20 to 300 tokens, of 3 to 5.5 characters each."""
    tokens = rng.randint(20, 300)
    return tokens, round(tokens * rng.uniform(3, 5.5))


def errors(calibration: Calibration, sizes: list[PromptSize], bill: Bill) -> list[float]:
    """The relative errors of the estimates, each made before its bill is learned from."""
    found = []
    for size in sizes:
        billed = max(1, round(bill(size)))
        found.append(abs(calibration.estimate_tokens(size) - billed) / billed)
        calibration.learn(size, billed)
    return found


def mean_after_fifty(sizes: list[PromptSize], bill: Bill) -> float:
    """The mean relative error of the replies after the first fifty."""
    late = errors(Calibration(), sizes, bill)[50:]
    return sum(late) / len(late)


@given(families, details, seeds, multipliers, st.booleans(), st.booleans(), st.floats(0.7, 1.5))
@settings(deadline=None, max_examples=60)
def test_any_multiplier_is_found_within_fifty_replies(
    family: Family,
    detail: str,
    seed: int,
    multiplier: float,
    many_sizes: bool,
    many_texts: bool,
    text_factor: float,
) -> None:
    """Within 2 %: also for sizes not seen before, and where texts are counted in another way."""
    rng = random.Random(seed)
    text = any_text(rng)
    sizes = [
        prompt_size(
            family,
            detail,
            any_size(rng) if many_sizes else rng.choice(FOLDER),
            any_text(rng) if many_texts else text,
        )
        for _ in range(100)
    ]

    def bill(size: PromptSize) -> float:
        return 11 + text_factor * size.text_tokens + multiplier * size.table_tokens

    assert mean_after_fifty(sizes, bill) <= 0.02


@given(families, seeds, multipliers)
@settings(deadline=None, max_examples=25)
def test_an_endpoint_that_counts_characters(family: Family, seed: int, multiplier: float) -> None:
    """Text by characters, in other proportion to tokens with each prompt, is met as well."""
    rng = random.Random(seed)
    sizes = [prompt_size(family, "low", any_size(rng), any_text(rng)) for _ in range(100)]

    def bill(size: PromptSize) -> float:
        return 8 + -(-size.text_chars // 4) + round(multiplier * size.table_tokens)

    assert mean_after_fifty(sizes, bill) <= 0.02


@pytest.mark.parametrize("formula", FOREIGN)
@given(families, details, seeds)
@settings(deadline=None, max_examples=15)
def test_a_foreign_formula_is_met_for_sizes_that_were_seen(
    formula: str, family: Family, detail: str, seed: int
) -> None:
    """Whatever the endpoint counts by, sizes that come again are within 2 %."""
    rng = random.Random(seed)
    sizes = [prompt_size(family, detail, rng.choice(FOLDER), any_text(rng)) for _ in range(120)]

    def bill(size: PromptSize) -> float:
        return 20 + 1.1 * size.text_tokens + FOREIGN[formula](size.width_px, size.height_px)

    late = errors(Calibration(), sizes, bill)[50:]
    assert sum(late) / len(late) <= 0.02


@pytest.mark.parametrize("formula", ["constant", "tiles", "patches"])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-6", "o3"])
@pytest.mark.parametrize("detail", ["low", "high"])
def test_documented_kinds_of_formula_are_met_for_any_size(
    formula: str, model: str, detail: str
) -> None:
    """A name may stand for a model of another kind: its law is found, not only its sizes."""
    rng = random.Random(5)
    sizes = [prompt_size(FAMILIES[model], detail, any_size(rng), any_text(rng)) for _ in range(100)]

    def bill(size: PromptSize) -> float:
        return 5 + size.text_tokens + FOREIGN[formula](size.width_px, size.height_px)

    assert mean_after_fifty(sizes, bill) <= 0.02


@given(seeds, st.lists(st.floats(0.6, 3.0), min_size=8, max_size=8))
@settings(deadline=None, max_examples=25)
def test_size_classes_may_each_have_their_own_multiplier(seed: int, by_tiles: list[float]) -> None:
    """Images with as many tiles are one class, whatever their sizes."""
    rng = random.Random(seed)
    family = FAMILIES["gpt-4o"]
    sizes = [prompt_size(family, "high", any_size(rng), any_text(rng)) for _ in range(150)]

    def bill(size: PromptSize) -> float:
        return 8 + size.text_tokens + by_tiles[size.tiles % 8] * size.table_tokens

    seen: dict[int, int] = {}
    late = []
    for number, error in enumerate(errors(Calibration(), sizes, bill)):
        tiles = sizes[number].tiles
        if number >= 50 and seen.get(tiles, 0) >= 5:
            late.append(error)
        seen[tiles] = seen.get(tiles, 0) + 1
    assert sum(late) / len(late) <= 0.02


@pytest.mark.parametrize("seed", range(5))
def test_a_strange_bill_now_and_then_changes_little(seed: int) -> None:
    """One reply in thirty is billed tenfold: estimates of the others stay within 2 %."""
    rng = random.Random(seed)
    family = FAMILIES["gpt-4o"]
    calibration = Calibration()
    late = []
    for number in range(110):
        size = prompt_size(family, "high", rng.choice(FOLDER), any_text(rng))
        billed = 8 + size.text_tokens + 2 * size.table_tokens
        if number >= 60:
            late.append(abs(calibration.estimate_tokens(size) - billed) / billed)
        calibration.learn(size, 10 * billed if number % 30 == 29 else billed)
    assert sum(late) / len(late) <= 0.02


def test_an_endpoint_that_changes_its_counting_is_followed() -> None:
    """Old bills are forgotten in time."""
    rng = random.Random(1)
    sizes = [prompt_size(UNKNOWN, "low", rng.choice(FOLDER), (100, 400)) for _ in range(1500)]
    calibration = Calibration()
    errors(calibration, sizes[:500], lambda size: 100 + 2 * size.table_tokens)
    late = errors(calibration, sizes[500:], lambda size: 100 + 0.7 * size.table_tokens)[700:]
    assert max(late) <= 0.02


def test_before_any_reply_the_formula_and_the_text_are_the_estimate() -> None:
    """And a reply without a count teaches nothing."""
    calibration = Calibration()
    size = prompt_size(FAMILIES["gpt-4o"], "low", (640, 480), (100, 400))
    assert calibration.estimate_tokens(size) == 8 + 100 + 85
    calibration.learn(size, 0)
    assert calibration.estimate_tokens(size) == 8 + 100 + 85
    assert (calibration.replies, calibration.image_multiplier) == (0, 1.0)


def learn(calibration: Calibration, multiplier: float, replies: int) -> list[CalibrationNote]:
    """The notes while images of 640×480 px, 425 tokens by the formula, are billed."""
    size = prompt_size(FAMILIES["gpt-4o"], "high", (640, 480), (100, 400))
    assert size.table_tokens == 425
    notes = [
        calibration.learn(size, round(108 + multiplier * size.table_tokens)) for _ in range(replies)
    ]
    return [note for note in notes if note is not None]


@pytest.mark.parametrize("multiplier", [0.6, 1.4, 3.0])
def test_a_bill_unlike_the_formula_is_noted_once(multiplier: float) -> None:
    """After ten replies, with the image's part of both; never again, not even after forgetting."""
    calibration = Calibration()
    assert learn(calibration, multiplier, 9) == []
    assert not calibration.is_calibrated
    (note,) = learn(calibration, multiplier, 200)
    assert calibration.is_calibrated
    assert note.table_tokens == 425
    assert note.billed_tokens == pytest.approx(425 * multiplier, rel=0.05)
    assert note.ratio == pytest.approx(multiplier, rel=0.05)
    assert calibration.image_multiplier == pytest.approx(multiplier, rel=0.05)
    calibration.forget()
    assert learn(calibration, multiplier, 50) == []


@pytest.mark.parametrize("multiplier", [0.85, 1.0, 1.15])
def test_a_bill_like_the_formula_is_not_noted(multiplier: float) -> None:
    """Up to a quarter is no news."""
    assert learn(Calibration(), multiplier, 100) == []


def test_a_cheap_image_is_not_blamed_for_a_miscounted_text() -> None:
    """A prompt that never varies may be counted differently: a tenth of it is no image."""
    calibration = Calibration()
    size = prompt_size(FAMILIES["gpt-4o"], "low", (640, 480), (300, 1200))
    assert all(calibration.learn(size, 8 + 330 + 85) is None for _ in range(50))


def test_memory_is_bounded() -> None:
    """Sizes that never come twice are forgotten."""
    rng = random.Random(3)
    calibration = Calibration()
    for _ in range(3000):
        size = prompt_size(UNKNOWN, "high", any_size(rng), (10, 40))
        calibration.learn(size, size.table_tokens + 18)
    assert len(calibration._sizes) <= 1024
    assert len(calibration._table_classes) <= 1024
    assert repr(calibration) == "<Calibration after 3000 replies: image × 1.00>"


@given(st.lists(st.tuples(seeds, st.integers(-5, 10**6)), max_size=40))
@settings(deadline=None)
def test_no_bills_lead_to_an_impossible_estimate(bills: list[tuple[int, int]]) -> None:
    """Whatever is billed, nothing raises, and an estimate is at least a token."""
    calibration = Calibration()
    for seed, billed in bills:
        rng = random.Random(seed)
        size = prompt_size(UNKNOWN, "high", any_size(rng), any_text(rng))
        calibration.learn(size, billed)
        assert calibration.estimate_tokens(size) >= 1
    assert calibration.image_multiplier >= 0
