"""`captioner retry`: a part of a complete run, asked for once more."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from captioner.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words and flags that only this command has."""
    parser.add_argument("output", metavar="OUTPUT", help="the OUTPUT of the run, as given to it")
    group = parser.add_argument_group("What to ask again (default: every failure)")
    group.add_argument(
        "--only",
        action="extend",
        nargs="+",
        default=[],
        metavar="REASON",
        help="failures with this reason, as `captioner failures` names it; several are joined",
    )
    group.add_argument(
        "--ids",
        type=Path,
        metavar="FILE",
        help="captions that a person rejected: one SAMPLE:PLACEHOLDER, SAMPLE or row a line",
    )


def retry_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Ask again and return the exit status. Raises ConfigError for what is wrong beforehand."""
    from captioner.commands.terminal import Terminal
    from captioner.formats.id_list import selection_of
    from captioner.formats.places import is_url
    from captioner.jobs.remote_retry import RemoteRetry
    from captioner.jobs.retry import Retry

    reasons = [reason for word in arguments.only for reason in word.split(",") if reason]
    terminal = Terminal(quiet=arguments.quiet)
    retry = (RemoteRetry if is_url(arguments.output) else Retry)(
        arguments.output,
        settings,
        selection_of(reasons, arguments.ids),
        state_dir=arguments.state_dir,
        ledger=arguments.ledger,
        observer=terminal.hear,
    )
    return terminal.attend(retry)
