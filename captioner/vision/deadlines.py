"""Ends what takes too long, with one timer for all that is waited for.

`asyncio.timeout` sets a timer for each wait. Nearly all of them are taken back in time, and setting
and taking one back costs as much CPU as parsing an answer.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Any


class Deadlines:
    """Waits of one event loop and when they have to be over. Close it when nobody waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waits: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = math.inf

    def until(self, deadline_s: float) -> Deadline:
        """As a context: TimeoutError where its end is not reached by then (loop's time)."""
        return Deadline(self, deadline_s)

    def close(self) -> None:
        """Take the timer back."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due_s = None, math.inf

    def _set_timer(self, due_s: float) -> None:
        self.close()
        self._due_s, self._timer = due_s, self._loop.call_at(due_s, self._sweep)

    def _sweep(self) -> None:
        # A timer may be a little early; what is left then is set once more.
        now_s, self._due_s = self._loop.time(), math.inf
        for wait in self._waits:
            if wait.deadline_s <= now_s:
                wait.expire()
        due_s = min((wait.deadline_s for wait in self._waits if not wait.is_over), default=math.inf)
        if due_s < math.inf:
            self._set_timer(due_s)


class Deadline:
    """One wait of the running task; `deadline_s` may be moved, but only to a later moment."""

    __slots__ = ("_all", "_cancelling", "_task", "deadline_s", "is_over")

    def __init__(self, all_waits: Deadlines, deadline_s: float) -> None:
        self._all = all_waits
        self.deadline_s = deadline_s
        self.is_over = False

    def __enter__(self) -> Deadline:
        task: asyncio.Task[Any] | None = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in a task
        self._task, self._cancelling = task, task.cancelling()
        self._all._waits.add(self)
        if self.deadline_s < self._all._due_s:
            self._all._set_timer(self.deadline_s)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._all._waits.discard(self)
        # As `asyncio.timeout` does it: a cancellation by somebody else stays one.
        if (
            self.is_over
            and self._task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise TimeoutError from error

    def expire(self) -> None:
        """Cancel what is waited for, once."""
        if not self.is_over:
            self.is_over = True
            self._task.cancel()
