"""One job: from INPUT to OUTPUT, with everything that stands beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from captioner import __version__
from captioner.api import Captioner
from captioner.errors import ConfigError, RunStopped
from captioner.events import Event, Observer
from captioner.formats.choose import open_sink, open_source
from captioner.formats.failures import FailuresFile
from captioner.formats.journal import Journal
from captioner.formats.limited import Limited
from captioner.report.summary import RunFacts, build_summary, read_summary, write_summary
from captioner.report.tally import Tally
from captioner.resuming import Identity, check_output, check_unowned, earlier_run, record_of
from captioner.settings import EMBEDDED, Settings, public_dump, settings_from

_CHECKPOINT_EVERY_S = 5.0
"""A crash costs at most what was captioned since the last one."""

COMPLETE, FAILED, WRONG_INPUT, STOPPED = 0, 1, 2, 3
"""Exit statuses; a signal's is 128 plus its number."""

_KILLED = 128 + 9

Status = Literal["complete", "stopped", "interrupted"]


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended: its exit status and the summary, as `captions.summary.json` has it.

    `already_done` says that there was nothing left to do.
    """

    exit_status: int
    summary: Mapping[str, Any]
    already_done: bool = False


class Job:
    """A run of INPUT into OUTPUT that can be stopped and continued. Use it once.

    Opens nothing but the names at first: raises ConfigError where input, output or an earlier
    run's state cannot work, before anything is sent.
    """

    def __init__(
        self,
        input: str | Path,  # noqa: A002 - the name it has on the command line
        output: str | Path,
        settings: Settings,
        *,
        limit: int | None = None,
        state_dir: str | Path | None = None,
        restart: bool = False,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._limit = limit
        self._observer = observer
        self._clock = clock
        chosen = open_source(input, image_base=settings.image_base, image_key=settings.image_key)
        sink = open_sink(output, state_dir=state_dir, input=input)
        self.kind = chosen.kind
        self._source = chosen.source
        self.state = sink.state
        self._journal = Journal(
            sink.sink, FailuresFile(sink.state.failures, chosen.source.image_base)
        )
        self._input, self._output = str(input), str(output)
        self._identity = Identity.of(chosen.source.identity(), chosen.source.image_base, settings)
        self._earlier = None
        self._summary: dict[str, Any] | None = None
        self._begun_from: Any = None
        if not restart:
            self._summary = read_summary(sink.state.summary)
            self._begun_from = self._summary and self._summary.get("resume")
            if sink.state.output is None:
                check_unowned(self._begun_from, sink.state.summary)
            else:
                self._earlier = earlier_run(self._begun_from, self._identity, limit=limit)
                check_output(self._earlier, self._output, exists=sink.state.output.exists())
        self.tally = (
            Tally(clock) if self._earlier is None else Tally.restore(self._earlier.tally, clock)
        )
        self._captioner: Captioner | None = None
        self._stop_asked = False
        self._early_status: int | None = None
        self._next_checkpoint_s = 0.0

    @property
    def continues(self) -> int | None:
        """How many samples an earlier run has written; None where this one begins."""
        return None if self._earlier is None else self._earlier.samples

    @property
    def is_running(self) -> bool:
        """Whether there is something that can end in order."""
        return self._captioner is not None

    def notes(self) -> list[str]:
        """What a person should know about the input."""
        return self._source.notes()

    def total(self) -> int | None:
        """How many samples there will be in the output, where that is cheap to know."""
        return Limited(self._source, self._limit).total()

    def stop(self, exit_status: int) -> None:
        """End early, in order: finish what is in flight; the job then ends with `exit_status`."""
        self._early_status = exit_status
        if self._captioner is not None:
            self._captioner.drain()

    async def run(self) -> JobEnd:
        """Do it. Raises ConfigError for what can only be known at the endpoint, such as models.

        A run that cannot go on is no exception here: its end says so, with exit status 3.
        """
        if self._earlier is not None and self._earlier.done and self._summary is not None:
            return JobEnd(self._summary["exit_status"], self._summary, already_done=True)
        try:
            async with Captioner(self._settings, observer=self._emit, kind=self.kind) as captioner:
                return await self._run(captioner)
        except RunStopped as error:
            # Nothing was opened yet: an earlier run's state stays as it is.
            facts = self._facts("stopped", error, exit_status=STOPPED, model=self._settings.model)
            return JobEnd(STOPPED, build_summary(facts, self.tally.snapshot()))

    async def _run(self, captioner: Captioner) -> JobEnd:
        if self._earlier is not None and self._earlier.model != captioner.model:
            raise ConfigError(
                f"the earlier run asked {self._earlier.model!r}, the endpoint now offers "
                f"{captioner.model!r}: name the model with --model, or begin anew with --restart"
            )
        self._emit(captioner.plan(self.total()))
        stopped: RunStopped | None = None
        complete = False
        # Where this fails, an earlier run's state stays as it is.
        token = self._earlier.token if self._earlier else None
        await captioner.in_thread(self._journal.resume, token)
        self._captioner = captioner
        try:
            # At once, so that from now on a killed run can be told from a foreign output.
            await self._checkpoint(captioner)
            if self._early_status is None:
                end = await captioner.run(
                    Limited(self._source, self._left()),
                    self._journal,
                    position=self._journal.position,
                    after_batch=self._checkpoint_if_due,
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
            self._captioner = None
            ended = self._end(captioner, complete=complete, stopped=stopped)
        return ended

    def _end(self, captioner: Captioner, *, complete: bool, stopped: RunStopped | None) -> JobEnd:
        """Write the last summary; where even that fails, the end still says what happened."""
        exit_status = self._exit_status(complete=complete, stopped=stopped)
        status: Status = "complete" if complete else "stopped" if stopped else "interrupted"
        try:
            token = self._journal.checkpoint()
            facts = self._facts(status, stopped, exit_status=exit_status, model=captioner.model)
            summary = self._summarise(facts, token, complete=complete)
            write_summary(self.state.summary, summary)
        except OSError as error:
            unwritable = stopped or RunStopped("output_unwritable", f"cannot write: {error}")
            facts = self._facts("stopped", unwritable, exit_status=STOPPED, model=captioner.model)
            return JobEnd(STOPPED, build_summary(facts, self.tally.snapshot()))
        finally:
            self._journal.close()
        return JobEnd(exit_status, summary)

    async def _checkpoint_if_due(self) -> None:
        """Record, every few seconds, where a later run may go on should this one be killed."""
        if self._clock() >= self._next_checkpoint_s and self._captioner is not None:
            await self._checkpoint(self._captioner)

    async def _checkpoint(self, captioner: Captioner) -> None:
        token = await captioner.in_thread(self._journal.checkpoint)
        facts = self._facts("interrupted", None, exit_status=_KILLED, model=captioner.model)
        summary = self._summarise(facts, token, complete=False)
        await captioner.in_thread(write_summary, self.state.summary, summary)
        self._next_checkpoint_s = self._clock() + _CHECKPOINT_EVERY_S

    def _summarise(self, facts: RunFacts, token: Any, *, complete: bool) -> dict[str, Any]:
        snapshot = self.tally.snapshot(self.total())
        resume = None
        if facts.verdict == "all_failed":
            # Nothing of this life is worth keeping: once its cause is mended it is done again.
            resume = self._begun_from
        elif self.state.output is not None:
            resume = record_of(
                self._identity,
                token=token,
                tally=self.tally.to_dict(),
                model=facts.model,
                samples=snapshot.written.samples_written,
                complete=complete,
                limit=self._limit,
            )
        return build_summary(replace(facts, resume=resume), snapshot)

    def _facts(
        self, status: Status, stopped: RunStopped | None, *, exit_status: int, model: str
    ) -> RunFacts:
        rehearsal = self._settings.base_url == EMBEDDED
        files = {"output": self.state.output, "partial": self.state.partial}
        files |= {"failures": self.state.failures, "summary": self.state.summary}
        return RunFacts(
            version=__version__,
            status=status,
            verdict=stopped.verdict if stopped else "",
            message=stopped.detail if stopped else "",
            exit_status=exit_status,
            rehearsal=rehearsal,
            input=self._input,
            output=self._output,
            image_base=self._source.image_base,
            endpoint=self._settings.base_url,
            model=model,
            mode=self._settings.mode,
            settings=public_dump(self._settings),
            files={
                name: str(path)
                for name, path in files.items()
                if path is not None and (name == "summary" or path.exists())
            },
        )

    def _exit_status(self, *, complete: bool, stopped: RunStopped | None) -> int:
        if stopped is not None:
            return STOPPED
        if not complete:
            return self._early_status or _KILLED
        written = self.tally.snapshot().written
        asked = written.placeholders + sum(written.faults.values())
        share = written.failures / asked if asked else 0.0
        return FAILED if share > self._settings.max_failed_share else COMPLETE

    def _left(self) -> int | None:
        return None if self._limit is None else max(0, self._limit - (self.continues or 0))

    def _emit(self, event: Event) -> None:
        self.tally(event)
        if self._observer is not None:
            self._observer(event)


def caption_file(
    input: str | Path,  # noqa: A002 - the name it has on the command line
    output: str | Path,
    *,
    limit: int | None = None,
    state_dir: str | Path | None = None,
    restart: bool = False,
    **parameters: Any,
) -> JobEnd:
    """Caption a file or folder from code without async; what `captioner run` does, without a word.

    `parameters` are settings. Also works where an event loop runs already, such as in a notebook:
    the job has a loop and a thread of its own. Raises ConfigError for what is wrong before anything
    is sent, and RunStopped where the run cannot go on (its state is kept).
    """
    job = Job(
        input,
        output,
        settings_from(**parameters),
        limit=limit,
        state_dir=state_dir,
        restart=restart,
    )
    # A thread in any case: whether a loop runs here must not change what happens.
    with ThreadPoolExecutor(1, thread_name_prefix="captioner-job") as thread:
        end = thread.submit(lambda: asyncio.run(job.run())).result()
    if end.exit_status == STOPPED:
        raise RunStopped(end.summary["verdict"], end.summary["message"])
    return end
