"""One job: from INPUT to OUTPUT, with everything that stands beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from captioner.api import Captioner
from captioner.errors import ConfigError, RunStopped
from captioner.events import Event, Observer, Warned
from captioner.forecast import expected_requests
from captioner.formats.limited import Limited
from captioner.formats.sharded import Shard
from captioner.formats.sidecar import Sidecars
from captioner.jobs.books import Books
from captioner.jobs.end import (
    KILLED,
    STOPPED,
    WRONG_INPUT,
    JobEnd,
    Status,
    exit_status_of,
    facts_of,
)
from captioner.jobs.opening import opened
from captioner.jobs.resuming import Earlier, check_output, check_unowned, earlier_run, record_of
from captioner.report.summary import RunFacts, build_summary, read_summary, write_summary
from captioner.report.tally import Tally
from captioner.settings import Settings

_CHECKPOINT_EVERY_S = 1.0
"""What lies behind the last one is done again after a crash, from the ledger and without paying."""
_SUMMARY_EVERY_S = 5.0


class Job:
    """A run of INPUT into OUTPUT that can be stopped and continued. Use it once.

    Raises ConfigError where input or output cannot work; only their names are opened. `ledger` is
    a file to share between runs, by default one beside the output. `open_captioner` takes what
    Captioner takes. `guard` is called before anything is written, and raises RunStopped where the
    output is no longer this job's.
    """

    nothing_to_do: Final = "This run is complete already; nothing was sent. --restart begins anew."

    def __init__(
        self,
        input: str | Path,  # noqa: A002 - the name it has on the command line
        output: str | Path,
        settings: Settings,
        *,
        limit: int | None = None,
        state_dir: str | Path | None = None,
        ledger: str | Path | None = None,
        restart: bool = False,
        shard: Shard | None = None,
        sidecars: Sidecars | None = None,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
        open_captioner: Callable[..., Captioner] = Captioner,
        guard: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._open_captioner = open_captioner
        self._limit = limit
        self._restart = restart
        self._observer = observer
        self._clock = clock
        find = partial(opened, observer=observer)
        self._found = find(
            settings, input, output, state_dir, ledger, shard=shard, sidecars=sidecars, anew=restart
        )
        self.kind, self.state = self._found.kind, self._found.state
        self._recorded = self.state.output is not None and not self._found.begins_anew
        self._source, self._journal = self._found.source, self._found.journal
        if guard is not None:
            self._journal.guarded_by(guard)
        self._input, self._output = str(input), str(output)
        self._earlier: Earlier | None = None
        self._begun_from: Mapping[str, Any] | None = None
        if self.state.output is None and not restart:
            check_unowned(read_summary(self.state.summary), str(self.state.summary))
        self.tally = Tally(clock)
        self._captioner: Captioner | None = None
        self._early_status: int | None = None
        self._next_checkpoint_s = self._next_summary_s = 0.0

    @property
    def continues(self) -> int | None:
        """How many samples an earlier run has written; None where this one begins."""
        return None if self._earlier is None else self._earlier.samples

    @property
    def remark(self) -> str:
        """What is about to happen, for a person to read; empty where it is nothing special."""
        return f"Going on after {self.continues:,} samples." if self.continues else ""

    @property
    def is_running(self) -> bool:
        """Whether there is something that can end in order."""
        return self._captioner is not None

    def notes(self) -> list[str]:
        """What a person should know about the input."""
        return list(self._found.notes)

    def total(self) -> int | None:
        """How many samples there will be in the output, where that is cheap to know."""
        return Limited(self._source, self._limit).total()

    def stop(self, exit_status: int) -> None:
        """End early, in order: finish what is in flight; the job then ends with `exit_status`."""
        self._early_status = exit_status
        if self._captioner is not None:
            self._captioner.drain()

    async def run(self) -> JobEnd:
        """Do it. Raises ConfigError where an earlier run's state does not fit, and for what can
        only be known at the endpoint, such as models; nothing was sent then.

        A run that cannot go on is no exception here: its end says so, with exit status 3.
        """
        try:
            where = self._found.ledger, self._settings, self.state.scope
            books = Books(*where, recorded=self._recorded)
        except RunStopped as error:
            return self._not_begun(error)
        try:
            self._look_back(books)
            if (earlier := self._earlier) is not None and earlier.done:
                return self._as_it_is("complete", None, earlier.exit_status, earlier.model)
            async with self._open_captioner(
                self._settings,
                observer=self._emit,
                kind=self.kind,
                ledger=books.ledger,
                scope=books.scope,
                vault=books,
                spent=books.spent(),
            ) as captioner:
                return await self._run(captioner, books)
        except RunStopped as error:
            return self._not_begun(error)
        finally:
            books.close()

    def _look_back(self, books: Books) -> None:
        """Find out what an earlier run left, and go on counting from there."""
        if self._recorded and not self._restart:
            self._begun_from = books.record()
            self._earlier = earlier_run(self._begun_from, self._found.identity, limit=self._limit)
            check_output(self._earlier, self._output, exists=self._found.output_exists())
        if self._earlier is not None:
            self.tally = Tally.restore(self._earlier.tally, self._clock)

    def _not_begun(self, error: RunStopped) -> JobEnd:
        """Nothing was opened yet: an earlier run's state stays as it is."""
        return self._as_it_is("stopped", error, STOPPED, self._settings.model)

    def _as_it_is(
        self, status: Status, error: RunStopped | None, exit_status: int, model: str
    ) -> JobEnd:
        facts = self._facts(status, error, exit_status=exit_status, model=model)
        summary = build_summary(facts, self.tally.snapshot())
        return JobEnd(exit_status, summary, already_done=error is None)

    async def _run(self, captioner: Captioner, books: Books) -> JobEnd:
        earlier = self._earlier
        for warning in earlier.meets(captioner.model) if earlier else ():
            self._emit(Warned(warning))
        about = self._source, captioner.rules, self.total(), self.continues or 0
        requests = await captioner.in_thread(expected_requests, *about)
        self._emit(captioner.plan(self.total(), requests))
        stopped: RunStopped | None = None
        complete = False
        # Where this fails, an earlier run's state stays as it is.
        await captioner.in_thread(self._journal.resume, earlier and earlier.token)
        self._captioner = captioner
        try:
            # At once, so that from now on a killed run can be told from a foreign output.
            await self._checkpoint(captioner, books)
            left = None if self._limit is None else max(0, self._limit - (self.continues or 0))
            if self._early_status is None:
                end = await captioner.run(
                    Limited(self._source, left),
                    self._journal,
                    position=self._journal.position,
                    after_batch=lambda: self._checkpoint(captioner, books, only_if_due=True),
                )
                complete = end.complete
        except RunStopped as error:
            stopped = error
        except ConfigError:
            self._early_status = WRONG_INPUT
            raise
        except asyncio.CancelledError:
            # A second signal: keep what is written, at once.
            if self._early_status is None:
                raise
        finally:
            ended = await self._end(captioner, books, complete=complete, stopped=stopped)
            self._captioner = None
        return ended

    async def _end(
        self, captioner: Captioner, books: Books, *, complete: bool, stopped: RunStopped | None
    ) -> JobEnd:
        """Record where the run stands; where even that fails, the end still says what happened."""
        status: Status = "complete" if complete else "stopped" if stopped else "interrupted"
        too_many = self.tally.failed_share > self._settings.max_failed_share
        exit_status = exit_status_of(status, self._early_status, too_many=too_many)
        facts = self._facts(status, stopped, exit_status=exit_status, model=captioner.model)
        try:
            token = self._journal.checkpoint()
            summary = build_summary(facts, self.tally.snapshot(self.total()))
            write_summary(self.state.summary, summary)
            if complete:  # before the record: done is what is where it belongs
                await captioner.in_thread(self._found.deliver_summary)
            record = self._record_of(token, captioner, complete=complete, status=exit_status)
            # Nothing of a life in which all failed is worth keeping: it is to be done again.
            await books.record_run(self._begun_from if facts.verdict == "all_failed" else record)
        except (OSError, RunStopped) as error:
            unwritable = stopped or RunStopped("output_unwritable", f"cannot write: {error}")
            facts = self._facts("stopped", unwritable, exit_status=STOPPED, model=captioner.model)
            summary = build_summary(facts, self.tally.snapshot())
            with suppress(OSError, RunStopped):
                self._journal.check()
                write_summary(self.state.summary, summary)
            return JobEnd(STOPPED, summary)
        finally:
            self._journal.close()
        return JobEnd(exit_status, summary)

    async def _checkpoint(
        self, captioner: Captioner, books: Books, *, only_if_due: bool = False
    ) -> None:
        """Record where a later run may go on should this one be killed."""
        if only_if_due and self._clock() < self._next_checkpoint_s:
            return
        token = await captioner.in_thread(self._journal.checkpoint)
        record = self._record_of(token, captioner, complete=False, status=KILLED)
        await books.record_run(record)
        await captioner.purse.checkpoint()
        now_s = self._clock()
        self._next_checkpoint_s = now_s + _CHECKPOINT_EVERY_S
        if now_s >= self._next_summary_s:
            self._next_summary_s = now_s + _SUMMARY_EVERY_S
            facts = self._facts("interrupted", None, exit_status=KILLED, model=captioner.model)
            summary = build_summary(facts, self.tally.snapshot(self.total()))
            await captioner.in_thread(write_summary, self.state.summary, summary)

    def _record_of(
        self, token: Any, captioner: Captioner, *, complete: bool, status: int
    ) -> dict[str, Any]:
        return record_of(
            self._found.identity,
            token=token,
            tally=self.tally.to_dict(),
            model=captioner.model,
            samples=self.tally.samples_written,
            complete=complete,
            exit_status=status,
            limit=self._limit,
            input=self._found.input,
            settings=self._settings,
        )

    def _facts(
        self, status: Status, stopped: RunStopped | None, *, exit_status: int, model: str
    ) -> RunFacts:
        return replace(
            facts_of(self._settings, self.state, self._found.ledger, self._found.is_delivered),
            status=status,
            verdict=stopped.verdict if stopped else "",
            message=stopped.detail if stopped else "",
            exit_status=exit_status,
            input=self._input,
            output=self._output,
            image_base=self._source.image_base,
            shard=self._found.shard,
            model=model,
            continues=status != "complete" and self.state.output is not None,
            budget=self._captioner.purse.budget() if self._captioner else {},
        )

    def _emit(self, event: Event) -> None:
        self.tally(event)
        if self._observer is not None:
            self._observer(event)
