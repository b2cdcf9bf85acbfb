"""HTTP beside a worker: callers, operators, Prometheus and people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from captioner.errors import ConfigError
from captioner.settings import WorkerOptions
from captioner.worker.access import access_of, host_and_port
from captioner.worker.answers import Answers
from captioner.worker.control import Control
from captioner.worker.hearing import Log
from captioner.worker.intake import Intake
from captioner.worker.live import Live
from captioner.worker.metrics import Metrics
from captioner.worker.service import Service
from captioner.worker.tokens import TokenFile
from captioner.worker.views import Views

_SHUTDOWN_S: Final = 1.0
_HEAD_S: Final = 75.0
"""So long a connection may be without a whole request's head: from its start, and between two."""
_BACKLOG: Final = 1024
_SAFE_HEADERS: Final = {
    hdrs.CACHE_CONTROL: "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@asynccontextmanager
async def open_front(
    options: WorkerOptions, service: Service, *, log: Log, metrics: Metrics, live: Live
) -> AsyncIterator[str]:
    """Serve at `options.http` until it is left; gives the address, such as http://127.0.0.1:8080.

    `metrics` and `live` must be among those who hear the worker's events. Enter it around the
    worker's own run, so that callers have their answers while it drains. Raises ConfigError where
    the address or a token file cannot be used.
    """
    host, port = host_and_port(options.http)
    access = access_of(
        host,
        _token(options.http_token_file, "--http-token-file", log),
        _token(options.control_token_file, "--control-token-file", log),
    )
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(live.keep())
        answers = Answers(group)
        intake = Intake(
            service,
            access,
            answers,
            max_body_bytes=options.max_body_bytes,
            max_wait_s=options.max_wait_s,
        )
        views = Views(service, access, metrics, live)
        app = web.Application(middlewares=[_answered])
        app.add_routes(views.routes())
        app.add_routes(Control(service, access, log).routes())
        app.router.add_post("/v1/captions", intake.handle)
        runner = web.AppRunner(
            app,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_S,
            keepalive_timeout=_HEAD_S,
            lingering_time=_SHUTDOWN_S,
        )
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
            except OSError as error:
                raise ConfigError(
                    f"--http {options.http}: cannot listen there ({error.strerror}): "
                    "choose another port; 0 takes a free one"
                ) from None
            address = _address(host, runner.addresses[0][1])
            log.info("listening", address=address, control=access.has_control)
            yield address
        finally:
            await runner.cleanup()
            keeping.cancel()
            answers.cancel()


@web.middleware
async def _answered(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refusals as JSON, and headers that keep browsers strict."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        kept = {
            name: value
            for name, value in error.headers.items()
            if name in (hdrs.ALLOW, hdrs.WWW_AUTHENTICATE)
        }
        response = web.json_response(
            {"error": error.text or error.reason}, status=error.status, headers=kept
        )
    response.headers.update(_SAFE_HEADERS)
    return response


def _token(file: Path | None, flag: str, log: Log) -> TokenFile | None:
    return TokenFile(file, flag, log, time.monotonic) if file else None


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
