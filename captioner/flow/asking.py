"""Asking once for what is asked alike: ledger first, then those in flight, then the lane."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import blake2b

from captioner.errors import Abandoned, PlaceholderError
from captioner.flow.drain import Drain
from captioner.flow.lane import Lane
from captioner.flow.lately import Lately
from captioner.flow.ledger import Kept, Ledger, Page, Rejected
from captioner.flow.pictures import Picture, Studio
from captioner.flow.places import Place, Places
from captioner.vision.request import Parameters, Request, ask_key


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shares replies.

    `endpoint` is part of every key. Without a `scope` all that ask the same share; with one, every
    placeholder is its own request, and only the same placeholder in the same scope finds it again.
    """

    endpoint: str
    scope: str | None = None


class Asker:
    """Gets what is to be had for a request from wherever it is cheapest.

    Requests with the same key are paid once and share what comes, also a failure among those that
    wait for it together.
    """

    def __init__(
        self,
        *,
        lane: Lane,
        ledger: Ledger,
        studio: Studio,
        parameters: Parameters,
        sharing: Sharing,
    ) -> None:
        self._lane = lane
        self._ledger = ledger
        self._studio = studio
        self._parameters = parameters
        self._sharing = sharing
        # What is asked now; a future where another waits for it.
        self._asked: dict[bytes, asyncio.Future[tuple[Kept, ...]] | None] = {}
        self._lately: Lately[tuple[Kept, ...]] = Lately()

    @property
    def places(self) -> Places:
        """For how many images there is room."""
        return self._studio.places

    async def ask(
        self,
        request: Request,
        drain: Drain,
        *,
        since: int = 0,
        name: str = "",
        place: Place | None = None,
    ) -> tuple[tuple[Kept, ...], bool]:
        """What the ledger now holds for the request, oldest first, and whether it cost nothing.

        Entries up to its mark `since` are passed over. A `name` takes the place of the sample's
        number in what finds its own replies again. A `place` of `places` stays the caller's, who
        may use it for the next request; without one, one is taken and given back.

        Raises what `Lane.submit` raises where nothing came, and PlaceholderError for an unusable
        image.
        """
        own = Place(self.places) if place is None else None
        picture = Picture(request, self._studio, place or own)
        try:
            while True:
                drain.check()
                key, kept = await self._look_up(request, picture, since, name)
                if is_final(kept):
                    return kept, True
                if key not in self._asked:
                    return await self._ask_first(key, kept, request, picture, drain), False
                # No place is held while another asks: it may need that very place to try again.
                picture.put_away()
                asked = self._asked[key] = self._asked[key] or asyncio.Future()
                with drain.finishing():
                    await asyncio.wait([asked])
                if asked.cancelled():
                    continue
                try:
                    return asked.result(), True
                except PlaceholderError as error:
                    # One of its own for each: it sent nothing, and tracebacks must not add up.
                    raise PlaceholderError(
                        error.reason, error.detail, attempts=error.attempts
                    ) from error
        finally:
            picture.let_go()
            if own is not None:
                own.give()

    async def _look_up(
        self, request: Request, picture: Picture, since: int, name: str
    ) -> tuple[bytes, tuple[Kept, ...]]:
        """The request's key, and what is kept under it. The ledger is read in a thread, and not for
        what is new for certain."""
        key = b""
        kept: tuple[Kept, ...] = ()

        def is_new(digest: bytes) -> bool:
            nonlocal key
            key = self._key(digest, request, name)
            return key not in self._asked and not self._ledger.may_have(key)

        def is_settled(digest: bytes) -> bool:
            nonlocal key, kept
            key = self._key(digest, request, name)
            kept = self._ledger.find(key, since=since)
            return key in self._asked or is_final(kept)

        if not picture.place.is_held:
            await picture.take_place()
        if picture.is_ready_at_once(is_new):
            return key, ()
        with self._lately.looking():
            await picture.look_at(is_settled)
            # What came in between may not have been there to be found.
            return key, self._lately.get(key) or kept

    def _key(self, digest: bytes, request: Request, name: str) -> bytes:
        key = ask_key(digest, request, self._parameters, self._sharing.endpoint)
        if self._sharing.scope is None:
            return key
        own = f"{self._sharing.scope}\0{name or request.sample}\0{request.index}"
        return blake2b(key + own.encode(errors="surrogatepass"), digest_size=len(key)).digest()

    async def _ask_first(
        self,
        key: bytes,
        kept: tuple[Kept, ...],
        request: Request,
        picture: Picture,
        drain: Drain,
    ) -> tuple[Kept, ...]:
        self._asked[key] = None
        page = Page(self._ledger, key, kept)
        try:
            try:
                await self._lane.submit(request, picture, drain, page)
            except PlaceholderError:
                if not page.kept:
                    raise
        except BaseException as error:
            self._tell(key, page, error)
            raise
        self._tell(key, page)
        return page.kept

    def _tell(self, key: bytes, page: Page, error: BaseException | None = None) -> None:
        """Whoever asks the same has what came."""
        self._lately.add(key, page.kept)
        asked = self._asked.pop(key)
        if asked is None:
            return
        if error is None:
            asked.set_result(page.kept)
        elif isinstance(error, asyncio.CancelledError | Abandoned):
            asked.cancel()  # only this one gives up: who else asks this takes over
        else:
            asked.set_exception(error)
            asked.exception()  # nobody may be waiting for it any more


def is_final(kept: tuple[Kept, ...]) -> bool:
    """Whether there is nothing left to ask: not so after nothing, or a first reply that was cut."""
    if not kept:
        return False
    latest = kept[-1]
    return isinstance(latest, Rejected) or latest.doubled or latest.reply.finish_reason != "length"
