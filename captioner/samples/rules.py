"""The user's choices that decide what a sample asks for and what becomes of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from captioner.errors import ConfigError
from captioner.samples.outcome import Verdict
from captioner.samples.placeholders import SpecialTokens

Mode: TypeAlias = Literal["description", "reasoning", "conversation", "caption", "custom"]

PAIR_MODES: Final[frozenset[Mode]] = frozenset({"description", "reasoning", "conversation"})
"""Modes whose own prompt asks for pairs marked `Q:` and `A:`."""
CAPTION_COLUMNS: Final = ("image", "caption", "verdict", "sample", "placeholder")
"""The columns of a row of `rows=captions` that are ours."""
ACCEPTABLE: Final = frozenset(
    {Verdict.TRUNCATED, Verdict.LOOPED, Verdict.ECHOED, Verdict.REFUSED},
)
"""Verdicts that a user may let through besides `ok`: those that leave a text."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of this room, named as the user's own.

    `text_key` and `image_key` name the fields of a sample; `image_token` and `eoc_token` are the
    markers in its text. `placeholders` says whether they must be written or are added, one for
    each image. `rows`, `captions_key` and `conversations_key` shape the output; `mode` and the
    prompts shape the requests; `accept` holds the verdicts that are let through besides `ok`.

    Raises ConfigError where the tokens, keys or verdicts cannot work together.
    """

    text_key: str = "text"
    image_key: str = "images"
    image_token: str = "<__dj__image>"  # noqa: S105 - a marker in texts, no secret
    eoc_token: str = "<|__dj__eoc|>"  # noqa: S105
    placeholders: Literal["require", "add"] = "require"
    rows: Literal["samples", "captions"] = "samples"
    captions_key: str | None = None
    conversations_key: str | None = None
    mode: Mode = "description"
    system_prompt: str = ""
    user_prompt: str = ""
    user_prompt_key: str | None = None
    keep_original_sample: bool = True
    any_or_all: Literal["any", "all"] = "any"
    accept: frozenset[Verdict] = frozenset()

    def __post_init__(self) -> None:
        if not self.image_token or not self.eoc_token:
            raise ConfigError("image_special_token and eoc_special_token must not be empty.")
        if len(set(self.tokens.all)) < len(self.tokens.all):
            raise ConfigError(
                "image_special_token and eoc_special_token must differ from each other "
                "and from the audio and video tokens."
            )
        if self.text_key == self.image_key:
            raise ConfigError(f"text_key and image_key are both {self.text_key!r}; name two keys.")
        if self.captions_key in (self.text_key, self.image_key):
            raise ConfigError(
                f"captions_key {self.captions_key!r} is already the field of texts or images; "
                "choose another name."
            )
        self._check_conversations()
        if barred := sorted(self.accept - ACCEPTABLE - {Verdict.OK}):
            raise ConfigError(
                f"accept may not hold {', '.join(barred)}: such replies have no text. "
                f"It may hold {', '.join(sorted(ACCEPTABLE))}."
            )

    def _check_conversations(self) -> None:
        key = self.conversations_key
        if key is None:
            return
        ours = CAPTION_COLUMNS if self.rows == "captions" else ()
        if key in (self.text_key, self.image_key, self.captions_key, *ours):
            raise ConfigError(
                f"conversations_key {key!r} is already the field of something else; "
                "choose another name."
            )
        if self.mode == "caption":
            raise ConfigError(
                "conversations_key is set, but mode caption asks for no dialogue: choose mode "
                f"{', '.join(sorted(PAIR_MODES))}, or custom with a prompt that asks for pairs "
                "marked Q: and A:."
            )

    @property
    def reads_turns(self) -> bool:
        """Whether captions are also parsed into turns.

        So in the modes that ask for pairs, and in mode `custom` where their field is asked for.
        """
        return self.mode in PAIR_MODES or (
            self.mode == "custom" and self.conversations_key is not None
        )

    @property
    def tokens(self) -> SpecialTokens:
        """The special tokens of this run."""
        return _tokens(self.image_token, self.eoc_token)


# Asked for with each sample and each reply, and found by being the same object.
@functools.lru_cache(16)
def _tokens(image: str, eoc: str) -> SpecialTokens:
    return SpecialTokens(image=image, eoc=eoc)
