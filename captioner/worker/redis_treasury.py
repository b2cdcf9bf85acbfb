"""What profiles have spent, told among workers in Redis: so a cap is one for all of them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self

from captioner.errors import RunStopped
from captioner.flow.clock import Clock
from captioner.flow.spend import NOTHING, Spend
from captioner.worker.redis_link import RedisLink, settled
from captioner.worker.redis_place import RedisPlace
from captioner.worker.redis_scripts import TELL

if TYPE_CHECKING:
    from types import TracebackType

VERSION: Final = "version"
_LEAVE_S: Final = 2.0


class RedisTreasury:
    """Hashes of what was spent; an async context manager. `ledger` is the id of our own."""

    def __init__(
        self, url: str, ledger: str, clock: Clock, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._place = RedisPlace.parse(url)
        # A connection of its own: it is needed a moment longer than the queue's.
        self._link = RedisLink(self._place, clock, tell)
        self._ledger = ledger

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._link.__aexit__(kind, error, traceback)

    def commons(self, profile: str, spent: Mapping[str, int]) -> RedisCommons:
        """Where it is told for a profile; `spent` is what our ledger has on record."""
        return RedisCommons(self._link, self._place.spent(profile), self._ledger, spent)


class RedisCommons:
    """One hash: for each ledger the most that was spent on it, as JSON.

    Whoever tells something new names the version that it has seen, and makes another. A field whose
    worker is gone stays: what it spent is spent.
    """

    def __init__(self, link: RedisLink, key: str, ledger: str, spent: Mapping[str, int]) -> None:
        self._link = link
        self._key = key
        self._ledger = ledger
        self._spent = Spend.from_dict(spent)
        self._before: Spend | None = None
        self._told: Spend | None = None
        self._version = ""

    async def others(self) -> Mapping[str, int]:
        """The sum of all other fields, and what ours held beyond our ledger's own record.

        Such is left where the ledger was put back from an older copy. What a Redis has forgotten of
        ours is told again. Raises RunStopped (`ledger_unusable`) for a field that is none.
        """
        found = await self._link.through(lambda: self._link.command("HGETALL", self._key))
        fields = {name.decode(errors="replace"): value for name, value in found.items()}
        self._version = fields.pop(VERSION, b"").decode(errors="replace")
        told = {name: self._read(name, value) for name, value in fields.items()}
        ours = told.pop(self._ledger, NOTHING)
        if self._before is None:
            self._before = ours.higher(self._spent) - self._spent
        if self._told is not None and not ours.covers(self._told):
            await self._link.through(self._telling("*", self._told))
        return sum(told.values(), self._before).to_dict()

    async def claim(self, spent: Mapping[str, int]) -> bool:
        """Tell what ours spends at most, if nobody has told anything since `others`."""
        telling = Spend.from_dict(spent) + (self._before or NOTHING)
        self._told = None
        if not await self._link.through(self._telling(self._version, telling)):
            return False
        self._told = telling
        return True

    async def leave(self, spent: Mapping[str, int]) -> None:
        """Tell what ours has spent in the end, if the server is there."""
        if self._before is not None:  # else nothing was told that is too much
            telling = Spend.from_dict(spent) + self._before
            await settled(self._link.once(self._telling("*", telling)), _LEAVE_S)

    def _telling(self, seen: str, spend: Spend) -> Callable[[], Awaitable[Any]]:
        words = [seen, secrets.token_hex(8), self._ledger, json.dumps(spend.to_dict())]
        return lambda: self._link.script(TELL, [self._key], words)

    def _read(self, name: str, value: bytes) -> Spend:
        try:
            return Spend.from_dict(json.loads(value))
        except (ValueError, TypeError, AttributeError):
            raise RunStopped(
                "ledger_unusable",
                f"{self._key} in Redis has a field {name} that tells no sums: take it away with "
                "HDEL, and lower the caps by what was spent there",
            ) from None
