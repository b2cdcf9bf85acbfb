"""Asking once for what is asked alike."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import pytest
from PIL import Image

from captioner.errors import Abandoned, PlaceholderError, RunStopped
from captioner.flow.adapting import AS_IT_IS
from captioner.flow.asking import Asker, Sharing, is_final
from captioner.flow.drain import Drain
from captioner.flow.ledger import Kept, MemoryLedger, Page, Paid, Rejected
from captioner.flow.pictures import Picture
from captioner.flow.places import Places
from captioner.vision.image_ref import ImageRef
from captioner.vision.reply import Reply
from captioner.vision.request import Parameters, Request

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock

T = TypeVar("T")

PAID = Paid(Reply("A dog.", None, "stop"), attempts=1, latency_s=0.5)
OTHER = Paid(Reply("A cat.", None, "stop"), attempts=1, latency_s=0.5)
CUT = Paid(Reply("A do", None, "length"), attempts=1, latency_s=0.5)
CUT_AGAIN = Paid(Reply("A dog w", None, "length"), attempts=2, latency_s=0.5, doubled=True)
REJECTED = Rejected("filtered", "no", 1)


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
        self.answers: dict[int, asyncio.Future[Kept]] = {}

    async def submit(self, request: Request, picture: Picture, drain: Drain, page: Page) -> None:
        """Wait for the answer to be set."""
        drain.check()
        self.asked.append(request.sample)
        await picture.prepared(AS_IT_IS)
        if self.tries_again:
            picture.put_away()
            await asyncio.sleep(0)
            await picture.prepared(AS_IT_IS)
        answer: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self.answers[request.sample] = answer
        with drain.finishing():
            await page.add(await answer)


class Bench:
    """An asker over a slow lane; `ask` starts a task."""

    def __init__(self, clock: FakeClock, *, scope: str | None = None, places: int = 8) -> None:
        self.lane = SlowLane()
        self.ledger = MemoryLedger()
        self.places = Places(lambda: places)
        self.drain = Drain()
        self.asker = Asker(
            lane=self.lane,
            ledger=self.ledger,
            studio=clock.studio(self.places),
            parameters=Parameters("m"),
            sharing=Sharing("e", scope),
        )

    def ask(
        self,
        sample: int,
        image: object = _png("red"),
        user: str = "",
        drain: Drain | None = None,
        since: int = 0,
    ) -> asyncio.Task[tuple[tuple[Kept, ...], bool]]:
        """Ask as a task."""
        request = Request(sample, 0, ImageRef.of(image, "/"), "", user)
        return asyncio.ensure_future(self.asker.ask(request, drain or self.drain, since=since))

    def is_clean(self) -> bool:
        """Whether nobody holds a place or is remembered as asking."""
        return (self.places.taken, self.places.waiting, len(self.asker._asked)) == (0, 0, 0)


async def test_equal_requests_in_flight_are_paid_once(clock: FakeClock) -> None:
    """The others share the reply, and say so."""
    bench = Bench(clock)
    tasks = [bench.ask(number) for number in range(5)]
    await clock.settle()
    assert bench.lane.asked == [0]
    bench.lane.answers[0].set_result(PAID)
    assert await asyncio.gather(*tasks) == [((PAID,), False)] + [((PAID,), True)] * 4
    assert bench.is_clean()


async def test_what_is_in_the_ledger_is_not_asked(clock: FakeClock) -> None:
    """A later request finds the reply of an earlier one."""
    bench = Bench(clock)
    first = bench.ask(0)
    await clock.settle()
    bench.lane.answers[0].set_result(PAID)
    await first
    assert await bench.ask(1) == ((PAID,), True)
    assert bench.lane.asked == [0]
    assert bench.is_clean()


async def test_what_differs_is_asked_apart(clock: FakeClock) -> None:
    """Another image or another prompt is another question."""
    bench = Bench(clock)
    tasks = [bench.ask(0), bench.ask(1, _png("blue")), bench.ask(2, user="Why?")]
    await clock.settle()
    assert sorted(bench.lane.asked) == [0, 1, 2]
    for answer in bench.lane.answers.values():
        answer.set_result(PAID)
    assert [reused for _, reused in await asyncio.gather(*tasks)] == [False] * 3


async def test_without_reuse_every_placeholder_is_its_own_request(clock: FakeClock) -> None:
    """Only the same placeholder finds its reply again, as after a restart."""
    bench = Bench(clock, scope="here")
    tasks = [bench.ask(number) for number in range(3)]
    await clock.settle()
    assert sorted(bench.lane.asked) == [0, 1, 2]
    for answer in bench.lane.answers.values():
        answer.set_result(PAID)
    assert await asyncio.gather(*tasks) == [((PAID,), False)] * 3
    assert len(bench.ledger) == 3
    assert await bench.ask(1) == ((PAID,), True)
    assert bench.is_clean()


async def test_when_the_asking_one_is_cancelled_the_next_takes_over(clock: FakeClock) -> None:
    """One that gives up takes nobody with it, and the request is still sent once at a time."""
    bench = Bench(clock)
    owner, heir, third = (bench.ask(number) for number in range(3))
    await clock.settle()
    owner.cancel()
    await clock.settle()
    assert len(bench.lane.asked) == 2
    bench.lane.answers[bench.lane.asked[1]].set_result(PAID)
    assert {await heir, await third} == {((PAID,), False), ((PAID,), True)}
    assert owner.cancelled()
    assert bench.is_clean()


async def test_a_stream_that_drains_takes_no_other_with_it(clock: FakeClock) -> None:
    """Who shares with an abandoned request of another stream asks for itself."""
    bench = Bench(clock)
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
    assert await shared == ((PAID,), False)
    for task in (owner, of_same_stream):
        with pytest.raises(Abandoned):
            await task
    assert bench.is_clean()


async def test_a_failure_is_shared_by_those_who_wait_and_by_nobody_later(
    clock: FakeClock,
) -> None:
    """A later request tries again."""
    bench = Bench(clock)
    tasks = [bench.ask(number) for number in range(3)]
    await clock.settle()
    bench.lane.answers[0].set_exception(PlaceholderError("rejected", "no", attempts=3))
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [PlaceholderError] * 3
    assert [getattr(error, "attempts", None) for error in errors] == [3, 3, 3]
    assert [getattr(error, "detail", None) for error in errors] == ["no"] * 3
    later = bench.ask(9)
    await clock.settle()
    bench.lane.answers[9].set_result(PAID)
    assert await later == ((PAID,), False)
    assert bench.is_clean()


async def test_a_verdict_reaches_everybody(clock: FakeClock) -> None:
    """A bad key is a bad key for all who wait."""
    bench = Bench(clock)
    tasks = [bench.ask(number) for number in range(2)]
    await clock.settle()
    bench.lane.answers[0].set_exception(RunStopped("bad_key", "no"))
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in errors] == [RunStopped, RunStopped]


async def test_one_place_is_enough(clock: FakeClock) -> None:
    """Who waits for another's reply holds no place: the other may need that very one."""
    bench = Bench(clock, places=1)
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
    bench = Bench(clock)
    tasks = [bench.ask(number) for number in range(3)]
    await clock.settle()
    assert all(bench.drain.finishes_by_itself(task) for task in tasks)
    bench.drain.requested = True
    bench.lane.answers[0].set_result(PAID)
    assert len(await asyncio.gather(*tasks)) == 3


async def test_an_unusable_image_asks_nothing(clock: FakeClock) -> None:
    """It fails before the lane, with no requests to count."""
    bench = Bench(clock)
    with pytest.raises(PlaceholderError) as caught:
        await bench.ask(0, b"not an image")
    assert caught.value.attempts == 0
    assert bench.lane.asked == []
    assert bench.is_clean()


async def test_what_came_while_it_was_looked_up_is_not_missed(clock: FakeClock) -> None:
    """A look at the ledger may have been just too early for a reply that is there afterwards."""
    bench = Bench(clock)
    first = bench.ask(0)
    await clock.settle()
    find = bench.ledger.find
    looked: list[bytes] = []

    def find_and_then_answer(key: bytes, *, since: int = 0) -> tuple[Kept, ...]:
        found = find(key, since=since)
        looked.append(key)
        return found

    bench.ledger.find = find_and_then_answer  # type: ignore[method-assign]
    held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    look_at = Picture.look_at

    async def held_back(picture: Picture, *asked: Callable[[bytes], bool]) -> None:
        await look_at(picture, *asked)
        await held

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Picture, "look_at", held_back)
        second = bench.ask(1)
        await clock.settle()
        assert looked
        bench.lane.answers[0].set_result(PAID)
        await first
        held.set_result(None)
        assert await second == ((PAID,), True)
    assert bench.lane.asked == [0]
    assert bench.is_clean()


async def test_a_rejection_for_good_is_kept(clock: FakeClock) -> None:
    """It is found again instead of being asked again."""

    class Rejecting(SlowLane):
        async def submit(
            self, request: Request, picture: Picture, drain: Drain, page: Page
        ) -> None:
            """Reject at once."""
            self.asked.append(request.sample)
            await page.add(REJECTED)
            raise PlaceholderError("filtered", "no")

    bench = Bench(clock)
    bench.asker._lane = bench.lane = Rejecting()
    assert await bench.ask(0) == ((REJECTED,), False)
    assert await bench.ask(1) == ((REJECTED,), True)
    assert bench.lane.asked == [0]


async def test_a_first_reply_that_was_cut_is_asked_on(clock: FakeClock) -> None:
    """A run that ended between the two tries left the first: the second still belongs to it."""
    bench = Bench(clock)
    first = bench.ask(0)
    await clock.settle()
    bench.lane.answers[0].set_result(CUT)
    assert await first == ((CUT,), False)
    second = bench.ask(1)
    await clock.settle()
    bench.lane.answers[1].set_result(PAID)
    assert await second == ((CUT, PAID), False)


async def test_entries_before_the_mark_are_passed_over(clock: FakeClock) -> None:
    """Asking again for what is rejected by a person must not find what was rejected."""
    bench = Bench(clock)
    first = bench.ask(0)
    await clock.settle()
    bench.lane.answers[0].set_result(PAID)
    await first
    mark = bench.ledger.mark()
    again = bench.ask(0, since=mark)
    await clock.settle()
    bench.lane.answers[0].set_result(OTHER)
    assert await again == ((OTHER,), False)
    assert await bench.ask(0, since=mark) == ((OTHER,), True)
    assert await bench.ask(0) == ((PAID, OTHER), True)


@pytest.mark.parametrize(
    ("kept", "final"),
    [((), False), ((PAID,), True), ((CUT,), False), ((CUT_AGAIN,), True), ((REJECTED,), True)],
)
def test_what_is_left_to_ask(kept: tuple[Kept, ...], final: bool) -> None:
    """Nothing yet, or a reply that was cut at the cap that was set."""
    assert is_final(kept) is final
