"""Estimates of what a request costs the token rate."""

from __future__ import annotations

from typing import Any, cast

import pytest

from captioner.flow.costs import Costs
from captioner.vision.image import Prepared
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import Parameters, Request
from captioner.vision.tokenizer import Tokenizer


def _request(system: str, user: str) -> Request:
    return Request(0, 0, ImageRef.of("a.png", "/"), system, user)


def test_prompt_image_and_cap_are_all_counted() -> None:
    """The server counts the requested maximum output when it admits."""
    costs = Costs(Parameters("gpt-4o", detail="low"))
    sent = Prepared("image/png", b"", 4000, 3000, converted=False)
    bare = costs.admission_tokens(_request("", ""), sent, 0)
    assert costs.image_tokens(4000, 3000) == 85
    assert bare == 85 + costs.text_tokens("", "")
    assert costs.admission_tokens(_request("", ""), sent, 500) == bare + 500
    assert costs.admission_tokens(_request("x" * 400, ""), sent, 500) == bare + 600


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
