"""What all tests share: no settings from outside, and aioresponses made to work."""

from __future__ import annotations

import os
from unittest.mock import Mock

import aioresponses.core
import pytest
from aiohttp import ClientResponse


class _Response(ClientResponse):
    """aioresponses 0.7.9 does not know an argument that aiohttp 3.14 wants."""

    def __init__(self, *arguments: object, **named: object) -> None:
        named.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*arguments, **named)  # type: ignore[arg-type]


aioresponses.core.ClientResponse = _Response  # type: ignore[misc]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("CAPTIONER_", "OPENAI_")):
            monkeypatch.delenv(name)
