"""The memory that pictures are decoded in: threads wait their turn rather than fill it together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

DECODING_BYTES: Final = 800_000_000
"""For the decoded pictures of a process; with the rest of it that stays below 1 GB."""


class Allowance:
    """So many bytes for all threads. Who asks for more than is free waits, in order of asking."""

    def __init__(self, most_bytes: int = DECODING_BYTES) -> None:
        self.most_bytes = most_bytes
        self._free_bytes = most_bytes
        self._changed = threading.Condition()
        self._waiting: list[object] = []

    @contextlib.contextmanager
    def hold(self, need_bytes: int) -> Iterator[None]:
        """Hold so many bytes, or all there are where that is less; blocks."""
        need_bytes = min(need_bytes, self.most_bytes)
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(
                lambda: self._waiting[0] is ticket and self._free_bytes >= need_bytes
            )
            self._waiting.pop(0)
            self._free_bytes -= need_bytes
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._free_bytes += need_bytes
                self._changed.notify_all()

    def __repr__(self) -> str:
        return f"<Allowance {self._free_bytes:,} of {self.most_bytes:,} bytes free>"
