"""How many requests may be in flight: a fixed number, or one that is found out. Pure."""

from __future__ import annotations

_START = 4
_CUT = 0.8
_LEAP = 64
_REALLY_USED = 0.8
_CATCHING_UP = 3


class Concurrency:
    """The limit of requests in flight.

    Given `fixed`, it holds that from the first request. Otherwise it starts with four. An endpoint
    that tells its rate limits is steered by these, and each clean reply allows one more; three, if
    all that is allowed is used while more than half of the quota lies idle: with slow replies most
    of a minute would be lost otherwise. An endpoint that tells nothing is given 64 at the first
    clean reply, and then one more each while at least four fifths of what is allowed are in
    flight. `maximum` is never passed.

    A congestion cuts it to four fifths once: 429s of requests admitted before the last cut tell of
    the same one. Plain server errors neither cut nor grow it.
    """

    def __init__(self, *, fixed: int | None, maximum: int) -> None:
        self._maximum = maximum
        self._adapts = fixed is None
        self.limit = min(_START, maximum) if fixed is None else fixed
        self._cut_at_admission = 0
        self._leapt = False

    def fix(self, limit: int | None) -> None:
        """Hold this limit from now on; None: find it out, beginning with what it is now."""
        self._adapts = limit is None
        self.limit = min(self.limit, self._maximum) if limit is None else limit

    def clean_reply(self, *, in_flight: int, told_rates: bool, idle_quota: bool = False) -> None:
        """A request was answered well, `in_flight` counting it still."""
        if not self._adapts:
            return
        really_used = in_flight >= _REALLY_USED * self.limit
        if told_rates:
            self._grow(_CATCHING_UP if idle_quota and really_used else 1)
        elif not self._leapt:
            self._leapt = True
            self._grow(_LEAP - self.limit)
        elif really_used:
            self._grow(1)

    def congested(self, *, admission: int, latest_admission: int) -> None:
        """A 429 came for the request admitted as number `admission`, counted from 1."""
        if self._adapts and admission > self._cut_at_admission:
            self.limit = max(1, int(self.limit * _CUT))
            self._cut_at_admission = latest_admission

    def _grow(self, by: int) -> None:
        self.limit = min(self._maximum, self.limit + max(0, by))
