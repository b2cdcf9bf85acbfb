"""`captioner run`: one job, seen from a terminal."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from captioner.commands.arguments import RunArguments
from captioner.events import (
    DialectLearned,
    Draining,
    EndpointDown,
    EndpointUp,
    EstimateOff,
    Event,
    RunPlanned,
    Warned,
)
from captioner.job import Job, JobEnd
from captioner.report.ending import show_summary
from captioner.report.opening import DESCRIPTION_HINT, opening_line
from captioner.report.progress import Progress
from captioner.report.work import estimate_warning
from captioner.settings import Settings

_REFRESH_S = 0.25
_LAST_S = 2.0
_COLLECT_AFTER = 20_000
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_command(arguments: RunArguments, settings: Settings) -> int:
    """Do the job and return its exit status. Raises ConfigError for what is wrong beforehand."""
    # What is imported stays: looking through it again and again took a tenth of a run's CPU.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    return asyncio.run(_Run(arguments, settings).run())


class _Run:
    """A job with its progress, its signals and its last words."""

    def __init__(self, arguments: RunArguments, settings: Settings) -> None:
        self._quiet = arguments.quiet
        self._settings = settings
        self._job = Job(
            arguments.input,
            arguments.output,
            settings,
            limit=arguments.limit,
            state_dir=arguments.state_dir,
            restart=arguments.restart,
            observer=self._hear,
        )
        self._interactive = sys.stderr.isatty()
        self._progress: Progress | None = None

    async def run(self) -> int:
        for note in self._job.notes():
            self._say(note)
        if self._wants_hint():
            self._say(DESCRIPTION_HINT)
        work = asyncio.current_task()
        assert work is not None  # noqa: S101 - a coroutine always runs in a task
        with self._signals(work) as met:
            try:
                end = await self._work()
            except asyncio.CancelledError:
                if not met:
                    raise
                return 128 + met[0]
            finally:
                self._close()
        self._show(end)
        return end.exit_status

    async def _work(self) -> JobEnd:
        try:
            async with asyncio.TaskGroup() as group:
                ticker = group.create_task(self._tick())
                try:
                    return await self._job.run()
                finally:
                    ticker.cancel()
        except ExceptionGroup as errors:
            # One task does the work: what it raised is what is to be seen.
            raise errors.exceptions[0] from None

    def _wants_hint(self) -> bool:
        chosen = self._settings.model_fields_set
        return self._job.kind == "images" and not chosen & {
            "mode",
            "user_prompt",
            "user_prompt_file",
            "user_prompt_key",
        }

    async def _tick(self) -> None:
        while True:
            if self._progress is not None:
                self._progress.refresh()
            await asyncio.sleep(_REFRESH_S)

    def _hear(self, event: Event) -> None:
        match event:
            case RunPlanned():
                if self._job.continues:
                    self._say(f"Going on after {self._job.continues:,} samples.")
                self._say(opening_line(event))
                if not self._quiet:
                    self._progress = Progress(
                        self._job.tally,
                        sys.stderr,
                        self._job.total(),
                        time.monotonic,
                        interactive=self._interactive,
                    )
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

    def _say(self, text: str, *, always: bool = False) -> None:
        if self._progress is not None:
            self._progress.say(text)
        elif always or not self._quiet:
            print(text, file=sys.stderr)

    def _close(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def _show(self, end: JobEnd) -> None:
        if end.already_done:
            self._say("This run is complete already; nothing was sent. --restart begins anew.")
        if not self._quiet or end.exit_status:
            show_summary(end.summary, sys.stderr, interactive=self._interactive)

    @contextmanager
    def _signals(self, work: asyncio.Task[object]) -> Iterator[list[int]]:
        """The first signal drains, the second stops at once; handlers are put back at the end."""
        loop = asyncio.get_running_loop()
        met: list[int] = []

        def on_signal(number: int) -> None:
            met.append(number)
            self._job.stop(128 + number)
            if len(met) > 1 or not self._job.is_running:
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
