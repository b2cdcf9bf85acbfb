"""An image's tokens follow the documented formulas, for every model named there."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.vision.image_tokens import (
    FAMILIES,
    UNKNOWN,
    PatchFamily,
    TileFamily,
    family_of,
    image_tokens,
)

MODELS = [*FAMILIES, "some-local-model"]
TILED = [model for model in MODELS if isinstance(family_of(model), TileFamily)]
PATCHED = [model for model in MODELS if isinstance(family_of(model), PatchFamily)]
DETAILS = ["low", "high", "auto", "original"]
sides_px = st.integers(1, 30_000)


@pytest.mark.parametrize(
    ("model", "detail", "size_px", "tokens"),
    [
        ("gpt-4o", "low", (4000, 3000), 85),
        ("gpt-4o", "high", (512, 512), 85 + 170),
        ("gpt-4o", "high", (513, 512), 85 + 2 * 170),
        ("gpt-4o", "high", (1024, 1024), 85 + 4 * 170),
        ("gpt-4o", "high", (2048, 4096), 85 + 6 * 170),
        ("gpt-4o", "auto", (2048, 4096), 85 + 6 * 170),
        ("gpt-4.1", "high", (4000, 3000), 85 + 4 * 170),
        ("gpt-4-turbo", "high", (100_000, 1), 85 + 4 * 170),
        ("gpt-4o-mini", "low", (1, 1), 2833),
        ("gpt-4o-mini", "high", (512, 512), 2833 + 5667),
        ("gpt-5", "high", (512, 512), 70 + 140),
        ("gpt-5.1", "low", (512, 512), 70),
        ("o3", "high", (512, 512), 75 + 150),
        ("computer-use-preview", "high", (512, 512), 65 + 129),
        ("gpt-4.1-mini", "high", (1024, 1024), round(1024 * 1.62)),
        ("gpt-4.1-mini", "high", (1800, 2400), round(1452 * 1.62)),
        ("gpt-4.1-nano", "high", (1800, 2400), round(1452 * 2.46)),
        ("o4-mini", "high", (1800, 2400), round(1452 * 1.72)),
        ("gpt-5-mini", "high", (2048, 32), round(64 * 1.62)),
        ("gpt-5-mini", "high", (4096, 64), round(64 * 1.62)),  # the longest side may have 2048 px
        ("gpt-4.1-mini", "high", (4096, 64), round(256 * 1.62)),  # … and here as much as it likes
        ("gpt-5.2", "low", (512, 512), 307),
        ("gpt-5.4", "auto", (2048, 2048), round(2500 * 1.2)),
        ("gpt-5.4", "original", (2048, 2048), round(4096 * 1.2)),
        ("gpt-5.5", "auto", (2048, 2048), round(4096 * 1.2)),
        ("gpt-5.5", "high", (2048, 2048), round(2500 * 1.2)),
        ("gpt-6", "auto", (4000, 3000), 14_100),
        ("gpt-6", "auto", (512, 512), 307),
        ("gpt-4.1-mini", "high", (1, 100_000), round(1536 * 1.62)),
    ],
)
def test_documented_examples(
    model: str, detail: str, size_px: tuple[int, int], tokens: int
) -> None:
    """What the documentation works out, and sizes just at an edge of the formulas."""
    assert image_tokens(model, detail, *size_px) == tokens


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("openrouter/openai/GPT-4o-mini:free", "gpt-4o-mini"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("ft:gpt-4.1-nano-2025-04-14:my-org::x1", "gpt-4.1-nano"),
        ("chatgpt-4o-latest", "gpt-4o"),
        ("gpt-4-1106-vision-preview", "gpt-4o"),
        ("gpt-4-vision-preview", "gpt-4o"),
        ("gpt-4.5-preview", "gpt-4o"),
        ("gpt-5-chat-latest", "gpt-5"),
        ("gpt-5.4-mini-2026-03-01", "gpt-5.4-mini"),
        ("o1-pro", "o1"),
    ],
)
def test_names_with_dates_and_prefixes(name: str, like: str) -> None:
    """A variant counts like the model it is a variant of, and never like a shorter namesake."""
    assert family_of(name) == FAMILIES[like]


@pytest.mark.parametrize("name", ["llava", "gpt-4", "gpt-4omni", "my-gpt-4o", "", "/", "gpt-5.3"])
def test_unknown_models_have_the_stated_fallback(name: str) -> None:
    """What only looks alike is unknown, and unknown is rather estimated too high."""
    assert family_of(name) is UNKNOWN
    assert image_tokens(name, "low", 1024, 1024) == round(1024 * 1.62)
    assert image_tokens(name, "low", 8000, 8000) == round(2500 * 1.62)


@given(st.sampled_from(MODELS), st.sampled_from(DETAILS), sides_px, sides_px)
def test_always_positive_and_blind_to_orientation(
    model: str, detail: str, width_px: int, height_px: int
) -> None:
    """Every image costs something, and the same when it is turned."""
    tokens = image_tokens(model, detail, width_px, height_px)
    assert tokens > 0
    assert tokens == image_tokens(model, detail, height_px, width_px)


@given(st.sampled_from(TILED), sides_px, sides_px)
def test_tiles_never_exceed_what_fits(model: str, width_px: int, height_px: int) -> None:
    """After shrinking to 2048 by 768 px there are at most eight tiles; low is never dearer."""
    family = family_of(model)
    assert isinstance(family, TileFamily)
    tokens = image_tokens(model, "high", width_px, height_px)
    most = family.base_tokens + 8 * family.tile_tokens
    assert image_tokens(model, "low", width_px, height_px) < tokens <= most


@given(st.sampled_from(PATCHED), st.sampled_from(DETAILS), sides_px, sides_px)
def test_patches_never_exceed_budget_or_image(
    model: str, detail: str, width_px: int, height_px: int
) -> None:
    """No more patches than the image has, nor than the level's budget allows."""
    family = family_of(model)
    assert isinstance(family, PatchFamily)
    tokens = image_tokens(model, detail, width_px, height_px)
    whole = math.ceil(width_px / 32) * math.ceil(height_px / 32)
    assert tokens <= round(family.multiplier * whole)
    if detail in ("low", "high"):
        assert family.high.budget_patches is not None
        assert tokens <= round(family.multiplier * family.high.budget_patches)


@given(st.sampled_from(PATCHED), st.integers(100, 20_000), st.integers(100, 20_000))
def test_the_budget_is_well_used(model: str, width_px: int, height_px: int) -> None:
    """An image of ordinary shape that must be shrunk keeps at least four fifths of the budget."""
    family = family_of(model)
    assert isinstance(family, PatchFamily)
    budget, long_side_px = family.high.budget_patches, family.high.long_side_px
    assert budget is not None
    if max(width_px, height_px) > 3 * min(width_px, height_px):
        return
    scale = min(1.0, (long_side_px or 10**9) / max(width_px, height_px))
    if width_px * height_px * scale**2 > 1.1 * budget * 32**2:
        assert image_tokens(model, "high", width_px, height_px) >= 0.8 * budget * family.multiplier


@given(st.sampled_from(MODELS), sides_px, sides_px, st.integers(0, 500), st.integers(0, 500))
def test_more_pixels_never_cost_less_while_nothing_is_shrunk(
    model: str, width_px: int, height_px: int, wider_px: int, higher_px: int
) -> None:
    """Within 768 px no model shrinks anything, and tokens only grow with the image."""
    width_px, height_px = 1 + width_px % 268, 1 + height_px % 268
    assert image_tokens(model, "high", width_px, height_px) <= image_tokens(
        model, "high", width_px + wider_px, height_px + higher_px
    )


@given(st.sampled_from(MODELS), st.integers(-5, 0))
def test_sizes_that_cannot_be_cost_like_a_pixel(model: str, side_px: int) -> None:
    """An estimate never fails."""
    assert image_tokens(model, "high", side_px, side_px) == image_tokens(model, "high", 1, 1)
