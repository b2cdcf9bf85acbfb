"""`captioner failures`: what a run could not caption, by reason; also while it goes on."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

from captioner.errors import ConfigError
from captioner.formats.failure_lines import read_failures
from captioner.formats.state_files import SIDECAR_STATE, StateFiles
from captioner.report.failures_table import FailureTable, failures_as_json, render_failures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's words and flags."""
    parser.add_argument("output", metavar="OUTPUT", help="the OUTPUT of the run, as given to it")
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where the files beside the output stand, if the run was told so",
    )
    parser.add_argument("--json", action="store_true", help="the same as one JSON object")


def failures_command(arguments: argparse.Namespace) -> int:
    """Print the failures of the run into OUTPUT and return 0, with failures or without.

    Raises ConfigError where there is no such run, and where its failures file is damaged.
    """
    state = StateFiles.found(arguments.output, arguments.state_dir)
    if not state.failures.exists():
        _check_run(arguments.output, state)
    table = FailureTable()
    for line in read_failures(state.failures):
        table.add(line.failure)
    # Of sidecars, what failed is asked again by the same run.
    retry = None if state.failures.parent.name == SIDECAR_STATE else _retry(arguments)
    if arguments.json:
        told = json.dumps(failures_as_json(table, str(state.failures), retry), indent=2) + "\n"
    elif table.count:
        told = render_failures(table, str(state.failures), retry)
    else:
        # A partial file speaks of a run that goes on, or was stopped.
        told = "No failures so far.\n" if state.partial.exists() else "No failures.\n"
    _print(told)
    return 0


def _check_run(output: str, state: StateFiles) -> None:
    """Without a failures file there must at least be a run."""
    own = ".failures.jsonl"
    if output.endswith(own) and not state.summary.exists():
        raise ConfigError(
            f"{output} is a failures file, or would be one: name the OUTPUT that it belongs to, "
            f"such as {output.removesuffix(own)}.jsonl"
        )
    if not any(path.exists() for path in state.all()):
        raise ConfigError(
            f"there is no run into {output}, neither complete nor begun: check OUTPUT"
            f" and --state-dir (looked for {state.failures})"
        )


def _retry(arguments: argparse.Namespace) -> str | None:
    """The command that asks again; None for rows that are gone with standard output."""
    if arguments.output == "-":
        return None
    words = ["captioner", "retry", arguments.output]
    if arguments.state_dir:
        words += ["--state-dir", str(arguments.state_dir)]
    return shlex.join(words)


def _print(text: str) -> None:
    """On standard output, in whatever encoding it has; a reader that is gone is no mistake."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # Python's own flush at exit would fail once more, and say so.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
