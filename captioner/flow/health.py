"""When an endpoint is given up, and when a run that only fails is. Pure."""

from __future__ import annotations

_AT_START = (3, 1.0)
_LATER = (20, 120.0)


class EndpointHealth:
    """Gives an endpoint up after connection failures in a row with nothing between them.

    Before its first answer three in a second or more are enough, for then the address is probably
    wrong; later it takes twenty in two minutes or more, for servers restart.
    """

    def __init__(self) -> None:
        self.has_answered = False
        self._failures = 0
        self._first_failure_s = 0.0

    def answered(self) -> None:
        """Any answer at all came."""
        self.has_answered = True
        self._failures = 0

    def gone(self, now_s: float) -> bool:
        """Count a failed connection; True if the endpoint is to be given up."""
        if self._failures == 0:
            self._first_failure_s = now_s
        self._failures += 1
        failures, seconds = _LATER if self.has_answered else _AT_START
        return self._failures >= failures and now_s - self._first_failure_s >= seconds


class FirstFailures:
    """Notices that a run fails from its beginning, always in the same way."""

    def __init__(self, enough: int = 100) -> None:
        self._enough = enough
        self._seen = 0
        self._reason: str | None = None
        self._open = True

    def all_alike(self, reason: str) -> bool:
        """Count a settled placeholder, `reason` '' for a caption; True if `enough` failed alike."""
        if not self._open:
            return False
        self._seen += 1
        if self._seen == 1:
            self._reason = reason
        self._open = reason != "" and reason == self._reason and self._seen < self._enough
        return reason != "" and reason == self._reason and self._seen == self._enough
