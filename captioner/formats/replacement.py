"""Output and failures file of a complete run written anew, and put in the place of the old ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from captioner.errors import ConfigError
from captioner.formats.base import Token
from captioner.formats.durable import sync_folder
from captioner.formats.failures import failure_lines
from captioner.formats.past_run import PastSample
from captioner.formats.state_files import StateFiles
from captioner.formats.suffixes import suffix_of
from captioner.samples.outcome import Outcome
from captioner.samples.rules import Rules

Swap: TypeAlias = Sequence[tuple[str | None, str]]
"""Pairs of the absolute paths of a new file and of the one whose place it takes; in the place of
the new one None, where the old one has to go. All JSON values."""

_SUFFIXES: Final = (".jsonl", ".ndjson")
_BUFFER_BYTES: Final = 2**20


def replaceable(state: StateFiles, output: str) -> Path:
    """The output, as a file whose rows can be replaced. Raises ConfigError where it is none."""
    if state.output is None:
        raise ConfigError(
            "rows that went to standard output cannot be replaced: name an OUTPUT file"
        )
    if suffix_of(state.output.name) not in _SUFFIXES:
        raise ConfigError(
            f"{output}: only rows of a {' or '.join(_SUFFIXES)} file can be replaced; caption what "
            "failed of another output as a job of its own"
        )
    return state.output


def beside(path: Path) -> Path:
    """Where the file stands that is to take the place of `path`; a link is followed."""
    path = path.resolve()
    return path.with_name(f".{path.name}.retry")


def finish_swap(swap: Swap) -> None:
    """Give the new files their names: all that do not have them yet.

    Done again after a crash it goes on where it was. Raises OSError.
    """
    for new, old in swap:
        target = Path(old)
        if new is None:
            target.unlink(missing_ok=True)
        else:
            with suppress(FileNotFoundError):  # it has its name already
                Path(new).replace(target)
        sync_folder(target.parent)


class Replacement:
    """A sink for what was asked again: takes outcomes in order, and copies all that is between.

    `past` gives all samples of the run; `end` is told of each that has an outcome, and says which
    of its placeholders were asked. The new files are beside the old ones, which stay as they are.
    `rows` counts those that were written.
    """

    def __init__(
        self,
        output: Path,
        failures: Path,
        *,
        past: Callable[[], Iterator[PastSample]],
        end: Callable[[int], frozenset[int]],
        rules: Rules,
        image_base: str,
    ) -> None:
        self._olds = (output.resolve(), failures.resolve())
        self._news = tuple(map(beside, self._olds))
        self._past = past
        self._end = end
        self._rules = rules
        self._image_base = image_base
        self._samples: Iterator[PastSample] = iter(())
        self._files: list[BinaryIO] = []
        self._bytes = [0, 0]
        self.rows = 0

    def __repr__(self) -> str:
        return f"<Replacement of {self._olds[0]}, {self.rows} rows>"

    @property
    def failures(self) -> Path:
        """The new failures file; gone where it is finished and has none."""
        return self._news[1]

    @property
    def token(self) -> dict[str, Token]:
        """What takes the place of the same names in the run's own token: both files' sizes."""
        return {
            "output": {"bytes": self._bytes[0]},
            "failures": {"bytes": self._bytes[1]},
        }

    @property
    def has_failures(self) -> bool:
        """Whether the new failures file has any."""
        return self._bytes[1] > 0

    @property
    def swap(self) -> Swap:
        """What has to be done once it is finished; without failures there is no such file."""
        pairs = zip(self._news, self._olds, (True, self.has_failures), strict=True)
        return [(str(new) if there else None, str(old)) for new, old, there in pairs]

    def resume(self, token: Token) -> None:
        """Begin both files, empty."""
        del token
        self._samples = self._past()
        for new in self._news:
            self._files.append(new.open("wb", buffering=_BUFFER_BYTES))

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Copy what comes before these, then write their rows and failures."""
        for outcome in outcomes:
            for past in self._samples:
                if past.record.id == outcome.record.id:
                    self._replace(past, outcome)
                    break
                self._copy(past)

    def checkpoint(self) -> Token:
        """There is none: what was replied is kept in the ledger, and the rest is copied."""

    def finish(self) -> None:
        """Copy what is left, and force both files to the disk; the old ones are still there."""
        for past in self._samples:
            self._copy(past)
        for file, old in zip(self._files, self._olds, strict=True):
            file.flush()
            os.fsync(file)
            with suppress(OSError):
                shutil.copymode(old, file.name)
        self.close()
        if not self.has_failures:
            self.failures.unlink()
        for new in self._news:
            sync_folder(new.parent)

    def close(self) -> None:
        """Let go of all files; safe to call twice."""
        for file in self._files:
            with suppress(OSError):  # what cannot be written out is of no use
                file.close()
        self._files.clear()
        self._samples = iter(())

    def discard(self) -> None:
        """Remove the new files."""
        self.close()
        for new in self._news:
            new.unlink(missing_ok=True)

    def _copy(self, past: PastSample) -> None:
        self._put(past.rows, [line.raw for line in past.failures])

    def _replace(self, past: PastSample, outcome: Outcome) -> None:
        asked = self._end(past.record.id)
        kept = {
            line.failure.placeholder: line.raw
            for line in past.failures
            if line.failure.placeholder is not None and line.failure.placeholder not in asked
        }
        self._put(
            past.rows_after(outcome, asked, self._rules),
            list(failure_lines(outcome, self._image_base, kept)),
        )

    def _put(self, rows: Sequence[bytes], failures: Sequence[bytes]) -> None:
        for number, lines in enumerate((rows, failures)):
            self._files[number].writelines(lines)
            self._bytes[number] += sum(map(len, lines))
        self.rows += len(rows)
