"""An image as it goes into a request."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Prepared:
    """An image ready to be sent: bytes, their mime type, and its size when it stands upright.

    `converted` says that the bytes are not the source's. `source_width_px` and `source_height_px`
    are the size of the source when it stands upright; left out, they are the size that is sent.
    """

    mime: str
    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    converted: bool
    source_width_px: int = 0
    source_height_px: int = 0

    def __post_init__(self) -> None:
        if not self.source_width_px or not self.source_height_px:
            object.__setattr__(self, "source_width_px", self.width_px)
            object.__setattr__(self, "source_height_px", self.height_px)
