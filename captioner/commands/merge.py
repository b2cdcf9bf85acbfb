"""`captioner merge`: the outputs of all shards as one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from captioner.errors import ConfigError, RunStopped
from captioner.formats.merge import check_kinds, merge_failures, merge_outputs
from captioner.formats.state_files import StateFiles
from captioner.jobs.end import COMPLETE, FAILED
from captioner.report.merged import in_order, merged_summary, notes_on
from captioner.report.summary import read_summary, write_summary
from captioner.report.wording import clean, counted
from captioner.settings import Settings, affects

_PLACES: Final = frozenset({"base_url", "endpoint_id", "image_base"})
"""Settings that may differ from machine to machine, and mean the same on each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's words and flags."""
    parser.add_argument("output", metavar="OUTPUT", help="a new file, or folder, for all of it")
    parser.add_argument(
        "parts",
        nargs="+",
        metavar="PART",
        help="the OUTPUT of each shard, in any order, with its summary beside it",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where the files beside the parts stand, if their runs were told so",
    )


def merge_command(arguments: argparse.Namespace) -> int:
    """Merge and return 0, with failures or without.

    Raises ConfigError where the parts do not make a whole or OUTPUT is there already, RunStopped
    where it cannot be written; nothing is then left of it.
    """
    states = {part: StateFiles.of(part, arguments.state_dir) for part in arguments.parts}
    target = StateFiles.of(arguments.output)
    if target.output is None or any(state.output is None for state in states.values()):
        raise ConfigError("captioner merge is for files: name them, '-' is none")
    if target.remote is not None:
        raise ConfigError(f"{target.remote}: captioner merge writes on a local disk: name a file")
    summaries = {part: read_summary(state.summary) for part, state in states.items()}
    if len(summaries) < len(arguments.parts):
        raise ConfigError("a PART is named twice: name each once")
    compared = {name for name, what in affects(Settings).items() if what != "flow"} - _PLACES
    names = in_order(summaries, compared)
    ordered = [told for name in names if (told := summaries[name]) is not None]
    outputs = [output for name in names if (output := states[name].output) is not None]
    check_kinds(outputs, target.output)
    _check_target(arguments.output, target)
    try:
        summary = _merge(arguments.output, target, names, ordered, outputs, states)
    except OSError as error:
        raise RunStopped("output_unwritable", f"cannot merge: {error}") from error
    counts = summary["counts"]
    for note in notes_on(ordered):
        print(f"Note: {clean(note)}.", file=sys.stderr)
    print(
        f"Merged {counted(len(names), 'shard')} into {clean(arguments.output)}: "
        f"{counted(counts['samples'], 'sample')}, {counted(counts['rows'], 'row')}, "
        f"{counted(counts['captions'], 'caption')}, {counts['failed']:,} failed.",
        file=sys.stderr,
    )
    return COMPLETE


def _merge(
    output: str,
    target: StateFiles,
    names: list[str],
    summaries: list[dict[str, Any]],
    outputs: list[Path],
    states: Mapping[str, StateFiles],
) -> dict[str, Any]:
    """The output last: its name says that everything is there."""
    assert target.output is not None  # noqa: S101 - was looked at
    files = {"output": str(target.output), "summary": str(target.summary)}
    try:
        if merge_failures([states[name].failures for name in names], target.failures):
            files["failures"] = str(target.failures)
        summary = merged_summary(
            summaries,
            names=names,
            output=output,
            files=files,
            exit_statuses=(COMPLETE, FAILED),
        )
        write_summary(target.summary, summary)
        merge_outputs(outputs, target.output, [told["counts"]["rows"] for told in summaries])
    except BaseException:
        target.failures.unlink(missing_ok=True)
        target.summary.unlink(missing_ok=True)
        raise
    return summary


def _check_target(output: str, target: StateFiles) -> None:
    if target.output is None or target.output.exists() or target.output.is_symlink():
        raise ConfigError(f"{output} exists: remove it, or choose another OUTPUT")
    if not target.output.parent.is_dir():
        raise ConfigError(f"{target.output.parent}: no such folder: create it first")
    left = read_summary(target.summary)
    # What a merge left that was killed is our own.
    ours = left is not None and "parts" in left
    for path in (target.partial, target.failures, target.summary, target.ledger):
        if path.exists() and not ours:
            raise ConfigError(f"{path} is of a run into another OUTPUT: choose another name")
