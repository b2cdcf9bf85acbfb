"""Replies that give the prompt back instead of an answer."""

from __future__ import annotations

import functools
import unicodedata
from typing import Final

# Shorter prompts may rightly come back: 'A red car?' may be answered by 'a red car'.
_MIN_WHOLE_WIDTH: Final = 16
# A text that merely contains the system prompt must contain a longer one.
_MIN_PART_WIDTH: Final = 40
_CACHED_PROMPTS: Final = 64


def echoed_prompt(text: str, *, system_prompt: str, user_prompt: str) -> str:
    """Name the prompt that `text` gives back (`system prompt`, …); empty when it is none.

    Letters and digits are compared, without regard to case. A user prompt must make up the whole
    text, since a caption may well go on from it; a long system prompt need only be in it.
    """
    said, system, user = _plain(text), _plain_prompt(system_prompt), _plain_prompt(user_prompt)
    wholes = {"system prompt": system, "user prompt": user, "prompts": system + user}
    for name, prompt in wholes.items():
        if said == prompt and _width(prompt) >= _MIN_WHOLE_WIDTH:
            return name
    if system in said and _width(system) >= _MIN_PART_WIDTH:
        return "system prompt with more"
    return ""


@functools.lru_cache(_CACHED_PROMPTS)
def _plain_prompt(prompt: str) -> str:
    # The same few prompts come again with every reply.
    return _plain(prompt)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded))


def _width(text: str) -> int:
    """Length in letters, a wide (Chinese, Japanese, Korean) one counting as two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
