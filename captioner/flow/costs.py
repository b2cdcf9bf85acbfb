"""What a request is estimated to cost the token rate, and what its bill teaches about the next."""

from __future__ import annotations

import functools
import math
from collections import deque
from typing import NamedTuple

from captioner.flow.calibration import (
    CHARS_PER_TOKEN,
    MESSAGE_TOKENS,
    Calibration,
    CalibrationNote,
    PromptSize,
)
from captioner.record import record
from captioner.vision.image_tokens import PatchFamily, PatchLevel, TileFamily, family_of
from captioner.vision.request import Parameters, Request
from captioner.vision.tokenizer import Tokenizer

_TILES = TileFamily(base_tokens=0, tile_tokens=1)
_PATCHES = PatchFamily(PatchLevel(None), multiplier=1.0)
_BUDGETED_PATCHES = PatchFamily(PatchLevel(1536), multiplier=1.0)
_CACHED_SIZES = 1024
_REPLAYED = 64

IMAGE_AT_WORST = 3
"""Until an endpoint's bills are known, an image may cost so many times what its formula says."""

TEXT_AT_WORST = 1.1
TEMPLATE_AT_WORST_TOKENS = 32
"""Until then also: other vocabularies than ours, and what a chat format may add."""

CALIBRATED_AT_WORST = 1.05
"""From then on, how far above its estimate a bill may be."""


class PromptTokens(NamedTuple):
    """What a prompt costs: `expected` is what the server will count when it admits the request,
    beside the output's cap, and `at_worst` what must be there to pay for it."""

    expected: int
    at_worst: int


@record
class _Settled:
    request: Request
    width_px: int
    height_px: int
    billed_tokens: int


class Costs:
    """Estimates for one endpoint, model and detail: text tokens and image tokens, then calibrated.

    The server's limiter counts the prompt plus the requested maximum output when it admits. Until a
    tokenizer is there, four bytes of text count as a token.
    """

    def __init__(self, parameters: Parameters, tokenizer: Tokenizer | None = None) -> None:
        self._detail = parameters.detail
        self._family = family_of(parameters.model)
        self._tokenizer = tokenizer
        self._calibration = Calibration()
        self._note: CalibrationNote | None = None
        self._untokenized: deque[_Settled] = deque(maxlen=_REPLAYED)
        self._image = functools.lru_cache(_CACHED_SIZES)(self._image_counts)
        # The same few prompts with images of the same few sizes, to be estimated and billed.
        self._sizes = functools.lru_cache(_CACHED_SIZES)(self._prompt_size)

    @property
    def is_calibrated(self) -> bool:
        """Whether estimates rest on bills rather than on formulas."""
        return self._calibration.is_calibrated

    @property
    def image_multiplier(self) -> float:
        """What the endpoint bills for images, by what the model's formula says; 1 at first."""
        return self._calibration.image_multiplier

    def tokenizer_loaded(self, tokenizer: Tokenizer) -> None:
        """Count with this tokenizer from now on; bills that came before are learned from anew."""
        self._tokenizer = tokenizer
        self._sizes.cache_clear()
        settled, self._untokenized = self._untokenized, deque(maxlen=0)
        self._calibration.forget()
        for one in settled:
            size = self._size(one.request, one.width_px, one.height_px)
            self._note = self._calibration.learn(size, one.billed_tokens) or self._note

    def prompt_tokens(self, request: Request, width_px: int, height_px: int) -> PromptTokens:
        """What this request with an image of this size, as sent, will be billed for its prompt.

        At worst it is, until the endpoint is calibrated, three times the image's formula, and the
        text with a tenth above its count and 32 tokens for the messages' form; without a tokenizer,
        its bytes, which no vocabulary passes. Afterwards it is the estimate and 5 % of it.
        """
        size = self._size(request, width_px, height_px)
        tokens = self._calibration.estimate_tokens(size)
        at_worst = math.ceil(CALIBRATED_AT_WORST * tokens)
        if self.is_calibrated:
            return PromptTokens(tokens, at_worst)
        text = request.system_prompt, request.user_prompt
        if self._tokenizer is None:
            text_tokens = sum(len(one.encode(errors="replace")) for one in text)
        else:
            text_tokens = math.ceil(TEXT_AT_WORST * size.text_tokens)
        image_tokens = IMAGE_AT_WORST * size.table_tokens
        at_first = text_tokens + TEMPLATE_AT_WORST_TOKENS + image_tokens
        return PromptTokens(tokens, max(at_worst, at_first))

    def settle(
        self, request: Request, width_px: int, height_px: int, usage_prompt_tokens: int
    ) -> CalibrationNote | None:
        """Learn from a reply's `usage`; the size is that of the image as it was sent.

        Returns a note once, where the image's bill and the model's formula differ by more than a
        quarter.
        """
        if self._tokenizer is None:
            settled = _Settled(request, width_px, height_px, usage_prompt_tokens)
            self._untokenized.append(settled)
        size = self._size(request, width_px, height_px)
        note = self._calibration.learn(size, usage_prompt_tokens) or self._note
        self._note = None
        return note

    def text_tokens(self, system_prompt: str, user_prompt: str) -> int:
        """Tokens of the prompts and of the messages that hold them, as counted here."""
        return self._count(system_prompt) + self._count(user_prompt) + MESSAGE_TOKENS

    def image_tokens(self, width_px: int, height_px: int) -> int:
        """Tokens of an image of this size by the model's formula."""
        return self._image(width_px, height_px)[0]

    def _image_counts(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        width_px, height_px = max(1, width_px), max(1, height_px)
        return (
            self._family.tokens(self._detail, width_px, height_px),
            _TILES.tokens("high", width_px, height_px),
            _PATCHES.tokens("high", width_px, height_px),
            _BUDGETED_PATCHES.tokens("high", width_px, height_px),
        )

    def _size(self, request: Request, width_px: int, height_px: int) -> PromptSize:
        return self._sizes(request.system_prompt, request.user_prompt, width_px, height_px)

    def _prompt_size(
        self, system_prompt: str, user_prompt: str, width_px: int, height_px: int
    ) -> PromptSize:
        return PromptSize(
            self._count(system_prompt) + self._count(user_prompt),
            len(system_prompt) + len(user_prompt),
            width_px,
            height_px,
            *self._image(width_px, height_px),
        )

    def _count(self, text: str) -> int:
        if not text:
            return 0
        if self._tokenizer is None:
            return -(-len(text.encode(errors="replace")) // CHARS_PER_TOKEN)
        return self._tokenizer.count(text)
