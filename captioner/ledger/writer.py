"""One thread that writes what waits, as one group; where work comes thick, groups are gathered."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeAlias, TypeVar

from captioner.errors import RunStopped

W = TypeVar("W")
_Waiter: TypeAlias = "tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]"

_GATHER_S = 0.008
_GATHER_EACH_S = 0.002
"""Work that comes so soon after a group waits for more: the longer the more there was in that
group, up to the first of these. A commit costs as much CPU as ten entries; where replies come so
thick that many are gathered, this is little against the time that one takes."""


class Writer(Generic[W]):
    """Gives work to `write` in groups, in the order it came, and tells its callers.

    Where `write` raises, all of that group fail with it and the next group is tried again. Callers
    may belong to several event loops; each loop is woken once a group. Between groups its thread
    calls `beside`, which must not raise, and again after as many seconds as that returns.
    """

    def __init__(
        self,
        write: Callable[[list[W]], None],
        *,
        name: str,
        beside: Callable[[], float] | None = None,
    ) -> None:
        self._write = write
        self._beside = beside
        self._queue: SimpleQueue[tuple[W, _Waiter] | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        # Where a program ends without closing, the thread must not keep it.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def do(self, work: W) -> asyncio.Future[None]:
        """To be awaited until it is written; it is written, too, where that is cancelled."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        with self._closing:
            if self._closed:
                raise ValueError("the ledger is closed")
            self._queue.put((work, (loop, done)))
        return done

    def close(self) -> None:
        """Write what waits, then end the thread; safe to call twice."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        closing = False
        written_s, gather_s, beside_s = -_GATHER_S, 0.0, -math.inf
        while not closing:
            if self._beside is not None and time.monotonic() >= beside_s:
                beside_s = self._beside() + time.monotonic()
            try:
                taken = [self._queue.get(timeout=self._until(beside_s))]
            except Empty:
                continue
            if taken[0] is not None and time.monotonic() - written_s < gather_s:
                time.sleep(gather_s)
            # Only this thread takes from the queue, so what it counts is there.
            taken += [self._queue.get() for _ in range(self._queue.qsize())]
            closing = taken[-1] is None
            group = [one for one in taken if one is not None]
            if group:
                failure = self._try([work for work, _ in group])
                _tell([waiter for _, waiter in group], failure)
            written_s, gather_s = time.monotonic(), min(_GATHER_EACH_S * len(group), _GATHER_S)

    def _until(self, beside_s: float) -> float | None:
        return None if self._beside is None else max(0.0, beside_s - time.monotonic())

    def _try(self, group: list[W]) -> BaseException | None:
        try:
            self._write(group)
        except BaseException as error:  # a bug must reach the callers; here it would hang them
            return error
        return None


def _tell(waiters: list[_Waiter], failure: BaseException | None) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for loop, done in waiters:
        by_loop.setdefault(loop, []).append(done)
    for loop, all_done in by_loop.items():
        with suppress(RuntimeError):  # that loop was closed, and nobody waits any more
            loop.call_soon_threadsafe(_settle, all_done, failure)


def _settle(all_done: list[asyncio.Future[None]], failure: BaseException | None) -> None:
    for done in all_done:
        if done.done():
            continue
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(_another(failure))


def _another(failure: BaseException) -> BaseException:
    """One for each caller: raising adds to an exception's traceback."""
    if not isinstance(failure, RunStopped):
        return failure
    copy = RunStopped(failure.verdict, failure.detail)
    copy.__cause__ = failure.__cause__
    return copy
