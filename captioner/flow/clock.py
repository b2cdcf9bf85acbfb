"""Time, passed in wherever it decides something, so that tests move it by hand."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds, and sleeping until they have passed."""

    def now_s(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    async def sleep_s(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Sleep, at most until `wake` is set; True if it was."""


class SystemClock:
    """The machine's own."""

    now_s = staticmethod(time.monotonic)
    """Monotonic seconds. Not a method around it: each caption asks ten times."""

    async def sleep_s(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Sleep on the running event loop, at most until `wake` is set; True if it was."""
        if wake is None:
            await asyncio.sleep(seconds)
            return False
        try:
            async with asyncio.timeout(seconds):
                await wake.wait()
        except TimeoutError:
            return False
        return True
