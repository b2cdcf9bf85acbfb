"""Who sends the head of a request slowly holds no connection for long."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tests.worker.http.conftest import Serving

HEAD_S = 0.4


@pytest.mark.parametrize("begun", ["", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
async def test_a_head_that_trickles_is_not_waited_for(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    """The first of a connection or a later one; a call that takes long to answer is not cut."""
    monkeypatch.setattr("captioner.worker.front._HEAD_S", HEAD_S)
    async with serving({"latency_s": 4 * HEAD_S}) as bench:
        call = asyncio.ensure_future(bench.caption(1))
        where = urlsplit(bench.address)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(begun.encode())
        if begun:
            assert await reader.readuntil(b"}")
        began_s = time.monotonic()
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        closed = asyncio.ensure_future(reader.read())
        while not closed.done():
            assert time.monotonic() - began_s < 20 * HEAD_S, "it is still open"
            writer.write(b"X-Slow: 1\r\n")
            await asyncio.wait([closed], timeout=0.05)
        assert isinstance(closed.exception(), ConnectionError | None)
        assert time.monotonic() - began_s >= HEAD_S - 0.05
        writer.close()
        assert (await call).status == 200
