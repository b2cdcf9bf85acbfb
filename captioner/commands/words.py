"""Words that several commands have beside their settings."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_run_words(parser: argparse.ArgumentParser) -> None:
    """Add INPUT, OUTPUT and what is said of one run."""
    parser.add_argument(
        "input",
        metavar="INPUT",
        help="samples (.jsonl, .jsonl.gz, .jsonl.zst), a folder of images, a list of image paths"
        " (.txt), any of them also in a bucket (s3://…, gs://…), or - for samples on standard"
        " input",
    )
    parser.add_argument(
        "output", metavar="OUTPUT", help="a .jsonl file, also in a bucket, or - for standard output"
    )
    group = parser.add_argument_group("This run")
    group.add_argument("--limit", type=_count, metavar="N", help="only the first N samples")
    add_shared_words(group)
    group.add_argument(
        "--restart",
        action="store_true",
        help="begin anew where an earlier run was stopped; what was paid for is used again",
    )


def add_shared_words(group: argparse._ArgumentGroup) -> None:
    """Flags of what asks for captions."""
    add_sources(group)
    group.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where the files beside the output go instead (partial, failures, summary, ledger)",
    )
    group.add_argument(
        "--ledger",
        type=Path,
        metavar="FILE",
        help="where what is paid for is kept, to share it between runs (default: by the output)",
    )
    group.add_argument("--quiet", action="store_true", help="no progress; warnings and errors only")


def add_sources(group: argparse._ArgumentGroup) -> None:
    """Flags of where settings come from."""
    group.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    group.add_argument(
        "--env-file",
        type=Path,
        default=".env",
        metavar="FILE",
        help="settings as CAPTIONER_NAME=value (default: .env in the working directory)",
    )
    group.add_argument(
        "--rehearse",
        action="store_true",
        help="without a model, key or cost, the same as --base-url embedded",
    )


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1, not {text!r}")
    return number
