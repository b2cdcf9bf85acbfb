"""An image as it goes into a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

UNSEEN_PX: Final = 2048
"""Each side of an image that only the endpoint sees: it is taken for a large one."""


@dataclass(slots=True)
class Prepared:
    """An image ready to be sent: bytes, their mime type, and its size when it stands upright.

    Once they are in a body the bytes are let go of (`data` is empty then): for as long as an answer
    takes, nobody needs them.

    `converted` says that the bytes are not the source's. `source_width_px` and `source_height_px`
    are the size of the source when it stands upright; left out, they are the size that is sent.
    With a `url` the endpoint fetches the image itself: there are no bytes, and the size is assumed.
    """

    mime: str
    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    converted: bool
    source_width_px: int = 0
    source_height_px: int = 0
    url: str | None = None

    def __post_init__(self) -> None:
        if not self.source_width_px or not self.source_height_px:
            self.source_width_px, self.source_height_px = self.width_px, self.height_px

    @classmethod
    def handed_on(cls, url: str) -> Self:
        """An image that the endpoint is to fetch itself."""
        return cls("", b"", UNSEEN_PX, UNSEEN_PX, converted=False, url=url)
