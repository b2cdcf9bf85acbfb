"""Where the sums are kept that a profile's caps are held against."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from captioner.connection import purse_of
from captioner.errors import RunStopped
from captioner.flow.clock import Clock
from captioner.flow.purse import Commons, Purse
from captioner.ledger import SqliteLedger
from captioner.road import Road
from captioner.settings import EMBEDDED, Settings
from captioner.wiring import parameters_of

if TYPE_CHECKING:
    from captioner.worker.desk import Desk

_RECORD_EVERY_S: Final = 5.0


class Treasury(Protocol):
    """Where workers tell each other what profiles have spent."""

    def commons(self, profile: str, spent: Mapping[str, int]) -> Commons:
        """Where it is told for one; `spent` is what this worker's ledger has on record."""


class ProfileVault:
    """What a profile has spent, kept in the worker's ledger over all its lives."""

    def __init__(self, ledger: SqliteLedger, scope: str) -> None:
        self._ledger, self._scope = ledger, scope

    async def save(self, spent: Mapping[str, int]) -> None:
        """Durable when it returns."""
        await self._ledger.save_spent(self._scope, spent)


def profile_scope(profile: str) -> str:
    """What a profile's sums and replies are kept under in the worker's ledger."""
    return f"profile:{profile}"


async def open_purse(
    profile: str, settings: Settings, road: Road, ledger: SqliteLedger, treasury: Treasury | None
) -> Purse:
    """The purse of a profile, for all lives of this worker and, with `treasury`, all workers.

    What is rehearsed costs nothing, and each worker counts it for itself. Raises ConfigError for a
    cap on a cost that is not known.
    """
    scope = profile_scope(profile)
    spent = await asyncio.to_thread(ledger.spent, scope) or {}
    shared = treasury if settings.base_url != EMBEDDED else None
    return purse_of(
        settings,
        parameters_of(settings, road.model),
        road.base_url,
        ProfileVault(ledger, scope),
        spent,
        shared.commons(profile, spent) if shared else None,
    )


async def keep_records(desk: Desk, clock: Clock) -> None:
    """Bring what is on record near to what was spent, again and again; until it is cancelled."""
    while True:
        await clock.sleep_s(_RECORD_EVERY_S)
        for seat in desk.seats:
            with suppress(RunStopped):  # what is on record stands, and is not too low
                await seat.purse.checkpoint()
