"""The gate: when a request may start.

Only the oldest waiter, the head, books and sleeps; it is woken by whatever changes. A thousand
sleepers could be overtaken by a retry and would slide; one cannot.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

from captioner.events import Cause
from captioner.flow.binding import Binding
from captioner.flow.budget import Bucket
from captioner.flow.clock import Clock
from captioner.flow.concurrency import Concurrency
from captioner.flow.places import Age, Places


class Guard(Protocol):
    """A coarse limit on starts, such as asyncio-throttle's Throttler."""

    async def acquire(self) -> None:
        """Return when one more start fits."""


class Gate:
    """Admits requests under a concurrency limit, a request rate and a token rate.

    In flight means sent and unanswered: who sleeps at the gate is not in flight, and who waits to
    retry holds no place. A bucket that is None limits nothing.
    """

    def __init__(
        self,
        *,
        concurrency: Concurrency,
        requests: Bucket | None,
        tokens: Bucket | None,
        guard: Guard | None,
        clock: Clock,
        binding: Binding,
    ) -> None:
        self._concurrency = concurrency
        self._requests = requests
        self._tokens = tokens
        self._guard = guard
        self._clock = clock
        self._binding = binding
        self._head = Places(lambda: 1)
        self._changed = asyncio.Event()
        self._paused_until_s = clock.now_s()
        self._admissions = 0
        self.in_flight = 0

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return self._concurrency.limit

    @property
    def waiting(self) -> int:
        """How many requests wait here, the head among them."""
        return self._head.waiting + self._head.taken

    @contextlib.asynccontextmanager
    async def admitted(self, age: Age, tokens: int) -> AsyncIterator[int]:
        """Hold a place for one request that costs `tokens`; yields the admission's number."""
        await self._enter(age, tokens)
        self._admissions += 1
        self.in_flight += 1
        try:
            yield self._admissions
        finally:
            self.in_flight -= 1
            self._changed.set()

    def pause(self, wait_s: float) -> None:
        """Admit nobody for `wait_s`; the buckets' time stops too, so nothing bursts after it."""
        now_s = self._clock.now_s()
        self._paused_until_s = max(self._paused_until_s, now_s + wait_s)
        for bucket in self._buckets():
            bucket.pause_until(self._paused_until_s, now_s)
        self._changed.set()

    def clean_reply(self) -> None:
        """A request was answered well: more may be in flight."""
        self._concurrency.clean_reply()
        self._changed.set()

    def congested(self, admission: int) -> None:
        """A 429 came for the request with this admission number."""
        self._concurrency.congested(admission=admission, latest_admission=self._admissions)
        self._changed.set()

    async def _enter(self, age: Age, tokens: int) -> None:
        await self._head.take(age)
        try:
            await self._place()
            self._book(1.0, tokens, self._clock.now_s())
            try:
                if self._guard is not None:
                    self._binding.now("requests")
                    await self._guard.acquire()
                await self._start()
            except BaseException:
                self._give_back(1.0, tokens, self._clock.now_s())
                raise
        finally:
            self._head.free()
            if not self.waiting:
                self._binding.gate_is_idle()

    async def _place(self) -> None:
        while self.in_flight >= self._concurrency.limit:
            self._binding.now("concurrency")
            self._changed.clear()
            await self._changed.wait()

    async def _start(self) -> None:
        while True:
            await self._place()
            now_s = self._clock.now_s()
            ready_s, cause = self._ready(now_s)
            if ready_s <= now_s:
                return
            self._binding.now(cause)
            self._changed.clear()
            await self._clock.sleep_s(ready_s - now_s, self._changed)
            # Slept to the end means ready: looking again could find a remainder of a few bits
            # that no sleep ever ends.
            if not self._changed.is_set():
                return

    def _ready(self, now_s: float) -> tuple[float, Cause]:
        ready: tuple[float, Cause] = (self._paused_until_s, "server")
        if self._requests is not None:
            ready = max(ready, (self._requests.ready_at_s(now_s), "requests"))
        if self._tokens is not None:
            ready = max(ready, (self._tokens.ready_at_s(now_s), "tokens"))
        # A pause stops the buckets too: until it ends it is the server that binds.
        return (ready[0], "server") if self._paused_until_s > now_s else ready

    def _buckets(self) -> list[Bucket]:
        return [bucket for bucket in (self._requests, self._tokens) if bucket is not None]

    def _book(self, requests: float, tokens: float, now_s: float) -> None:
        if self._requests is not None:
            self._requests.book(requests, now_s)
        if self._tokens is not None:
            self._tokens.book(tokens, now_s)

    def _give_back(self, requests: float, tokens: float, now_s: float) -> None:
        if self._requests is not None:
            self._requests.give_back(requests, now_s)
        if self._tokens is not None:
            self._tokens.give_back(tokens, now_s)

    def __repr__(self) -> str:
        return f"<Gate {self.in_flight} of {self.limit} in flight, {self.waiting} waiting>"
