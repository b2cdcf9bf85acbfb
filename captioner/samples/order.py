"""Items that become ready in any order leave in the order of their positions."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Reorder(Generic[T]):
    """Holds items until all earlier ones are there; positions count 0, 1, 2, … without gaps."""

    def __init__(self) -> None:
        self._next = 0
        self._waiting: dict[int, T] = {}

    def __repr__(self) -> str:
        return f"<Reorder: next is {self._next}, {self.held} held>"

    @property
    def held(self) -> int:
        """How many items wait for an earlier one."""
        return len(self._waiting)

    def put(self, position: int, item: T) -> list[T]:
        """Take an item in and return those that are ready now, in order.

        Raises ValueError for a position that was already taken.
        """
        if position < self._next or position in self._waiting:
            raise ValueError(f"position {position} was put before")
        self._waiting[position] = item
        ready: list[T] = []
        while self._next in self._waiting:
            ready.append(self._waiting.pop(self._next))
            self._next += 1
        return ready
