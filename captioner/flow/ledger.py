"""What has been paid for. A reply is in the ledger before anyone sees its caption."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from captioner.vision.reply import Reply


@dataclass(frozen=True, slots=True)
class Paid:
    """A reply as it came, and what it took: requests sent, and seconds of the last one."""

    reply: Reply
    attempts: int
    latency_s: float


class Ledger(Protocol):
    """Replies by the key of what was asked. Verdicts are judged on reading, never stored."""

    def find(self, key: bytes) -> Paid | None:
        """The latest reply under a key. May be called from any thread."""

    async def append(self, key: bytes, paid: Paid) -> None:
        """Keep a reply; it is as safe as this ledger makes it when this returns."""


class MemoryLedger:
    """Replies in memory, for one process. At most `max_bytes`: the longest unused go first."""

    def __init__(self, max_bytes: int = 64 * 2**20) -> None:
        self._max_bytes = max_bytes
        self._replies: OrderedDict[bytes, Paid] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, key: bytes) -> Paid | None:
        """The latest reply under a key, None where there is none or it had to go."""
        with self._lock:
            paid = self._replies.get(key)
            if paid is not None:
                self._replies.move_to_end(key)
            return paid

    async def append(self, key: bytes, paid: Paid) -> None:
        """Keep a reply until the memory allowed is used up."""
        with self._lock:
            replaced = self._replies.pop(key, None)
            if replaced is not None:
                self._bytes -= _size_bytes(replaced)
            self._replies[key] = paid
            self._bytes += _size_bytes(paid)
            while self._bytes > self._max_bytes and self._replies:
                self._bytes -= _size_bytes(self._replies.popitem(last=False)[1])

    def __len__(self) -> int:
        return len(self._replies)


_ENTRY_BYTES = 500
"""Key, records and dictionary entry of one reply, measured on CPython 3.11 and rounded up."""


def _size_bytes(paid: Paid) -> int:
    return _ENTRY_BYTES + sys.getsizeof(paid.reply.content) + sys.getsizeof(paid.reply.refusal)
