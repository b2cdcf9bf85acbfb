"""The failures file read back, line by line and in constant memory, also while a run writes it."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captioner.errors import ConfigError
from captioner.samples.failure import Failure, is_index


@dataclass(frozen=True, slots=True)
class FailureLine:
    """A failure, and `raw`, the whole line that it stands in, with its line end."""

    failure: Failure
    raw: bytes


def read_failures(path: Path, *, complete: bool = False) -> Generator[FailureLine, None, None]:
    """Yield the failures of a file in its order; none where there is no file.

    A last line without its end is passed over, for a run may be writing it, or was killed then;
    with `complete` it is a mistake like any other. Raises ConfigError, naming file and line, for a
    line that is no failure, and where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if raw.endswith(b"\n"):
                    yield FailureLine(_parsed(raw, f"{path}, line {number}"), raw)
                elif complete:
                    raise _not_a_failure(f"{path}, line {number}", "it ends in its middle")
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error


def _parsed(raw: bytes, where: str) -> Failure:
    try:
        line = json.loads(raw)
    except UnicodeDecodeError:
        raise _not_a_failure(where, "it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise _not_a_failure(where, f"{error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise _not_a_failure(where, str(error)) from None
    if not isinstance(line, dict):
        raise _not_a_failure(where, "it is no JSON object")
    sample, placeholder, reason = (line.get(name) for name in ("sample", "placeholder", "reason"))
    if not (is_index(sample) and (placeholder is None or is_index(placeholder))):
        raise _not_a_failure(where, "'sample' or 'placeholder' is no number from 0")
    if not isinstance(reason, str):
        raise _not_a_failure(where, "'reason' is no text")
    attempts = line.get("attempts")
    return Failure(
        sample,
        placeholder,
        reason,
        image=_text(line, "image") or None,
        detail=_text(line, "detail"),
        attempts=attempts if is_index(attempts) else 0,
        where=_text(line, "where"),
    )


def _text(line: dict[str, Any], name: str) -> str:
    value = line.get(name)
    return value if isinstance(value, str) else ""


def _not_a_failure(where: str, what: str) -> ConfigError:
    return ConfigError(
        f"{where}: this is not as a run writes it ({what}): put the file back as it was, "
        "or begin anew with captioner run --restart"
    )
