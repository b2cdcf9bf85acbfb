"""Samples one by one: each its own outcome, and what a drain leaves undone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from captioner.errors import Abandoned, PlaceholderError, RunStopped
from captioner.events import Draining, Event, PlaceholderSettled, RecordFaulty, SampleRead
from captioner.flow.asking import Asker
from captioner.flow.drain import Drain
from captioner.flow.ledger import Paid
from captioner.flow.singles import Singles
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample
from captioner.vision.reply import Reply
from captioner.vision.request import Request

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock

IMAGE = "<__dj__image>"


def _sample(identity: int, images: int = 1) -> Sample:
    return Sample(
        identity,
        {"text": IMAGE * images, "images": [f"{identity}-{n}.png" for n in range(images)]},
        size_bytes=0,
    )


class Lane:
    """An asker whose requests are sent, and answered, when the test says so."""

    def __init__(self) -> None:
        self.may_send, self.may_answer = asyncio.Event(), asyncio.Event()
        self.errors: dict[tuple[int, int], Exception] = {}
        self.asked: list[tuple[Request, str]] = []
        self.held: set[tuple[int, int]] = set()
        self.answered = 0

    async def ask(
        self, request: Request, drain: Drain, *, name: str = "", **_: object
    ) -> tuple[tuple[Paid, ...], bool]:
        """The reply, or the error that is set for this placeholder."""
        self.asked.append((request, name))
        drain.check()
        await self.may_send.wait()
        if (request.sample, request.index) in self.held:
            await asyncio.Event().wait()
        with drain.finishing():
            await self.may_answer.wait()
        if (request.sample, request.index) in self.errors:
            raise self.errors[request.sample, request.index]
        self.answered += 1
        text = f"caption {request.sample}-{request.index}"
        return (Paid(Reply(text, None, "stop"), attempts=1, latency_s=0.1),), False


class Bench:
    """Singles before such a lane, and the events."""

    def __init__(self, *, drain_timeout_s: float = 30.0, is_open: bool = True) -> None:
        self.events: list[Event] = []
        self.lane = Lane()
        if is_open:
            self.lane.may_send.set()
            self.lane.may_answer.set()
        asker: Any = self.lane
        self.singles = Singles(
            rules=Rules(mode="caption", user_prompt="As set.", user_prompt_key="prompt"),
            image_base="/base",
            asker=cast("Asker", asker),
            observe=self.events.append,
            drain_timeout_s=drain_timeout_s,
        )

    def begin(self, sample: Sample) -> asyncio.Task[Any]:
        """Caption it, as a task."""
        return asyncio.ensure_future(self.singles.caption(sample))


async def test_each_sample_has_its_outcome_as_soon_as_it_is_done() -> None:
    """All its rows and captions, with the events of a run, though another waits still."""
    bench = Bench(is_open=False)
    bench.lane.may_answer.set()
    waiting = bench.begin(_sample(1))
    await asyncio.sleep(0)
    bench.lane.may_send.set()
    outcome = await bench.singles.caption(_sample(2, images=3))
    assert [caption.caption for caption in outcome.captions] == [f"caption 2-{n}" for n in range(3)]
    assert outcome.record.id == 2
    assert outcome.rows
    assert bench.events.count(SampleRead(2, 3)) == 1
    assert sum(isinstance(event, PlaceholderSettled) for event in bench.events) >= 3
    await waiting
    assert repr(bench.singles) == "<Singles 0 begun, 0 unsent>"


async def test_a_failed_placeholder_leaves_the_others_theirs() -> None:
    """It is in the outcome; nothing is raised."""
    bench = Bench()
    bench.lane.errors[1, 0] = PlaceholderError("missing_image", "there is none")
    outcome = await bench.singles.caption(_sample(1, images=2))
    assert [caption.caption for caption in outcome.captions] == [None, "caption 1-1"]
    assert outcome.captions[0].reason == "missing_image"


async def test_what_is_wrong_with_a_sample_is_told() -> None:
    """A sample that asks for more images than it has is faulty, as in a run."""
    bench = Bench()
    sample = Sample(1, {"text": IMAGE * 2, "images": ["1.png"]}, size_bytes=0)
    outcome = await bench.singles.caption(sample)
    assert outcome.fault
    assert RecordFaulty(1, outcome.fault, outcome.fault_detail) in bench.events


async def test_a_prompt_takes_the_place_of_all_others() -> None:
    """Of the one that is set, and of the sample's own; without one these hold."""
    bench = Bench()
    own = Sample(1, {**_sample(1).fields, "prompt": "Its own."}, size_bytes=0)
    await bench.singles.caption(own, user_prompt="Just now.")
    await bench.singles.caption(own)
    await bench.singles.caption(_sample(1), name="entry 7")
    assert [request.user_prompt for request, _ in bench.lane.asked] == [
        "Just now.",
        "Its own.",
        "As set.",
    ]
    assert [name for _, name in bench.lane.asked] == ["", "", "entry 7"]


async def test_what_stops_a_run_is_raised_as_itself() -> None:
    """No group around it; the sample's other requests are cancelled, other samples go on."""
    bench = Bench(is_open=False)
    bench.lane.errors[1, 1] = RunStopped("no_quota", "nothing is left")
    stopped, fine = bench.begin(_sample(1, images=3)), bench.begin(_sample(2))
    bench.lane.may_send.set()
    bench.lane.may_answer.set()
    with pytest.raises(RunStopped) as raised:
        await stopped
    assert (raised.value.verdict, raised.value.detail) == ("no_quota", "nothing is left")
    assert (await fine).captions[0].caption == "caption 2-0"
    await bench.singles.ended()
    assert bench.singles.unsent == 0


async def test_a_caller_that_leaves_takes_its_requests_along() -> None:
    """Cancelled, it is cancelled, and nothing of it is counted any more."""
    bench = Bench(is_open=False)
    leaving = bench.begin(_sample(1, images=2))
    await asyncio.sleep(0.0)
    await asyncio.sleep(0.0)
    assert bench.singles.unsent == 2
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert bench.singles.unsent == 0
    await bench.singles.ended()


async def test_a_drain_finishes_what_is_in_flight_and_abandons_the_rest(clock: FakeClock) -> None:
    """A sample of which all is sent has its outcome; who comes later is sent away at once."""
    bench = Bench(is_open=False)
    bench.lane.may_send.set()
    sent = bench.begin(_sample(1, images=2))
    await clock.settle()
    bench.lane.may_send.clear()
    unsent = bench.begin(_sample(2))
    await clock.settle()
    assert bench.singles.unsent == 1
    bench.singles.drain()
    bench.singles.drain()
    with pytest.raises(Abandoned):
        await unsent
    with pytest.raises(Abandoned):
        await bench.singles.caption(_sample(3))
    assert not sent.done()
    bench.lane.may_answer.set()
    assert len((await sent).captions) == 2
    assert bench.events.count(Draining(2)) == 1
    assert len(bench.lane.asked) == 3


async def test_a_sample_of_which_a_part_is_unsent_is_abandoned_whole(clock: FakeClock) -> None:
    """Its request in flight is finished before that: it is paid for, and kept."""
    bench = Bench(is_open=False)
    bench.lane.held = {(1, 1)}
    bench.lane.may_send.set()
    partly = bench.begin(_sample(1, images=2))
    await clock.settle()
    assert bench.singles.unsent == 1
    bench.singles.drain()
    await clock.settle()
    assert not partly.done()
    bench.lane.may_answer.set()
    with pytest.raises(Abandoned):
        await partly
    assert bench.lane.answered == 1


async def test_what_is_not_answered_within_the_drain_time_is_abandoned(clock: FakeClock) -> None:
    """Nobody waits for an endpoint for ever."""
    bench = Bench(is_open=False, drain_timeout_s=0.0)
    bench.lane.may_send.set()
    hanging = bench.begin(_sample(1))
    await clock.settle()
    bench.singles.drain()
    with pytest.raises(Abandoned):
        await hanging
    await bench.singles.ended()


async def test_a_drain_of_nothing_tells_nothing() -> None:
    """And nothing is waited for."""
    bench = Bench()
    bench.singles.drain()
    await bench.singles.ended()
    assert not bench.events
