"""What a user wants done to images before they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from captioner.vision.image_tokens import UNKNOWN, Family

IMAGE_BYTES: Final = 20_000_000
"""What most providers take for one image; a request may have 50 MB."""


@dataclass(frozen=True, slots=True, eq=False)  # what is kept by policy is found by its identity
class ImagePolicy:
    """How images are made ready; the default sends as it is whatever a model can take.

    `resize="auto"` leaves out what `detail` cannot show on a model of this `family`, keeps the
    longer side within `max_side_px` and the price within `image_tokens`. `"never"` ignores all
    three: an image is shrunk only if the API would not take it. Nothing is ever enlarged.
    `background` is the colour under transparent pixels, by name or as #rrggbb; None is white, but
    sends a transparent image as it is where it need not be converted. `max_bytes` is the most that
    may be sent for one image, before base64.
    """

    resize: Literal["auto", "never"] = "auto"
    detail: str = "low"
    family: Family = UNKNOWN
    max_side_px: int | None = None
    image_tokens: int | None = None
    background: str | None = None
    max_bytes: int = IMAGE_BYTES

    def asked(self) -> list[str | int | None]:
        """What of it a user sets, as JSON values; the rest follows from model and detail."""
        return [self.resize, self.max_side_px, self.image_tokens, self.background]


AS_IT_IS: Final = ImagePolicy()
