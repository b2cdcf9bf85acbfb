"""Images on their way: when they are read, what they hold, who retries to fetch them."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from PIL import Image

from captioner.errors import PlaceholderError, TransientError
from captioner.events import Event, ImagePrepared, RetryBegun, RetryScheduled
from captioner.flow.adapting import AS_IT_IS, Shape
from captioner.flow.pictures import Picture
from captioner.flow.places import Places
from captioner.vision.image_ref import ImageRef
from captioner.vision.nearby import Nearby
from captioner.vision.reach import Reach
from captioner.vision.request import Request, digest_of

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock

T = TypeVar("T")


def _png(width_px: int = 30, height_px: int = 20) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width_px, height_px), "teal").save(buffer, "PNG")
    return buffer.getvalue()


class Bench:
    """A studio and what it tells."""

    def __init__(self, clock: FakeClock, **how: Any) -> None:
        self.events: list[Event] = []
        places = how.pop("places", 2)
        self.studio = clock.studio(
            Places(lambda: places), observe=self.events.append, max_attempts=3, **how
        )

    def picture(self, image: object, sample: int = 0) -> Picture:
        """Send as a task."""
        return Picture(Request(sample, 0, ImageRef.of(image, "/"), "", ""), self.studio)


async def test_an_image_is_read_once_for_look_and_request(clock: FakeClock, tmp_path: Path) -> None:
    """What was read for the digest is what is sent; reading again would cost time and might
    find another file.
    """
    path = tmp_path / "a.png"
    path.write_bytes(_png())
    bench = Bench(clock)
    picture = bench.picture(str(path))
    seen: list[bytes] = []

    def is_settled(digest: bytes) -> bool:
        seen.append(digest)
        return False

    await picture.look_at(is_settled)
    assert seen == [digest_of(_png())]
    path.unlink()
    prepared = await picture.prepared(AS_IT_IS)
    assert (prepared.data, prepared.width_px, prepared.height_px) == (_png(), 30, 20)
    assert bench.studio.places.taken == 1
    picture.sent(1234)
    assert bench.events == [ImagePrepared(30, 20, 1234, False, 50, 50)]
    picture.put_away()
    picture.put_away()
    assert bench.studio.places.taken == 0


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="only Linux says what is at hand")
async def test_what_is_at_hand_and_new_needs_no_thread(clock: FakeClock, tmp_path: Path) -> None:
    """A small JPEG beside one that was read before; where it is not new, a thread looks it up."""
    for name in "abc":
        Image.new("RGB", (8, 8), "teal").save(tmp_path / f"{name}.jpg", comment=name.encode())
    bench = Bench(clock)
    mounts = tmp_path / "mounts"
    mounts.write_text("36 35 98:0 / / rw - ext4 /dev/sda rw\n")
    bench.studio.nearby = Nearby(Reach(), mounts=mounts)
    done: list[object] = []

    class Noting:
        """Threads that tell what they were given."""

        async def run(self, work: Callable[[], T]) -> T:
            """Do it at once."""
            done.append(work)
            return work()

    bench.studio.workers = Noting()
    for name, is_new, in_threads in ("a", True, 1), ("b", True, 1), ("c", False, 2):
        path = tmp_path / f"{name}.jpg"
        picture = bench.picture(str(path))
        asked: list[bytes] = []

        def is_settled(digest: bytes, asked: list[bytes] = asked) -> bool:
            asked.append(digest)
            return False

        await picture.take_place()
        if not picture.is_ready_at_once(lambda _digest, is_new=is_new: is_new):  # type: ignore[misc]
            await picture.look_at(is_settled)
        assert len(done) == in_threads
        assert len(asked) == (not is_new or name == "a")
        prepared = await picture.prepared(AS_IT_IS)
        assert (prepared.data, prepared.width_px) == (path.read_bytes(), 8)
        picture.put_away()


async def test_an_address_may_be_handed_on(clock: FakeClock) -> None:
    """The endpoint fetches the image itself, and its digest is the address's. If it cannot, the
    image is fetched here and sent."""
    told: list[str] = []

    def hand_on(url: str) -> str:
        told.append(url)
        return url

    async def fetch(_url: str, _max_bytes: int) -> bytes:
        return _png()

    bench = Bench(clock, fetch=fetch)
    bench.studio.hand_on = hand_on
    url = "https://host/a.png"
    picture = bench.picture(url)
    seen: list[bytes] = []

    def is_settled(digest: bytes) -> bool:
        seen.append(digest)
        return False

    await picture.look_at(is_settled)
    assert seen == [digest_of(url.encode())]
    prepared = await picture.prepared(AS_IT_IS)
    assert (prepared.url, prepared.data) == (url, b"")
    assert set(told) == {url}
    picture.sent(10)
    assert not bench.events
    fetched = await picture.prepared(Shape("reencode"))
    assert (fetched.url, fetched.mime) == (None, "image/jpeg")
    picture.put_away()


async def test_a_known_image_is_not_made_ready(clock: FakeClock) -> None:
    """Its caption is paid for; bytes that only look like an image are never decoded."""
    bench = Bench(clock)
    picture = bench.picture(b"no image at all")
    await picture.look_at(lambda _digest: True)
    with pytest.raises(PlaceholderError):
        await picture.prepared(AS_IT_IS)


async def test_it_is_read_again_in_another_shape(clock: FakeClock) -> None:
    """After it was sent, and after it was put away."""
    picture = Bench(clock).picture(_png(400, 200))
    await picture.prepared(AS_IT_IS)
    picture.sent(1)
    small = await picture.prepared(Shape("reencode", 100))
    assert (small.mime, small.width_px, small.height_px) == ("image/jpeg", 100, 50)
    picture.put_away()
    assert (await picture.prepared(AS_IT_IS)).data == _png(400, 200)


async def test_few_are_in_memory(clock: FakeClock) -> None:
    """A third image waits until one of two is put away, the oldest first."""
    bench = Bench(clock, places=2)
    pictures = [bench.picture(_png(), sample) for sample in range(4)]
    await pictures[0].prepared(AS_IT_IS)
    await pictures[1].prepared(AS_IT_IS)
    last = asyncio.ensure_future(pictures[3].prepared(AS_IT_IS))
    third = asyncio.ensure_future(pictures[2].prepared(AS_IT_IS))
    await clock.settle()
    pictures[0].put_away()
    await clock.settle()
    assert third.done()
    assert not last.done()
    last.cancel()
    await clock.settle()
    for picture in pictures:
        picture.put_away()
    assert (bench.studio.places.taken, bench.studio.places.waiting) == (0, 0)


async def test_fetching_is_tried_again_without_holding_a_place(clock: FakeClock) -> None:
    """Trouble of the image's host costs nobody else a place, and no request to the endpoint."""
    calls = 0

    async def fetch(_url: str, max_bytes: int) -> bytes:
        nonlocal calls
        calls += 1
        assert bench.studio.places.taken == 1
        assert max_bytes == 10**6
        if calls < 3:
            raise TransientError("image_unfetchable", "x answered HTTP 503", wait_s=5.0)
        return _png()

    bench = Bench(clock, fetch=fetch)
    picture = bench.picture("http://x/a.png", sample=4)
    task = asyncio.ensure_future(picture.look_at(lambda _digest: False))
    await clock.settle()
    assert bench.studio.places.taken == 0
    await clock.run(task)
    assert (await picture.prepared(AS_IT_IS)).data == _png()
    assert calls == 3
    told = [event for event in bench.events if isinstance(event, RetryScheduled)]
    assert [(event.sample, event.attempt) for event in told] == [(4, 1), (4, 2)]
    assert bench.events.count(RetryBegun(4, 0)) == 2


async def test_what_cannot_be_fetched_fails_its_placeholder(clock: FakeClock) -> None:
    """After the last attempt; nothing but this placeholder is lost by it."""

    async def fetch(_url: str, _max_bytes: int) -> bytes:
        raise TransientError("image_unfetchable", "x answered HTTP 503")

    bench = Bench(clock, fetch=fetch)
    picture = bench.picture("http://x/a.png")
    with pytest.raises(PlaceholderError) as caught:
        await clock.run(picture.look_at(lambda _digest: False))
    assert (caught.value.reason, caught.value.attempts) == ("image_unfetchable", 0)
    picture.put_away()
    assert bench.studio.places.taken == 0


async def test_pictures_leave_in_the_order_of_entering(clock: FakeClock) -> None:
    """A quick one does not overtake the one before it, unless that one fails or hangs."""
    studio = Bench(clock).studio
    order: list[int] = []
    gates = [asyncio.Event() for _ in range(3)]

    async def one(number: int) -> None:
        async with studio.in_turn():
            await gates[number].wait()
            if number == 1:
                order.append(-1)
                raise KeyError
        order.append(number)

    tasks = [asyncio.ensure_future(one(number)) for number in range(3)]
    await clock.settle()
    gates[2].set()
    await clock.settle()
    assert order == []
    gates[1].set()
    gates[0].set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ended] == [type(None), KeyError, type(None)]
    assert sorted(order) == [-1, 0, 2]


async def test_a_queue_of_pictures_dissolves_at_once(clock: FakeClock) -> None:
    """Who comes when the first has left finds nobody before it, though others are yet to run."""
    studio = Bench(clock).studio
    gate = asyncio.Event()
    order: list[int] = []

    async def one(number: int) -> None:
        async with studio.in_turn():
            if number == 0:
                await gate.wait()
        order.append(number)
        if number == 0:
            await one(4)

    tasks = [asyncio.ensure_future(one(number)) for number in range(4)]
    await clock.settle()
    assert order == []
    gate.set()
    await asyncio.gather(*tasks)
    assert order == [0, 4, 1, 2, 3]
