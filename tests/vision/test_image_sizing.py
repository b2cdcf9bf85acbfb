"""An image is sent no dearer than asked, never enlarged, and in its own shape to the pixel."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from captioner.vision.image_policy import ImagePolicy
from captioner.vision.image_sizing import sent_size
from captioner.vision.image_tokens import FAMILIES, UNKNOWN, TileFamily, family_of

FAMILY = st.sampled_from([*FAMILIES.values(), UNKNOWN])
KNOWN = st.sampled_from(list(FAMILIES.values()))
DETAIL = st.sampled_from(["low", "high", "auto", "original"])
side_px = st.integers(1, 20_000) | st.integers(1, 600) | st.sampled_from([1, 32, 512, 768, 2048])
limit_px = st.none() | st.integers(1, 5000)
asked_tokens = st.none() | st.integers(1, 12_000)


def is_in_shape(width_px: int, height_px: int, sent: tuple[int, int]) -> bool:
    """Is there one scale at which neither side is a whole pixel off?"""
    lowest = max((sent[0] - 1) / width_px, (sent[1] - 1) / height_px)
    highest = min((sent[0] + 1) / width_px, (sent[1] + 1) / height_px)
    return lowest < highest


@settings(max_examples=1500, deadline=None)
@given(FAMILY, DETAIL, side_px, side_px, limit_px, asked_tokens, limit_px)
def test_never_dearer_than_asked_enlarged_or_distorted(
    family: object,
    detail: str,
    width_px: int,
    height_px: int,
    max_side_px: int | None,
    image_tokens: int | None,
    api_side_px: int | None,
) -> None:
    """All limits at once, for every family, from dots to panoramas."""
    policy = ImagePolicy(
        detail=detail,
        family=family,  # type: ignore[arg-type]
        max_side_px=max_side_px,
        image_tokens=image_tokens,
    )
    sent = sent_size(width_px, height_px, policy, api_side_px)
    assert 1 <= sent[0] <= width_px
    assert 1 <= sent[1] <= height_px
    assert is_in_shape(width_px, height_px, sent)
    for limit in (max_side_px, api_side_px):
        assert limit is None or max(sent) <= limit
    cost = policy.family.tokens(detail, *sent)
    if image_tokens is not None:
        assert cost <= max(image_tokens, policy.family.least_tokens(detail))
    else:
        assert cost <= policy.family.tokens(detail, width_px, height_px) or max_side_px is not None


@settings(max_examples=600, deadline=None)
@given(KNOWN, DETAIL, side_px, side_px)
@example(family_of("gpt-5-mini"), "high", 65, 4097)
def test_what_a_detail_cannot_show_is_left_out_and_nothing_else(
    family: object, detail: str, width_px: int, height_px: int
) -> None:
    """What is sent costs as much as the original at most, and the model would shrink it no more."""
    policy = ImagePolicy(detail=detail, family=family)  # type: ignore[arg-type]
    sent = sent_size(width_px, height_px, policy)
    again = sent_size(*sent, policy)
    assert again == sent
    cost = policy.family.tokens(detail, *sent)
    original = policy.family.tokens(detail, width_px, height_px)
    assert cost <= original
    times, by = policy.family.useful_scale(detail, width_px, height_px)
    shown = [Fraction(side_px * times, by) for side_px in (width_px, height_px)]
    assert all(abs(is_px - was_px) < 1 for is_px, was_px in zip(sent, shown, strict=True))
    # A side that is rounded to a pixel may begin a row less, which of two rows is half.
    edge_px = policy.family.edge_px
    rows, rows_shown = ([-(-side_px // edge_px) for side_px in sides] for sides in (sent, shown))
    if detail != "low" and rows == rows_shown:
        assert cost == original


@settings(max_examples=300, deadline=None)
@given(FAMILY, DETAIL, st.integers(40, 2500), st.integers(40, 2500), st.integers(50, 4000))
def test_it_is_the_largest_for_its_price(
    family: object, detail: str, width_px: int, height_px: int, image_tokens: int
) -> None:
    """Shrunk for its price, a side ends on an edge, and every larger picture is too dear."""
    policy = ImagePolicy(detail=detail, family=family)  # type: ignore[arg-type]
    useful = sent_size(width_px, height_px, policy)
    sent = sent_size(width_px, height_px, replace(policy, image_tokens=image_tokens))
    if sent == useful or image_tokens < policy.family.least_tokens(detail):
        return
    edge_px = policy.family.edge_px
    assert any(side_px % edge_px == 0 for side_px in sent)
    long_px = max(width_px, height_px)
    for larger_px in range(max(sent) + 1, max(useful) + 1):
        larger = (-(-width_px * larger_px // long_px), -(-height_px * larger_px // long_px))
        assert policy.family.most_tokens(detail, *larger) > image_tokens


@settings(max_examples=300, deadline=None)
@given(FAMILY, DETAIL, side_px, side_px, limit_px, asked_tokens)
def test_never_means_never(
    family: object,
    detail: str,
    width_px: int,
    height_px: int,
    max_side_px: int | None,
    image_tokens: int | None,
) -> None:
    """Only the API's own word shrinks an image then."""
    policy = ImagePolicy(
        "never",
        detail,
        family,  # type: ignore[arg-type]
        max_side_px,
        image_tokens,
    )
    assert sent_size(width_px, height_px, policy) == (width_px, height_px)
    assert max(sent_size(width_px, height_px, policy, 64)) <= 64


@settings(max_examples=300, deadline=None)
@given(DETAIL, side_px, side_px)
def test_models_nobody_knows_get_images_as_they_are(
    detail: str, width_px: int, height_px: int
) -> None:
    """A formula that is only assumed shrinks nothing."""
    assert sent_size(width_px, height_px, ImagePolicy(detail=detail)) == (
        width_px,
        height_px,
    )


@pytest.mark.parametrize(
    ("model", "detail", "size_px", "sent_px"),
    [
        ("gpt-4o", "low", (4000, 3000), (512, 384)),
        ("gpt-4o", "high", (4000, 3000), (1024, 768)),
        ("gpt-4o", "auto", (4000, 3000), (1024, 768)),
        ("gpt-4o", "high", (10_000, 1000), (2048, 205)),
        ("gpt-4o", "high", (700, 700), (700, 700)),
        ("gpt-4.1-mini", "high", (1800, 2400), (1056, 1408)),
        ("gpt-4.1-mini", "low", (1800, 2400), (384, 512)),
        ("gpt-5-mini", "high", (4096, 64), (2048, 32)),
        ("gpt-5.4", "original", (4000, 3000), (3669, 2752)),
        ("gpt-6", "high", (4000, 3000), (4000, 3000)),  # its budget is not known
        ("gpt-6", "low", (4000, 3000), (512, 384)),
        ("llava", "low", (4000, 3000), (4000, 3000)),
    ],
)
def test_worked_examples(
    model: str, detail: str, size_px: tuple[int, int], sent_px: tuple[int, int]
) -> None:
    """The vendors' own examples, and the ends of their formulas."""
    policy = ImagePolicy(detail=detail, family=family_of(model))
    assert sent_size(*size_px, policy) == sent_px


@pytest.mark.parametrize(
    ("model", "detail", "sent_px", "tokens"),
    [
        ("gpt-4o", "high", (512, 384), 255),
        ("gpt-4o", "low", (512, 384), 85),
        ("gpt-5.2", "high", (555, 416), 281),
        ("gpt-4.1-mini", "high", (480, 360), 292),
        ("llava", "low", (480, 360), 292),
    ],
)
def test_a_photo_for_300_tokens(
    model: str, detail: str, sent_px: tuple[int, int], tokens: int
) -> None:
    """The largest 4:3 picture that costs no more on each kind of model."""
    policy = ImagePolicy(detail=detail, family=family_of(model), image_tokens=300)
    assert sent_size(4000, 3000, policy) == sent_px
    assert policy.family.tokens(detail, *sent_px) == tokens


def test_what_cannot_be_had_at_the_price_costs_the_least_there_is() -> None:
    """On a model whose base alone is dearer, a single tile is sent, and that one is used."""
    family = family_of("gpt-4o-mini")
    assert isinstance(family, TileFamily)
    policy = ImagePolicy(detail="high", family=family, image_tokens=300)
    assert sent_size(4000, 3000, policy) == (512, 384)
    assert family.least_tokens("high") == 2833 + 5667
    assert family.least_tokens("low") == 2833
