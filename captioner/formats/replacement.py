"""Output and failures file of a complete run written anew, and put in the place of the old ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeAlias

from captioner.formats.base import Sink, Token
from captioner.formats.durable import sync_folder
from captioner.formats.failures import failure_lines
from captioner.formats.past_lines import LinesAnew
from captioner.formats.past_rows import PastSample, Remaking
from captioner.formats.shards import replace_folder
from captioner.samples.outcome import Outcome
from captioner.samples.rules import Rules

Swap: TypeAlias = Sequence[tuple[str | None, str]]
"""Pairs of the absolute paths of a new file and of the one whose place it takes; in the place of
the new one None, where the old one has to go. All JSON values."""


def beside(path: Path) -> Path:
    """Where that stands which is to take the place of `path`; a link is followed."""
    path = path.resolve()
    return path.with_name(f".retry.{path.name}")


def finish_swap(swap: Swap) -> None:
    """Give the new files and folders their names: all that do not have them yet.

    Done again after a crash it goes on where it was. Raises OSError.
    """
    for new, old in swap:
        target = Path(old)
        if new is None:
            target.unlink(missing_ok=True)
        elif target.is_dir() or Path(new).is_dir():
            replace_folder(Path(new), target)
        else:
            with suppress(FileNotFoundError):  # it has its name already
                Path(new).replace(target)
        sync_folder(target.parent)


class Anew(Protocol):
    """An output that is written anew under the name `new`, sample by sample."""

    new: Path

    @property
    def token(self) -> Token:
        """What a run's sink would have told of it at its end."""

    def begin(self) -> None:
        """Begin it, empty."""

    def copy(self, past: PastSample) -> None:
        """Append a sample as it was."""

    def replace(self, past: PastSample, outcome: Outcome, asked: Set[int], rules: Rules) -> None:
        """Append a sample of which the placeholders `asked` were asked again."""

    def finish(self) -> None:
        """Make it whole and durable."""

    def close(self) -> None:
        """Let go of it; safe to call twice."""

    def discard(self) -> None:
        """Remove it."""


class SinkAnew:
    """An output that its format's own sink writes anew: `sink(new, partial)`."""

    def __init__(
        self, new: Path, partial: Path, sink: Callable[[Path, Path], Sink], remaking: Remaking
    ) -> None:
        self.new, self._partial = new, partial
        self._sink = sink(new, partial)
        self._remaking = remaking
        self._token: Token = None

    @property
    def token(self) -> Token:
        """The sink's, once it is finished."""
        return self._token

    def begin(self) -> None:
        """Begin it, and remove what a retry left that was killed."""
        self.discard()
        self._sink.resume(None)

    def copy(self, past: PastSample) -> None:
        """Append what the run wrote, put together once more."""
        self._sink.write([self._remaking.kept(past)])

    def replace(self, past: PastSample, outcome: Outcome, asked: Set[int], rules: Rules) -> None:
        """Append it; what does not depend on what was asked is what it was."""
        self._sink.write([self._remaking.mixed(past, outcome, asked, rules)])

    def finish(self) -> None:
        """Finish the sink."""
        self._sink.finish()
        self._token = self._sink.checkpoint()
        self._sink.close()

    def close(self) -> None:
        """Let go of it."""
        self._sink.close()

    def discard(self) -> None:
        """Remove it, whole or not."""
        self.close()
        for path in (self._partial, self.new):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


class Replacement:
    """A sink for what was asked again: takes outcomes in order, and copies all that is between.

    `output` is written anew, and so is the failures file. `past` gives all samples of the run;
    `end` is told of each that has an outcome, and says which of its placeholders were asked. The
    new files are beside the old ones, which stay as they are. `rows` counts those of the output.
    """

    def __init__(
        self,
        old: Path,
        output: Anew,
        failures: Path,
        *,
        past: Callable[[], Iterator[PastSample]],
        end: Callable[[int], frozenset[int]],
        rules: Rules,
        image_base: str,
    ) -> None:
        self._old = old.resolve()
        self._output = output
        self._old_failures = failures.resolve()
        self._failures = LinesAnew(beside(failures), self._old_failures)
        self._past = past
        self._end = end
        self._rules = rules
        self._image_base = image_base
        self._samples: Iterator[PastSample] = iter(())
        self.rows = 0

    def __repr__(self) -> str:
        return f"<Replacement of {self._old}, {self.rows} rows>"

    @property
    def failures(self) -> Path:
        """The new failures file; gone where it is finished and has none."""
        return self._failures.new

    @property
    def token(self) -> dict[str, Token]:
        """What takes the place of the same names in the run's own token."""
        return {"output": self._output.token, "failures": self._failures.token}

    @property
    def has_failures(self) -> bool:
        """Whether the new failures file has any."""
        return self._failures.size_bytes > 0

    @property
    def swap(self) -> Swap:
        """What has to be done once it is finished; without failures there is no such file."""
        failures = str(self.failures) if self.has_failures else None
        return [(str(self._output.new), str(self._old)), (failures, str(self._old_failures))]

    def resume(self, token: Token) -> None:
        """Begin both, empty."""
        del token
        self._samples = self._past()
        self._output.begin()
        self._failures.begin()

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
        """Copy what is left, and force both to the disk; the old ones are still there."""
        for past in self._samples:
            self._copy(past)
        self._output.finish()
        self._failures.finish()
        if not self.has_failures:
            self.failures.unlink()

    def close(self) -> None:
        """Let go of both; safe to call twice."""
        self._output.close()
        self._failures.close()
        self._samples = iter(())

    def discard(self) -> None:
        """Remove both."""
        self.close()
        self._output.discard()
        self._failures.discard()

    def _copy(self, past: PastSample) -> None:
        self._output.copy(past)
        self._failures.put([line.raw for line in past.failures])
        self.rows += len(past.kinds)

    def _replace(self, past: PastSample, outcome: Outcome) -> None:
        asked = self._end(past.record.id)
        kept = {
            line.failure.placeholder: line.raw
            for line in past.failures
            if line.failure.placeholder is not None and line.failure.placeholder not in asked
        }
        self._output.replace(past, outcome, asked, self._rules)
        self._failures.put(list(failure_lines(outcome, self._image_base, kept)))
        self.rows += len(outcome.rows)
