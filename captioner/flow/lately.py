"""What became known while somebody was looking: who looked just before must not miss it. Pure."""

from __future__ import annotations

from collections import deque
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Lately(Generic[T]):
    """Values by key, each held for as long as a look lasts that began before it was added."""

    def __init__(self) -> None:
        self._now = 0
        self._begun: dict[int, int] = {}
        self._values: dict[bytes, tuple[int, T]] = {}
        self._added: deque[tuple[int, bytes]] = deque()

    def looking(self) -> _Look:
        """As a context: a look goes on."""
        return _Look(self)

    def begin(self) -> int:
        """A look begins; its number is for `end`."""
        self._now += 1
        self._begun[self._now] = self._now
        return self._now

    def end(self, look: int) -> None:
        """A look is over."""
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


class _Look:
    """A look that lasts as long as the context. There is one for every request."""

    __slots__ = ("_lately", "_look")

    def __init__(self, lately: Lately[Any]) -> None:
        self._lately = lately

    def __enter__(self) -> None:
        self._look = self._lately.begin()

    def __exit__(self, *_error: object) -> None:
        self._lately.end(self._look)
