"""The rehearsal endpoint itself: a real HTTP server on a loopback port. It acts, others decide."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import hdrs, web

from captioner.endpoint import api_errors, describe, pixels, replies
from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.checks import AskedRequest, read_request
from captioner.endpoint.doors import Doors, break_connection
from captioner.endpoint.keys import check_key
from captioner.endpoint.options import ANY_MODEL, EndpointOptions
from captioner.endpoint.pretend import PretendModel, Script
from captioner.endpoint.replies import Answer
from captioner.endpoint.stats import Stats
from captioner.errors import ConfigError

_DECODING_THREADS: Final = 2
_SHUTDOWN_S: Final = 0.2
_READ_BYTES: Final = 2**18
_UNSEEN_PX: Final = (1024, 1024)
"""The size that an image is taken to have where only its address was sent."""


class RehearsalEndpoint:
    """An OpenAI-compatible endpoint, open inside `async with`; then `base_url` says where.

    `reply` may script answers; `clock` (seconds, never running backwards) and `sleep` may be
    replaced in tests. Raises ConfigError where the port cannot be had. Leaving cuts off what is
    still in flight and leaves no task, thread or socket.
    """

    def __init__(
        self,
        options: EndpointOptions | None = None,
        *,
        reply: Script | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.options = options or EndpointOptions()
        self._model = PretendModel(self.options, reply)
        self._clock = clock
        self._sleep = sleep
        self._open = False
        self._down = False
        self._outage_due = asyncio.Event()
        self._stack = AsyncExitStack()
        self._doors: Doors | None = None
        self._threads: ThreadPoolExecutor | None = None

    def __repr__(self) -> str:
        where = self.base_url if self._open else "closed"
        return f"<RehearsalEndpoint {where}, {self.stats.in_flight} in flight>"

    @property
    def stats(self) -> Stats:
        """What was counted so far; stays readable after closing."""
        return self._model.stats

    def snapshot(self) -> dict[str, Any]:
        """What `GET /stats` answers: all counts as JSON values, and the use of each limit."""
        return self._model.snapshot(self._clock())

    @property
    def base_url(self) -> str:
        """Where clients on this machine find it, such as `http://127.0.0.1:8080/v1`."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.options.host, self.options.host)  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._doors.port if self._doors else self.options.port}/v1"

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            threads = ThreadPoolExecutor(_DECODING_THREADS, "captioner-endpoint")
            stack.callback(threads.shutdown, wait=True, cancel_futures=True)
            runner = web.AppRunner(
                self._application(),
                access_log=None,
                # A client that gives up must free its place, and a hanging request must end.
                handler_cancellation=True,
                shutdown_timeout=_SHUTDOWN_S,
                read_bufsize=_READ_BYTES,
            )
            await runner.setup()
            doors = Doors(runner, self.options.host, self.options.port)
            stack.callback(doors.close)
            stack.push_async_callback(runner.cleanup)
            try:
                await doors.open()
            except OSError as error:
                raise ConfigError(
                    f"The rehearsal endpoint cannot listen on {doors} "
                    f"({error.strerror}). Choose another port; 0 takes a free one."
                ) from error
            if self.options.outage_s is not None:
                await stack.enter_async_context(self._outage(doors, self.options.outage_s))
            self._threads, self._doors, self._open, self._down = threads, doors, True, False
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        await self._stack.aclose()

    @asynccontextmanager
    async def _outage(self, doors: Doors, outage_s: float) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._suffer(doors, outage_s))
            yield
            task.cancel()

    async def _suffer(self, doors: Doors, outage_s: float) -> None:
        """Be away once, from the moment that the options name, for `outage_s`."""
        refuse = self.options.outage_kind == "refuse"
        await self._outage_due.wait()
        await self._sleep(self.options.outage_after_s)
        self.stats.outage_began_s = self.stats.since_first_s(self._clock())
        self._down = True
        if refuse:
            await doors.shut()
        await self._sleep(outage_s)
        if refuse:
            await doors.reopen()
        self._down = False
        self.stats.outage_ended_s = self.stats.since_first_s(self._clock())

    def _start_outage_clock(self) -> None:
        if self._model.let_in >= self.options.outage_after_requests:
            self._outage_due.set()

    def _check_up(self) -> None:
        if self._down:
            raise api_errors.unavailable()

    def _application(self) -> web.Application:
        app = web.Application(
            middlewares=[_official_errors], client_max_size=self.options.max_request_bytes
        )
        for prefix in ("/v1", "", "/openai/v1"):
            app.router.add_post(f"{prefix}/chat/completions", self._chat)
            app.router.add_get(f"{prefix}/models", self._list_models)
            app.router.add_get(f"{prefix}/models/{{model:.+}}", self._show_model)
        app.router.add_post("/openai/deployments/{deployment}/chat/completions", self._chat)
        app.router.add_get("/stats", self._show_stats)
        app.router.add_post("/stats/reset", self._reset_stats)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        arrived_s, transport = self._clock(), request.transport
        self.stats.arrived(arrived_s)
        self._start_outage_clock()
        try:
            try:
                answer = await self._answer(request, arrived_s)
            except ApiError as error:
                answer = error.answer()
            return await self._act(request, answer)
        except asyncio.CancelledError:
            if not self._open or (self._doors and self._doors.has_broken(transport)):
                self.stats.cut_off += 1
            else:
                self.stats.abandoned += 1
            raise
        finally:
            self.stats.left()

    async def _answer(self, request: web.Request, arrived_s: float) -> Answer:
        self._check_up()
        check_key(request.headers, self.options)
        deployment = request.match_info.get("deployment")
        if deployment is not None and "api-version" not in request.query:
            raise ApiError(404, "Resource not found: api-version is missing.", code="404")
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise api_errors.too_large(self.options.max_request_bytes) from error
        asked = read_request(raw, self.options, deployment=deployment)
        sizes_px = [pixels.size_of(image) if image.data else _UNSEEN_PX for image in asked.images]
        admitted = self._model.admit(asked, sizes_px, self._clock())
        self._start_outage_clock()
        try:
            pictures = await self._look(asked)
        except ApiError as error:
            raise error.with_headers(admitted.headers) from error
        answer, latency_s = self._model.answer(
            admitted, pictures, created_s=int(time.time()), azure=deployment is not None
        )
        remaining_s = arrived_s + latency_s - self._clock()
        if remaining_s > 0:
            await self._sleep(remaining_s)
        self._check_up()
        return answer

    async def _look(self, asked: AskedRequest) -> list[describe.Picture]:
        if not self.options.decode:
            return []
        loop = asyncio.get_running_loop()
        return [
            await loop.run_in_executor(self._threads, pixels.measure, image)
            for image in asked.images
            if image.data
        ]

    async def _act(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.manner == "hang":
            await self._sleep(self.options.hang_s)
        if answer.manner in ("hang", "reset"):
            if request.transport:
                break_connection(request.transport)
            return web.Response()
        self.stats.statuses[answer.status] += 1
        if answer.manner == "send":
            return _response(answer)
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_type = answer.content_type
        response.content_length = len(answer.body)
        await response.prepare(request)
        await response.write(answer.body[: math.ceil(len(answer.body) / 2)])
        if request.transport:
            request.transport.close()
        return response

    async def _list_models(self, request: web.Request) -> web.Response:
        self._check_up()
        check_key(request.headers, self.options)
        cards = [replies.model_card(name) for name in self.options.models if name != ANY_MODEL]
        return web.json_response({"object": "list", "data": cards})

    async def _show_model(self, request: web.Request) -> web.Response:
        self._check_up()
        check_key(request.headers, self.options)
        name = request.match_info["model"]
        if not {name, ANY_MODEL} & set(self.options.models):
            raise api_errors.model_not_found(name)
        return web.json_response(replies.model_card(name))

    async def _show_stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self.snapshot())

    async def _reset_stats(self, _request: web.Request) -> web.Response:
        self._model.reset_stats(self._clock())
        return web.json_response(self.snapshot())


@web.middleware
async def _official_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Errors of the router and of the small routes, in the official shape too."""
    try:
        return await handler(request)
    except ApiError as error:
        return _response(error.answer())
    except web.HTTPNotFound:
        message = f"Invalid URL ({request.method} {request.path[:128]})"
        return _response(ApiError(404, message).answer())
    except web.HTTPMethodNotAllowed as error:
        message = f"Not allowed to {request.method} on {request.path[:128]}."
        allowed = {str(hdrs.ALLOW): ",".join(sorted(error.allowed_methods))}
        return _response(
            ApiError(405, message, code="method_not_supported", headers=allowed).answer()
        )


def _response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status,
        body=answer.body,
        headers=answer.headers,
        content_type=answer.content_type,
    )
