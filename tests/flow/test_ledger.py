"""The ledger in memory, and a page of any ledger."""

from __future__ import annotations

import pytest

from captioner.errors import RunStopped
from captioner.flow.ledger import Kept, Ledger, MemoryLedger, Page, Paid, Rejected
from captioner.vision.reply import Reply


def _paid(text: str) -> Paid:
    return Paid(Reply(text, None, "stop"), attempts=1, latency_s=0.5)


_REJECTED = Rejected("filtered", "HTTP 400: a content filter stepped in", attempts=1)


async def test_everything_that_was_appended_is_found_oldest_first() -> None:
    """Replies and rejections alike; nothing takes the place of anything."""
    ledger: Ledger = MemoryLedger()
    assert ledger.find(b"a") == ()
    await ledger.append(b"a", _paid("one"))
    await ledger.append(b"b", _paid("other"))
    await ledger.append(b"a", _REJECTED)
    await ledger.append(b"a", _paid("two"))
    assert ledger.find(b"a") == (_paid("one"), _REJECTED, _paid("two"))
    assert ledger.find(b"b") == (_paid("other"),)


async def test_a_mark_divides_what_was_kept_from_what_comes() -> None:
    """Also under one key, and for a key that is new since."""
    ledger = MemoryLedger()
    await ledger.append(b"a", _paid("before"))
    mark = ledger.mark()
    assert ledger.find(b"a", since=mark) == ()
    await ledger.append(b"a", _paid("after"))
    await ledger.append(b"b", _paid("new"))
    assert ledger.find(b"a", since=mark) == (_paid("after"),)
    assert ledger.find(b"b", since=mark) == (_paid("new"),)
    assert ledger.mark() > mark
    assert ledger.find(b"b", since=ledger.mark()) == ()


async def test_memory_is_bounded_and_the_longest_unused_go_first() -> None:
    """Finding an entry counts as using it."""
    ledger = MemoryLedger(max_bytes=5000)
    for key in (b"a", b"b", b"c"):
        await ledger.append(key, _paid("x" * 1000))
    assert ledger.find(b"a")
    await ledger.append(b"d", _paid("x" * 1000))
    assert not ledger.find(b"b")
    assert ledger.find(b"a")
    for number in range(1000):
        await ledger.append(str(number).encode(), _paid("x" * 1000))
    assert 0 < len(ledger) <= 3


@pytest.mark.parametrize(
    "large", [_paid("x" * 10_000), Rejected("rejected", "x" * 10_000, attempts=1)]
)
async def test_an_entry_larger_than_the_memory_is_not_kept(large: Kept) -> None:
    """It is a cache: what does not fit is paid for again."""
    ledger = MemoryLedger(max_bytes=1000)
    await ledger.append(b"a", large)
    assert len(ledger) == 0
    await ledger.append(b"a", _paid("small"))
    assert ledger.find(b"a") == (_paid("small"),)


async def test_a_page_shows_an_entry_only_when_it_is_kept() -> None:
    """What the ledger does not take is not seen either."""

    class Refusing(MemoryLedger):
        async def append(self, key: bytes, kept: Kept) -> None:
            raise RunStopped("ledger_unwritable", "full")

    ledger = MemoryLedger()
    page = Page(ledger, b"a", (_REJECTED,))
    await page.add(_paid("one"))
    assert page.kept == (_REJECTED, _paid("one"))
    assert ledger.find(b"a") == (_paid("one"),)
    refused = Page(Refusing(), b"a")
    with pytest.raises(RunStopped, match="full"):
        await refused.add(_paid("one"))
    assert refused.kept == ()
