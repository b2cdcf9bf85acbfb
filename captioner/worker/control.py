"""`POST /control/…`: an operator's hand on the worker. Each act needs the token, and is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from aiohttp import web

from captioner.errors import Abandoned, CaptionerError
from captioner.flow.limits import Limits
from captioner.formats.jsonl import parse_object
from captioner.worker.access import Access
from captioner.worker.hearing import Log
from captioner.worker.service import Service
from captioner.worker.status import RoadStatus

_LIMITS: Final = ("concurrency", "requests_per_minute", "tokens_per_minute")
_MAX_BYTES: Final = 2**16
_BODY_S: Final = 10.0


class Control:
    """Pause, resume, drain, limits."""

    def __init__(self, service: Service, access: Access, log: Log) -> None:
        self._service = service
        self._access = access
        self._log = log

    def routes(self) -> list[web.RouteDef]:
        """The doors."""
        return [
            web.post("/control/pause", self._pause),
            web.post("/control/resume", self._resume),
            web.post("/control/drain", self._drain),
            web.post("/control/limits", self._limits),
        ]

    async def _pause(self, request: web.Request) -> web.Response:
        self._enter(request)
        self._service.pause()
        return web.json_response({"paused": True})

    async def _resume(self, request: web.Request) -> web.Response:
        self._enter(request)
        self._service.resume()
        return web.json_response({"paused": False})

    async def _drain(self, request: web.Request) -> web.Response:
        self._enter(request)
        self._service.drain()
        return web.json_response({"draining": True}, status=202)

    async def _limits(self, request: web.Request) -> web.Response:
        self._enter(request)
        try:
            body = await _body(request)
            profile, changes = parse_limits(body)
            if profile is not None and profile not in self._service.desk.profiles:
                return _refused(404, f"no profile is called {profile!r}")
            await self._change(profile, changes)
        except ValueError as error:
            return _refused(400, str(error))
        except Abandoned:
            return _refused(503, "the worker drains")
        except CaptionerError as error:
            return _refused(503, str(error))
        roads = [RoadStatus.of(road) for road in self._service.desk.roads]
        return web.json_response({"roads": [asdict(road) for road in roads]})

    async def _change(self, profile: str | None, changes: Mapping[str, Any]) -> None:
        """Change what is given; what is not stays. A profile that was not asked for is opened."""
        desk = self._service.desk
        if profile is not None or not desk.seats:
            await desk.seat(profile or "")
        for seat in desk.seats:
            if profile in (None, seat.profile):
                limits: Limits = replace(seat.road.limits, **changes)
                self._service.set_limits(limits, seat.profile)

    def _enter(self, request: web.Request) -> None:
        self._access.check_control(request)
        self._log.info("control", act=request.path, remote=request.remote)


def parse_limits(raw: bytes) -> tuple[str | None, dict[str, float | None]]:
    """The profile, None for all, and the limits to change; None of one leaves it to the endpoint.

    Raises ValueError that says what is wrong.
    """
    body = parse_object(raw)
    profile = body.pop("profile", None)
    if not (profile is None or isinstance(profile, str)):
        raise ValueError("profile must be a string")
    changes: dict[str, float | None] = {}
    for name, value in body.items():
        if name not in _LIMITS:
            raise ValueError(f"unknown limit {name!r}: there are {', '.join(_LIMITS)}")
        if value is not None:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not 0 < value < 10**12:
                raise ValueError(f"{name} must be a number above 0, or null")
            if name == "concurrency" and not isinstance(value, int):
                raise ValueError("concurrency must be an integer, or null")
        changes[name] = value
    if not changes:
        raise ValueError(f"no limit is given: there are {', '.join(_LIMITS)}")
    return profile, changes


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(_BODY_S):
            raw = await request.content.read(_MAX_BYTES + 1)
            while len(raw) <= _MAX_BYTES and (more := await request.content.read(_MAX_BYTES)):
                raw += more
    except TimeoutError:
        raise ValueError("the body did not come in time") from None
    if len(raw) > _MAX_BYTES:
        raise ValueError("the body is too large")
    return raw


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
