from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.endpoint.replies import Heading, Words, capped, completion, text_tokens

HEADING = Heading(id="chatcmpl-1", model="m", created_s=1, prompt_tokens=10, hidden_tokens=3)


@given(st.text(max_size=200), st.integers(1, 60), st.integers(0, 80))
def test_the_cap_holds(text: str, cap: int, hidden: int) -> None:
    """Hidden and visible tokens stay within the cap; what is cut is a beginning and says so."""
    words, spent = capped(text, cap, hidden)
    content = words.content or ""
    assert spent + text_tokens(content) <= cap
    assert text.startswith(content)
    assert (words.finish_reason == "length") == (hidden + text_tokens(text) > cap)
    assert words.finish_reason == "length" or content == text


def test_usage_adds_up() -> None:
    """Output is what is hidden plus what is seen, and the total is the sum."""
    usage = completion(HEADING, Words("eight ch"))["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (10, 5)
    assert usage["total_tokens"] == 15
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 3


def test_without_words_there_are_no_choices() -> None:
    """The broken proxy's reply: an official frame around nothing."""
    assert completion(HEADING, None)["choices"] == []


@pytest.mark.parametrize(
    ("said", "sent"), [("A cat.", [{"type": "text", "text": "A cat."}]), (None, None)]
)
def test_content_can_be_a_list_of_parts(said: str | None, sent: object) -> None:
    """Some proxies send it so; where there is no content, there are no parts."""
    [choice] = completion(replace(HEADING, as_parts=True), Words(said))["choices"]
    assert choice["message"]["content"] == sent
