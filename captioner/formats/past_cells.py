"""A table that a run wrote, read back: of each row the cells of the columns that it added.

All other cells come from the input once more, so that a table can be written anew by the sink that
wrote it: with the same bytes wherever nothing was asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from captioner.errors import ConfigError
from captioner.formats.past_rows import PastSample, caption_in
from captioner.samples.outcome import Outcome
from captioner.samples.plan import Plan
from captioner.samples.recovery import captions_of_generated
from captioner.samples.rows import GENERATED, ORIGINAL, RowKind, rows_of
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample

Cells = Mapping[str, Any]


class PastCells:
    """The rows of a table, `cells` one after the other; with `each` a row for an image each.

    Of an original that was kept the row is the sample's own fields. A sample without placeholders
    has a row where each image has one, which is passed over.
    """

    def __init__(self, path: Path, cells: Iterator[Cells], *, each: bool) -> None:
        self.path = path
        self.count = 0
        self._cells = cells
        self._each = each

    def __repr__(self) -> str:
        return f"<PastCells of {self.path}, {self.count} rows read>"

    def take(self, sample: Sample, planned: Plan, kinds: Sequence[RowKind]) -> tuple[Cells, ...]:
        """The cells of each kind of row."""
        if self._each and not planned.placeholders:
            cells = self._row(sample)
            if str(cells.get("sample")) != str(sample.id) or cells.get("caption"):
                raise ValueError(f"row {self.count} is not that of sample {sample.id}")
            return ()
        rows: list[Cells] = []
        for kind in kinds:
            cells = self._row(sample)
            rows.append(sample.fields if kind == ORIGINAL else cells)
        return tuple(rows)

    def captions_of(self, past: PastSample, planned: Plan, rules: Rules) -> list[str | None]:
        """Those of the generated row, or of the rows of captions."""
        captions: list[str | None] = []
        for number, (kind, row) in enumerate(zip(past.kinds, past.rows, strict=True), past.line):
            try:
                if kind == GENERATED:
                    text = row.get(rules.text_key) or ""
                    captions = captions_of_generated(text, planned, rules)
                elif kind.placeholder is not None:
                    # Text has no null, and no caption is empty.
                    captions.append(caption_in(row, past.record.id, kind.placeholder) or None)
            except ValueError as error:
                raise ValueError(f"row {number}: {error}") from None
        return captions

    def end(self) -> None:
        """Make sure that there is no further row."""
        if self._next() is not None:
            raise ValueError(f"it has more than {self.count} rows")

    def close(self) -> None:
        """Let go of the table."""
        close = getattr(self._cells, "close", None)
        if close is not None:
            close()

    def _row(self, sample: Sample) -> Cells:
        cells = self._next()
        if cells is None:
            raise ValueError(f"it ends behind row {self.count}, within sample {sample.id}")
        self.count += 1
        return cells

    def _next(self) -> Cells | None:
        try:
            return next(self._cells, None)
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error}") from error


class CellsRemade:
    """Outcomes for the sinks of tables, which look at rows alone."""

    def kept(self, past: PastSample) -> Outcome:
        """The rows as they were read."""
        return Outcome(past.record, past.rows, fault=past.plan.fault if past.plan else "")

    def mixed(self, past: PastSample, outcome: Outcome, asked: Set[int], rules: Rules) -> Outcome:
        """The rows of captions that were not asked again are those that were read."""
        if past.plan is None or not asked:
            return self.kept(past)
        failed = {caption.index for caption in outcome.captions if caption.caption is None}
        before = dict(zip(past.kinds, past.rows, strict=True))
        kinds = rows_of(past.plan, failed, rules)
        rows = tuple(
            before[kind] if kind.placeholder is not None and kind.placeholder not in asked else row
            for kind, row in zip(kinds, outcome.rows, strict=True)
        )
        return replace(outcome, rows=rows)
