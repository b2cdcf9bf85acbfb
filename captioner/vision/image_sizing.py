"""How large an image is sent: never enlarged, in its own shape, on the edges that are paid for.

Pure. A scale is a fraction (times, by), since a float may land on the wrong side of an edge.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from captioner.vision.image_policy import ImagePolicy
from captioner.vision.image_tokens import Family, Scale, smaller

_FULL: Scale = (1, 1)


@functools.lru_cache(1024)
def sent_size(
    width_px: int, height_px: int, policy: ImagePolicy, max_side_px: int | None = None
) -> tuple[int, int]:
    """The width and height in which an image of this size is sent.

    `max_side_px` is a limit beyond the policy's. With `image_tokens` it is the largest size within
    the other limits that costs no more, and one side then ends on an edge of a tile or patch. Where
    not even the cheapest size is as cheap as asked, it is the largest of those that cost the least
    (`Family.least_tokens`).
    """
    scale = _box(width_px, height_px, max_side_px)
    if policy.resize == "auto":
        scale = smaller(scale, _box(width_px, height_px, policy.max_side_px))
        scale = smaller(scale, policy.family.useful_scale(policy.detail, width_px, height_px))
        if policy.image_tokens is not None:
            asked_tokens = max(policy.image_tokens, policy.family.least_tokens(policy.detail))
            scale = _affordable(width_px, height_px, scale, policy, asked_tokens)
    return scaled(width_px, height_px, scale, policy.family.edge_px)


def scaled(width_px: int, height_px: int, scale: Scale, edge_px: int) -> tuple[int, int]:
    """The size at this scale, each side rounded to the pixel, but never up into another tile."""
    if scale == _FULL:
        return width_px, height_px
    return _scaled_side(width_px, scale, edge_px), _scaled_side(height_px, scale, edge_px)


def _scaled_side(side_px: int, scale: Scale, edge_px: int) -> int:
    times, by = scale
    rounded = (2 * side_px * times + by) // (2 * by)
    edges = -(-side_px * times // (by * edge_px))
    return max(1, min(rounded, edges * edge_px))


def _box(width_px: int, height_px: int, max_side_px: int | None) -> Scale:
    long_px = max(width_px, height_px)
    return _FULL if max_side_px is None or long_px <= max_side_px else (max_side_px, long_px)


def _affordable(
    width_px: int, height_px: int, most: Scale, policy: ImagePolicy, asked_tokens: int
) -> Scale:
    """The largest scale, at most `most`, at which the image costs no more than asked."""
    family = policy.family

    def costs(scale: Scale) -> int:
        size = scaled(width_px, height_px, scale, family.edge_px)
        return family.most_tokens(policy.detail, *size)

    if costs(most) <= asked_tokens:
        return most
    # Between two edges more pixels cost nothing: the largest size that is affordable is on one.
    on_edges = _on_edges(width_px, height_px, most, family)
    affordable = (scale for scale in on_edges if costs(scale) <= asked_tokens)
    return next(affordable, (1, max(width_px, height_px)))


def _on_edges(width_px: int, height_px: int, most: Scale, family: Family) -> Iterable[Scale]:
    """All scales below `most` at which a side is a whole number of tiles, the largest first."""
    across = _edges_of(width_px, most, family.edge_px)
    down = _edges_of(height_px, most, family.edge_px)
    left, right = next(across, None), next(down, None)
    while left is not None or right is not None:
        if right is None or (left is not None and smaller(left, right) == right):
            assert left is not None  # noqa: S101
            yield left
            left = next(across, None)
        else:
            yield right
            right = next(down, None)


def _edges_of(side_px: int, most: Scale, edge_px: int) -> Iterator[Scale]:
    times, by = most
    for count in range(side_px * times // (by * edge_px), 0, -1):
        yield count * edge_px, side_px
