"""A picture, a valid request about it, and an open endpoint, for every test of the endpoint."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from PIL import Image

MakeImage: TypeAlias = Callable[..., bytes]
MakeBody: TypeAlias = Callable[..., dict[str, Any]]


@pytest.fixture
def make_image() -> MakeImage:
    """Image bytes of one colour."""

    def make(
        color: str = "red", size: tuple[int, int] = (16, 12), kind: str = "PNG", mode: str = "RGB"
    ) -> bytes:
        buffer = io.BytesIO()
        Image.new(mode, size, color).save(buffer, kind)
        return buffer.getvalue()

    return make


@pytest.fixture
def make_body(make_image: MakeImage) -> MakeBody:
    """A valid request body as a dict; keywords replace or add fields."""

    def make(
        image: bytes | None = None,
        *,
        system: str = "Describe the image.",
        user: str = "",
        mime: str = "image/png",
        detail: str = "low",
        **fields: Any,
    ) -> dict[str, Any]:
        data = base64.b64encode(make_image() if image is None else image).decode()
        parts: list[dict[str, Any]] = [{"type": "text", "text": user}] if user else []
        url = f"data:{mime};base64,{data}"
        parts.append({"type": "image_url", "image_url": {"url": url, "detail": detail}})
        return {
            "model": "rehearsal",
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": parts},
            ],
            "max_tokens": 300,
            **fields,
        }

    return make
