"""What all tests share: no settings from outside."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("CAPTIONER_", "OPENAI_")):
            monkeypatch.delenv(name)
