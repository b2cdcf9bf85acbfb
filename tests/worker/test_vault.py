"""What was spent, on record: near to the truth, in good time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

from captioner.errors import RunStopped
from captioner.flow.purse import Purse
from captioner.worker.desk import Desk
from captioner.worker.vault import keep_records
from tests.flow.conftest import FakeClock


class Counting:
    """A purse that counts how often it is brought on record, or cannot be."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count, self.error = 0, error

    async def checkpoint(self) -> None:
        """Once more."""
        self.count += 1
        if self.error is not None:
            raise self.error


async def test_records_are_brought_near_to_what_was_spent_every_five_seconds() -> None:
    """Of each profile; one whose ledger's disk is full holds up none of the others."""
    clock = FakeClock()
    full, good = Counting(RunStopped("ledger_unwritable", "disk full")), Counting()
    seats = [SimpleNamespace(purse=cast("Purse", purse)) for purse in (full, good)]
    task = asyncio.create_task(keep_records(cast("Desk", SimpleNamespace(seats=seats)), clock))
    await asyncio.sleep(0)
    for passed in range(1, 4):
        await clock.advance(4.8)
        assert good.count == passed - 1
        await clock.advance(0.2)
        assert full.count == good.count == passed
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
