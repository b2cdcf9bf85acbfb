"""From INPUT and OUTPUT, as they are named, to a source and a sink."""

from __future__ import annotations

from captioner.formats.inputs import SourceChoice, open_source
from captioner.formats.outputs import SinkChoice, open_sink
from captioner.formats.recognise import FORMATS, INPUTS, Format

__all__ = [
    "FORMATS",
    "INPUTS",
    "Format",
    "SinkChoice",
    "SourceChoice",
    "open_sink",
    "open_source",
]
