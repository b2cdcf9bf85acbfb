"""Where the sums are kept that a profile's caps are held against."""

from __future__ import annotations

from collections.abc import Mapping

from captioner.ledger import SqliteLedger


class ProfileVault:
    """What a profile has spent, kept in the worker's ledger over all its lives."""

    def __init__(self, ledger: SqliteLedger, scope: str) -> None:
        self._ledger, self._scope = ledger, scope

    async def save(self, spent: Mapping[str, int]) -> None:
        """Durable when it returns."""
        await self._ledger.save_spent(self._scope, spent)
