"""A file of the captions that a person rejected."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from captioner.errors import ConfigError
from captioner.samples.selection import Selection, parse_id


def selection_of(only: Iterable[str] = (), ids: str | Path | None = None) -> Selection:
    """The failures with a reason in `only`, and what the file `ids` names, one a line.

    Raises ConfigError where the file is missing or unreadable, names nothing, or has a line that is
    no id (see `parse_id`); the message names file and line.
    """
    reasons = frozenset(only)
    if ids is None:
        return Selection(reasons)
    found: dict[int, dict[int | None, int]] = {}
    try:
        with Path(ids).open("rb") as file:
            for number, line in enumerate(file, 1):
                if (named := _named(line, f"{ids}, line {number}")) is not None:
                    sample, placeholder = named
                    found.setdefault(sample, {}).setdefault(placeholder, number)
    except OSError as error:
        raise ConfigError(f"--ids {ids}: {error.strerror or error}") from error
    if not found:
        raise ConfigError(f"{ids} names no caption: write one a line, as SAMPLE:PLACEHOLDER")
    return Selection(reasons, found, str(ids))


def _named(line: bytes, where: str) -> tuple[int, int | None] | None:
    try:
        return parse_id(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: this is not UTF-8 text") from None
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
