"""What is wrong with settings, said so that a person can mend it. No secret is in any message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from captioner.settings.declare import allowed, schemas, secrets, shape
from captioner.settings.fields import Settings


def unknown(name: str, written: str, label: Callable[[str], str] = lambda name: name) -> str:
    """Say that there is no such setting, and which is the nearest, written as in the same place."""
    close = get_close_matches(name.lower().replace("-", "_"), Settings.model_fields, 1)
    hint = f"did you mean {label(close[0])}?" if close else ".env.example lists what there is"
    return f"{written}: there is no such setting; {hint}"


def problems_of(error: ValidationError, label: Callable[[str], str]) -> list[str]:
    """Turn pydantic's errors into one line a setting, which it names as `label` has it."""
    lines: dict[str, str] = {}
    for item in error.errors(include_url=False):
        for name, line in _lines(item, label):
            lines.setdefault(name, line)
    return list(lines.values())


def said_together(problems: list[str]) -> str:
    """Join the problems of one load into one message."""
    if len(problems) == 1:
        return problems[0]
    return "\n  ".join([f"{len(problems)} problems with the settings:", *problems])


def _lines(item: Any, label: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    if item["type"] == "captioner_together":
        for names, fault in item["ctx"]["problems"]:
            joined = " and ".join(label(name) for name in names)
            yield joined, f"{joined} {fault}" if len(names) > 1 else f"{joined}: {fault}"
        return
    name = str(item["loc"][0])
    if item["type"] == "captioner":
        yield name, f"{label(name)}: {item['ctx']['message']}"
    else:
        yield name, f"{label(name)}: {_expected(name, item)}"


def _expected(name: str, item: Any) -> str:
    schema = schemas(Settings)[name]
    if item["type"] == "string_too_short":
        return "must not be empty"
    if item["type"] == "string_pattern_mismatch":
        return "must hold names of headers: letters, digits and dashes"
    text = f"must be {allowed(schema)}"
    given = item["input"]
    if name in secrets(Settings) or shape(schema) in ("json", "text", "path"):
        return text
    return f"{text}, not {given!r:.60}" if isinstance(given, str | int | float) else text
