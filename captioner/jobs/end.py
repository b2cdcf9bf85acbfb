"""How a job ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from captioner import __version__
from captioner.formats.state_files import StateFiles
from captioner.report.summary import RunFacts
from captioner.settings import EMBEDDED, Settings, public_dump

COMPLETE, FAILED, WRONG_INPUT, STOPPED = 0, 1, 2, 3
"""Exit statuses; a signal's is 128 plus its number."""

KILLED = 128 + 9

Status: TypeAlias = Literal["complete", "stopped", "interrupted"]


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended: its exit status and the summary, as `captions.summary.json` has it.

    `already_done` says that there was nothing left to do.
    """

    exit_status: int
    summary: Mapping[str, Any]
    already_done: bool = False


def exit_status_of(status: Status, early: int | None, *, too_many: bool) -> int:
    """The exit status: `early` is a signal's, `too_many` says that too large a share failed."""
    match status:
        case "stopped":
            return STOPPED
        case "interrupted":
            return early or KILLED
        case "complete":
            return FAILED if too_many else COMPLETE


def facts_of(
    settings: Settings, state: StateFiles, ledger: Path, is_delivered: bool = False
) -> RunFacts:
    """What the summary of a job says that only its settings and files know; the rest is blank.

    An output that `is_delivered` is named by its URL.
    """
    files = {
        "output": state.output,
        "partial": state.partial,
        "failures": state.failures,
        "summary": state.summary,
        "ledger": ledger,
    }
    return RunFacts(
        version=__version__,
        status="interrupted",
        verdict="",
        message="",
        exit_status=KILLED,
        rehearsal=settings.base_url == EMBEDDED,
        input="",
        output="",
        image_base="",
        endpoint=settings.base_url,
        model=settings.model,
        mode=settings.mode,
        settings=public_dump(settings),
        files={
            name: state.scope if is_delivered and name == "output" else str(path)
            for name, path in files.items()
            if path is not None and (name == "summary" or path.exists())
        },
    )
