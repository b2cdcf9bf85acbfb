"""Replies that are the prompt."""

import pytest

from captioner.samples.echo import echoed_prompt
from captioner.samples.prompts import MODE_PROMPTS

SYSTEM = "You write captions for a museum, in one plain sentence, for readers who cannot see."
USER = "What does the picture show?"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SYSTEM, "system prompt"),
        (f"  {SYSTEM.upper()}\n", "system prompt"),
        (f'"{USER}"', "user prompt"),
        (f"{SYSTEM}\n\n{USER}", "prompts"),
        (f"Sure! {SYSTEM} A vase on a shelf.", "system prompt with more"),
        (f"User: {USER}", "user prompt"),
        (f"Q: {USER}", "user prompt"),
        (f"{USER} {USER} {USER}", "user prompt"),
        (SYSTEM[:60], "system prompt"),
        (SYSTEM[:30], ""),
        (f"Vase: {USER}", ""),
        (f"{USER} {USER} A vase.", ""),
        ("A vase on a shelf.", ""),
        (f"Q: {USER}\nA: A vase on a shelf.", ""),
        ("The picture shows a vase.", ""),
        ("", ""),
    ],
)
def test_echoes(text: str, name: str) -> None:
    """The prompt is known again whatever its case, blanks and quotes; an answer is no echo."""
    assert echoed_prompt(text, system_prompt=SYSTEM, user_prompt=USER) == name


@pytest.mark.parametrize("prompt", ["x", "cat", "A red car?", "这是猫"])
def test_short_prompts_may_come_back(prompt: str) -> None:
    """A prompt of a word or two may also be the answer."""
    assert echoed_prompt(prompt, system_prompt="", user_prompt=prompt) == ""
    assert echoed_prompt(prompt, system_prompt=prompt, user_prompt="") == ""


def test_prompts_without_letters_are_no_echo() -> None:
    """No prompt, or one of signs alone, is contained in everything and echoed by nothing."""
    assert echoed_prompt("A cat.", system_prompt="", user_prompt="") == ""
    assert echoed_prompt("?!", system_prompt="  ", user_prompt="…" * 40) == ""


@pytest.mark.parametrize("prompt", MODE_PROMPTS.values(), ids=MODE_PROMPTS.keys())
def test_mode_prompts_are_long_enough(prompt: str) -> None:
    """The prompts that we send ourselves are known again."""
    assert echoed_prompt(prompt, system_prompt=prompt, user_prompt="")
