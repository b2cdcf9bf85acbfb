"""Estimates of what a request costs the token rate."""

from __future__ import annotations

import math
import random
from typing import Any, cast

import pytest

from captioner.flow.costs import Costs
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import Parameters, Request
from captioner.vision.tokenizer import BUILTIN, Tokenizer, load_tokenizer


def _request(system: str, user: str) -> Request:
    return Request(0, 0, ImageRef.of("a.png", "/"), system, user)


def test_prompt_and_image_are_counted() -> None:
    """The messages' form, the texts and the image."""
    costs = Costs(Parameters("gpt-4o", detail="low"))
    bare = costs.prompt_tokens(_request("", ""), 4000, 3000).expected
    assert costs.image_tokens(4000, 3000) == 85
    assert bare == 85 + costs.text_tokens("", "")
    assert costs.prompt_tokens(_request("x" * 400, ""), 4000, 3000).expected == bare + 100


@pytest.mark.parametrize("text", ["图片里有什么", "\ud800", "a"])
def test_without_a_tokenizer_bytes_are_a_guess(text: str) -> None:
    """No text, half a surrogate among them, costs nothing or raises."""
    costs = Costs(Parameters("gpt-4o"))
    assert costs.text_tokens(text, "") > costs.text_tokens("", "")


def test_a_tokenizer_is_asked_where_there_is_one() -> None:
    """For both prompts, and not for empty ones."""

    class Words:
        def count(self, text: str) -> int:
            return len(text.split())

    words: Any = Words()
    costs = Costs(Parameters("gpt-4o"), cast("Tokenizer", words))
    assert costs.text_tokens("one two", "three") - costs.text_tokens("", "") == 3


WORDS = ["a", "red", "bus,", "parked", "Schifffahrt", "umbrellas!", "图片里", "12345", "\n"]


class Counting:
    """A tokenizer that counts words, each as `factor` tokens."""

    def __init__(self, factor: int = 1) -> None:
        self.factor = factor

    def count(self, text: str) -> int:
        """As Tokenizer's."""
        return self.factor * len(text.split())


def _tokenizer(factor: int = 1) -> Tokenizer:
    fake: Any = Counting(factor)
    return cast("Tokenizer", fake)


def test_a_tokenizer_may_come_later() -> None:
    """Requests before it are estimated by their bytes, and wait for nothing."""
    costs = Costs(Parameters("gpt-4o"))
    assert costs.text_tokens("one two three four", "") == 8 + 5
    costs.tokenizer_loaded(_tokenizer())
    assert costs.text_tokens("one two three four", "") == 8 + 4


@pytest.mark.parametrize("replies_before", [3, 30, 200])
def test_bills_from_before_the_tokenizer_are_not_lost(replies_before: int) -> None:
    """They are learned from anew with its counts: estimates are right at once."""
    rng = random.Random(1)
    costs = Costs(Parameters("gpt-4o", detail="high"))

    def settle() -> tuple[int, int]:
        request = _request("system " * 20, "abcdefghijkl " * rng.randint(5, 100))
        width_px, height_px = rng.choice([(640, 480), (1024, 768), (300, 200)])
        words = len(request.user_prompt.split()) + 20
        billed = 8 + 2 * words + 3 * costs.image_tokens(width_px, height_px)
        estimate = costs.prompt_tokens(request, width_px, height_px).expected
        costs.settle(request, width_px, height_px, billed)
        return estimate, billed

    for _ in range(replies_before):
        settle()
    costs.tokenizer_loaded(_tokenizer(2))
    for number in range(50):
        estimate, billed = settle()
        if replies_before + number >= 50:
            assert estimate == pytest.approx(billed, rel=0.02)
    assert costs.is_calibrated
    assert costs.image_multiplier == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("load_at", [0, 5, 15, None])
@pytest.mark.parametrize("multiplier", [0.6, 2.0])
def test_the_note_comes_once_whenever_the_tokenizer_comes(
    load_at: int | None, multiplier: float
) -> None:
    """Log and summary say once that the bill is not the formula's."""
    costs = Costs(Parameters("gpt-4.1-mini", detail="high"))
    notes = []
    for number in range(60):
        if number == load_at:
            costs.tokenizer_loaded(_tokenizer())
        request = _request("one two three", f"word{number % 7} four")
        billed = 8 + 5 + round(multiplier * costs.image_tokens(640, 480))
        notes.append(costs.settle(request, 640, 480, billed))
    (note,) = [note for note in notes if note]
    assert note.table_tokens == costs.image_tokens(640, 480) == 486
    assert note.ratio == pytest.approx(multiplier, rel=0.05)


def test_calibrated_estimates_reach_the_gate() -> None:
    """What admission counts of a prompt is the bill to come."""
    costs = Costs(Parameters("gpt-4o", detail="low"), _tokenizer())
    request = _request("one two", "three")
    for _ in range(50):
        costs.settle(request, 640, 480, 300)
    assert costs.prompt_tokens(request, 640, 480).expected == pytest.approx(300, rel=0.02)
    assert costs.image_tokens(640, 480) == 85


def test_until_the_bills_are_known_an_image_may_cost_three_times_its_formula() -> None:
    """The worst case that must be there to pay: the text's bytes, or a tenth above its tokens."""
    costs = Costs(Parameters("gpt-4o", detail="low"))
    request = _request("two words", "图")
    assert costs.prompt_tokens(request, 640, 480).at_worst == 3 * 85 + 32 + 9 + 3
    costs.tokenizer_loaded(_tokenizer(10))
    assert costs.prompt_tokens(request, 640, 480).at_worst == 3 * 85 + 32 + 33


def test_the_worst_case_follows_the_first_bills_upwards_only() -> None:
    """An endpoint that counts images by far more shows it before it is calibrated."""
    request = _request("one two", "three")
    for billed in (5, 5000):
        costs = Costs(Parameters("gpt-4o", detail="low"), _tokenizer())
        before = costs.prompt_tokens(request, 640, 480).at_worst
        for _ in range(3):
            costs.settle(request, 640, 480, billed)
        assert not costs.is_calibrated
        after = costs.prompt_tokens(request, 640, 480).at_worst
        assert after > 4000 if billed == 5000 else after == before


@pytest.mark.parametrize("billed_tokens", [120, 300, 1400])
def test_once_the_bills_are_known_the_worst_is_five_percent_more(billed_tokens: int) -> None:
    """The estimate is then the bill to come."""
    costs = Costs(Parameters("gpt-4o", detail="low"), _tokenizer())
    request = _request("one two", "three")
    for _ in range(50):
        costs.settle(request, 640, 480, billed_tokens)
    worst = costs.prompt_tokens(request, 640, 480).at_worst
    assert worst == math.ceil(1.05 * costs.prompt_tokens(request, 640, 480).expected)
    assert 1.02 * billed_tokens <= worst <= 1.08 * billed_tokens


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "gpt-4.1-mini", "gpt-6", "rehearsal"])
@pytest.mark.parametrize("multiplier", [0.6, 1.7, 3.0])
def test_within_two_percent_after_fifty_replies(model: str, multiplier: float) -> None:
    """With the real vocabulary, an endpoint that counts characters, mixed prompts and sizes."""
    rng = random.Random(4)
    costs = Costs(Parameters(model, detail="high"), load_tokenizer(BUILTIN)[0])
    late = []
    for number in range(100):
        request = _request(
            "Describe what is seen.", " ".join(rng.choices(WORDS, k=rng.randint(1, 80)))
        )
        width_px, height_px = rng.randint(100, 2000), rng.randint(100, 2000)
        text = sum(-(-len(t) // 4) for t in (request.system_prompt, request.user_prompt))
        billed = 8 + text + round(multiplier * costs.image_tokens(width_px, height_px))
        if number >= 50:
            estimate = costs.prompt_tokens(request, width_px, height_px).expected
            late.append(abs(estimate - billed) / billed)
        costs.settle(request, width_px, height_px, billed)
    assert max(late) <= 0.02
