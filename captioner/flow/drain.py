"""Ending early without wasting what is paid for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
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

    @contextlib.contextmanager
    def finishing(self) -> Iterator[None]:
        """The running task has sent its request, or waits for one that another has sent."""
        task = asyncio.current_task()
        self._finishing.add(task)
        try:
            yield
        finally:
            self._finishing.discard(task)

    def finishes_by_itself(self, task: asyncio.Task[Any]) -> bool:
        """Whether it is worth while to wait for this task."""
        return task in self._finishing
