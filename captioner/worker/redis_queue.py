"""Redis Streams as the queue: a consumer group hands out entries, one script finishes each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self

from captioner.flow.clock import Clock
from captioner.settings import WorkerOptions
from captioner.worker.queue import Depth
from captioner.worker.redis_claim import RedisClaim
from captioner.worker.redis_link import RedisLink, settled
from captioner.worker.redis_place import RedisPlace
from captioner.worker.redis_scripts import DEPTH, FINISH, GIVE_BACK, HEARTBEAT, RESCUE, SWEEP

if TYPE_CHECKING:
    from types import TracebackType

    from captioner.worker.desk import Desk

_RESCUE_EVERY_S: Final = 1.0
_BLOCK_S: Final = 1.0
_BLOCK_WHILE_SOME_WAIT_S: Final = 0.05
_FIRST_PLACES: Final = 8
_AHEAD: Final = 4
"""Entries beyond the places in flight: they are prepared while others are answered."""
_GIVE_BACK_S: Final = 2.0
_SWEEP_EVERY_S: Final = 60.0
_GONE_AFTER_S: Final = 3600.0


class RedisQueue:
    """Entries of a stream as claims; an async context manager.

    Raises ConfigError for a URL that names no Redis.
    """

    def __init__(self, url: str, options: WorkerOptions, worker: str, clock: Clock) -> None:
        self.options = options
        self._place = RedisPlace.parse(url)
        self._link = RedisLink(self._place, clock)
        self._worker = worker
        self._clock = clock
        self._held: dict[str, RedisClaim] = {}
        self._next_rescue_s = clock.now_s()
        self._behind = "-"
        self._waiting = 0

    def __repr__(self) -> str:
        return f"<RedisQueue {self._place.shown}, {len(self._held)} held>"

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give back what is held, and what was on its way here when the taking was given up."""
        try:
            await settled(self._link.once(lambda: self._script(GIVE_BACK, ())), _GIVE_BACK_S)
        finally:
            self._held.clear()
            await self._link.__aexit__(kind, error, traceback)

    def places(self, desk: Desk) -> int:
        """As many as requests may be in flight, and a few that are prepared."""
        limit = sum(road.gate.limit for road in desk.roads)
        return max(_FIRST_PLACES, limit + max(_AHEAD, limit // 4))

    async def take(self, most: int, *, burst: bool) -> Sequence[RedisClaim]:
        """Wait for entries and return at most so many; those given back or left come first.

        With `burst` it returns none where nothing is left, here or with another worker.
        """
        while True:
            claims: list[RedisClaim] = []
            if self._clock.now_s() >= self._next_rescue_s:
                # A share only: what is given back again and again must not hold up what is new.
                claims = await self._rescued(max(1, most // 2))
                if len(claims) < max(1, most // 2) and not self._waiting:
                    self._next_rescue_s = self._clock.now_s() + _RESCUE_EVERY_S
            if len(claims) < most:
                # Who has something waits for nothing.
                claims += await self._new(most - len(claims), block=not claims)
            if claims:
                return claims
            if burst:
                depth = await self._link.through(self._depth)
                if not depth.waiting and not depth.held:
                    return []

    async def depth(self) -> Depth:
        """What waits, what is held, and the age of the oldest of both. Raises QueueError."""
        return await self._link.once(self._depth)

    async def watch(self) -> None:
        """Show that what is held is worked on, and forget workers of the past; until cancelled."""
        next_sweep_s = self._clock.now_s()
        while True:
            await self._clock.sleep_s(self.options.heartbeat_s)
            if self._held:
                await self._link.through(lambda: self._script(HEARTBEAT, list(self._held)))
            if self._clock.now_s() >= next_sweep_s:
                await self.sweep(_GONE_AFTER_S)
                next_sweep_s = self._clock.now_s() + _SWEEP_EVERY_S

    async def sweep(self, gone_after_s: float) -> int:
        """Forget consumers that hold nothing and were not heard of for so long; how many.

        Redis keeps the name of every worker there ever was.
        """
        words = [round(1000 * gone_after_s)]
        gone: int = await self._link.through(lambda: self._script(SWEEP, words))
        return gone

    async def finish(
        self, claim: RedisClaim, is_done: bool, result: Mapping[str, str | int | bytes]
    ) -> None:
        """Write a result and acknowledge its entry, both or, where that was done, neither."""
        place = self._place
        keys = [place.stream, place.done if is_done else place.failed, place.finished]
        words: list[Any] = [place.group, claim.entry_id, claim.entry.id]
        words.append("done" if is_done else "failed")
        for name, value in result.items():
            words += [name, value]
        await self._link.through(lambda: self._link.script(FINISH, keys, words))
        self._held.pop(claim.entry_id, None)

    async def give_back(self, claim: RedisClaim) -> None:
        """Let another worker have it."""
        if self._held.pop(claim.entry_id, None) is not None:
            give = self._link.once(lambda: self._script(GIVE_BACK, [claim.entry_id]))
            await settled(give, _GIVE_BACK_S)

    async def _rescued(self, most: int) -> list[RedisClaim]:
        options = self.options
        words = [most, round(1000 * options.takeover_s), self._behind]
        words += [options.max_deliveries, self._welcome()]
        found, self._waiting = await self._link.through(lambda: self._script(RESCUE, words))
        ids = [entry_id.decode() for entry_id, _, _ in found]
        self._behind = f"({ids[-1]}" if ids else "-"
        return [
            self._claim(entry_id, dict(zip(pairs[::2], pairs[1::2], strict=True)), int(deliveries))
            for entry_id, (_, deliveries, pairs) in zip(ids, found, strict=True)
        ]

    def _welcome(self) -> str:
        """Which entries that were with a worker that died may be taken beside what is held."""
        tries = self.options.max_deliveries
        suspects = {
            claim.deliveries for claim in self._held.values() if 1 < claim.deliveries <= tries
        }
        if not suspects:
            return "all"
        return "none" if tries in suspects else "some"

    async def _new(self, most: int, *, block: bool) -> list[RedisClaim]:
        place = self._place
        block_s = _BLOCK_WHILE_SOME_WAIT_S if self._waiting else _BLOCK_S
        answer: Any = await self._link.through(
            lambda: self._link.command(
                "XREADGROUP",
                *("GROUP", place.group, self._worker, "COUNT", most),
                *(("BLOCK", round(1000 * block_s)) if block else ()),
                *("STREAMS", place.stream, ">"),
            )
        )
        return [
            self._claim(entry_id.decode(), fields, 1)
            for _, entries in answer or ()
            for entry_id, fields in entries
        ]

    def _claim(self, entry_id: str, fields: Mapping[bytes, bytes], deliveries: int) -> RedisClaim:
        claim = RedisClaim(self, entry_id, fields, deliveries)
        self._held[entry_id] = claim
        return claim

    async def _script(self, text: str, words: Iterable[Any]) -> Any:
        """One of those about the group and this consumer."""
        place = self._place
        return await self._link.script(text, [place.stream], [place.group, self._worker, *words])

    async def _depth(self) -> Depth:
        place = self._place
        there, held, oldest, now_s = await self._link.script(DEPTH, [place.stream], [place.group])
        # An entry's id begins with the milliseconds at which it came.
        came_s = int(oldest.split(b"-")[0]) / 1000 if oldest else int(now_s)
        return Depth(there - held, held, max(0.0, int(now_s) - came_s))
