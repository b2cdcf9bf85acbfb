"""What an image costs in tokens, by the formulas that vendors document. Pure.

Two kinds of model: those that count tiles of 512 px after shrinking, and those that count patches
of 32 px under a budget. Figures are OpenAI's documentation as of November 2026; where it gives no
multiplier, the one that users found on their bills. Both are only where an estimate starts: what an
endpoint really counts is in its `usage`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_TILE_PX = 512
_TILED_LONG_SIDE_PX = 2048
_TILED_SHORT_SIDE_PX = 768
_PATCH_PX = 32
_LOW_PX = 512

Scale = tuple[int, int]
"""What a side is multiplied with and divided by; a float may land on the wrong side of an edge."""


def smaller(one: Scale, other: Scale) -> Scale:
    """The smaller of two scales, the first where they are equal."""
    return other if other[0] * one[1] < one[0] * other[1] else one


@dataclass(frozen=True, slots=True)
class TileFamily:
    """`low` costs `base_tokens`; all else that and `tile_tokens` for each tile of 512 px."""

    base_tokens: int
    tile_tokens: int

    @property
    def edge_px(self) -> int:
        """What begins anew at each multiple of this is paid for whole."""
        return _TILE_PX

    def tokens(self, detail: str, width_px: int, height_px: int) -> int:
        """Tokens of an image of this size; `auto` and `original` are taken for `high`."""
        if detail == "low":
            return self.base_tokens
        scale = _tiled_scale(width_px, height_px)
        return self.base_tokens + self.tile_tokens * _cells(width_px, height_px, scale, _TILE_PX)

    def most_tokens(self, detail: str, width_px: int, height_px: int) -> int:
        """Tokens of an image of this size if nothing that is only assumed shrinks it."""
        return self.tokens(detail, width_px, height_px)

    def least_tokens(self, detail: str) -> int:
        """Tokens of the cheapest image there is."""
        return self.tokens(detail, 1, 1)

    def useful_scale(self, detail: str, width_px: int, height_px: int) -> Scale:
        """How much of the image the model sees: `low` shows a square of 512 px."""
        if detail == "low":
            return _fitted(_LOW_PX, width_px, height_px)
        return _tiled_scale(width_px, height_px)


@dataclass(frozen=True, slots=True)
class PatchLevel:
    """What a level of detail allows: patches, and pixels of the longest side; None is no limit.

    Where it `is_assumed`, no vendor says so: it serves an estimate, and no image is shrunk for it.
    """

    budget_patches: int | None
    long_side_px: int | None = None
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class PatchFamily:
    """Each patch of 32 px costs `multiplier`; `original` is the level of that name, if it has one.

    `low` counts like `high`: some of these models are reported to ignore it, and an estimate that
    is too high only waits longer, where one that is too low is answered with 429s. So an image
    for `low` is itself made no larger than `low_px`, the longer side, and costs as little then.
    """

    high: PatchLevel
    multiplier: float
    original: PatchLevel | None = None
    auto_is_original: bool = False
    low_px: int | None = _LOW_PX

    @property
    def edge_px(self) -> int:
        """What begins anew at each multiple of this is paid for whole."""
        return _PATCH_PX

    def tokens(self, detail: str, width_px: int, height_px: int) -> int:
        """Tokens of an image of this size."""
        scale = _patched_scale(width_px, height_px, self._level(detail))
        return self._price(width_px, height_px, scale)

    def most_tokens(self, detail: str, width_px: int, height_px: int) -> int:
        """Tokens of an image of this size if nothing that is only assumed shrinks it."""
        if self._level(detail).is_assumed:
            return self._price(width_px, height_px, _FULL)
        return self.tokens(detail, width_px, height_px)

    def least_tokens(self, detail: str) -> int:
        """Tokens of the cheapest image there is."""
        return self.tokens(detail, 1, 1)

    def useful_scale(self, detail: str, width_px: int, height_px: int) -> Scale:
        """How much of the image the model sees at this detail, as far as its formula is known."""
        if detail == "low" and self.low_px is not None:
            return _fitted(self.low_px, width_px, height_px)
        level = self._level(detail)
        return _FULL if level.is_assumed else _patched_scale(width_px, height_px, level)

    def _level(self, detail: str) -> PatchLevel:
        asks_original = detail == "original" or (
            self.auto_is_original and detail not in ("low", "high")
        )
        return self.original if self.original is not None and asks_original else self.high

    def _price(self, width_px: int, height_px: int, scale: Scale) -> int:
        return round(self.multiplier * _cells(width_px, height_px, scale, _PATCH_PX))


Family = TileFamily | PatchFamily

_GPT_4O = TileFamily(85, 170)
_GPT_5 = TileFamily(70, 140)
_O_SERIES = TileFamily(75, 150)
_PATCHES_1536 = PatchLevel(1536)
_PATCHES_1536_2048 = PatchLevel(1536, 2048)
_PATCHES_2500_2048 = PatchLevel(2500, 2048)
_PATCHES_10000_6000 = PatchLevel(10_000, 6000)
# The budget of `high` is unknown for the newest: their predecessor's stands in for it.
_ASSUMED_2500_2048 = PatchLevel(2500, 2048, is_assumed=True)
_NEWEST = PatchFamily(_ASSUMED_2500_2048, 1.2, PatchLevel(None), auto_is_original=True)

FAMILIES: dict[str, Family] = {
    "gpt-4-vision": _GPT_4O,
    "gpt-4-1106-vision": _GPT_4O,
    "gpt-4-turbo": _GPT_4O,
    "gpt-4o": _GPT_4O,
    "chatgpt-4o": _GPT_4O,
    "gpt-4o-mini": TileFamily(2833, 5667),
    "gpt-4.1": _GPT_4O,
    "gpt-4.1-mini": PatchFamily(_PATCHES_1536, 1.62),
    "gpt-4.1-nano": PatchFamily(_PATCHES_1536, 2.46),
    "gpt-4.5": _GPT_4O,
    "o1": _O_SERIES,
    "o3": _O_SERIES,
    "o4-mini": PatchFamily(_PATCHES_1536, 1.72),
    "computer-use": TileFamily(65, 129),
    "gpt-5": _GPT_5,
    "gpt-5-mini": PatchFamily(_PATCHES_1536_2048, 1.62),
    "gpt-5-nano": PatchFamily(_PATCHES_1536_2048, 2.46),
    "gpt-5.1": _GPT_5,
    "gpt-5.2": PatchFamily(_PATCHES_1536_2048, 1.2),
    "gpt-5.4": PatchFamily(_PATCHES_2500_2048, 1.2, _PATCHES_10000_6000),
    "gpt-5.4-mini": PatchFamily(_PATCHES_1536_2048, 1.62),
    "gpt-5.4-nano": PatchFamily(_PATCHES_1536_2048, 2.46),
    "gpt-5.5": PatchFamily(_PATCHES_2500_2048, 1.2, _PATCHES_10000_6000, auto_is_original=True),
    "gpt-5.6": _NEWEST,
    "gpt-6": _NEWEST,
}
"""Model → how it counts. A name stands for its dated and suffixed variants too."""

UNKNOWN = PatchFamily(
    _ASSUMED_2500_2048, 1.62, PatchLevel(10_000, 6000, is_assumed=True), low_px=None
)
"""For all others: the larger budget with the larger multiplier, so rather too much than too little.

A square of 1024 px is 1,659 tokens with it, more than today's open models count for one.
"""


def image_tokens(model: str, detail: str, width_px: int, height_px: int) -> int:
    """Prompt tokens that an image of this size costs on `model` at `detail`.

    `detail` is `low`, `high`, `original` or `auto`; anything else counts as `auto`. Names may carry
    a date, a provider and a fine-tune (`openai/gpt-4o-2024-08-06`, `ft:gpt-4o:org::id`). Models
    that are not in `FAMILIES` count as `UNKNOWN`.
    """
    return family_of(model).tokens(detail, max(1, width_px), max(1, height_px))


def family_of(model: str) -> Family:
    """How `model` counts: the longest name in `FAMILIES` that it is, or begins with and a dash."""
    name = model.strip().lower().rpartition("/")[2].removeprefix("ft:").partition(":")[0]
    while name:
        if name in FAMILIES:
            return FAMILIES[name]
        name = name.rpartition("-")[0]
    return UNKNOWN


_FULL: Scale = (1, 1)


def _fitted(most_px: int, width_px: int, height_px: int) -> Scale:
    """The scale at which the longer side has at most so many pixels."""
    return smaller(_FULL, (most_px, max(width_px, height_px)))


def _tiled_scale(width_px: int, height_px: int) -> Scale:
    """Fitted into a square of 2048 px, and then the short side shrunk to 768 px."""
    short = (_TILED_SHORT_SIDE_PX, min(width_px, height_px))
    return smaller(_fitted(_TILED_LONG_SIDE_PX, width_px, height_px), short)


def _patched_scale(width_px: int, height_px: int, level: PatchLevel) -> Scale:
    """Shrunk until the image keeps to the level's limits."""
    long_px = max(width_px, height_px)
    scale = _FULL
    if level.long_side_px is not None:
        scale = _fitted(level.long_side_px, width_px, height_px)
    budget = level.budget_patches
    if budget is None or _cells(width_px, height_px, scale, _PATCH_PX) <= budget:
        return scale
    # Shrunk by sqrt(32² · budget / (w · h)) the sides are sqrt(budget · w / h) and its reciprocal
    # in patches; then shrunk a little more, until the first of them is a whole number.
    whole_across = math.isqrt(budget * width_px // height_px)
    whole_down = math.isqrt(budget * height_px // width_px)
    if not whole_across or not whole_down:  # narrower than a patch: one row, as long as allowed
        return _PATCH_PX * budget, long_px
    return smaller((_PATCH_PX * whole_across, width_px), (_PATCH_PX * whole_down, height_px))


def _cells(width_px: int, height_px: int, scale: Scale, edge_px: int) -> int:
    """Tiles or patches of the image at this scale; one that has only begun counts."""
    times, by = scale
    return math.prod(-(-side_px * times // (by * edge_px)) for side_px in (width_px, height_px))
