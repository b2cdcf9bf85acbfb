"""A part of a complete run, asked for once more: its rows take their place, all else stays."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from captioner.api import Captioner
from captioner.errors import RunStopped
from captioner.events import Event, Observer
from captioner.formats.asked_again import AskedAgain
from captioner.formats.failure_lines import read_failures
from captioner.formats.layouts import Layout, layout_of
from captioner.formats.replacement import Replacement, beside
from captioner.formats.sharded import Shard, Sharded
from captioner.formats.state_files import StateFiles
from captioner.jobs.books import Books, find_books, ledger_path
from captioner.jobs.end import COMPLETE, FAILED, JobEnd, Status, exit_status_of, facts_of
from captioner.jobs.retry_output import replaceable, replacement_of
from captioner.jobs.retry_record import check_complete, check_input, retry_begun
from captioner.jobs.retry_settings import check_rows, past_settings, retry_settings
from captioner.report.recount import recounted
from captioner.report.summary import build_summary, write_summary
from captioner.report.tally import Tally
from captioner.report.wording import counted
from captioner.samples.selection import Selection
from captioner.settings import Settings
from captioner.wiring import rules_of, source_of

RunRecord: TypeAlias = Mapping[str, Any]

_CHECKPOINT_EVERY_S: Final = 1.0


class Retry:
    """Asks again for what `selection` takes of the run that wrote `output`. Use it once.

    Settings are those of the run, with those over them that are set `today`. Raises ConfigError
    where OUTPUT cannot be one whose rows are replaced. `ledger` is where the run was told to keep
    what is paid for.
    """

    nothing_to_do: Final = "Nothing of this output is selected to be asked again; nothing was sent."

    def __init__(
        self,
        output: str | Path,
        today: Settings,
        selection: Selection,
        *,
        state_dir: str | Path | None = None,
        ledger: str | Path | None = None,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = StateFiles.of(output, state_dir)
        self._file = replaceable(self.state, str(output))
        self._output, self._today, self._selection = str(output), today, selection
        self._given_ledger = ledger
        self._observer = observer
        self._clock = clock
        self.tally = Tally(clock)
        self._facts = facts_of(today, self.state, ledger_path(today, self.state, ledger))
        self._again: AskedAgain | None = None
        self._captioner: Captioner | None = None
        self._early_status: int | None = None
        self._next_checkpoint_s = 0.0
        self._handed_over = False

    @property
    def remark(self) -> str:
        """What is about to happen, for a person to read."""
        if self._again is None:
            return ""
        captions = counted(self._again.chosen.placeholders, "caption")
        samples = counted(self._again.chosen.samples, "sample")
        return f"Asking again for {captions} of {samples}; all else stays as it is."

    @property
    def is_running(self) -> bool:
        """Whether there is something that can end in order."""
        return self._captioner is not None

    def total(self) -> int | None:
        """How many samples are asked again, once that is known."""
        return None if self._again is None else self._again.total()

    def stop(self, exit_status: int) -> None:
        """End early, in order: finish what is in flight; the output then stays as it was."""
        self._early_status = exit_status
        if self._captioner is not None:
            self._captioner.drain()

    async def run(self) -> JobEnd:
        """Do it. Raises ConfigError, before anything is sent, where there is no such run, it or its
        input is not as it was, or settings and selection do not fit it.

        A retry that cannot go on is no exception here: its end says so, with exit status 3.
        """
        try:
            books, record = find_books(self._today, self.state, self._given_ledger)
        except RunStopped as error:
            return self._ended("stopped", error)
        try:
            return await self._begin(books, record)
        except RunStopped as error:
            return self._ended("stopped", error)
        finally:
            books.close()

    async def _begin(self, books: Books, record: RunRecord) -> JobEnd:
        check_complete(record, self._output)
        past, settings = past_settings(record), retry_settings(record, self._today)
        part = record["identity"]["source"].get("shard")
        shard = part and Shard.parse(part)
        source = source_of(
            *(settings, record["input"], shard), copies=self.state.copies, observer=self._observer
        )
        check_input(record, source.identity(), self._output)
        check_rows(past, settings, source.kind)
        self._facts = replace(
            facts_of(past, self.state, books.ledger.path),
            input=record["input"],
            output=self._output,
            image_base=source.source.image_base,
            model=record["model"],
            shard=source.source.about() if isinstance(source.source, Sharded) else None,
        )
        # What was done and spent goes on from there; of results only those of this life are shown.
        self.tally = Tally.restore({**record["tally"], "results": {}}, self._clock)
        rules = rules_of(settings, source.kind)
        layout = layout_of(self._file, source, rules, settings.output_format)
        self._again = again = AskedAgain(
            source.source,
            self._selection,
            samples=record["samples"],
            output=partial(layout.past, self._file),
            failures=self.state.failures,
            rules=rules,
        )
        await asyncio.to_thread(again.choose, lambda: self._early_status is None)
        if self._early_status is not None:
            return self._ended("interrupted", record=record)
        if not again.chosen.placeholders:
            end = self._ended("complete", record=record)
            return replace(end, exit_status=COMPLETE, already_done=True)
        async with Captioner(
            settings,
            observer=self._emit,
            kind=source.kind,
            ledger=books.ledger,
            scope=books.scope,
            vault=books,
            spent=books.spent(),
        ) as captioner:
            model, mark = captioner.model, books.ledger.mark()
            begun = retry_begun(record, self._selection, settings, model=model, mark=mark)
            return await self._ask(captioner, books, begun, again, layout)

    async def _ask(
        self,
        captioner: Captioner,
        books: Books,
        record: RunRecord,
        again: AskedAgain,
        layout: Layout,
    ) -> JobEnd:
        # Before anything is sent: a life after this one knows its own replies by the mark.
        await self._checkpoint(captioner, books, record)
        self._emit(captioner.plan(again.chosen.samples, again.chosen.placeholders))
        replacement = replacement_of(layout, self.state, again, captioner.rules)
        self._captioner = captioner
        try:
            await captioner.in_thread(replacement.resume, None)
            if self._early_status is None:
                end = await captioner.run(
                    again,
                    replacement,
                    after_batch=partial(self._checkpoint_if_due, captioner, books, record),
                    known=partial(again.known, since=record["retry"]["since"]),
                    gives_up=False,
                )
                if end.complete:
                    return await self._replace(captioner, books, record, replacement)
        except RunStopped as error:
            return await self._left(captioner, books, record, error)
        except asyncio.CancelledError:
            # A second signal: the output stays, at once.
            if self._early_status is None:
                raise
        finally:
            self._captioner = None
            if not self._handed_over:
                replacement.discard()
        return await self._left(captioner, books, record)

    async def _replace(
        self,
        captioner: Captioner,
        books: Books,
        record: RunRecord,
        replacement: Replacement,
    ) -> JobEnd:
        """Swap the files, and record what they hold now."""
        before = Tally.restore(record["tally"], self._clock).snapshot().written
        again = self.tally.snapshot().written
        failures = (line.failure for line in read_failures(replacement.failures, complete=True))
        results = await captioner.in_thread(
            partial(recounted, before, again, failures, rows=replacement.rows)
        )
        too_many = results.failed_share > captioner.settings.max_failed_share
        files = {"output": "", "failures": str(self.state.failures), **self._facts.files}
        if not replacement.has_failures:
            del files["failures"]
        self._facts = replace(self._facts, files=files)
        now = {
            **{name: value for name, value in record.items() if name != "retry"},
            "tally": {**self.tally.to_dict(), "results": asdict(results)},
            "token": record["token"] | replacement.token,
            "exit_status": FAILED if too_many else COMPLETE,
        }
        end = self._ended("complete", record=now, captioner=captioner)
        summary = beside(self.state.summary)
        await captioner.in_thread(write_summary, summary, end.summary)
        # From here on the new files belong to the record: whoever opens it next finishes this.
        self._handed_over = True
        swap = [*replacement.swap, (str(summary), str(self.state.summary.resolve()))]
        try:
            await books.replace_files(swap, now)
        except OSError as error:
            raise RunStopped("output_unwritable", f"cannot rename: {error}") from error
        return end

    async def _left(
        self,
        captioner: Captioner,
        books: Books,
        record: RunRecord,
        error: RunStopped | None = None,
    ) -> JobEnd:
        """End early: what was paid is kept, and counted."""
        record = self._counted(record)
        if not self._handed_over:
            with suppress(RunStopped):
                await books.record_run(record)
        status: Status = "stopped" if error else "interrupted"
        return self._ended(status, error, record=record, captioner=captioner)

    async def _checkpoint_if_due(
        self, captioner: Captioner, books: Books, record: RunRecord
    ) -> None:
        if self._clock() >= self._next_checkpoint_s:
            await self._checkpoint(captioner, books, record)

    async def _checkpoint(self, captioner: Captioner, books: Books, record: RunRecord) -> None:
        await books.record_run(self._counted(record))
        await captioner.purse.checkpoint()
        self._next_checkpoint_s = self._clock() + _CHECKPOINT_EVERY_S

    def _counted(self, record: RunRecord) -> dict[str, Any]:
        """The record with the work done so far; the results are those of the files as they are."""
        results = record["tally"]["results"]
        return {**record, "tally": {**self.tally.to_dict(), "results": results}}

    def _ended(
        self,
        status: Status,
        error: RunStopped | None = None,
        *,
        record: RunRecord | None = None,
        captioner: Captioner | None = None,
    ) -> JobEnd:
        """The end with its summary: of all that the files hold, once the run is known."""
        exit_status = exit_status_of(status, self._early_status, too_many=False)
        if status == "complete" and record is not None:
            exit_status = record["exit_status"]
        said = [error.detail] if error else []
        unchanged = status != "complete" and not self._handed_over
        facts = replace(
            self._facts,
            status=status,
            verdict=error.verdict if error else "",
            message=". ".join([*said, "The output is as it was"] if unchanged else said),
            exit_status=exit_status,
            continues=status != "complete",
            budget=captioner.purse.budget() if captioner else {},
        )
        tally = self.tally if record is None else Tally.restore(record["tally"], self._clock)
        return JobEnd(exit_status, build_summary(facts, tally.snapshot()))

    def _emit(self, event: Event) -> None:
        self.tally(event)
        if self._observer is not None:
            self._observer(event)
