"""How many requests may be in flight: a fixed number, or one that is found out. Pure."""

from __future__ import annotations

_START = 4
_CUT = 0.8


class Concurrency:
    """The limit of requests in flight.

    Given `fixed`, it holds that from the first request. Otherwise it starts with four, grows by
    one with each clean reply up to `maximum`, and is cut to four fifths once per congestion: 429s
    of requests admitted before the last cut tell of the same congestion and cut nothing.
    Plain server errors neither cut nor grow it.
    """

    def __init__(self, *, fixed: int | None, maximum: int) -> None:
        self._adapts = fixed is None
        self._maximum = maximum if fixed is None else fixed
        self.limit = min(_START, maximum) if fixed is None else fixed
        self._cut_at_admission = 0

    def clean_reply(self) -> None:
        """A request was answered well."""
        if self._adapts and self.limit < self._maximum:
            self.limit += 1

    def congested(self, *, admission: int, latest_admission: int) -> None:
        """A 429 came for the request admitted as number `admission`, counted from 1."""
        if self._adapts and admission > self._cut_at_admission:
            self.limit = max(1, int(self.limit * _CUT))
            self._cut_at_admission = latest_admission
