"""Outcomes for code without async, also where an event loop runs already, as in a notebook."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final

from captioner.api import Captioner
from captioner.flow.reading import pumped
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Record

_AHEAD: Final = 256


def outcomes_in_thread(
    open_records: Callable[[], Iterator[Record]], open_captioner: Callable[[], Captioner]
) -> Iterator[Outcome]:
    """Yield the outcome of each record in order, as it is ready.

    Captioner, event loop and reading have threads of their own, which end when the iterator ends or
    is closed. At most so many outcomes are waiting as samples may be unfinished anyway. Raises
    ConfigError and RunStopped as Captioner does, and what `open_records` raises.
    """
    handed: SimpleQueue[Outcome | None] = SimpleQueue()
    stream = _Stream(open_records, open_captioner, handed)
    thread = threading.Thread(target=stream.work, name="captioner-stream", daemon=True)
    thread.start()
    try:
        while (outcome := handed.get()) is not None:
            yield outcome
            stream.took()
    finally:
        stream.stop()
        thread.join()
    if stream.error is not None:
        raise stream.error


class _Stream:
    """One stream in a thread with a loop of its own; an error is kept for who takes from it."""

    def __init__(
        self,
        open_records: Callable[[], Iterator[Record]],
        open_captioner: Callable[[], Captioner],
        handed: SimpleQueue[Outcome | None],
    ) -> None:
        self._open_records = open_records
        self._open_captioner = open_captioner
        self._handed = handed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Semaphore(_AHEAD)
        self._stopped = False
        self.error: BaseException | None = None

    def work(self) -> None:
        try:
            asyncio.run(self._run())
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self._handed.put(None)

    def took(self) -> None:
        """An outcome was used: there is room for another."""
        self._call(self._room.release)

    def stop(self) -> None:
        """End early, if it has not ended."""
        self._stopped = True
        if self._task is not None:
            self._call(self._task.cancel)

    def _call(self, what: Callable[[], Any]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, so all is done
                self._loop.call_soon_threadsafe(what)

    async def _run(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._stopped:
            return
        async with self._open_captioner() as captioner:
            async for outcome in captioner.stream(pumped(self._open_records)):
                await self._room.acquire()
                self._handed.put(outcome)
