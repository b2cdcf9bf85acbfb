"""A complete run as a source: of its samples those of which something is asked for again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from captioner.errors import ConfigError
from captioner.formats.base import Source
from captioner.formats.past_rows import PastRows, PastSample
from captioner.formats.past_run import PastRun
from captioner.samples.outcome import CaptionOutcome
from captioner.samples.plan import Placeholder
from captioner.samples.recovery import kept_outcome
from captioner.samples.rules import Rules
from captioner.samples.sample import Position, Record
from captioner.samples.selection import Selection


@dataclass(frozen=True, slots=True)
class Chosen:
    """How much is asked for again: so many placeholders, in so many samples."""

    samples: int = 0
    placeholders: int = 0


@dataclass(frozen=True, slots=True)
class Again:
    """Of one sample the placeholders that are asked for, and what became of the others.

    A placeholder that is in neither has a caption that stands nowhere but in the ledger.
    """

    asked: frozenset[int]
    kept: Mapping[int, CaptionOutcome]


class AskedAgain:
    """The `samples` first records of a source, a run of which by `rules` wrote the rows that
    `output` opens, and `failures`.

    All are read from their beginning each time; memory is that of the samples that are begun.
    """

    def __init__(
        self,
        source: Source,
        selection: Selection,
        *,
        samples: int,
        output: Callable[[], PastRows],
        failures: Path,
        rules: Rules,
    ) -> None:
        self._source = source
        self._selection = selection
        self._samples = samples
        self._output, self._failures = output, failures
        self._rules = rules
        self._begun: dict[int, Again] = {}
        self.chosen = Chosen()
        self.image_base = source.image_base

    def __repr__(self) -> str:
        return f"<AskedAgain of {self._source!r}, {self.chosen}, {len(self._begun)} samples begun>"

    def choose(self, goes_on: Callable[[], bool] = lambda: True) -> Chosen:
        """Look through all of the run, as long as it `goes_on`, and count what is asked for again.

        Raises ConfigError for reasons and ids that the run does not have, and where output or
        failures file are not as the run left them or the source cannot be read.
        """
        samples = placeholders = 0
        reasons: set[str] = set()
        try:
            for past, again in self._read():
                if not goes_on():
                    return self.chosen
                reasons.update(line.failure.reason for line in past.failures)
                if again is not None:
                    samples += 1
                    placeholders += len(again.asked)
        except OSError as error:
            raise ConfigError(f"the input cannot be read: {error}") from error
        self._selection.check_reasons(reasons)
        self._selection.check_samples(self._samples)
        self.chosen = Chosen(samples, placeholders)
        return self.chosen

    def past(self) -> Iterator[PastSample]:
        """Everything of the run, sample by sample."""
        with PastRun(self._output(), self._failures) as run:
            yield from run.samples(islice(self._source.open(), self._samples), self._rules)

    def known(self, placeholder: Placeholder, since: int) -> CaptionOutcome | int:
        """What became of a placeholder of a begun sample; the mark `since` where that is asked for
        again, 0 where the ledger has what became of it.
        """
        again = self._begun[placeholder.sample]
        kept = again.kept.get(placeholder.index)
        if kept is not None:
            return kept
        return since if placeholder.index in again.asked else 0

    def end(self, sample: int) -> frozenset[int]:
        """Forget a begun sample; returns which of its placeholders were asked for."""
        return self._begun.pop(sample).asked

    def identity(self) -> dict[str, Any]:
        """The source's."""
        return self._source.identity()

    def total(self) -> int | None:
        """How many samples there are of which something is asked for."""
        return self.chosen.samples

    def notes(self) -> list[str]:
        """The source's."""
        return self._source.notes()

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield these samples; there is no position but the beginning."""
        del position
        self._begun.clear()
        for past, again in self._read():
            if again is not None:
                self._begun[past.record.id] = again
                yield past.record

    def _read(self) -> Iterator[tuple[PastSample, Again | None]]:
        with PastRun(self._output(), self._failures) as run:
            records = islice(self._source.open(), self._samples)
            for past in run.samples(records, self._rules):
                yield past, self._again(run, past)

    def _again(self, run: PastRun, past: PastSample) -> Again | None:
        if past.plan is None:
            return None
        failures = {line.failure.placeholder: line.failure for line in past.failures}
        asked = self._selection.placeholders_of(past.plan, failures.values())
        if not asked:
            return None
        captions = run.captions_of(past, self._rules) or [None] * len(past.plan.placeholders)
        kept = {}
        for placeholder, caption in zip(past.plan.placeholders, captions, strict=True):
            before = failures.get(placeholder.index) if caption is None else caption
            if before is not None and placeholder.index not in asked:
                kept[placeholder.index] = kept_outcome(placeholder, before, self._rules)
        return Again(asked, kept)
