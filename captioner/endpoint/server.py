"""The rehearsal endpoint itself: a real HTTP server on a loopback port. It acts, others decide."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from aiohttp import hdrs, web

from captioner.endpoint import api_errors, describe, pixels, replies
from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.checks import AskedRequest, read_request
from captioner.endpoint.keys import check_key
from captioner.endpoint.options import ANY_MODEL, EndpointOptions
from captioner.endpoint.pretend import PretendModel, Script
from captioner.endpoint.replies import Answer
from captioner.endpoint.stats import Stats
from captioner.errors import ConfigError

_DECODING_THREADS: Final = 2
_SHUTDOWN_S: Final = 0.2
_BACKLOG: Final = 1024
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
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._threads: ThreadPoolExecutor | None = None

    def __repr__(self) -> str:
        where = self.base_url if self._runner else "closed"
        return f"<RehearsalEndpoint {where}, {self.stats.in_flight} in flight>"

    @property
    def stats(self) -> Stats:
        """What was counted so far; stays readable after closing."""
        return self._model.stats

    @property
    def base_url(self) -> str:
        """Where clients on this machine find it, such as `http://127.0.0.1:8080/v1`."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.options.host, self.options.host)  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._port}/v1"

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            # A client that gives up must free its place, and a hanging request must end.
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_S,
            read_bufsize=_READ_BYTES,
        )
        await runner.setup()
        host, port = self.options.host, self.options.port
        try:
            await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigError(
                f"The rehearsal endpoint cannot listen on {host} port {port} "
                f"({error.strerror}). Choose another port; 0 takes a free one."
            ) from error
        self._port = runner.addresses[0][1]
        self._threads = ThreadPoolExecutor(_DECODING_THREADS, "captioner-endpoint")
        self._runner = runner
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        runner, self._runner = self._runner, None
        threads, self._threads = self._threads, None
        try:
            if runner:
                await runner.cleanup()
        finally:
            if threads:
                threads.shutdown(wait=True, cancel_futures=True)

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
        self.stats.arrived()
        try:
            try:
                answer = await self._answer(request)
            except ApiError as error:
                answer = error.answer()
            return await self._act(request, answer)
        except asyncio.CancelledError:
            self.stats.abandoned += 1
            raise
        finally:
            self.stats.left()

    async def _answer(self, request: web.Request) -> Answer:
        arrived_s = self._clock()
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
            _break(request)
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
        check_key(request.headers, self.options)
        cards = [replies.model_card(name) for name in self.options.models if name != ANY_MODEL]
        return web.json_response({"object": "list", "data": cards})

    async def _show_model(self, request: web.Request) -> web.Response:
        check_key(request.headers, self.options)
        name = request.match_info["model"]
        if not {name, ANY_MODEL} & set(self.options.models):
            raise api_errors.model_not_found(name)
        return web.json_response(replies.model_card(name))

    async def _show_stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self.stats.snapshot())

    async def _reset_stats(self, _request: web.Request) -> web.Response:
        self.stats.reset()
        return web.json_response(self.stats.snapshot())


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


def _break(request: web.Request) -> None:
    """End the connection with a TCP reset, as a crashed server or a proxy does."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
