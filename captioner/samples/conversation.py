"""Turns in the form that trainers of LLaVA and its kin read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from captioner.samples.turns import Turn

IMAGE_MARKER: Final = "<image>"
"""Where an image stands in that form, whatever the run's own image token is."""


def llava_conversation(images: Iterable[Sequence[Turn]]) -> list[dict[str, str]] | None:
    """Return the turns of one image after another as messages, None where there are none.

    A message is `{"from": "human" | "gpt", "value": text}`; the two alternate. Each image's first
    question begins with `<image>` and a line break. An image without turns is left out. A model's
    own `<image>` is taken out of its words: readers count them.
    """
    messages: list[dict[str, str]] = []
    for turns in images:
        lead = f"{IMAGE_MARKER}\n"
        for turn in turns:
            messages.append({"from": "human", "value": lead + _unmarked(turn.question)})
            messages.append({"from": "gpt", "value": _unmarked(turn.answer)})
            lead = ""
    return messages or None


def _unmarked(words: str) -> str:
    # Until none is left: taking one out may join the halves of another.
    while IMAGE_MARKER in words:
        words = words.replace(IMAGE_MARKER, "")
    return words.strip()
