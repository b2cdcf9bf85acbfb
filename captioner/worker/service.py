"""The life of a worker: take, work, give back; pause and resume; drain and end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from captioner.errors import Abandoned, RunStopped
from captioner.flow.clock import Clock
from captioner.flow.limits import Limits
from captioner.worker.desk import Desk
from captioner.worker.hearing import Log
from captioner.worker.pauses import profile_label
from captioner.worker.queue import Claim, Depth, Queue, QueueError
from captioner.worker.readiness import Readiness, readiness
from captioner.worker.vault import keep_records

_REST_S: Final = 1.0
"""After a claim was given back for its profile's sake its place stays empty for so long."""
_DEPTH_EVERY_S: Final = 2.0
_NOT_GIVEN_BACK: Final = "not given back: it is taken over as a dead worker's would be"


class Service:
    """Works through a queue until it is told to drain, or with `burst` until it is empty.

    `name` is what the queue is called in the log. `drain_timeout_s` is how long what is in flight
    may take once it drains.
    """

    def __init__(
        self,
        desk: Desk,
        queue: Queue,
        *,
        clock: Clock,
        log: Log,
        name: str = "",
        burst: bool = False,
        drain_timeout_s: float = 30.0,
    ) -> None:
        self.desk = desk
        self.queue = queue
        self.depth = Depth(0, 0, 0.0)
        self.queue_trouble = ""
        self.stopped: RunStopped | None = None
        self._clock = clock
        self._log = log
        self._name = name
        self._burst = burst
        self._drain_timeout_s = drain_timeout_s
        self._works: dict[asyncio.Task[None], Claim] = {}
        self._changed = asyncio.Event()
        self._stop = asyncio.Event()
        self._held = asyncio.Event()

    @property
    def is_draining(self) -> bool:
        """Whether nothing new is taken any more."""
        return self._stop.is_set()

    @property
    def claims(self) -> list[Claim]:
        """What is worked on now."""
        return list(self._works.values())

    def drain(self) -> None:
        """Take nothing more, finish what is in flight, give back the rest, and end."""
        if not self.is_draining:
            self._log.info("draining", claims=len(self._works))
            self._stop.set()
            self._changed.set()
            self.desk.drain()

    def pause(self) -> None:
        """Take and send nothing until `resume`."""
        self._log.info("paused by an operator")
        self.desk.hold()
        self._held.set()
        self._changed.set()

    def resume(self) -> None:
        """Go on, also with profiles that could not."""
        self._log.info("resumed by an operator")
        self.desk.release()
        self._held.clear()
        self._changed.set()

    def set_limits(self, limits: Limits, profile: str | None = None) -> None:
        """Let other ceilings hold. Raises UnknownProfile."""
        self.desk.set_limits(limits, profile)
        self._log.info(
            "limits set",
            profile=profile,
            concurrency=limits.concurrency,
            requests_per_minute=limits.requests_per_minute,
            tokens_per_minute=limits.tokens_per_minute,
        )

    def readiness(self, profile: str | None = None) -> Readiness:
        """Whether it could caption now: for any profile that is wanted, or for this one alone."""
        names = self.desk.profiles if profile is None else [profile]
        return readiness(
            [self.desk.way(name) for name in names],
            self.desk.wanted if profile is None else [profile],
            is_draining=self.is_draining,
            is_held=self.desk.is_held,
            queue_trouble=self.queue_trouble,
        )

    async def run(self) -> None:
        """Work; returns when all is finished or given back. `stopped` says why a burst ended."""
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self.desk.keep())
            try:
                async with self.queue:
                    beside = [
                        group.create_task(self.queue.watch()),
                        group.create_task(self.desk.watch()),
                        group.create_task(self._measure()),
                        group.create_task(keep_records(self.desk, self._clock)),
                    ]
                    try:
                        # A group of their own: cut short, they are given back to an open queue.
                        async with asyncio.TaskGroup() as works:
                            await self._take(works)
                            await self._finish()
                    finally:
                        for task in beside:
                            task.cancel()
            finally:
                keeper.cancel()

    async def _take(self, group: asyncio.TaskGroup) -> None:
        while not self.is_draining:
            self._changed.clear()
            most = self.queue.places(self.desk) - len(self._works)
            if most <= 0 or self.desk.is_held:
                await self._changed.wait()
                continue
            claims = await self._taken(most)
            for claim in claims:
                task = group.create_task(self._work(claim))
                self._works[task] = claim
                task.add_done_callback(self._done)
            if self._burst and not claims and not (self.is_draining or self.desk.is_held):
                if not self._works:
                    return
                await self._changed.wait()

    async def _taken(self, most: int) -> list[Claim]:
        """What the queue gives, or nothing if meanwhile the worker is told to drain or pause."""
        taking = asyncio.ensure_future(self.queue.take(most, burst=self._burst))
        told = [asyncio.ensure_future(event.wait()) for event in (self._stop, self._held)]
        try:
            await asyncio.wait([taking, *told], return_when=asyncio.FIRST_COMPLETED)
            return list(taking.result()) if taking.done() else []
        finally:
            for task in (taking, *told):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([taking, *told])

    async def _work(self, claim: Claim) -> None:
        try:
            await claim.work(self.desk)
        except RunStopped as error:
            await self._give_back(claim)
            if error.verdict == "claim_lost":
                self._log.warning("another worker has it now", **_facts(claim))
                return
            self._stop_profile(claim.profile, error)
            await self._rest()
        except (Abandoned, asyncio.CancelledError):
            if await self._give_back(claim):
                self._log.info("given back", **_facts(claim))
        except QueueError as error:
            self._log.warning("queue unreachable", detail=str(error), **_facts(claim))
            await self._give_back(claim)
            await self._rest()
        except Exception:
            self._log.exception(
                "unexpected error: this is a bug; the claim is given back", **_facts(claim)
            )
            await self._give_back(claim)
            await self._rest()

    async def _give_back(self, claim: Claim) -> bool:
        """Whether it was; whatever goes wrong with it, this claim shows no life any more, and the
        others go on."""
        try:
            await claim.give_back()
        except QueueError as error:
            self._log.warning(_NOT_GIVEN_BACK, detail=str(error), **_facts(claim))
        except Exception:
            self._log.exception(_NOT_GIVEN_BACK, **_facts(claim))
        else:
            return True
        return False

    def _stop_profile(self, profile: str, error: RunStopped) -> None:
        self.desk.pause(profile, error)
        if self._burst:
            self.stopped = self.stopped or error
            self.drain()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_REST_S):
                await self._stop.wait()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._works.pop(task, None)
        self._changed.set()

    async def _finish(self) -> None:
        """Wait for what is in flight, as long as it may take, and then cut it short."""
        if self._works:
            await asyncio.wait(list(self._works), timeout=self._drain_timeout_s + _REST_S)
        for task in list(self._works):
            task.cancel()
        if self._works:
            await asyncio.wait(list(self._works))
        for seat in self.desk.seats:  # callers over HTTP have their answers, too
            await seat.front.singles.ended()

    async def _measure(self) -> None:
        """Look at the queue, and tell when it is reached for the first time, lost, and back."""
        has_started = False
        while True:
            try:
                self.depth = await self.queue.depth()
            except QueueError as error:
                if not self.queue_trouble:
                    self._log.warning("queue unreachable", queue=self._name, detail=str(error))
                self.queue_trouble = str(error) or "it does not answer"
            else:
                if not has_started:
                    self._log.info("worker started", queue=self._name)
                elif self.queue_trouble:
                    self._log.info("queue reached again", queue=self._name)
                has_started, self.queue_trouble = True, ""
            await self._clock.sleep_s(_DEPTH_EVERY_S)


def _facts(claim: Claim) -> dict[str, str]:
    return {"claim": claim.name, "profile": profile_label(claim.profile)}
