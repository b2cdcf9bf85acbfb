"""A request rate found out by trial, where a server answers 429 and tells nothing else. Pure."""

from __future__ import annotations

import math

_CUT = 0.9
_DEEP_CUT = 0.7
_SOON_S = 10.0
"""A refusal so soon after the last cut says that it was far from enough."""

_BACK_AFTER_S = 20.0
_BACK_AFTER_REQUESTS = 40.0
"""After so many clean seconds, and no fewer requests, the rate is again what was refused: it rises
fast at first, lingers there, and then rises ever faster, for the limit may have been raised."""

_STILL_S = 1.0
"""Without a clean reply for longer than this no time counts as clean."""

_LATE_S = 0.05
_LEAST_PER_S = 0.05


class GuessedRate:
    """Limits nothing until the first 429 without a hint; then paces the starts.

    Each time it was too fast the rate is cut, and grows from there along a cubic that is flat
    where it was refused. A server that refuses everything for long, as one that counts by the
    minute does, is sent what it took on average. One that tells its limits in headers is not
    guessed at: do not call `refused` for it.
    """

    def __init__(self) -> None:
        self.rate_per_s: float | None = None
        self._refused_per_s = 0.0
        self._cut = _CUT
        self._cut_s = -math.inf
        self._clean_s = 0.0
        self._reply_s = 0.0
        self._recovered = True
        # Since the first start, and later since a refusal was last over:
        self._since_s: float | None = None
        self._starts = 0
        self._replies = 0
        self._next_s = -math.inf

    def ready_at_s(self, now_s: float) -> float:
        """When the next request may start."""
        return now_s if self.rate_per_s is None else self._next_s

    def start(self, now_s: float) -> None:
        """A request starts now."""
        if self._since_s is None:
            self._since_s = now_s
        self._starts += 1
        if self.rate_per_s is not None:
            self._next_s = max(self._next_s, now_s - _LATE_S) + 1 / self.rate_per_s

    def clean_reply(self, *, sent_s: float, now_s: float) -> None:
        """The request sent at `sent_s` was answered well."""
        self._replies += 1
        if self.rate_per_s is None:
            return
        if not self._recovered and sent_s > self._cut_s:
            self._recover(now_s)
        self._clean_s += min(_STILL_S, now_s - self._reply_s)
        self._reply_s = now_s
        back_after_s = max(_BACK_AFTER_S, _BACK_AFTER_REQUESTS / self._refused_per_s)
        missing = (1 - self._cut) * (1 - self._clean_s / back_after_s) ** 3
        self.rate_per_s = self._refused_per_s * (1 - missing)

    def refused(self, *, sent_s: float, now_s: float) -> None:
        """A 429 that told nothing came for the request sent at `sent_s`."""
        if sent_s <= self._cut_s or not self._recovered:
            return  # it tells of the same excess
        rate_per_s = self.rate_per_s
        if rate_per_s is None:
            seconds = now_s - self._since_s if self._since_s is not None else 0.0
            rate_per_s = self._starts / max(1.0, seconds)
        self._cut_to(rate_per_s, _DEEP_CUT if now_s - self._cut_s < _SOON_S else _CUT)
        self._cut_s = self._reply_s = now_s
        self._recovered = False

    def _recover(self, now_s: float) -> None:
        """It takes requests again: look back at what it took since the last time."""
        since_s = self._cut_s if self._since_s is None else self._since_s
        seconds, refused_s = now_s - since_s, now_s - self._cut_s
        if seconds >= _SOON_S and refused_s >= seconds / 4:
            average = self._replies / seconds
            if average < (self.rate_per_s or 0.0):
                self._cut_to(average / _CUT, _CUT)
        self._recovered, self._since_s, self._replies = True, now_s, 0
        self._reply_s = now_s

    def _cut_to(self, refused_per_s: float, cut: float) -> None:
        self._refused_per_s = max(_LEAST_PER_S / cut, refused_per_s)
        self._cut, self._clean_s = cut, 0.0
        self.rate_per_s = self._refused_per_s * cut

    def __repr__(self) -> str:
        return f"<GuessedRate {self.rate_per_s}>"
