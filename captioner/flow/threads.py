"""The threads for blocking work: one while that keeps up, several where they gain something."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

_QUICK_S = 0.005
_WEIGHT = 0.1


class Threads(Executor):
    """Gives work to one thread while it is done in a few ms, to `most` of them otherwise.

    Several threads that are busy with small files fight over the interpreter with the event loop,
    and that costs more CPU than the work itself. Slow disks and large pictures to decode, which let
    go of the interpreter, are worth them. What counts is the moving average of what work takes.
    """

    def __init__(
        self, most: int, name: str, *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._one = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._several = ThreadPoolExecutor(most, thread_name_prefix=f"{name}-slow")
        self._now_s = now_s
        self._average_s = 0.0

    @property
    def is_quick(self) -> bool:
        """Whether one thread is enough."""
        return self._average_s < _QUICK_S

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do the work in a thread."""
        return (self._one if self.is_quick else self._several).submit(
            self._timed, fn, *args, **kwargs
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads when their work is done; drop what has not begun, if asked to."""
        for threads in (self._one, self._several):
            threads.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _timed(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        started_s = self._now_s()
        try:
            return fn(*args, **kwargs)
        finally:
            self._average_s += _WEIGHT * (self._now_s() - started_s - self._average_s)

    def __repr__(self) -> str:
        return f"<Threads {'one' if self.is_quick else 'several'}>"
