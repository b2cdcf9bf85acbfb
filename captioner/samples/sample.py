"""A sample as it was read, and what a source yields in its place when it is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from captioner.record import record

Position: TypeAlias = Any
"""Where a source goes on after a record: opaque, made of JSON values."""


@record
class Sample:
    """One record of the input.

    `id` is its 0-based position in the whole input. `fields` are the user's and never changed.
    `raw` is the record as it stood in the file (UTF-8 JSON, no line end), so that an original
    that is kept is written back byte for byte. `position` is where the source goes on after it.
    """

    id: int
    fields: Mapping[str, Any]
    raw: bytes | None = None
    position: Position = None
    size_bytes: int = 0


@record
class BadRecord:
    """A record that is no sample, such as a line that is no JSON object. It gives no row.

    `where` names it for a person ("line 7"), `reason` is one of `reasons.REASONS`,
    `text` is what stood there, shortened.
    """

    id: int
    where: str
    reason: str
    detail: str
    text: str
    position: Position = None


Record: TypeAlias = Sample | BadRecord
