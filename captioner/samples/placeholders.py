"""Special tokens: where they stand in a text, and how they leave a caption.

All occurrences are found in one scan, leftmost first and the longest of those that start at the
same place. The tokens are an argument everywhere: they belong to one run, never to the process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

AUDIO_TOKEN: Final = "<__dj__audio>"  # noqa: S105 - a marker in texts, no secret
VIDEO_TOKEN: Final = "<__dj__video>"  # noqa: S105

Chunk: TypeAlias = tuple[str, ...]
"""What stays of a chunk when its words go: its special tokens in order, without the eoc."""


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """The markers of one run: `image` stands for an image, `eoc` ends a chunk."""

    image: str = "<__dj__image>"
    eoc: str = "<|__dj__eoc|>"

    @property
    def all(self) -> tuple[str, ...]:
        """Every special token, those included that cannot be set."""
        return (self.image, self.eoc, AUDIO_TOKEN, VIDEO_TOKEN)


def split_chunks(text: str, tokens: SpecialTokens) -> tuple[Chunk, ...]:
    """Return the chunks of `text`; one that is empty or blank disappears with its eoc."""
    chunks: list[Chunk] = []
    held: list[str] = []
    has_words = False
    # With one group in the pattern, words and tokens alternate; the added eoc closes the last.
    parts = [*_pattern(tokens).split(text), tokens.eoc]
    for words, token in zip(parts[::2], parts[1::2], strict=True):
        has_words = has_words or bool(words.strip())
        if token != tokens.eoc:
            held.append(token)
            continue
        if held or has_words:
            chunks.append(tuple(held))
        held, has_words = [], False
    return tuple(chunks)


def strip_special(text: str, tokens: SpecialTokens) -> str:
    """Remove special tokens until none is left: taking one out may join the halves of another."""
    # Mostly there is none, and that is told sooner than a pattern is found.
    if (
        tokens.image not in text
        and tokens.eoc not in text
        and AUDIO_TOKEN not in text
        and VIDEO_TOKEN not in text
    ):
        return text
    pattern = _pattern(tokens)
    while True:
        text, removed = pattern.subn("", text)
        if not removed:
            return text


@lru_cache(maxsize=16)
def _pattern(tokens: SpecialTokens) -> re.Pattern[str]:
    # An alternation takes its first match, so the longest token stands first.
    longest_first = sorted(tokens.all, key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
