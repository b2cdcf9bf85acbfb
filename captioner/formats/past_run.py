"""What a complete run wrote, read back sample by sample beside its source, and written anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from captioner.errors import ConfigError
from captioner.formats.encode import encode_outcome
from captioner.formats.failure_lines import FailureLine, read_failures
from captioner.formats.jsonl import parse_object
from captioner.samples.outcome import Outcome
from captioner.samples.plan import Plan, plan
from captioner.samples.recovery import captions_of_row
from captioner.samples.rows import GENERATED, ORIGINAL, RowKind, rows_of
from captioner.samples.rules import Rules
from captioner.samples.sample import Record, Sample


@dataclass(frozen=True, slots=True)
class PastSample:
    """A record, what it asked for (None: it is no sample), and what became of it.

    `rows` are lines with their ends, one for each of `kinds`; `line` is the number of the first.
    """

    record: Record
    plan: Plan | None
    failures: tuple[FailureLine, ...]
    kinds: tuple[RowKind, ...]
    rows: tuple[bytes, ...]
    line: int

    def rows_after(self, outcome: Outcome, asked: Set[int], rules: Rules) -> tuple[bytes, ...]:
        """The lines of `outcome`'s rows, once the placeholders `asked` were asked for again.

        Lines that do not depend on those stay as they are. Raises TypeError as `encode_outcome`.
        """
        if self.plan is None or not asked:
            return self.rows
        failed = {caption.index for caption in outcome.captions if caption.caption is None}
        past = dict(zip(self.kinds, self.rows, strict=True))
        kinds = rows_of(self.plan, failed, rules)
        new = encode_outcome(outcome).split(b"\n")[:-1]
        return tuple(
            line + b"\n" if kind == GENERATED or kind.placeholder in asked else past[kind]
            for kind, line in zip(kinds, new, strict=True)
        )


class PastRun:
    """A JSONL output that is complete, and its failures file; memory is that of one sample.

    Raises ConfigError, here and in `samples`, where one of them cannot be read. Use it as a context
    manager, or `close` it.
    """

    def __init__(self, output: Path, failures: Path) -> None:
        self._path = output
        self._failures_path = failures
        try:
            self._output = output.open("rb")
        except OSError as error:
            raise ConfigError(f"{output} cannot be read: {error.strerror or error}") from error
        self._line = 0

    def __repr__(self) -> str:
        return f"<PastRun {self._path}, {self._line} rows read>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the output; safe to call twice."""
        self._output.close()

    def samples(self, records: Iterable[Record], rules: Rules) -> Iterator[PastSample]:
        """Yield what became of each of the run's `records`, all of them, in the source's order.

        Can be used once. Raises ConfigError, at the latest behind the last record, where output and
        failures file are not those of a run of these records by these rules.
        """
        failures = read_failures(self._failures_path, complete=True)
        try:
            pending = next(failures, None)
            for record in records:
                theirs: list[FailureLine] = []
                while pending is not None and pending.failure.sample <= record.id:
                    if pending.failure.sample < record.id:
                        raise self._failures_changed(pending)
                    theirs.append(pending)
                    pending = next(failures, None)
                yield self._sample(record, tuple(theirs), rules)
            if pending is not None:
                raise self._failures_changed(pending)
        finally:
            failures.close()
        count = self._line
        if self._row() is not None:
            raise _changed(self._path, f"it has more than {count} rows")

    def captions_of(self, sample: PastSample, rules: Rules) -> list[str | None] | None:
        """The captions of a sample, one a placeholder; None where its rows do not hold them.

        They do not where no row was generated although some placeholders have a caption (`all`).
        Raises ConfigError where a row is not as the run wrote it.
        """
        if sample.plan is None or not sample.plan.placeholders:
            return []
        failed = {line.failure.placeholder for line in sample.failures}
        if len(failed) == len(sample.plan.placeholders):
            return [None] * len(failed)
        captions: list[str | None] = []
        for number, (kind, row) in enumerate(
            zip(sample.kinds, sample.rows, strict=True), sample.line
        ):
            try:
                if kind == GENERATED:
                    captions = captions_of_row(parse_object(row), sample.plan, rules)
                elif kind.placeholder is not None:
                    captions.append(_caption_in(parse_object(row), sample.record.id, kind))
            except ValueError as error:
                raise _changed(self._path, f"row {number}: {error}") from None
        if not captions:
            return None
        if {index for index, caption in enumerate(captions) if caption is None} != failed:
            raise _changed(self._path, f"sample {sample.record.id} has other captions")
        return captions

    def _sample(
        self, record: Record, failures: tuple[FailureLine, ...], rules: Rules
    ) -> PastSample:
        line = self._line + 1
        if not isinstance(record, Sample):
            if len(failures) != 1:
                raise _changed(self._failures_path, f"it should have one line for {record.where}")
            return PastSample(record, None, failures, (), (), line)
        planned = plan(record, rules)
        indices = [failure.failure.placeholder for failure in failures]
        failed = {index for index in indices if index is not None}
        as_a_whole = [None] if planned.fault else []
        try:
            kinds = rows_of(planned, failed, rules)
        except ValueError as error:
            raise _changed(self._failures_path, f"sample {record.id} has {error}") from None
        if indices != [*as_a_whole, *sorted(failed)]:
            raise _changed(self._failures_path, f"sample {record.id} has other failures")
        rows = self._rows(record, kinds)
        return PastSample(record, planned, failures, kinds, rows, line)

    def _rows(self, record: Sample, kinds: Sequence[RowKind]) -> tuple[bytes, ...]:
        rows: list[bytes] = []
        for kind in kinds:
            row = self._row()
            if row is None:
                raise _changed(
                    self._path, f"it ends behind row {self._line}, within sample {record.id}"
                )
            if kind == ORIGINAL and record.raw is not None and row[:-1] != record.raw:
                raise _changed(self._path, f"row {self._line} is not sample {record.id} of INPUT")
            rows.append(row)
        return tuple(rows)

    def _row(self) -> bytes | None:
        """The next line, None at the end."""
        try:
            row = self._output.readline()
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read: {error}") from error
        if not row:
            return None
        self._line += 1
        if not row.endswith(b"\n"):
            raise _changed(self._path, f"row {self._line} ends in its middle")
        return row

    def _failures_changed(self, line: FailureLine) -> ConfigError:
        return _changed(self._failures_path, f"sample {line.failure.sample} is out of its place")


def _caption_in(row: dict[str, Any], sample: int, kind: RowKind) -> str | None:
    caption = row.get("caption")
    if row.get("sample") != sample or row.get("placeholder") != kind.placeholder:
        raise ValueError(f"it is not that of placeholder {kind.placeholder} of sample {sample}")
    if not (caption is None or isinstance(caption, str)):
        raise ValueError("its caption is no text")
    return caption


def _changed(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"{path} was changed since the run: {what}; put it back as the run left it, "
        "or begin anew with captioner run --restart"
    )
