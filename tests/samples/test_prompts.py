"""Which prompts a sample gets."""

from typing import Any, get_args

import pytest

from captioner.samples.prompts import (
    MODE_PROMPTS,
    prompt_warnings,
    system_prompt_for,
    user_prompt_for,
)
from captioner.samples.rules import Mode, Rules


@pytest.mark.parametrize("mode", get_args(Mode))
def test_system_prompts(mode: Mode) -> None:
    """Every mode sends its own prompt, custom sends the user's to the letter."""
    expected = " mine {x} %s " if mode == "custom" else MODE_PROMPTS[mode]
    assert system_prompt_for(Rules(mode=mode, system_prompt=" mine {x} %s ")) == expected


def test_modes_ask_for_what_they_promise() -> None:
    """Pairs are marked Q: and A: in the three modes that make them, and in no other."""
    marked = {
        mode for mode, prompt in MODE_PROMPTS.items() if "'Q:'" in prompt and "'A:'" in prompt
    }
    assert marked == {"reasoning", "description", "conversation"}
    assert len(set(MODE_PROMPTS.values())) == 4


@pytest.mark.parametrize(
    ("fields", "key", "expected"),
    [
        ({}, None, "ours"),
        ({"p": "theirs"}, None, "ours"),
        ({"p": "theirs"}, "p", "theirs"),
        ({"p": ""}, "p", ""),
        ({"p": None}, "p", "ours"),
        ({"p": 5}, "p", "ours"),
        ({"p": ["x"]}, "p", "ours"),
        ({}, "p", "ours"),
        ({"p": {"q": "nested"}}, "p.q", "ours"),
        ({"p.q": "{flat}"}, "p.q", "{flat}"),
    ],
)
def test_user_prompts(fields: dict[str, Any], key: str | None, expected: str) -> None:
    """The sample's own string goes first, also an empty one; the key is flat; no templates."""
    assert user_prompt_for(fields, Rules(user_prompt="ours", user_prompt_key=key)) == expected


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, []),
        ({"mode": "custom", "system_prompt": "x"}, []),
        ({"user_prompt": "x"}, []),
        ({"user_prompt_key": "p"}, []),
        ({"system_prompt": "x"}, ["system_prompt"]),
        ({"user_prompt": "x", "user_prompt_key": "p"}, ["user_prompt_key"]),
        (
            {"system_prompt": "x", "user_prompt": "x", "user_prompt_key": "p"},
            ["system_prompt", "user_prompt_key"],
        ),
    ],
)
def test_warnings(settings: dict[str, Any], named: list[str]) -> None:
    """Prompts that do less than they seem to are named, and nothing else is."""
    warnings = prompt_warnings(Rules(**settings))
    assert len(warnings) == len(named)
    assert all(name in warning for name, warning in zip(named, warnings, strict=True))
