"""A job seen from a terminal: its progress, its signals and its last words."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    DialectLearned,
    Draining,
    EndpointDown,
    EndpointUp,
    EstimateOff,
    Event,
    ImagePrepared,
    InputCopied,
    PlaceholderSettled,
    RunPlanned,
    SampleRead,
    SampleWritten,
    Warned,
)
from captioner.jobs.end import JobEnd
from captioner.report.copying import Copying
from captioner.report.ending import show_summary
from captioner.report.opening import opening_line
from captioner.report.progress import Progress
from captioner.report.tally import Tally
from captioner.report.work import estimate_warning

_REFRESH_S = 0.25
_LAST_S = 2.0
_COLLECT_AFTER = 20_000
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_OF_EVERY_CAPTION = frozenset(
    (SampleRead, ImagePrepared, AttemptStarted, AttemptEnded, PlaceholderSettled, SampleWritten)
)
"""Counted by the tally; nothing to say about each."""


class Attended(Protocol):
    """A job that a person can watch and stop."""

    tally: Tally

    @property
    def remark(self) -> str:
        """What is said before it begins, if it is not empty."""

    @property
    def nothing_to_do(self) -> str:
        """What is said where it is done already."""

    @property
    def is_running(self) -> bool:
        """Whether there is something that can end in order."""

    def total(self) -> int | None:
        """How many samples there will be, where that is known."""

    def stop(self, exit_status: int) -> None:
        """End early, in order, with this status."""

    async def run(self) -> JobEnd:
        """Do it. Raises ConfigError for what is wrong beforehand."""


class Terminal:
    """Shows one job and hands it the signals; a job tells its events to `hear`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._interactive = sys.stderr.isatty()
        self._job: Attended | None = None
        self._progress: Progress | None = None
        self._copying = Copying(time.monotonic)

    def attend(self, job: Attended, notes: Sequence[str] = ()) -> int:
        """Do the job, after these notes, and return its exit status.

        Raises ConfigError for what is wrong beforehand.
        """
        # What is imported stays: looking through it again and again took a tenth of a run's CPU.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        self._job = job
        for note in notes:
            self._say(note)
        return asyncio.run(self._attend(job))

    async def _attend(self, job: Attended) -> int:
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - a coroutine always runs in a task
        with self._signals(job, work) as met:
            try:
                end = await self._work(job)
            except asyncio.CancelledError:
                if not met:
                    raise
                return 128 + met[0]
            finally:
                self._close()
        self._show(job, end)
        return end.exit_status

    async def _work(self, job: Attended) -> JobEnd:
        try:
            async with asyncio.TaskGroup() as group:
                ticker = group.create_task(self._tick())
                try:
                    return await job.run()
                finally:
                    ticker.cancel()
        except ExceptionGroup as errors:
            # One task does the work: what it raised is what is to be seen.
            raise errors.exceptions[0] from None

    async def _tick(self) -> None:
        while True:
            if self._progress is not None:
                self._progress.refresh()
            await asyncio.sleep(_REFRESH_S)

    def hear(self, event: Event) -> None:
        """Show what a person should see of an event of the job."""
        if type(event) in _OF_EVERY_CAPTION:
            return
        match event:
            case RunPlanned():
                self._planned(event)
            case InputCopied() if line := self._copying.line(event):
                self._say(line)
            case Warned(text):
                self._say(f"Warning: {text}", always=True)
            case DialectLearned(lesson):
                self._say(f"Learned from the endpoint: {lesson}.")
            case EndpointDown(endpoint, since_unix_s, probe_every_s):
                since = time.strftime("%H:%M:%S", time.localtime(since_unix_s))
                self._say(
                    f"Endpoint {endpoint} is down since {since}, probing every "
                    f"{probe_every_s:g} s; the run waits.",
                    always=True,
                )
            case EndpointUp(down_s):
                self._say(f"The endpoint is back after {down_s:.0f} s.", always=True)
            case EstimateOff():
                self._say(f"Warning: {estimate_warning(event)}", always=True)
            case Draining(in_flight):
                self._say(f"Stopping: finishing {in_flight} requests in flight.", always=True)
            case _:
                pass

    def _planned(self, event: RunPlanned) -> None:
        job = self._job
        assert job is not None  # noqa: S101 - only a job that is attended tells anything
        gc.freeze()  # and so does what it took to open the way to the endpoint
        if job.remark:
            self._say(job.remark)
        self._say(opening_line(event))
        if not self._quiet:
            self._progress = Progress(
                job.tally, sys.stderr, job.total(), time.monotonic, interactive=self._interactive
            )

    def _say(self, text: str, *, always: bool = False) -> None:
        if self._progress is not None:
            self._progress.say(text)
        elif always or not self._quiet:
            print(text, file=sys.stderr)

    def _close(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def _show(self, job: Attended, end: JobEnd) -> None:
        if end.already_done:
            self._say(job.nothing_to_do)
        if not self._quiet or end.exit_status:
            show_summary(end.summary, sys.stderr, interactive=self._interactive)

    @contextmanager
    def _signals(self, job: Attended, work: asyncio.Task[object]) -> Iterator[list[int]]:
        """The first signal drains, the second stops at once; handlers are put back at the end."""
        loop = asyncio.get_running_loop()
        met: list[int] = []

        def on_signal(number: int) -> None:
            met.append(number)
            job.stop(128 + number)
            if len(met) > 1 or not job.is_running:
                work.cancel()
            if len(met) == 2:
                _end_without_threads(128 + number)

        for number in _SIGNALS:
            loop.add_signal_handler(number, on_signal, number)
        try:
            yield met
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)


def _end_without_threads(exit_status: int) -> None:
    """End the process in a moment, even if a thread hangs: in a pipe that is full, on a dead disk.

    Such a thread cannot be cancelled, and Python would wait for it.
    """
    timer = threading.Timer(_LAST_S, os._exit, (exit_status,))
    timer.daemon = True
    timer.start()
