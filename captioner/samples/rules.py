"""The user's choices that decide what a sample asks for and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from captioner.errors import ConfigError
from captioner.samples.outcome import Verdict
from captioner.samples.placeholders import SpecialTokens

Mode: TypeAlias = Literal["description", "reasoning", "conversation", "caption", "custom"]

ACCEPTABLE: Final = frozenset(
    {Verdict.TRUNCATED, Verdict.LOOPED, Verdict.ECHOED, Verdict.REFUSED},
)
"""Verdicts that a user may let through besides `ok`: those that leave a text."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of this room, named as the user's own.

    `text_key` and `image_key` name the fields of a sample; `image_token` and `eoc_token` are the
    markers in its text. `placeholders` says whether they must be written or are added, one for
    each image. `rows` and `captions_key` shape the output; `mode` and the prompts shape the
    requests; `accept` holds the verdicts that are let through besides `ok`.

    Raises ConfigError where the tokens, keys or verdicts cannot work together.
    """

    text_key: str = "text"
    image_key: str = "images"
    image_token: str = "<__dj__image>"  # noqa: S105 - a marker in texts, no secret
    eoc_token: str = "<|__dj__eoc|>"  # noqa: S105
    placeholders: Literal["require", "add"] = "require"
    rows: Literal["samples", "captions"] = "samples"
    captions_key: str | None = None
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
        if barred := sorted(self.accept - ACCEPTABLE - {Verdict.OK}):
            raise ConfigError(
                f"accept may not hold {', '.join(barred)}: such replies have no text. "
                f"It may hold {', '.join(sorted(ACCEPTABLE))}."
            )

    @property
    def tokens(self) -> SpecialTokens:
        """The special tokens of this run."""
        return SpecialTokens(image=self.image_token, eoc=self.eoc_token)
