"""Replies that are old are forgotten, a few at a time, so that nobody waits for it."""

from __future__ import annotations

import bisect
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from captioner.ledger.tables import Tables

_AT_ONCE: Final = 100
"""Replies in a batch. Each is in another page of the index by keys, so they are what it costs."""
_PAUSE_S: Final = 0.1
_PAUSE_FOR_ITS_TIME: Final = 9.0
"""A batch is followed by a pause of so many times as long: what is paid for has nine tenths."""
_LOOK_EVERY_S: Final = 60.0


class Retention:
    """What the writer does beside its work: `step` is to be called when its time has come.

    A reply is forgotten `keep_s` after it was kept, by the clock `unix_s`. The newest stays, so
    that numbers go on growing. The pages become free and are used again; the file does not shrink.
    """

    def __init__(self, tables: Tables, keep_s: float, unix_s: Callable[[], float]) -> None:
        self._tables = tables
        self._keep_s = keep_s
        self._unix_s = unix_s
        self._first = self._end = 0

    def step(self) -> float:
        """Forget a few that are due; returns after how many seconds to come again."""
        began_s = time.monotonic()
        try:
            if self._first >= self._end:
                self._first, self._end = self._due()
                if self._first >= self._end:
                    return _LOOK_EVERY_S
            self._first = min(self._first + _AT_ONCE, self._end)
            self._tables.forget(self._first)
        except sqlite3.Error:
            # Those that come say what is wrong, as they are paid for; this can wait.
            self._first = self._end
            return _LOOK_EVERY_S
        return max(_PAUSE_S, _PAUSE_FOR_ITS_TIME * (time.monotonic() - began_s))

    def _due(self) -> tuple[int, int]:
        """The number of the first reply, and the one behind the last that is too old.

        Replies are numbered in the order they came, so it is searched for by halves: what came
        before one that is old is old, also where the clock was wrong for a while.
        """
        numbers = self._tables.first(), self._tables.last()
        limit_unix_ms = round((self._unix_s() - self._keep_s) * 1000)
        end = bisect.bisect_left(range(*numbers), limit_unix_ms, key=self._tables.at_unix_ms)
        return numbers[0], numbers[0] + end
