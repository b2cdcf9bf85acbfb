"""How far ahead of the output the reading may be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowSize:
    """Bounds of what is begun and not yet handed over.

    `samples` and `sample_bytes` (as read) bound what waits for its turn in the output; `requests`
    bounds the placeholders that are to be asked for and not settled. The first is its own number,
    apart from concurrency: a straggler holds back the output, and must not hold back the requests
    behind it.
    """

    samples: int = 2048
    sample_bytes: int = 64 * 2**20
    requests: int = 1024


class Window:
    """Counts against a WindowSize for one reader that waits. One sample always fits."""

    def __init__(self, size: WindowSize) -> None:
        self.size = size
        self.samples = 0
        self.sample_bytes = 0
        self.requests = 0
        self._changed = asyncio.Event()

    def is_full(self, size_bytes: int) -> bool:
        """Whether a sample of this size must wait."""
        return self.samples > 0 and (
            self.samples >= self.size.samples
            or self.sample_bytes + size_bytes > self.size.sample_bytes
        )

    def takes_sample(self, size_bytes: int) -> bool:
        """Count a sample of this size, if it fits."""
        if self.is_full(size_bytes):
            return False
        self.samples += 1
        self.sample_bytes += size_bytes
        return True

    async def enter_sample(self, size_bytes: int) -> None:
        """Wait until a sample of this size fits, and count it."""
        while not self.takes_sample(size_bytes):
            await self._change()

    def leave_sample(self, size_bytes: int) -> None:
        """A sample was handed over."""
        self.samples -= 1
        self.sample_bytes -= size_bytes
        self._changed.set()

    def takes_request(self) -> bool:
        """Count one more placeholder, if it may be worked on."""
        if self.requests >= self.size.requests:
            return False
        self.requests += 1
        return True

    async def enter_request(self) -> None:
        """Wait until one more placeholder may be worked on, and count it."""
        while not self.takes_request():
            await self._change()

    def leave_request(self) -> None:
        """A placeholder is settled or given up."""
        self.requests -= 1
        self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def __repr__(self) -> str:
        return f"<Window {self.samples} samples, {self.requests} requests>"
