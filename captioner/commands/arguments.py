"""What a command was told apart from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunArguments:
    """The words of `captioner run` that are no settings.

    `input` and `output` are as written, `-` for the standard streams. `limit` is the number of
    samples to stop after, None for all. `state_dir` is where what stands beside the output goes
    instead. `restart` begins anew where an earlier run left off, `rehearse` says that the
    endpoint is the embedded one.
    """

    input: str
    output: str
    limit: int | None = None
    state_dir: Path | None = None
    restart: bool = False
    quiet: bool = False
    rehearse: bool = False
