from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from captioner.events import ImagePrepared
from captioner.report.image_sizes import SIZES_KEPT, ImageSizes

SIDES = st.integers(1, 20_000)


def _fold(sizes: list[tuple[int, int]]) -> ImageSizes:
    images = ImageSizes()
    for width_px, height_px in sizes:
        images.add(ImagePrepared(width_px, height_px, sent_bytes=10, converted=width_px > 100))
    return images


@given(st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=SIZES_KEPT - 1))
def test_up_to_the_bound_everything_is_exact(sizes: list[tuple[int, int]]) -> None:
    """Mean, median, largest, bytes and conversions are those of all images."""
    images = _fold(sizes)
    areas = sorted(width * height for width, height in sizes)
    median, largest = images.median_px(), images.max_px
    assert median is not None
    assert median[0] * median[1] == areas[(len(areas) - 1) // 2]
    assert largest[0] * largest[1] == areas[-1]
    assert images.mean_px() == [
        round(sum(width for width, _ in sizes) / len(sizes)),
        round(sum(height for _, height in sizes) / len(sizes)),
    ]
    assert images.bytes_sent == 10 * len(sizes)
    assert images.converted == sum(width > 100 for width, _ in sizes)


def test_beyond_the_bound_the_sample_is_spread_over_all_images() -> None:
    """A rising run of sizes has its median in the middle; memory stays bounded."""
    images = _fold([(side, 1) for side in range(1, 10_001)])
    assert SIZES_KEPT // 2 <= len(images.kept) < SIZES_KEPT
    median = images.median_px()
    assert median is not None
    assert abs(median[0] - 5000) < 10_000 * 2 / SIZES_KEPT
    gaps = {
        later[0] - earlier[0] for earlier, later in zip(images.kept, images.kept[1:], strict=False)
    }
    assert gaps == {images.stride}


def test_beyond_the_bound_the_median_of_mixed_sizes_is_near() -> None:
    """For 20,000 sizes in random order the sampled median ranks within a tenth of the true one."""
    draw = random.Random(7)
    sizes = [(draw.randint(1, 4000), draw.randint(1, 4000)) for _ in range(20_000)]
    median = _fold(sizes).median_px()
    assert median is not None
    below = sum(width * height < median[0] * median[1] for width, height in sizes)
    assert 0.4 < below / len(sizes) < 0.6


def test_no_images_have_no_sizes() -> None:
    """Nothing is claimed about images that were not there."""
    assert ImageSizes().mean_px() is None
    assert ImageSizes().median_px() is None
