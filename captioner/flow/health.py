"""When a run that only fails is given up. Pure."""

from __future__ import annotations


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
