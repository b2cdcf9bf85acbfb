"""Whether the endpoint is there: when to stop sending, to probe, and to give up. Pure."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

Change: TypeAlias = Literal["down", "up", "gone", ""]
"""What a result made of the endpoint; empty: nothing new."""

_AT_START = (3, 1.0)
_DOWN_AFTER = (10, 2.0)
PROBE_EVERY_S = 5.0


class Breaker:
    """Counts failures in a row of which the endpoint is the cause: no connection, or 5xx.

    After ten within no less than two seconds it is down: nothing is admitted but one probe every
    five seconds, and the first answer that is none of these opens the way again. It is given up
    when it was down for `patience_s`, or, before it has ever answered, after three failures in a
    second or more, for then the address is probably wrong. Nothing but 429s for as long as
    `patience_s` is the end as well.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self.has_answered = False
        self._failures = 0
        self._failing_since_s = 0.0
        self._refusing_since_s = math.inf
        self._probe_at_s = math.inf
        self._probe: int | None = None
        self.is_down = False

    def ready_at_s(self, now_s: float) -> float:
        """When the next request may start: now, or as the next probe."""
        if not self.is_down:
            return now_s
        return self._probe_at_s if self._probe is None else math.inf

    def start(self, admission: int) -> None:
        """The request with this number starts; while the endpoint is down it is the probe."""
        if self.is_down:
            self._probe = admission

    def answered(self, now_s: float, *, refused: bool = False) -> Change:
        """An answer came that is no 5xx; `refused`: it was a 429."""
        self.has_answered = True
        self._failures = 0
        self._probe = None
        if not refused:
            self._refusing_since_s = math.inf
        elif now_s - self._refusing_since_s >= self._patience_s:
            return "gone"
        else:
            self._refusing_since_s = min(self._refusing_since_s, now_s)
        was_down, self.is_down = self.is_down, False
        return "up" if was_down else ""

    def failed(self, now_s: float, *, admission: int, answered: bool) -> Change:
        """No connection, or (`answered`) a 5xx, for the request with this number."""
        self.has_answered = self.has_answered or answered
        if self._failures == 0:
            self._failing_since_s = now_s
        self._failures += 1
        failing_s = now_s - self._failing_since_s
        if self.is_down:
            if admission == self._probe:
                self._probe, self._probe_at_s = None, now_s + PROBE_EVERY_S
            return "gone" if failing_s >= self._patience_s else ""
        if not self.has_answered:
            return "gone" if _reached(_AT_START, self._failures, failing_s) else ""
        if _reached(_DOWN_AFTER, self._failures, failing_s):
            self.is_down, self._probe_at_s = True, now_s + PROBE_EVERY_S
            return "down"
        return ""

    def given_back(self, admission: int) -> None:
        """The request with this number is over; if a probe without result, another may start."""
        if admission == self._probe:
            self._probe = None

    def __repr__(self) -> str:
        return f"<Breaker {'down' if self.is_down else 'up'}, {self._failures} failures in a row>"


def _reached(bound: tuple[int, float], failures: int, seconds: float) -> bool:
    return failures >= bound[0] and seconds >= bound[1]
