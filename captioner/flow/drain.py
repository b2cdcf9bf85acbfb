"""Ending early without wasting what is paid for."""

from __future__ import annotations

import asyncio
from typing import Any

from captioner.errors import Abandoned


class Drain:
    """Whether one stream drains, and which of its tasks need no further request to finish."""

    def __init__(self) -> None:
        self.requested = False
        self._finishing: set[asyncio.Task[Any] | None] = set()

    def check(self) -> None:
        """Raises Abandoned when nothing more may start."""
        if self.requested:
            raise Abandoned

    def finishing(self) -> _Finishing:
        """As a context, which may be entered again and again: the running task has sent its
        request, or waits for another's."""
        return _Finishing(self._finishing, asyncio.current_task())

    def finishes_by_itself(self, task: asyncio.Task[Any]) -> bool:
        """Whether it is worth while to wait for this task."""
        return task in self._finishing


class _Finishing:
    """A task that is in `tasks` for as long as the context lasts."""

    __slots__ = ("_task", "_tasks")

    def __init__(
        self, tasks: set[asyncio.Task[Any] | None], task: asyncio.Task[Any] | None
    ) -> None:
        self._tasks, self._task = tasks, task

    def __enter__(self) -> None:
        self._tasks.add(self._task)

    def __exit__(self, *_error: object) -> None:
        self._tasks.discard(self._task)
