"""What became known while somebody was looking: who looked just before must not miss it. Pure."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Lately(Generic[T]):
    """Values by key, each held for as long as a look lasts that began before it was added."""

    def __init__(self) -> None:
        self._now = 0
        self._begun: dict[int, int] = {}
        self._values: dict[bytes, tuple[int, T]] = {}
        self._added: deque[tuple[int, bytes]] = deque()

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """A look goes on."""
        self._now += 1
        look = self._now
        self._begun[look] = look
        try:
            yield
        finally:
            del self._begun[look]
            self._forget()

    def add(self, key: bytes, value: T) -> None:
        """Something became known."""
        if not self._begun:
            return
        self._now += 1
        self._values[key] = (self._now, value)
        self._added.append((self._now, key))

    def get(self, key: bytes) -> T | None:
        """What became known under a key while a look went on."""
        found = self._values.get(key)
        return None if found is None else found[1]

    def _forget(self) -> None:
        oldest = next(iter(self._begun), self._now + 1)
        while self._added and self._added[0][0] < oldest:
            added, key = self._added.popleft()
            if self._values[key][0] == added:
                del self._values[key]

    def __repr__(self) -> str:
        return f"<Lately {len(self._values)} held for {len(self._begun)} looks>"
