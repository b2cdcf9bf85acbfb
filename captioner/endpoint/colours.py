"""Names for colours, by hue, saturation and lightness. Pure."""

from __future__ import annotations

import colorsys
from typing import Final

_HUES: Final = (
    (15, "red"),
    (40, "orange"),
    (68, "yellow"),
    (165, "green"),
    (190, "cyan"),
    (255, "blue"),
    (285, "purple"),
    (345, "pink"),
    (361, "red"),
)
"""The hue in degrees below which a name holds."""


def colour_name(red: int, green: int, blue: int) -> str:
    """A plain English name of an sRGB colour (0 to 255 each), such as `dark blue`."""
    hue, lightness, _ = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    spread = (max(red, green, blue) - min(red, green, blue)) / 255
    if lightness < 0.1:
        return "black"
    if lightness > 0.93:
        return "white"
    # Not HLS saturation: near black and white it calls the faintest tint saturated.
    if spread < 0.1:
        return _shaded("grey", lightness)
    degrees = hue * 360
    name = next(name for below, name in _HUES if degrees < below)
    if name in ("orange", "yellow") and (lightness < 0.42 or spread < 0.3):
        return "beige" if lightness > 0.65 else _shaded("brown", lightness)
    return _shaded(name, lightness)


def _shaded(name: str, lightness: float) -> str:
    if lightness < 0.3:
        return f"dark {name}"
    if lightness > 0.72:
        return f"light {name}"
    return name
