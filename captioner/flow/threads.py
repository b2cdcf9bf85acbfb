"""The threads for blocking work: one while that keeps up, several where they gain something."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_QUICK_S = 0.005
_WEIGHT = 0.1


class Workers(Protocol):
    """Does blocking work beside the event loop."""

    def run(self, work: Callable[[], T]) -> Awaitable[T]:
        """What `work` returns or raises."""


class Threads:
    """Gives work to one thread while it is done in a few ms, to `most` of them otherwise.

    Several threads that are busy with small files fight over the interpreter with the event loop,
    and that costs more CPU than the work itself. Slow disks and large pictures to decode, which let
    go of the interpreter, are worth them. What counts is the moving average of what work takes.
    Used from one event loop; close it when no work is wanted any more.
    """

    def __init__(
        self, most: int, name: str, *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._one = _Thread(name)
        self._several = ThreadPoolExecutor(most, thread_name_prefix=f"{name}-slow")
        self._now_s = now_s
        self._average_s = 0.0

    @property
    def is_quick(self) -> bool:
        """Whether one thread is enough."""
        return self._average_s < _QUICK_S

    def run(self, work: Callable[[], T]) -> Awaitable[T]:
        """Do the work in a thread, and return or raise what it does."""
        if self.is_quick:
            return self._one.run(lambda: self._timed(work))
        return asyncio.get_running_loop().run_in_executor(self._several, self._timed, work)

    def close(self) -> None:
        """End the threads when what they have begun is done; what has not begun is dropped."""
        self._one.close()
        self._several.shutdown(cancel_futures=True)

    def _timed(self, work: Callable[[], T]) -> T:
        started_s = self._now_s()
        try:
            return work()
        finally:
            self._average_s += _WEIGHT * (self._now_s() - started_s - self._average_s)

    def __repr__(self) -> str:
        return f"<Threads {'one' if self.is_quick else 'several'}>"


class _Thread:
    """One thread that takes work in order.

    Results go back to the event loop as many at a time as there are when it looks: an executor
    wakes it for each, and its futures cost more than reading a file does.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]] | None] = (
            SimpleQueue()
        )
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._is_told = False
        self._is_closed = False

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._serve, args=(loop,), name=self._name)
            self._thread.start()
        future: asyncio.Future[T] = loop.create_future()
        self._work.put((future, work))
        return future

    def close(self) -> None:
        self._is_closed = True
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
        self._give_back()
        while not self._work.empty():
            if (item := self._work.get()) is not None:
                item[0].cancel()

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._is_closed and (item := self._work.get()) is not None:
            future, work = item
            if not future.cancelled():
                self._done.append((future, *_outcome_of(work)))
                if not self._is_told:
                    self._is_told = True
                    with suppress(RuntimeError):  # that loop was closed, and nobody waits any more
                        loop.call_soon_threadsafe(self._give_back)
            del item, future, work  # no image is kept while there is nothing to do

    def _give_back(self) -> None:
        # First, so that who finishes while these are given back tells of it.
        self._is_told = False
        while self._done:
            future, result, error = self._done.popleft()
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


def _outcome_of(work: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    try:
        return work(), None
    except BaseException as error:  # a bug must reach who asked; here it would hang them all
        return None, error
