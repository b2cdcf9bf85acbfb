"""captioner: text for images, written by a vision chat API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from captioner.api import Captioner
    from captioner.blocking import caption_file
    from captioner.collecting import RunEnd
    from captioner.errors import (
        CaptionerError,
        ConfigError,
        PlaceholderError,
        RunStopped,
    )
    from captioner.samples.outcome import CaptionOutcome, Outcome, Usage, Verdict
    from captioner.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "CaptionOutcome",
    "Captioner",
    "CaptionerError",
    "ConfigError",
    "Outcome",
    "PlaceholderError",
    "RunEnd",
    "RunStopped",
    "Settings",
    "Usage",
    "Verdict",
    "caption_file",
]

_HOMES = {
    "CaptionOutcome": "captioner.samples.outcome",
    "Captioner": "captioner.api",
    "CaptionerError": "captioner.errors",
    "ConfigError": "captioner.errors",
    "Outcome": "captioner.samples.outcome",
    "PlaceholderError": "captioner.errors",
    "RunEnd": "captioner.collecting",
    "RunStopped": "captioner.errors",
    "Settings": "captioner.settings",
    "Usage": "captioner.samples.outcome",
    "Verdict": "captioner.samples.outcome",
    "caption_file": "captioner.blocking",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts quickly."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'captioner' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
