"""Asking once for what is asked alike."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from PIL import Image

from captioner.errors import Abandoned, PlaceholderError, RunStopped
from captioner.flow.adapting import AS_IT_IS
from captioner.flow.asking import Asker
from captioner.flow.drain import Drain
from captioner.flow.ledger import MemoryLedger, Paid
from captioner.flow.pictures import Picture, Studio
from captioner.flow.places import Places
from captioner.vision.image_ref import ImageRef
from captioner.vision.reply import Reply
from captioner.vision.request import Parameters, Request

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock

T = TypeVar("T")

PAID = Paid(Reply("A dog.", None, "stop"), attempts=1, latency_s=0.5)


class AtOnce(Executor):
    """Does the work where it stands."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do it now."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def _png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


class SlowLane:
    """Answers a request when its turn in `answers` comes, with the picture's place held.

    If it `tries_again`, it lets go of the place once on the way, as for a retry.
    """

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.tries_again = False
        self.answers: dict[int, asyncio.Future[Paid]] = {}

    async def submit(self, request: Request, picture: Picture, drain: Drain) -> Paid:
        """Wait for the answer to be set."""
        drain.check()
        self.asked.append(request.sample)
        await picture.prepared(AS_IT_IS)
        if self.tries_again:
            picture.put_away()
            await asyncio.sleep(0)
            await picture.prepared(AS_IT_IS)
        answer: asyncio.Future[Paid] = asyncio.get_running_loop().create_future()
        self.answers[request.sample] = answer
        with drain.finishing():
            return await answer


class Bench:
    """An asker over a slow lane; `ask` starts a task."""

    def __init__(self, *, reuse: bool = True, places: int = 8) -> None:
        async def fetch(_url: str, _max_bytes: int) -> bytes:
            raise AssertionError

        self.lane = SlowLane()
        self.ledger = MemoryLedger()
        self.places = Places(lambda: places)
        self.drain = Drain()
        self.asker = Asker(
            lane=self.lane,
            ledger=self.ledger,
            studio=Studio(
                places=self.places,
                executor=AtOnce(),
                fetch=fetch,
                max_bytes=10**6,
                observe=lambda _event: None,
            ),
            parameters=Parameters("m"),
            endpoint="e",
            reuse=reuse,
        )

    def ask(
        self, sample: int, image: object = _png("red"), user: str = "", drain: Drain | None = None
    ) -> asyncio.Task[tuple[Paid, bool]]:
        """Ask as a task."""
        request = Request(sample, 0, ImageRef.of(image, "/"), "", user)
        return asyncio.ensure_future(self.asker.ask(request, drain or self.drain))

    def is_clean(self) -> bool:
        """Whether nobody holds a place or is remembered as asking."""
        return (self.places.taken, self.places.waiting, len(self.asker._asked)) == (0, 0, 0)


async def test_equal_requests_in_flight_are_paid_once(clock: FakeClock) -> None:
    """The others share the reply, and say so."""
    bench = Bench()
    tasks = [bench.ask(number) for number in range(5)]
    await clock.settle()
    assert bench.lane.asked == [0]
    bench.lane.answers[0].set_result(PAID)
    assert await asyncio.gather(*tasks) == [(PAID, False)] + [(PAID, True)] * 4
    assert bench.is_clean()


async def test_what_is_in_the_ledger_is_not_asked(clock: FakeClock) -> None:
    """A later request finds the reply of an earlier one."""
    bench = Bench()
    first = bench.ask(0)
    await clock.settle()
    bench.lane.answers[0].set_result(PAID)
    await first
    assert await bench.ask(1) == (PAID, True)
    assert bench.lane.asked == [0]
    assert bench.is_clean()


async def test_what_differs_is_asked_apart(clock: FakeClock) -> None:
    """Another image or another prompt is another question."""
    bench = Bench()
    tasks = [bench.ask(0), bench.ask(1, _png("blue")), bench.ask(2, user="Why?")]
    await clock.settle()
    assert sorted(bench.lane.asked) == [0, 1, 2]
    for answer in bench.lane.answers.values():
        answer.set_result(PAID)
    assert [reused for _, reused in await asyncio.gather(*tasks)] == [False] * 3


async def test_without_reuse_every_placeholder_is_its_own_request(clock: FakeClock) -> None:
    """And nothing goes into the ledger."""
    bench = Bench(reuse=False)
    tasks = [bench.ask(number) for number in range(3)]
    await clock.settle()
    assert sorted(bench.lane.asked) == [0, 1, 2]
    for answer in bench.lane.answers.values():
        answer.set_result(PAID)
    assert await asyncio.gather(*tasks) == [(PAID, False)] * 3
    assert len(bench.ledger) == 0
    assert bench.is_clean()


async def test_when_the_asking_one_is_cancelled_the_next_takes_over(clock: FakeClock) -> None:
    """One that gives up takes nobody with it, and the request is still sent once at a time."""
    bench = Bench()
    owner, heir, third = (bench.ask(number) for number in range(3))
    await clock.settle()
    owner.cancel()
    await clock.settle()
    assert len(bench.lane.asked) == 2
    bench.lane.answers[bench.lane.asked[1]].set_result(PAID)
    assert {await heir, await third} == {(PAID, False), (PAID, True)}
    assert owner.cancelled()
    assert bench.is_clean()


async def test_a_stream_that_drains_takes_no_other_with_it(clock: FakeClock) -> None:
    """Who shares with an abandoned request of another stream asks for itself."""
    bench = Bench()
    other = Drain()
    owner = bench.ask(0)
    shared = bench.ask(1, drain=other)
    of_same_stream = bench.ask(2)
    await clock.settle()
    bench.drain.requested = True
    bench.lane.answers[0].set_exception(Abandoned())
    await clock.settle()
    assert bench.lane.asked == [0, 1]
    bench.lane.answers[1].set_result(PAID)
    assert await shared == (PAID, False)
    for task in (owner, of_same_stream):
        with pytest.raises(Abandoned):
            await task
    assert bench.is_clean()


async def test_a_failure_is_shared_by_those_who_wait_and_by_nobody_later(
    clock: FakeClock,
) -> None:
    """Those who share it sent nothing; a later request tries again."""
    bench = Bench()
    tasks = [bench.ask(number) for number in range(3)]
    await clock.settle()
    bench.lane.answers[0].set_exception(PlaceholderError("rejected", "no", attempts=3))
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [PlaceholderError] * 3
    assert [getattr(error, "attempts", None) for error in errors] == [3, 0, 0]
    assert [getattr(error, "detail", None) for error in errors] == ["no"] * 3
    later = bench.ask(9)
    await clock.settle()
    bench.lane.answers[9].set_result(PAID)
    assert await later == (PAID, False)
    assert bench.is_clean()


async def test_a_verdict_reaches_everybody(clock: FakeClock) -> None:
    """A bad key is a bad key for all who wait."""
    bench = Bench()
    tasks = [bench.ask(number) for number in range(2)]
    await clock.settle()
    bench.lane.answers[0].set_exception(RunStopped("bad_key", "no"))
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [RunStopped, RunStopped]


async def test_one_place_is_enough(clock: FakeClock) -> None:
    """Who waits for another's reply holds no place: the other may need that very one."""
    bench = Bench(places=1)
    bench.lane.tries_again = True
    tasks = [bench.ask(number) for number in range(4)]
    tasks += [bench.ask(number, _png("blue")) for number in range(4, 8)]
    for _ in range(20):
        await clock.settle()
        for answer in bench.lane.answers.values():
            if not answer.done():
                answer.set_result(PAID)
    replies = await asyncio.wait_for(asyncio.gather(*tasks), 1)
    assert sorted(reused for _, reused in replies) == [False] * 2 + [True] * 6
    assert bench.is_clean()


async def test_who_waits_for_a_reply_that_is_out_finishes_by_itself(clock: FakeClock) -> None:
    """A drain waits for it, as for the one who asked."""
    bench = Bench()
    tasks = [bench.ask(number) for number in range(3)]
    await clock.settle()
    assert all(bench.drain.finishes_by_itself(task) for task in tasks)
    bench.drain.requested = True
    bench.lane.answers[0].set_result(PAID)
    assert len(await asyncio.gather(*tasks)) == 3


async def test_an_unusable_image_asks_nothing(clock: FakeClock) -> None:
    """It fails before the lane, with no requests to count."""
    bench = Bench()
    with pytest.raises(PlaceholderError) as caught:
        await bench.ask(0, b"not an image")
    assert caught.value.attempts == 0
    assert bench.lane.asked == []
    assert bench.is_clean()
