"""Replies that give the prompt back instead of an answer."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

# Shorter prompts may rightly come back: 'A red car?' may be answered by 'a red car'.
_MIN_WHOLE_WIDTH: Final = 16
# A text that merely contains the system prompt must contain a longer one; so must one cut short.
_MIN_PART_WIDTH: Final = 40
_MIN_CUT_SHARE: Final = 0.6
_CACHED_PROMPTS: Final = 64

# What a chat log would write in front of a prompt; only letters and digits are compared.
_LABEL_WORDS: Final = """
q a user system prompt userprompt systemprompt question instruction instructions assistant
f frage nutzer benutzer utilisateur pregunta p usuario domanda d utente pergunta
вопрос в пользователь 问 问题 用户 質問 ユーザー 질문 사용자
"""
_LABELS: Final = frozenset(["", *_LABEL_WORDS.split()])
_WORD: Final = re.compile(r"[^\W_]+")
# A text that gives a prompt back holds this much of the longest word in its first half.
_MAX_PROBE_CHARS: Final = 12


def echoed_prompt(text: str, *, system_prompt: str, user_prompt: str) -> str:
    """Name the prompt that `text` gives back (`system prompt`, …); empty when it is none.

    Letters and digits are compared, without regard to case. A user prompt must make up the whole
    text, since a caption may well go on from it; a long system prompt need only be in it. The
    whole may stand several times, after a label ("User:"), or miss a part of its end.
    """
    folded = _folded(text)
    of_system, of_user = _probe(system_prompt), _probe(user_prompt)
    if not ((of_system and of_system in folded) or (of_user and of_user in folded)):
        return ""
    said, system, user = _letters(folded), _plain_prompt(system_prompt), _plain_prompt(user_prompt)
    wholes = {"system prompt": system, "user prompt": user, "prompts": system + user}
    for name, prompt in wholes.items():
        if _width(prompt) >= _MIN_WHOLE_WIDTH and _gives_back(said, prompt):
            return name
    if system in said and _width(system) >= _MIN_PART_WIDTH:
        return "system prompt with more"
    return ""


def _gives_back(said: str, prompt: str) -> bool:
    before, found, after = said.partition(prompt)
    if found:
        return before in _LABELS and not after.replace(prompt, "")
    cut = prompt.startswith(said) and len(said) >= _MIN_CUT_SHARE * len(prompt)
    return cut and _width(said) >= _MIN_PART_WIDTH


@functools.lru_cache(_CACHED_PROMPTS)
def _plain_prompt(prompt: str) -> str:
    # The same few prompts come again with every reply.
    return _letters(_folded(prompt))


@functools.lru_cache(_CACHED_PROMPTS)
def _probe(prompt: str) -> str:
    first_half = _folded(prompt[: len(prompt) // 2 + 1])
    return max(_WORD.findall(first_half), key=len, default="")[:_MAX_PROBE_CHARS]


def _folded(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()


def _letters(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


def _width(text: str) -> int:
    """Length in letters, a wide (Chinese, Japanese, Korean) one counting as two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
