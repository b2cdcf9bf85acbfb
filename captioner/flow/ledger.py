"""What has been paid for. A reply is in the ledger before anyone sees its caption."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from captioner.record import record
from captioner.vision.reply import Reply


@record
class Paid:
    """A reply as it came, never judged.

    `attempts` counts the answers it rests on: replies, and rejections that changed what was sent.
    Errors that pass, such as a 503, are not counted: how many there are differs from run to run.
    `latency_s` is the last request's. `doubled` says that twice the output cap was allowed.
    """

    reply: Reply
    attempts: int
    latency_s: float
    doubled: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """What the API rejected for good: `reason` is one of `samples.reasons.REASONS`."""

    reason: str
    detail: str
    attempts: int


Kept: TypeAlias = Paid | Rejected
"""An entry of the ledger."""


class Ledger(Protocol):
    """What was answered, by the key of what was asked; only ever appended to.

    Verdicts are judged on reading, never stored, so that a better judge needs no new payment.
    """

    def find(self, key: bytes, *, since: int = 0) -> tuple[Kept, ...]:
        """What was kept under a key after the mark `since`, oldest first.

        Blocks; may be called from any thread. Raises RunStopped where it cannot be read.
        """

    def may_have(self, key: bytes) -> bool:
        """Whether anything may be kept under a key, so that `find` is needed; never waits."""

    def mark(self) -> int:
        """A number that divides what is kept by now from what will be kept."""

    def append(self, key: bytes, kept: Kept) -> Awaitable[None]:
        """Keep an entry; it is as safe as this ledger makes it once this was awaited.

        Raises RunStopped where it cannot be kept.
        """


class Page:
    """What the ledger has on one ask, and where what comes is kept."""

    def __init__(self, ledger: Ledger, key: bytes, kept: tuple[Kept, ...] = ()) -> None:
        self._ledger = ledger
        self._key = key
        self.kept = kept

    async def add(self, kept: Kept) -> None:
        """Keep an entry, and show it only then."""
        await self._ledger.append(self._key, kept)
        self.kept = (*self.kept, kept)


class MemoryLedger:
    """Entries in memory, for one process. At most `max_bytes`: the longest unused keys go first."""

    def __init__(self, max_bytes: int = 64 * 2**20) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[bytes, list[tuple[int, Kept]]] = OrderedDict()
        self._bytes = 0
        self._mark = 0
        self._lock = threading.Lock()

    def find(self, key: bytes, *, since: int = 0) -> tuple[Kept, ...]:
        """What is kept under a key; nothing where it had to go."""
        with self._lock:
            entries = self._entries.get(key)
            if entries is None:
                return ()
            self._entries.move_to_end(key)
            return tuple(kept for mark, kept in entries if mark > since)

    def may_have(self, key: bytes) -> bool:
        """Whether anything is kept under a key."""
        return key in self._entries

    def mark(self) -> int:
        """How many entries were appended so far."""
        with self._lock:
            return self._mark

    async def append(self, key: bytes, kept: Kept) -> None:
        """Keep an entry until the memory allowed is used up."""
        with self._lock:
            self._mark += 1
            self._entries.setdefault(key, []).append((self._mark, kept))
            self._entries.move_to_end(key)
            self._bytes += _size_bytes(kept)
            while self._bytes > self._max_bytes and self._entries:
                _, gone = self._entries.popitem(last=False)
                self._bytes -= sum(_size_bytes(entry) for _, entry in gone)

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._entries)


_ENTRY_BYTES = 600
"""Key, records and dictionary entry of one reply, measured on CPython 3.11 and rounded up."""


def _size_bytes(kept: Kept) -> int:
    if isinstance(kept, Rejected):
        return _ENTRY_BYTES + sys.getsizeof(kept.detail)
    return _ENTRY_BYTES + sys.getsizeof(kept.reply.content) + sys.getsizeof(kept.reply.refusal)
