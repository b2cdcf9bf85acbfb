"""Which keys a ledger surely does not have, for one that began empty. Pure."""

from __future__ import annotations

from typing import Final

_SLOTS: Final = 2**20


class FreshKeys:
    """Says of a key that was never added, nearly always, that it is not there: never wrongly.

    A set of marks in 1 MB, one for each slot that a key's hash may fall into. With
    100,000 keys one in ten that is not there is taken for one that may be. Any thread.
    """

    def __init__(self) -> None:
        self._marks = bytearray(_SLOTS)

    def add(self, key: bytes) -> None:
        """The ledger is about to have this key."""
        self._marks[hash(key) % _SLOTS] = 1

    def may_have(self, key: bytes) -> bool:
        """Whether the ledger must be asked."""
        return self._marks[hash(key) % _SLOTS] != 0
