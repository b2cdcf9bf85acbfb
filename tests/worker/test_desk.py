"""The desk: whose road, purse and Captioner a profile is worked with, and while it cannot be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from captioner.endpoint import EndpointOptions, RehearsalEndpoint
from captioner.errors import Abandoned, RunStopped
from captioner.events import Event
from captioner.flow.limits import Limits
from captioner.ledger import open_ledger
from captioner.samples.sample import Sample
from captioner.settings import settings_from
from captioner.worker.desk import Desk, UnknownProfile
from captioner.worker.hearing import Hearers
from tests.flow.conftest import FakeClock
from tests.worker.said import Said

KEYED = EndpointOptions.model_validate({"api_key": "sk-right", "models": ("m",)})


class Bench:
    """Settings that all profiles begin with, and desks over one ledger."""

    def __init__(self, folder: Path, endpoint: RehearsalEndpoint) -> None:
        self.folder, self.endpoint = folder, endpoint
        self.clock = FakeClock()
        self.log = Said()
        self.heard: list[tuple[str, str, Event]] = []
        self._samples = 0

    def listen(self, profile: str, run: str) -> Callable[[Event], None]:
        """Keep what is heard, and of whom."""
        return lambda event: self.heard.append((profile, run, event))

    def sample(self) -> Sample:
        """One that was not asked for before."""
        self._samples += 1
        path = self.folder / f"{self._samples}.png"
        Image.new("RGB", (8 + self._samples, 8)).save(path)
        return Sample(self._samples, {"text": "<__dj__image>", "images": [str(path)]})

    @asynccontextmanager
    async def desk(self, **profiles: dict[str, Any]) -> AsyncIterator[Desk]:
        """A desk that is kept, in a life of its own; the nameless profile is there as well."""
        common = {"base_url": self.endpoint.base_url, "mode": "caption", "model": "m"}
        settings = {
            name: settings_from(**{**common, **own}) for name, own in {"": {}, **profiles}.items()
        }
        with open_ledger(self.folder / "ledger.sqlite", unix_s=time.time) as ledger:
            desk = Desk(settings, ledger, self.clock, Hearers([self]), self.log)
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(desk.keep())
                try:
                    yield desk
                finally:
                    keeping.cancel()


@asynccontextmanager
async def _bench(folder: Path, options: EndpointOptions | None = None) -> AsyncIterator[Bench]:
    async with RehearsalEndpoint(options or EndpointOptions(models=("m",))) as endpoint:
        yield Bench(folder, endpoint)


async def test_profiles_that_ask_the_same_endpoint_share_its_road(tmp_path: Path) -> None:
    """One gate for endpoint, key and model; another key or model has its own. Seats are kept."""
    named = EndpointOptions(models=("m", "other"))
    async with (
        _bench(tmp_path, named) as bench,
        bench.desk(
            day={"mode": "description"},
            night={"temperature": 0.9},
            model={"model": "other"},
            key={"api_key": "sk-of-its-own"},
        ) as desk,
    ):
        day, night = await asyncio.gather(desk.seat("day"), desk.seat("night"))
        assert day.road is night.road
        assert day.purse is not night.purse
        assert (day.settings.mode, night.settings.mode) == ("description", "caption")
        for name in ("model", "key"):
            assert (await desk.seat(name)).road is not day.road
        assert len(desk.roads) == 3
        assert await desk.seat("day") is day
        assert [seat.profile for seat in desk.seats] == ["day", "night", "model", "key"]


async def test_a_caller_and_a_queue_are_worked_for_by_one_seat(tmp_path: Path) -> None:
    """Both pay from the profile's purse, what one paid the other has, and each is told apart."""
    async with _bench(tmp_path) as bench, bench.desk() as desk:
        seat = await desk.seat("")
        sample = bench.sample()
        first = (await seat.captioner.sample(sample)).captions[0]
        second = (await seat.front.sample(sample)).captions[0]
        assert first.caption == second.caption is not None
        assert (first.reused, second.reused) == (False, True)
        assert bench.endpoint.stats.captions == 1
        assert seat.captioner.purse is seat.front.purse is seat.purse
    assert {(profile, run) for profile, run, _ in bench.heard} >= {("", "queue"), ("", "http")}


async def test_an_unknown_profile_is_refused_by_name(tmp_path: Path) -> None:
    """It says which there are; nothing is opened or paused."""
    async with _bench(tmp_path) as bench, bench.desk(day={}, night={}) as desk:
        with pytest.raises(UnknownProfile, match=r"^no profile is called 'dy': .* day, night$"):
            await desk.seat("dy")
        with pytest.raises(UnknownProfile, match="'dy'"):
            desk.set_limits(Limits(), "dy")
        assert not desk.roads
        assert not desk.pauses


async def test_a_purse_is_a_profiles_over_all_lives_of_the_worker(tmp_path: Path) -> None:
    """What one spent under its cap the other may still spend, and a restart gives nothing back."""
    capped = {"max_requests": 2}
    async with _bench(tmp_path) as bench:
        async with bench.desk(day=capped, night=capped) as desk:
            day = await desk.seat("day")
            await day.captioner.sample(bench.sample())
        async with bench.desk(day=capped, night=capped) as desk:
            day, night = await desk.seat("day"), await desk.seat("night")
            await day.front.sample(bench.sample())
            with pytest.raises(RunStopped) as stopped:
                await day.captioner.sample(bench.sample())
            assert stopped.value.verdict == "budget_reached"
            await night.captioner.sample(bench.sample())
        assert bench.endpoint.stats.captions == 3


async def test_a_paused_profile_is_tried_again_after_a_minute(tmp_path: Path) -> None:
    """Until then it is refused with the reason; other profiles, also on its road, go on."""
    async with _bench(tmp_path) as bench, bench.desk(day={}, night={}) as desk:
        seat = await desk.seat("night")
        desk.pause("night", RunStopped("no_quota", "nothing is left"))
        for _ in range(2):
            with pytest.raises(RunStopped) as stopped:
                await desk.seat("night")
            assert (stopped.value.verdict, stopped.value.detail) == ("no_quota", "nothing is left")
            await bench.clock.advance(29.9)
        assert (await desk.seat("day")).road is seat.road
        await bench.clock.advance(0.3)
        assert await desk.seat("night") is seat
        assert not desk.pauses
        desk.pause("night", RunStopped("no_quota", "nothing is left"))
        desk.release()
        assert await desk.seat("night") is seat


async def test_a_pause_ends_though_nobody_asks(tmp_path: Path) -> None:
    """Callers are not sent to a worker that says a profile is paused: it must not wait for one."""
    async with _bench(tmp_path) as bench, bench.desk(night={}) as desk:
        desk.pause("", RunStopped("no_quota", "nothing is left"))
        watching = asyncio.create_task(desk.watch())
        while desk.pauses and bench.clock.now_s() < 1070:
            await bench.clock.advance(1.0)
            await asyncio.sleep(0.002)
        watching.cancel()
        assert 1060 <= bench.clock.now_s() <= 1062


async def test_a_profile_that_cannot_be_opened_is_paused_and_tried_again(tmp_path: Path) -> None:
    """A key file that comes later is found then; the reason shows no key."""
    key = tmp_path / "key"
    async with _bench(tmp_path, KEYED) as bench, bench.desk(late={"api_key_file": key}) as desk:
        with pytest.raises(RunStopped, match="cannot be read") as stopped:
            await desk.seat("late")
        assert desk.pauses["late"].detail == stopped.value.detail
        key.write_text("sk-right")
        with pytest.raises(RunStopped):
            await desk.seat("late")
        await bench.clock.advance(60.0)
        seat = await desk.seat("late")
        assert (await seat.captioner.sample(bench.sample())).captions[0].caption


async def test_a_renewed_key_file_lets_all_go_on_that_share_it(tmp_path: Path) -> None:
    """Within a second or so, without a restart; a file that is empty meanwhile does no harm."""
    key = tmp_path / "key"
    key.write_text("sk-wrong")
    own = {"api_key_file": key}
    async with _bench(tmp_path, KEYED) as bench, bench.desk(day=own, night=own) as desk:
        day, night = await desk.seat("day"), await desk.seat("night")
        for seat in (day, night):
            with pytest.raises(RunStopped) as stopped:
                await seat.captioner.sample(bench.sample())
            assert stopped.value.verdict == "bad_key"
            desk.pause(seat.profile, stopped.value)
        desk.pause("", RunStopped("no_quota", "of another road"))
        watching = asyncio.create_task(desk.watch())
        for text, still_paused in (("", {"day", "night", ""}), ("sk-right", {""})):
            renewed = tmp_path / "renewed"
            renewed.write_text(text)
            renewed.replace(key)
            for _ in range(3):
                await bench.clock.advance(1.0)
                await asyncio.sleep(0.02)
            while set(desk.pauses) != still_paused:
                assert bench.clock.now_s() < 1059, "it was the minute that let it go on"
                await bench.clock.advance(1.0)
                await asyncio.sleep(0.02)
        watching.cancel()
        for seat in (day, night):
            assert await desk.seat(seat.profile) is seat
            assert (await seat.captioner.sample(bench.sample())).captions[0].caption


@pytest.mark.parametrize("text", [None, "sk-wrong"])
async def test_a_changed_key_file_lets_a_profile_open_that_could_not(
    tmp_path: Path, text: str | None
) -> None:
    """Whether there was none, or one that was rejected before there was a road to send it on; it is
    looked at every second, and does not wait for the minute."""
    key = tmp_path / "key"
    if text is not None:
        key.write_text(text)
    # Without a model's name the endpoint is asked for it, as the road is opened.
    late = {"api_key_file": key, "model": ""}
    async with _bench(tmp_path, KEYED) as bench, bench.desk(late=late) as desk:
        watching = asyncio.create_task(desk.watch())
        began_s = time.monotonic()
        while not desk.pauses:
            assert time.monotonic() - began_s < 5
            await asyncio.sleep(0.005)
        assert desk.pauses["late"].reason == ("bad_key" if text else "bad_request_settings")
        assert bench.log.of("warning") == ["profile stopped"]
        for _ in range(3):
            await bench.clock.advance(1.0)
            await asyncio.sleep(0.02)
        assert desk.pauses, "nothing has changed yet"
        key.write_text("sk-right")
        while desk.pauses or not desk.seats:
            assert bench.clock.now_s() < 1059, "it was the minute that let it go on"
            await bench.clock.advance(1.0)
            await asyncio.sleep(0.02)
        watching.cancel()
        seat = await desk.seat("late")
        assert (await seat.captioner.sample(bench.sample())).captions[0].caption


async def test_each_pause_is_logged_once(tmp_path: Path) -> None:
    """With its reason, whoever met the cause; a further one of a paused profile is not."""
    async with _bench(tmp_path) as bench, bench.desk(night={}) as desk:
        for _ in range(2):
            desk.pause("", RunStopped("no_quota", "nothing is left"))
        assert bench.log.lines == [
            (
                "warning",
                "profile stopped",
                {"profile": "default", "reason": "no_quota", "detail": "nothing is left"},
            )
        ]
        await bench.clock.advance(60.0)
        desk.check("")
        desk.pause("", RunStopped("bad_key", "rejected"))
        assert len(bench.log.lines) == 2


async def test_held_it_sends_nothing_also_on_roads_that_open_later(tmp_path: Path) -> None:
    """And sends all of it when it is released."""
    async with _bench(tmp_path) as bench, bench.desk(key={"api_key": "sk-other"}) as desk:
        open_before = await desk.seat("")
        desk.hold()
        opened_after = await desk.seat("key")
        assert opened_after.road is not open_before.road
        tasks = [
            asyncio.create_task(seat.captioner.sample(bench.sample()))
            for seat in (open_before, opened_after)
        ]
        began_s = time.monotonic()
        while open_before.road.gate.waiting + opened_after.road.gate.waiting < 2:
            assert time.monotonic() - began_s < 5
            await asyncio.sleep(0.005)
        assert bench.endpoint.stats.requests == 0
        desk.release()
        assert all([(await task).captions[0].caption for task in tasks])


async def test_limits_are_set_for_one_road_or_all(tmp_path: Path) -> None:
    """At once; a profile's are those of all that share its road."""
    async with (
        _bench(tmp_path) as bench,
        bench.desk(day={}, night={}, key={"api_key": "sk-other"}) as desk,
    ):
        day, night, key = [await desk.seat(name) for name in ("day", "night", "key")]
        desk.set_limits(Limits(3, 600.0, 9000.0), "night")
        assert day.road.gate.limits == night.road.gate.limits == Limits(3, 600.0, 9000.0)
        assert key.road.gate.limits.requests_per_minute is None
        desk.set_limits(Limits(2))
        assert [seat.road.gate.limits for seat in (day, key)] == [Limits(2)] * 2


async def test_limits_for_all_hold_on_roads_that_open_later(tmp_path: Path) -> None:
    """A profile whose first sample comes after the change is not let out of it."""
    async with _bench(tmp_path) as bench, bench.desk(night={}) as desk:
        desk.set_limits(Limits(2, 600.0))
        night = await desk.seat("night")
        assert night.road.gate.limits == Limits(2, 600.0)


async def test_a_draining_desk_opens_nothing(tmp_path: Path) -> None:
    """Neither seats nor Captioners of jobs; those that are open start nothing more."""
    async with _bench(tmp_path) as bench, bench.desk(night={}) as desk:
        seat = await desk.seat("")
        make = desk.open_captioner(seat, "a.jsonl")
        async with make(seat.settings, observer=lambda _: None, ledger=desk.ledger) as of_job:
            desk.drain()
            for captioner in (of_job, seat.captioner, seat.front):
                with pytest.raises(Abandoned):
                    await captioner.sample(bench.sample())
        with pytest.raises(Abandoned):
            make(seat.settings, observer=lambda _: None)
        for name in ("", "night"):
            with pytest.raises(Abandoned):
                await desk.seat(name)


async def test_a_jobs_captioner_is_heard_by_the_job_and_the_worker(tmp_path: Path) -> None:
    """Under the claim's name, on the profile's road and purse, whatever vault the job has."""
    async with _bench(tmp_path) as bench, bench.desk() as desk:
        seat = await desk.seat("")
        heard: list[Event] = []
        make = desk.open_captioner(seat, "a.jsonl")
        how: dict[str, Any] = {"vault": object(), "spent": {"requests": 10**9}}
        async with make(seat.settings, observer=heard.append, ledger=desk.ledger, **how) as of_job:
            assert of_job.purse is seat.purse
            await of_job.sample(bench.sample())
        assert heard
        assert [event for _, run, event in bench.heard if run == "a.jsonl"] == heard
