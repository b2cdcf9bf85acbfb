"""Settings of what is done to images before they are sent."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from captioner.settings.declare import IMAGES, setting
from captioner.settings.kinds import OptionalCount, OptionalName


class Imaging(BaseModel):
    """How large images are sent, and what stands behind transparent ones."""

    resize: Literal["auto", "never"] = setting(
        "auto",
        "Leave out what the model cannot use at this detail, or never shrink what the API takes.",
        affects="request",
        group=IMAGES,
    )
    max_side: OptionalCount = setting(
        None,
        "Longest side of an image as sent, in px. Unset: no limit.",
        affects="request",
        group=IMAGES,
    )
    image_tokens: OptionalCount = setting(
        None,
        "Most tokens that an image may cost by the model's formula. Unset: no limit.",
        affects="request",
        group=IMAGES,
    )
    send_urls: bool = setting(
        False,
        "Hand http(s) addresses of images to the API instead of fetching them.",
        affects="request",
        group=IMAGES,
    )
    alpha_background: OptionalName = setting(
        None,
        "Colour under transparent images, by name or as #rrggbb. Unset: white, where need be.",
        affects="request",
        group=IMAGES,
    )
