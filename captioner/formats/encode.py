"""Rows as bytes: one line of JSON each, UTF-8 wherever that is possible.

A kept original is written as it stood in the input. Paths become strings, mappings objects, and
what has `tolist` (numpy's arrays and numbers) lists and numbers; for other values JSON has no form.
Text that is no Unicode (half a surrogate pair, a file name in no known encoding) is written as
ASCII escapes, from which JSON readers get the same string back.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample


def encode_outcome(outcome: Outcome) -> bytes:
    """All rows of an outcome, each with its line end.

    Raises TypeError, naming sample and field, for a value that JSON cannot hold.
    """
    record = outcome.record
    lines: list[bytes] = []
    for row in outcome.rows:
        if isinstance(record, Sample) and row is record.fields and record.raw is not None:
            lines.append(record.raw)
        else:
            try:
                lines.append(encode_json(row))
            except (TypeError, ValueError, RecursionError) as error:
                raise _explained(error, record.id, row) from error
        lines.append(b"\n")
    return b"".join(lines)


def encode_json(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """One value as JSON without line breaks; `default` is asked for what JSON cannot hold."""
    default = default or plain
    try:
        return _encoder(default).encode(value).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, default=default).encode("ascii")


# To make one takes as long as to encode a row.
@functools.cache
def _encoder(default: Callable[[Any], Any]) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, default=default)


def plain(value: Any) -> Any:
    """A value in terms that JSON has; raises TypeError where there are none."""
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, Mapping):
        return dict(value)
    to_list = getattr(value, "tolist", None)
    if callable(to_list) and not isinstance(value, memoryview):
        return to_list()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def plain_or_named(value: Any) -> Any:
    """Like `plain`, but a value that JSON cannot hold becomes its type's name in brackets."""
    try:
        return plain(value)
    except TypeError:
        return f"<{type(value).__name__}>"


def _explained(error: Exception, sample: int, row: Mapping[str, Any]) -> TypeError:
    for field, value in row.items():
        try:
            encode_json({field: value})
        except (TypeError, ValueError, RecursionError) as reason:
            return TypeError(
                f"sample {sample}, field {field!r}: {reason}; leave it out, or make it text"
            )
    return TypeError(f"sample {sample}: {error}")
