from __future__ import annotations

from collections.abc import Callable

import pytest

from captioner.endpoint.image_urls import sniff


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_four_formats_are_known_by_their_first_bytes(
    kind: str, make_image: Callable[..., bytes]
) -> None:
    """PNG, JPEG, GIF and WebP, as Pillow writes them."""
    assert sniff(make_image(kind=kind)) == f"image/{kind.lower()}"
    assert sniff(b"RIFF\0\0\0\0WAVE") is None
