"""The sizes of the images that were prepared, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from captioner.events import ImagePrepared

SIZES_KEPT: Final = 256


@dataclass(slots=True)
class ImageSizes:
    """Sums, the largest, and an evenly spaced sample for the median.

    `tokens_sum` is what they cost by the model's formula, `source_tokens_sum` what they would have
    cost as they came.

    Every `stride`-th size is kept; when `SIZES_KEPT` are, every other one goes and the stride
    doubles. So the median is exact up to `SIZES_KEPT` images, needs no chance, and survives a
    restart. `bytes_sent` counts an image once, however often its request is repeated.
    All fields are JSON values; sizes are `[width_px, height_px]`.
    """

    count: int = 0
    converted: int = 0
    bytes_sent: int = 0
    width_sum_px: int = 0
    height_sum_px: int = 0
    tokens_sum: int = 0
    source_tokens_sum: int = 0
    max_px: list[int] = field(default_factory=lambda: [0, 0])
    stride: int = 1
    kept: list[list[int]] = field(default_factory=list)

    def add(self, image: ImagePrepared) -> None:
        """One more image."""
        width_px, height_px = image.width_px, image.height_px
        if self.count % self.stride == 0:
            self.kept.append([width_px, height_px])
            if len(self.kept) == SIZES_KEPT:
                del self.kept[1::2]
                self.stride *= 2
        self.count += 1
        self.converted += image.converted
        self.bytes_sent += image.sent_bytes
        self.width_sum_px += width_px
        self.height_sum_px += height_px
        self.tokens_sum += image.tokens
        self.source_tokens_sum += image.source_tokens
        if width_px * height_px > self.max_px[0] * self.max_px[1]:
            self.max_px = [width_px, height_px]

    def mean_px(self) -> list[int] | None:
        """Mean width and mean height; None without images."""
        if not self.count:
            return None
        return [round(self.width_sum_px / self.count), round(self.height_sum_px / self.count)]

    def median_px(self) -> list[int] | None:
        """The size of the (lower) median image by area; None without images."""
        if not self.kept:
            return None
        return sorted(self.kept, key=_area)[(len(self.kept) - 1) // 2]


def _area(size: list[int]) -> int:
    return size[0] * size[1]
