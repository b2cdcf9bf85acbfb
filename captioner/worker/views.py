"""What is read from a worker: health, status, metrics, and the page for people."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from aiohttp import web

from captioner.formats.encode import encode_json
from captioner.worker.access import Access
from captioner.worker.live import Live
from captioner.worker.metrics import CONTENT_TYPE, Metrics
from captioner.worker.pauses import profile_label
from captioner.worker.service import Service
from captioner.worker.status import Status, status_of

_INLINE: Final = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


class Views:
    """Health and metrics are for everyone who reaches the port; captions need the token."""

    def __init__(self, service: Service, access: Access, metrics: Metrics, live: Live) -> None:
        self._service = service
        self._began_s = time.monotonic()
        self._access = access
        self._metrics = metrics
        self._live = live
        self._page = read_page()

    def routes(self) -> list[web.RouteDef]:
        """The doors."""
        return [
            web.get("/healthz", self._health),
            web.get("/readyz", self._ready),
            web.get("/metrics", self._scrape),
            web.get("/status", self._tell),
            web.get("/live", self._show),
            web.get("/thumbnails/{name}", self._thumbnail),
            web.get("/", self._people),
        ]

    def _status(self) -> Status:
        return status_of(self._service, time.monotonic() - self._began_s)

    async def _health(self, _request: web.Request) -> web.Response:
        """That this is answered says that the loop turns."""
        return web.json_response({"alive": True})

    async def _ready(self, request: web.Request) -> web.Response:
        """The worker, or with `profile` in the query that profile alone; the default one is empty
        or called as in metrics."""
        profile = request.query.get("profile")
        if profile is not None and profile not in self._service.desk.profiles:
            if profile != profile_label(""):
                raise web.HTTPNotFound(text=f"no profile is called {profile!r}")
            profile = ""
        now = self._service.readiness(profile)
        body = {"ready": not now.why, "why": now.why, "degraded": now.degraded}
        return web.json_response(body, status=503 if now.why else 200)

    async def _scrape(self, _request: web.Request) -> web.Response:
        text = self._metrics.render(self._status())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    async def _tell(self, request: web.Request) -> web.Response:
        self._access.check_host(request)
        return _json({**self._status().to_dict(), "tasks": len(asyncio.all_tasks())})

    async def _show(self, request: web.Request) -> web.Response:
        self._access.check(request)
        return _json({"status": self._status().to_dict(), **self._live.to_dict()})

    async def _thumbnail(self, request: web.Request) -> web.Response:
        self._access.check(request)
        found = self._live.thumbnail(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound(text="this picture is not shown any more")
        mime, data = found
        return web.Response(body=data, content_type=mime)

    async def _people(self, request: web.Request) -> web.Response:
        self._access.check_host(request)
        return web.Response(
            body=self._page.html,
            content_type="text/html",
            charset="utf-8",
            headers={"Content-Security-Policy": self._page.policy},
        )


@dataclass(frozen=True, slots=True)
class Page:
    """The page and the Content-Security-Policy that lets in nothing but what it holds."""

    html: bytes
    policy: str


def read_page() -> Page:
    """The page that is part of this package."""
    html = files("captioner.worker").joinpath("page", "index.html").read_text("utf-8")
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _INLINE.findall(html):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    policy = (
        f"default-src 'none'; script-src {' '.join(hashes['script'])}; "
        f"style-src {' '.join(hashes['style'])}; img-src blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Page(html.encode(), policy)


def _json(value: object) -> web.Response:
    return web.Response(body=encode_json(value), content_type="application/json")
