"""A folder as a queue: files that are dropped into it are claimed by renaming."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from captioner.errors import RunStopped
from captioner.flow.clock import Clock
from captioner.settings import WorkerOptions
from captioner.worker.queue import Depth, QueueError
from captioner.worker.spool_claim import SpoolClaim
from captioner.worker.spool_folder import Seen, SpoolFolder, age_s
from captioner.worker.spool_names import Held, Unchanged, Waiting, claim_of, fair

if TYPE_CHECKING:
    from types import TracebackType

    from captioner.worker.desk import Desk


class SpoolQueue:
    """What is dropped into `root`/in, shared with any number of workers.

    What has not changed for `settle_s` is claimed; a claim whose owner gave no sign of life for
    `takeover_s` is taken over. Both are measured by our own clock alone.
    """

    def __init__(self, root: Path, options: WorkerOptions, worker: str, clock: Clock) -> None:
        self.folder = SpoolFolder(root.resolve(), worker)
        self._options = options
        self._clock = clock
        self._ledgers = options.state_dir.absolute() / "claims" if options.state_dir else None
        self._mine: dict[str, SpoolClaim] = {}
        self._unchanged = Unchanged()
        self._not_before_s: dict[str, float] = {}
        self._desk: Desk | None = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.folder.create)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for claim in list(self._mine.values()):
            await claim.give_back()

    def places(self, desk: Desk) -> int:
        """As many as there may be jobs; only what is for the desk's profiles is looked for."""
        self._desk = desk
        return self._options.jobs

    async def take(self, most: int, *, burst: bool) -> Sequence[SpoolClaim]:
        """Wait for claims, and return at most so many; none where a burst is over."""
        while True:
            try:
                seen = await asyncio.to_thread(self.folder.look, self._profiles())
            except OSError:
                await self._clock.sleep_s(self._options.poll_s)
                continue
            # No await from here on: who is cancelled has claimed nothing.
            if claims := self._claimed(seen, most):
                return claims
            # What is ours may yet be given back, by us or whoever takes it over.
            if burst and not (seen.waiting or seen.held or seen.unclear or self._mine):
                return []
            await self._clock.sleep_s(self._options.poll_s)

    async def depth(self) -> Depth:
        """What waits, given back claims with it, and what workers hold."""
        try:
            seen = await asyncio.to_thread(self.folder.look, self._profiles())
        except OSError as error:
            raise QueueError(f"{self.folder.root}: {error.strerror or error}") from error
        free = [held for held in seen.held if not held.owner]
        waiting: list[Waiting | Held] = [*seen.waiting, *free]
        oldest_age_s = max((age_s(each.since_s) for each in waiting), default=0.0)
        return Depth(len(waiting), len(seen.held) - len(free), oldest_age_s)

    async def watch(self) -> None:
        """Give signs of life for what we hold; until it is cancelled."""
        while True:
            for claim in list(self._mine):
                self.folder.beat(claim)
            await self._clock.sleep_s(self._options.heartbeat_s)

    def _profiles(self) -> tuple[str, ...]:
        return tuple(self._desk.profiles) if self._desk else ("",)

    def _claimed(self, seen: Seen, most: int) -> list[SpoolClaim]:
        now_s = self._clock.now_s()
        ready = self._ready(seen, now_s)
        in_hand = Counter(claim.profile for claim in self._mine.values())
        claims: list[SpoolClaim] = []
        # All of them in a fair order: some of the first may be another worker's by now.
        for candidate in fair(ready, in_hand, len(ready)):
            if len(claims) == most:
                break
            if isinstance(candidate, Held):
                name = candidate.claim
                is_ours = self.folder.take_over(candidate)
            else:
                name = _claim_of(candidate)
                is_ours = self.folder.take(candidate, name)
            if is_ours:
                claim = SpoolClaim(self.folder, name, ledgers=self._ledgers, let_go=self._let_go)
                self._mine[name] = claim
                claims.append(claim)
        return claims

    def _ready(self, seen: Seen, now_s: float) -> list[Waiting | Held]:
        """What may be claimed now, of profiles that can go on; sweeps what dead workers left."""
        unchanged, options = self._unchanged, self._options
        ready: list[Waiting | Held] = []
        taken = {held.claim for held in seen.held}
        known = set()
        for waiting in seen.waiting:
            known.add(key := f"in/{waiting.profile}/{waiting.name}")
            settled = unchanged.for_s(key, waiting.state, now_s) >= options.settle_s
            if settled and _claim_of(waiting) not in taken and self._can_go_on(waiting.profile):
                ready.append(waiting)
        for held in seen.held:
            known.add(key := f"work/{held.claim}")
            silent_s = unchanged.for_s(key, (held.owner, held.beat), now_s)
            is_free = not held.owner or silent_s >= options.takeover_s
            if held.claim in self._mine or now_s < self._not_before_s.get(held.claim, now_s):
                continue
            if is_free and self._can_go_on(held.profile):
                ready.append(held)
        for claim in seen.unclear:
            known.add(key := f"work/{claim}")
            if unchanged.for_s(key, None, now_s) >= options.takeover_s:
                self.folder.set_free(claim)
        for litter in seen.litter:
            known.add(key := f"work/{litter}")
            if unchanged.for_s(key, "", now_s) >= options.takeover_s:
                self.folder.sweep(litter)
        unchanged.keep_only(known)
        self._not_before_s = {
            name: not_before_s
            for name, not_before_s in self._not_before_s.items()
            if now_s < not_before_s
        }
        return ready

    def _can_go_on(self, profile: str) -> bool:
        if self._desk is None:
            return True
        try:
            self._desk.check(profile)
        except RunStopped:
            return False
        return True

    def _let_go(self, claim: str) -> None:
        """Others first: what we gave back may have had a cause that is ours alone."""
        self._mine.pop(claim, None)
        self._not_before_s[claim] = self._clock.now_s() + 2 * self._options.poll_s


def _claim_of(waiting: Waiting) -> str:
    return claim_of(waiting.profile, waiting.name, is_folder=waiting.is_folder)
