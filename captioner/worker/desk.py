"""Everything that a profile needs to be worked for: its road, its purse, its Captioners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakSet

from captioner.api import Captioner
from captioner.connection import close_purse
from captioner.errors import Abandoned, CaptionerError, ConfigError, RunStopped
from captioner.events import Event, Warned
from captioner.flow.clock import Clock
from captioner.flow.limits import Limits
from captioner.flow.line import Share
from captioner.flow.purse import Purse
from captioner.ledger import SqliteLedger
from captioner.road import Road, open_road
from captioner.settings import Settings
from captioner.worker.hearing import Hearers, Log
from captioner.worker.keys import KeyFiles
from captioner.worker.pauses import Pauses
from captioner.worker.probing import probe
from captioner.worker.readiness import Way
from captioner.worker.vault import Treasury, open_purse, profile_scope

_LOOK_EVERY_S: Final = 1.0


class UnknownProfile(ConfigError):  # noqa: N818 - what it is
    """There is no such profile."""


@dataclass(slots=True)
class Seat:
    """A profile that is worked for.

    `captioner` is for entries of a queue, `front` for callers that wait, who go first.
    """

    profile: str
    settings: Settings
    road: Road
    purse: Purse
    captioner: Captioner
    front: Captioner


class Desk:
    """Opens roads, purses and Captioners as they are wanted, and keeps them.

    `profiles` is name → settings, with those of the empty name for what names none. `ledger` is
    the worker's own. Every event goes to `hearers`, and to `log` what stops a profile. `treasury`
    is where caps are shared with other workers. `keep` must run beside whoever asks for a seat:
    what it opens has tasks of its own, which end where they began.
    """

    def __init__(
        self,
        profiles: Mapping[str, Settings],
        ledger: SqliteLedger,
        clock: Clock,
        hearers: Hearers,
        log: Log,
        treasury: Treasury | None = None,
    ) -> None:
        self.profiles = dict(profiles)
        self.ledger = ledger
        self.clock = clock
        self._hearers = hearers
        self._log = log
        self._treasury = treasury
        self.pauses = Pauses(clock, log)
        self.is_draining = False
        self.is_held = False
        self._limits: Limits | None = None
        self._roads: dict[tuple[Any, ...], Road] = {}
        self._seats: dict[str, Seat] = {}
        self._open: WeakSet[Captioner] = WeakSet()
        self._wanted: asyncio.Queue[tuple[str, asyncio.Future[Seat]]] = asyncio.Queue()

    async def keep(self) -> None:
        """Open what is wanted, until it is cancelled; then close all of it."""
        async with AsyncExitStack() as stack:
            while True:
                profile, answer = await self._wanted.get()
                try:
                    if profile not in self._seats:
                        road = await self._road(stack, profile)
                        async with AsyncExitStack() as attempt:
                            self._seats[profile] = await self._opened(attempt, profile, road)
                            stack.push_async_callback(attempt.pop_all().aclose)
                except (CaptionerError, OSError) as error:
                    stopped = _as_stop(error)
                    self.pause(profile, stopped)
                    if not answer.done():
                        answer.set_exception(stopped)
                else:
                    if not answer.done():
                        answer.set_result(self._seats[profile])

    @property
    def wanted(self) -> list[str]:
        """The profiles that samples are expected for: those with names, or the one without."""
        return sorted(filter(None, self.profiles)) or [""]

    @property
    def roads(self) -> list[Road]:
        """The roads that are open."""
        return list(self._roads.values())

    @property
    def seats(self) -> list[Seat]:
        """The profiles that were worked for so far."""
        return list(self._seats.values())

    async def seat(self, profile: str) -> Seat:
        """What a profile is worked with.

        Raises UnknownProfile, Abandoned where the worker drains, and RunStopped where the profile
        cannot go on now.
        """
        if profile not in self.profiles:
            known = ", ".join(sorted(filter(None, self.profiles))) or "none"
            raise UnknownProfile(f"no profile is called {profile!r}: there are {known}")
        if self.is_draining:
            raise Abandoned
        self.check(profile)
        if profile in self._seats:
            return self._seats[profile]
        answer: asyncio.Future[Seat] = asyncio.get_running_loop().create_future()
        self._wanted.put_nowait((profile, answer))
        return await answer

    def check(self, profile: str) -> None:
        """Raises RunStopped while the profile cannot go on."""
        self.pauses.check(profile)

    def way(self, profile: str) -> Way:
        """What keeps the profile from going on; nothing is known of one that was not asked for."""
        seat, pause = self._seats.get(profile), self.pauses.get(profile)
        is_down = seat is not None and seat.road.breaker.is_down
        return Way(
            profile,
            seat.road.name if seat and is_down else "",
            f"{pause.reason}: {pause.detail}" if pause else "",
        )

    def pause(self, profile: str, error: RunStopped) -> None:
        """Work no more for this profile for a while, for the reason that stopped it."""
        self.pauses.begin(profile, error)

    def open_captioner(self, seat: Seat, claim: str) -> Callable[..., Captioner]:
        """What makes the Captioner of a job for this profile: `Job`'s `open_captioner`."""

        def make(
            settings: Settings,
            *,
            observer: Callable[[Event], None],
            vault: object = None,
            spent: object = None,
            **how: Any,
        ) -> Captioner:
            del vault, spent  # the profile's purse has its own
            if self.is_draining:
                raise Abandoned
            hear = self._hearers.listen(seat.profile, claim)

            def both(event: Event) -> None:
                observer(event)
                hear(event)

            captioner = Captioner(
                settings,
                observer=both,
                clock=self.clock,
                road=seat.road,
                purse=seat.purse,
                share=Share(seat.profile),
                **how,
            )
            self._open.add(captioner)
            return captioner

        return make

    def hold(self) -> None:
        """Send nothing more until `release`; what is in flight goes on."""
        self.is_held = True
        for road in self.roads:
            road.gate.hold()

    def release(self) -> None:
        """Send again, and try again for profiles that could not go on."""
        self.is_held = False
        self.pauses.clear()
        for road in self.roads:
            road.gate.release()

    def set_limits(self, limits: Limits, profile: str | None = None) -> None:
        """Let other ceilings hold, for a profile's road or all and later ones; UnknownProfile."""
        if profile is not None and profile not in self.profiles:
            raise UnknownProfile(f"no profile is called {profile!r}")
        if profile is None:
            self._limits = limits
        for name, seat in self._seats.items():
            if profile in (None, name):
                seat.road.set_limits(limits)

    def drain(self) -> None:
        """Start nothing, finish what is in flight within the drain time."""
        self.is_draining = True
        for captioner in self._open:
            captioner.drain()

    async def watch(self) -> None:
        """Open what will be wanted, read key files again as they change, and look for endpoints
        that are down; until cancelled.

        So it is known before the first sample comes whether there is a way to caption it.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(probe(lambda: self.roads, self.clock, self._log))
            group.create_task(self._watch_profiles())

    async def _watch_profiles(self) -> None:
        keys = KeyFiles(self.profiles)
        while True:
            for profile in self.wanted:
                with suppress(CaptionerError):
                    await self.seat(profile)
            for profile in list(self.pauses):  # callers come only once it is not told any more
                with suppress(RunStopped):
                    self.check(profile)
            await self.clock.sleep_s(_LOOK_EVERY_S)
            for profile in await keys.renewed({seat.profile: seat.road for seat in self.seats}):
                self.pauses.pop(profile, None)

    async def _opened(self, stack: AsyncExitStack, profile: str, road: Road) -> Seat:
        settings = self.profiles[profile]
        purse = await open_purse(profile, settings, road, self.ledger, self._treasury)
        stack.push_async_callback(close_purse, purse)
        seats = [
            await stack.enter_async_context(
                Captioner(
                    settings,
                    observer=self._hearers.listen(profile, of_what),
                    ledger=self.ledger,
                    scope=profile_scope(profile),
                    clock=self.clock,
                    road=road,
                    purse=purse,
                    share=share,
                )
            )
            for of_what, share in (
                ("queue", Share(profile)),
                ("http", Share(profile, rank=0)),
            )
        ]
        self._open.update(seats)
        return Seat(profile, settings, road, purse, *seats)

    async def _road(self, stack: AsyncExitStack, profile: str) -> Road:
        """The road of a profile; it stays open, also for others, if the profile cannot be."""
        settings, hear = self.profiles[profile], self._hearers.listen(profile, "")
        key = (
            settings.base_url,
            settings.model,
            settings.api_key.get_secret_value(),
            settings.api_key_file,
            settings.auth_header,
            tuple(sorted((k, v.get_secret_value()) for k, v in settings.extra_headers.items())),
        )
        if key not in self._roads:
            async with AsyncExitStack() as attempt:
                road = await open_road(
                    attempt,
                    settings,
                    clock=self.clock,
                    observe=hear,
                    warn=lambda text: hear(Warned(text)),
                )
                stack.push_async_callback(attempt.pop_all().aclose)
            if self.is_held:
                road.gate.hold()
            if self._limits is not None:
                road.set_limits(self._limits)
            self._roads[key] = road
        return self._roads[key]


def _as_stop(error: Exception) -> RunStopped:
    """What stops a profile that cannot be opened: it may be mended while the worker goes on."""
    if isinstance(error, RunStopped):
        return error
    return RunStopped("bad_request_settings", str(error))
