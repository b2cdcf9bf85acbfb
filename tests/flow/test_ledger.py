"""The ledger in memory."""

from __future__ import annotations

from captioner.flow.ledger import MemoryLedger, Paid
from captioner.vision.reply import Reply


def _paid(text: str) -> Paid:
    return Paid(Reply(text, None, "stop"), attempts=1, latency_s=0.5)


async def test_what_was_appended_is_found() -> None:
    """The latest reply under a key wins."""
    ledger = MemoryLedger()
    assert ledger.find(b"a") is None
    await ledger.append(b"a", _paid("one"))
    await ledger.append(b"b", _paid("other"))
    await ledger.append(b"a", _paid("two"))
    assert ledger.find(b"a") == _paid("two")
    assert ledger.find(b"b") == _paid("other")
    assert len(ledger) == 2


async def test_memory_is_bounded_and_the_longest_unused_go_first() -> None:
    """Finding a reply counts as using it."""
    ledger = MemoryLedger(max_bytes=5000)
    for key in (b"a", b"b", b"c"):
        await ledger.append(key, _paid("x" * 1000))
    assert ledger.find(b"a") is not None
    await ledger.append(b"d", _paid("x" * 1000))
    assert ledger.find(b"b") is None
    assert ledger.find(b"a") is not None
    for number in range(1000):
        await ledger.append(str(number).encode(), _paid("x" * 1000))
    assert len(ledger) <= 3


async def test_replacing_does_not_use_memory_up() -> None:
    """A thousand replies under one key are one reply."""
    ledger = MemoryLedger(max_bytes=10_000)
    await ledger.append(b"a", _paid("kept"))
    for _ in range(1000):
        await ledger.append(b"b", _paid("x" * 1000))
    assert ledger.find(b"a") is not None


async def test_a_reply_larger_than_the_memory_is_not_kept() -> None:
    """It is a cache: what does not fit is paid for again."""
    ledger = MemoryLedger(max_bytes=1000)
    await ledger.append(b"a", _paid("x" * 10_000))
    assert len(ledger) == 0
