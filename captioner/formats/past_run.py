"""What a complete run wrote, read back sample by sample beside its source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from captioner.errors import ConfigError
from captioner.formats.failure_lines import FailureLine, read_failures
from captioner.formats.past_rows import PastRows, PastSample
from captioner.samples.plan import plan
from captioner.samples.rows import rows_of
from captioner.samples.rules import Rules
from captioner.samples.sample import Record, Sample


class PastRun:
    """The `rows` of an output that is complete, and its failures file.

    Memory is that of one sample, or of what the output's format reads at once. Use it as a context
    manager, or `close` it.
    """

    def __init__(self, rows: PastRows, failures: Path) -> None:
        self._rows = rows
        self._failures_path = failures

    def __repr__(self) -> str:
        return f"<PastRun {self._rows!r}>"

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
        self._rows.close()

    def samples(self, records: Iterable[Record], rules: Rules) -> Iterator[PastSample]:
        """Yield what became of each of the run's `records`, all of them, in the source's order.

        Can be used once. Raises ConfigError, at the latest behind the last record, where output and
        failures file are not those of a run of these records by these rules, or cannot be read.
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
        try:
            self._rows.end()
        except ValueError as error:
            raise self._changed(str(error)) from None

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
        try:
            captions = self._rows.captions_of(sample, sample.plan, rules)
        except ValueError as error:
            raise self._changed(str(error)) from None
        if not captions:
            return None
        if {index for index, caption in enumerate(captions) if caption is None} != failed:
            raise self._changed(f"sample {sample.record.id} has other captions")
        return captions

    def _sample(
        self, record: Record, failures: tuple[FailureLine, ...], rules: Rules
    ) -> PastSample:
        line = self._rows.count + 1
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
        try:
            rows = self._rows.take(record, planned, kinds)
        except ValueError as error:
            raise self._changed(str(error)) from None
        return PastSample(record, planned, failures, kinds, rows, line)

    def _changed(self, what: str) -> ConfigError:
        return _changed(self._rows.path, what)

    def _failures_changed(self, line: FailureLine) -> ConfigError:
        return _changed(self._failures_path, f"sample {line.failure.sample} is out of its place")


def _changed(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"{path} was changed since the run: {what}; put it back as the run left it, "
        "or begin anew with captioner run --restart"
    )
