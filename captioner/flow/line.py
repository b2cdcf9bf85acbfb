"""Who waits, and who goes next: fairly between shares, and within a share in the order of age."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from captioner.flow.fairness import Turns

T = TypeVar("T")

Age: TypeAlias = tuple[int, ...]
"""What is smaller is older and goes first, such as a placeholder's id, (sample, index)."""


@dataclass(frozen=True, slots=True)
class Share:
    """Whose requests these are. Shares with different names that wait are served equally.

    Within a name the lower `rank` goes first: who waits for one answer goes before whole files.
    """

    name: str = ""
    rank: int = 1


SOLE = Share()
"""The share of who has a gate for himself."""


class Waiter(Generic[T]):
    """One who waits: `turn` gets what he is called for, at a cost to his share."""

    __slots__ = ("_arrival", "age", "cost", "share", "turn")

    def __init__(self, age: Age, share: str, cost: int, arrival: int) -> None:
        self.age, self.share, self.cost = age, share, cost
        self.turn: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._arrival = arrival

    def __lt__(self, other: Waiter[T]) -> bool:
        return (self.age, self._arrival) < (other.age, other._arrival)


class Line(Generic[T]):
    """A line for each share; shares get the same cost over time, whatever the ages of their own."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Waiter[T]]] = {}
        self._turns = Turns()
        self._arrivals = 0

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __bool__(self) -> bool:
        return bool(self._lines)

    @property
    def shares(self) -> int:
        """How many shares have someone waiting."""
        return len(self._lines)

    def join(self, age: Age, share: str = "", cost: int = 1) -> Waiter[T]:
        """Wait here; whoever does so awaits the waiter's turn."""
        self._arrivals += 1
        waiter: Waiter[T] = Waiter(age, share, cost, self._arrivals)
        heapq.heappush(self._lines.setdefault(share, []), waiter)
        return waiter

    def call(self) -> Waiter[T]:
        """Who goes next, and waits here no more; there is at least one."""
        share = self._turns.next(self._lines)
        line = self._lines[share]
        waiter = heapq.heappop(line)
        if not line:
            del self._lines[share]
        self._turns.given(share, max(1, waiter.cost))
        return waiter

    def passed(self, share: str, cost: int) -> None:
        """Somebody went without waiting."""
        self._turns.given(share, max(1, cost))

    def leave(self, waiter: Waiter[T]) -> None:
        """Wait no longer."""
        line = [other for other in self._lines.get(waiter.share, ()) if other is not waiter]
        if line:
            heapq.heapify(line)
            self._lines[waiter.share] = line
        else:
            self._lines.pop(waiter.share, None)

    def __repr__(self) -> str:
        return f"<Line of {len(self)} in {self.shares} shares>"
