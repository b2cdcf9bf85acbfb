"""`captioner collect`: the results of a batch, out of Redis and into an output, in order."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from captioner.commands.redis_arguments import add_queue, tell, with_queue
from captioner.jobs.end import JobEnd
from captioner.report.ending import show_summary
from captioner.worker.redis_collecting import Collector
from captioner.worker.redis_link import RedisLink

_TELL_EVERY_S: Final = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's words and flags."""
    parser.add_argument("output", metavar="OUTPUT", help="a .jsonl file, also in a bucket")
    add_queue(parser)
    parser.add_argument(
        "--batch", metavar="NAME", help="what it was called by captioner enqueue (default: the one)"
    )
    parser.add_argument(
        "--no-wait",
        action="store_true",
        help="take what is there, in order, and end with status 3 if that is not all",
    )
    parser.add_argument(
        "--max-failed-share",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="end with status 1 if a larger share failed (default: 0)",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where the files beside the output go instead",
    )


def collect_command(arguments: argparse.Namespace) -> int:
    """Collect, and return the exit status that a run would have had.

    Raises ConfigError where there is no such batch or OUTPUT cannot work.
    """

    async def work(link: RedisLink) -> JobEnd:
        return await Collector(
            link,
            arguments.output,
            batch=arguments.batch,
            state_dir=arguments.state_dir,
            wait=not arguments.no_wait,
            max_failed_share=arguments.max_failed_share,
            tell=(lambda _: None) if arguments.quiet else _now_and_then(),
        ).run()

    end = with_queue(arguments, work)
    if end.already_done:
        tell("This batch is collected already; nothing was changed.")
    if not arguments.quiet or end.exit_status:
        show_summary(end.summary, sys.stderr, interactive=sys.stderr.isatty())
    return end.exit_status


def _now_and_then() -> Callable[[str], None]:
    """Says something unless it has just said something."""
    next_s = 0.0

    def say(text: str) -> None:
        nonlocal next_s
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + _TELL_EVERY_S
            tell(text)

    return say


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, not {text!r}")
    return share
