"""What a command was told apart from its settings."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from captioner.errors import ConfigError
from captioner.formats.sharded import Shard
from captioner.formats.sidecar import SIDECAR_MODES, Sidecars


@dataclass(frozen=True, slots=True)
class RunArguments:
    """The words of `captioner run` that are no settings.

    `input` and `output` are as written, `-` for the standard streams. `limit` is the number of
    samples to stop after, None for all. `state_dir` is where what stands beside the output goes
    instead, `ledger` a ledger to share with other runs. `restart` begins anew where an earlier run
    left off, `rehearse` says that the endpoint is the embedded one. `shard` is the part of the
    input that is meant, None for all of it; `sidecars` is how they are written, None for rows.
    """

    input: str
    output: str
    limit: int | None = None
    state_dir: Path | None = None
    ledger: Path | None = None
    restart: bool = False
    quiet: bool = False
    rehearse: bool = False
    shard: Shard | None = None
    sidecars: Sidecars | None = None


def add_part_words(parser: argparse.ArgumentParser) -> None:
    """Add the flags of shards and sidecars."""
    group = parser.add_argument_group("Shards and sidecars")
    group.add_argument(
        "--shard",
        metavar="I/N",
        help="only part I (from 0) of N of the input, to put together with captioner merge",
    )
    group.add_argument(
        "--sidecar",
        metavar=f"{{{','.join(SIDECAR_MODES)}}}",
        help="write a text file for each image: OUTPUT is the folder of the images, or another one."
        " What becomes of an image that has one (default: skip, nothing is paid for it)",
    )
    group.add_argument("--prefix", metavar="TEXT", help="words in front of each caption")
    group.add_argument("--suffix", metavar="TEXT", help="words behind each caption")
    group.add_argument("--sidecar-ext", metavar="EXT", help="suffix of the files (default: .txt)")


def shard_of(word: str | None) -> Shard | None:
    """What `--shard` says; raises ConfigError where it says nothing."""
    return None if word is None else Shard.parse(word)


def sidecars_of(
    mode: str | None, prefix: str | None, suffix: str | None, ext: str | None
) -> Sidecars | None:
    """What `--sidecar` and its companions say, None where it was not given.

    Raises ConfigError where they say nothing, and for companions without it.
    """
    companions = {"--prefix": prefix, "--suffix": suffix, "--sidecar-ext": ext}
    given = [flag for flag, word in companions.items() if word is not None]
    if mode is None:
        if given:
            raise ConfigError(f"{given[0]} is for sidecars: add --sidecar, or leave it out")
        return None
    for known in SIDECAR_MODES:
        if mode == known:
            return Sidecars(known, prefix or "", suffix or "", ".txt" if ext is None else ext)
    raise ConfigError(f"--sidecar takes {', '.join(SIDECAR_MODES)}, not {mode!r}")


def spell_sidecar(words: Sequence[str]) -> list[str]:
    """Write a bare `--sidecar` as `--sidecar=skip`, so that no other word is taken for its mode."""
    spelled = list(words)
    for number, word in enumerate(spelled):
        behind = spelled[number + 1 : number + 2]
        if word == "--sidecar" and not (behind and behind[0] in SIDECAR_MODES):
            spelled[number] = "--sidecar=skip"
    return spelled
