"""Asking once for what is asked alike: ledger first, then those in flight, then the lane."""

from __future__ import annotations

import asyncio

from captioner.errors import Abandoned, PlaceholderError
from captioner.flow.drain import Drain
from captioner.flow.lane import Lane
from captioner.flow.ledger import Ledger, Paid
from captioner.flow.pictures import Picture, Studio
from captioner.vision.request import Parameters, Request, ask_key


class Asker:
    """Gets the reply to a request from wherever it is cheapest.

    With `reuse`, requests that ask the same are paid once and share the reply (and, among those
    that wait for it together, the failure). Without, every placeholder is its own request.
    """

    def __init__(
        self,
        *,
        lane: Lane,
        ledger: Ledger,
        studio: Studio,
        parameters: Parameters,
        endpoint: str,
        reuse: bool,
    ) -> None:
        self._lane = lane
        self._ledger = ledger
        self._studio = studio
        self._parameters = parameters
        self._endpoint = endpoint
        self._reuse = reuse
        self._asked: dict[bytes, asyncio.Future[Paid]] = {}

    async def ask(self, request: Request, drain: Drain) -> tuple[Paid, bool]:
        """The reply, and whether somebody else paid for it.

        Raises what `Lane.submit` raises, and PlaceholderError for an unusable image.
        """
        picture = Picture(request, self._studio)
        try:
            if not self._reuse:
                return await self._lane.submit(request, picture, drain), False
            return await self._ask_once(request, picture, drain)
        finally:
            picture.put_away()

    async def _ask_once(
        self, request: Request, picture: Picture, drain: Drain
    ) -> tuple[Paid, bool]:
        while True:
            drain.check()
            key = await self._key(request, picture)
            found = self._ledger.find(key)
            if found is not None:
                return found, True
            asked = self._asked.get(key)
            if asked is None:
                return await self._ask_first(key, request, picture, drain), False
            # No place is held while another asks: it may need that very place to try again.
            picture.put_away()
            with drain.finishing():
                await asyncio.wait([asked])
            if asked.cancelled():
                continue
            try:
                return asked.result(), True
            except PlaceholderError as error:
                # One of its own for each: it sent no request, and tracebacks must not add up.
                raise PlaceholderError(error.reason, error.detail) from error

    async def _key(self, request: Request, picture: Picture) -> bytes:
        def key_of(digest: bytes) -> bytes:
            return ask_key(digest, request, self._parameters, self._endpoint)

        def known(digest: bytes) -> bool:
            key = key_of(digest)
            return key in self._asked or self._ledger.find(key) is not None

        return key_of(await picture.digest(known))

    async def _ask_first(
        self, key: bytes, request: Request, picture: Picture, drain: Drain
    ) -> Paid:
        asked: asyncio.Future[Paid] = asyncio.get_running_loop().create_future()
        self._asked[key] = asked
        try:
            paid = await self._lane.submit(request, picture, drain)
            with drain.finishing():
                await self._ledger.append(key, paid)
        except (asyncio.CancelledError, Abandoned):
            # Only this one gives up: who else asks this takes over.
            asked.cancel()
            raise
        except BaseException as error:
            asked.set_exception(error)
            asked.exception()  # nobody may be waiting for it
            raise
        else:
            asked.set_result(paid)
            return paid
        finally:
            del self._asked[key]
