"""Images on their way: read late, few at a time, let go of as soon as they are sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from captioner.errors import PlaceholderError, TransientError
from captioner.events import ImagePrepared, Observer, RetryBegun, RetryScheduled
from captioner.flow.adapting import AS_IT_IS, Shape
from captioner.flow.clock import Clock
from captioner.flow.places import Place, Places
from captioner.flow.retrying import RetryPolicy, retrying
from captioner.flow.threads import Workers
from captioner.vision.image import ImagePolicy, Prepared, as_it_is, prepare
from captioner.vision.nearby import Nearby
from captioner.vision.reach import Reach
from captioner.vision.request import Request, digest_of

_PATIENCE_S = 1.0

_AHEAD = 8
"""Images that are made ready while all that may be in flight is."""

_QUICK_SHARE = 0.5
_WEIGHT = 0.05

Fetch = Callable[[str, int], Awaitable[bytes]]
"""Gets the image at an address, of at most so many bytes."""

HandOn = Callable[[str], str]
"""The address that the endpoint is told. Raises PlaceholderError for one that it must not be."""


class Studio:
    """Where images are made ready: the threads, the places and what they share.

    `most` tells how many requests may be in flight: there are as many places, and a few more, so
    that the next images are ready when answers come. Not so where most are ready at once: those
    that wait are cold when they are sent, which costs as much as making them ready.
    """

    def __init__(
        self,
        *,
        most: Callable[[], int],
        workers: Workers,
        fetch: Fetch,
        hand_on: HandOn | None = None,
        reach: Reach,
        max_bytes: int,
        observe: Observer,
        image_tokens: Callable[[int, int], int],
        images: ImagePolicy,
        retries: RetryPolicy,
        clock: Clock,
        nearby: Nearby | None = None,
    ) -> None:
        self.nearby = nearby or Nearby(reach)
        self.image_tokens = image_tokens
        self.images = images
        self.retries = retries
        self.clock = clock
        self.places = Places(lambda: most() + self._ahead)
        self.workers = workers
        self.fetch = fetch
        self.reach = reach
        self.hand_on = hand_on
        self.max_bytes = max_bytes
        self.observe = observe
        self.latest: _Turn | None = None
        self._quick_share = 0.0
        self._ahead = _AHEAD

    def looked(self, *, at_once: bool) -> None:
        """An image was made ready, at once or with somebody's help."""
        self._quick_share += _WEIGHT * (at_once - self._quick_share)
        self._ahead = 0 if self._quick_share > _QUICK_SHARE else _AHEAD

    @property
    def is_in_order(self) -> bool:
        """Whether who comes now waits for nobody's turn."""
        return self.latest is None or self.latest.is_over

    def in_turn(self) -> _Turn:
        """Leave this context in the order of entering, though what is inside is done side by side.

        So images that are read reach the gate in the order of the samples. An image that takes
        far longer than the others is not waited for.
        """
        return _Turn(self)


class _Turn:
    """One that leaves in turn. It is over already, mostly, when the next one asks."""

    __slots__ = ("_after", "_before", "_studio", "_waiting", "is_over")

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._before: _Turn | None = None
        self._after: _Turn | None = None
        self.is_over = False
        self._waiting: asyncio.Event | None = None

    async def __aenter__(self) -> None:
        before, self._studio.latest = self._studio.latest, self
        if before is not None and not before.is_over:
            self._before, before._after = before, self

    async def __aexit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        before, self._before = self._before, None
        try:
            if kind is None and before is not None and not before.is_over:
                self._waiting = asyncio.Event()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_PATIENCE_S):
                        await self._waiting.wait()
        finally:
            self._end()

    def _end(self) -> None:
        """It is over, and so are all behind it that wait for nothing else.

        Were each to end the next one only when it runs again, a queue that has once formed would
        never dissolve.
        """
        turn = self
        while True:
            turn.is_over = True
            after, turn._after = turn._after, None
            if after is None or after._waiting is None:
                return
            after._waiting.set()
            turn = after


class Picture:
    """The image of one request.

    Its bytes are in memory only between looking at it or `prepared`, and `sent`, `let_go` or
    `put_away`. What reads it raises PlaceholderError where there is no usable image. Fetching it is
    tried as often as a request, by itself: trouble with the image's host is none of the endpoint's.
    Who has its `place` may read it.
    """

    __slots__ = ("_prepared", "_request", "_shape", "_source", "_studio", "place")

    def __init__(self, request: Request, studio: Studio, place: Place | None = None) -> None:
        self._request = request
        self._studio = studio
        self.place = Place(studio.places) if place is None else place
        self._source: bytes | None = None
        self._prepared: Prepared | None = None
        self._shape = AS_IT_IS

    async def take_place(self) -> None:
        """Wait for its turn to be read."""
        await self.place.take((self._request.sample, self._request.index))

    def is_ready_at_once(self, is_new: Callable[[bytes], bool]) -> bool:
        """Read it and make it ready without any thread, where that can be, and if it `is_new`,
        which is told its digest; whether it may be sent without waiting, too. Needs its place."""
        studio = self._studio
        self._source = source = studio.nearby.read(self._request.image)
        if source is not None and is_new(digest_of(source)):
            self._prepared, self._shape = as_it_is(source, studio.images), AS_IT_IS
        studio.looked(at_once=self._prepared is not None)
        return self._prepared is not None and studio.is_in_order

    async def look_at(self, is_settled: Callable[[bytes], bool]) -> None:
        """Read the image and tell its digest, in a thread, to `is_settled`.

        Unless that says that nothing is to be sent, it is made ready at once.
        """
        await self.take_place()
        if (url := self._url()) is not None:
            # Its address is all of it that is known.
            digest = digest_of(url.encode(errors="surrogatepass"))
            await self._studio.workers.run(lambda: is_settled(digest))
            return
        if self._prepared is not None:
            async with self._studio.in_turn():
                return
        source = self._source if self._source is not None else await self._fetched()

        def work() -> tuple[Prepared | None, bytes]:
            read = self._read() if source is None else source
            settled = is_settled(digest_of(read))
            return None if settled else self._prepare(read, AS_IT_IS), read

        async with self._studio.in_turn():
            self._prepared, self._source = await self._studio.workers.run(work)
        self._shape = AS_IT_IS

    async def prepared(self, shape: Shape) -> Prepared:
        """The image as it is to be sent."""
        if self._prepared is not None and self._shape == shape:
            return self._prepared
        await self.take_place()
        if shape == AS_IT_IS and (url := self._url()) is not None:
            self._prepared, self._shape = Prepared.handed_on(url), shape
            return self._prepared
        source = self._source if self._source is not None else await self._fetched()

        def work() -> Prepared:
            return self._prepare(self._read() if source is None else source, shape)

        async with self._studio.in_turn():
            self._prepared, self._shape = await self._studio.workers.run(work), shape
        return self._prepared

    def sent(self, sent_bytes: int) -> None:
        """Its bytes are in a request's body now: keep no second copy."""
        prepared, self._prepared, self._source = self._prepared, None, None
        if prepared is None or prepared.url is not None:
            return
        data, prepared.data = prepared.data, b""
        studio = self._studio
        tokens = source_tokens = studio.image_tokens(prepared.width_px, prepared.height_px)
        if prepared.converted:
            source_px = prepared.source_width_px, prepared.source_height_px
            source_tokens = studio.image_tokens(*source_px)
        studio.observe(
            ImagePrepared(
                prepared.width_px,
                prepared.height_px,
                sent_bytes,
                prepared.converted,
                tokens,
                source_tokens,
                self._request.sample,
                self._request.index,
                data,
            )
        )

    def let_go(self) -> None:
        """Give its memory back. It is read again if it is needed again."""
        self._source = self._prepared = None

    def put_away(self) -> None:
        """Give place and memory to others, until it is needed again."""
        self.let_go()
        self.place.leave()

    async def _fetched(self) -> bytes | None:
        url = self._request.image.url
        if url is None:
            return None
        age = (self._request.sample, self._request.index)
        studio = self._studio
        attempts = 0

        async def fetch() -> bytes:
            nonlocal attempts
            await self.take_place()
            attempts += 1
            return await studio.fetch(url, studio.max_bytes)

        async def back_off(error: TransientError, wait_s: float) -> None:
            self.put_away()
            studio.observe(RetryScheduled(*age, attempts, error.reason, error.detail, wait_s))
            try:
                await studio.clock.sleep_s(wait_s)
            finally:
                studio.observe(RetryBegun(*age))

        try:
            return await retrying(fetch, studio.retries, backoff=back_off)
        except TransientError as error:
            raise PlaceholderError(error.reason, error.detail) from error

    def _url(self) -> str | None:
        """The address that the endpoint is to fetch itself, None where the image is sent.

        Raises PlaceholderError for one that it must not be told.
        """
        hand_on = self._studio.hand_on
        if hand_on is None:
            return None
        url = self._request.image.web_url
        return None if url is None else hand_on(url)

    def _read(self) -> bytes:
        image = self._request.image
        source = image.read(self._studio.max_bytes, self._studio.reach)
        self._studio.nearby.look(image)
        return source

    def _prepare(self, source: bytes, shape: Shape) -> Prepared:
        return prepare(
            source,
            self._request.image.label,
            effort=shape.effort,
            max_side_px=shape.max_side_px,
            policy=self._studio.images,
        )
