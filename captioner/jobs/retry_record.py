"""What a retry finds in the record of a run, and what it adds to it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from captioner.errors import ConfigError
from captioner.jobs.resuming import Identity
from captioner.samples.selection import Selection
from captioner.settings import Settings


def check_complete(record: Mapping[str, Any], output: str) -> None:
    """Raise ConfigError where the run did not end, or its samples cannot be read again."""
    if record["input"] == "-":
        raise ConfigError(
            f"the samples of {output} came over standard input and are gone: save them in a file, "
            "and caption that with captioner run"
        )
    if not record["complete"]:
        raise ConfigError(
            f"the run into {output} is not complete: give its own command again first"
        )


def check_input(record: Mapping[str, Any], source: Mapping[str, Any], output: str) -> None:
    """Raise ConfigError where the samples are not those of the run; `source` is their identity."""
    if record["identity"]["source"] != source:
        raise ConfigError(
            f"{record['input']} has changed since {output} was written: put it back as it was, or "
            "begin anew with captioner run --restart"
        )


def retry_begun(
    record: Mapping[str, Any], selection: Selection, settings: Settings, *, model: str, mark: int
) -> dict[str, Any]:
    """The record with `retry`: what is asked for, and the ledger's mark `since` when it began.

    A retry that was stopped and is given again, with the same selection and asking the same, keeps
    its mark, so that it finds its own replies; another one begins at `mark`.
    """
    asked = {
        "selection": _digest([sorted(selection.reasons), _ids(selection)]),
        "settings": _digest([dict(Identity.of({}, "", settings).settings), model]),
    }
    before = record.get("retry", {})
    since = before["since"] if before and before.items() >= asked.items() else mark
    return {**record, "retry": {**asked, "since": since}}


def _ids(selection: Selection) -> list[tuple[int, int]]:
    return sorted(
        (sample, -1 if placeholder is None else placeholder)
        for sample, placeholders in selection.ids.items()
        for placeholder in placeholders
    )


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()
