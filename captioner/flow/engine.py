"""The way of a sample: read, plan, ask for each placeholder, judge, assemble, leave in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from captioner.errors import Abandoned, RunStopped
from captioner.events import (
    Draining,
    Observer,
    RecordFaulty,
    SampleRead,
)
from captioner.flow.asking import Asker
from captioner.flow.binding import Binding
from captioner.flow.captioning import captioned
from captioner.flow.drain import Drain
from captioner.flow.hands import Hands
from captioner.flow.health import FirstFailures
from captioner.flow.places import Place
from captioner.flow.window import Window
from captioner.samples.assemble import assemble, bad_record_outcome
from captioner.samples.order import Reorder
from captioner.samples.outcome import CaptionOutcome, Outcome
from captioner.samples.plan import Placeholder, Plan, plan
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord, Record

Known = Callable[[Placeholder], CaptionOutcome | int]
"""The outcome of a placeholder that is not to be asked for; of one that is, the mark of the ledger
up to which replies to it are passed over (0: none are)."""


def nothing_known(_: Placeholder) -> int:
    """All are to be asked for, and every reply counts."""
    return 0


@dataclass(slots=True)
class _Begun:
    """A sample whose placeholders are being worked on."""

    position: int
    plan: Plan
    missing: int
    captions: dict[int, CaptionOutcome]


_Job: TypeAlias = tuple[_Begun, Placeholder, int]
"""A placeholder to ask for, and the mark of the ledger up to which replies are passed over."""


class Engine:
    """Captions one stream of records. Use it once.

    `drive` does the work and must run beside whoever takes `batches`; memory is bounded by the
    window, which moves as batches are taken. With `gives_up` it stops where it fails from its
    beginning, always in the same way.
    """

    def __init__(
        self,
        *,
        rules: Rules,
        image_base: str,
        asker: Asker,
        window: Window,
        binding: Binding,
        observe: Observer,
        drain_timeout_s: float,
        known: Known = nothing_known,
        gives_up: bool = True,
    ) -> None:
        self._rules = rules
        self._image_base = image_base
        self._asker = asker
        self._window = window
        self._binding = binding
        self._observe = observe
        self._drain_timeout_s = drain_timeout_s
        self._known = known
        self._order: Reorder[Outcome] = Reorder()
        self._ready: deque[Outcome] = deque()
        self._taken = 0
        self._arrived = asyncio.Event()
        self._first = FirstFailures() if gives_up else None
        self._group = asyncio.TaskGroup()
        self._hands = Hands(asker.places, self._group, self._caption)
        self._reader: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._ended = False
        self._drain = Drain()
        self._error: BaseException | None = None

    async def drive(self, records: AsyncIterator[Record]) -> None:
        """Work through the records until they end, `drain` is called or something stops the run."""
        try:
            async with self._group:
                self._reader = self._group.create_task(self._read(records))
        except* Exception as errors:
            self._error = self._error or errors
        finally:
            if self._deadline is not None:
                self._deadline.cancel()
            self._ended = True
            self._arrived.set()

    async def batches(self, gather_s: float = 0.0) -> AsyncIterator[list[Outcome]]:
        """Finished outcomes in order, as many at a time as are ready after up to `gather_s`.

        Asking for the next batch says that the one before was dealt with. Raises, after the last
        batch, RunStopped or what the source of the samples raised.
        """
        while True:
            self._arrived.clear()
            if self._ready:
                batch = list(self._ready)
                self._ready.clear()
                self._taken = len(batch)
                yield batch
                self._taken = 0
                for outcome in batch:
                    self._window.leave_sample(_size_bytes(outcome.record))
            elif self._ended:
                break
            else:
                await self._arrived.wait()
                if gather_s and not self._ended:
                    await asyncio.sleep(gather_s)
        if self._error is not None:
            raise self._error

    @property
    def drained(self) -> bool:
        """Whether the run was cut short: there may be samples without an outcome."""
        return self._drain.requested

    def drain(self) -> None:
        """Stop reading, start nothing, finish what is in flight within the drain time."""
        if self._drain.requested or self._ended:
            return
        self._drain.requested = True
        if self._reader is not None:
            self._reader.cancel()
        for _ in range(self._hands.drop()):
            self._window.leave_request()
        staying = {task for task in self._hands.tasks if self._drain.finishes_by_itself(task)}
        self._observe(Draining(len(staying)))
        current = asyncio.current_task()
        for task in self._hands.tasks - staying - ({current} if current else set()):
            task.cancel()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._drain_timeout_s, self._give_up)

    def _give_up(self) -> None:
        for task in list(self._hands.tasks):
            task.cancel()

    def _stop(self, error: BaseException) -> None:
        self._error = self._error or error
        self.drain()

    async def _read(self, records: AsyncIterator[Record]) -> None:
        position = 0
        if self._drain.requested:
            return
        self._binding.reading_goes_on(True)
        try:
            async with _closing(records):
                async for record in records:
                    size_bytes = _size_bytes(record)
                    if not self._window.takes_sample(size_bytes):
                        await self._room_for(size_bytes)
                    for job in self._begin(position, record):
                        if not self._window.takes_request():
                            await self._window.enter_request()
                        self._hands.add(job)
                    position += 1
        except Exception as error:
            self._stop(error)
        finally:
            self._binding.reading_goes_on(False)

    async def _room_for(self, size_bytes: int) -> None:
        """Wait for room in the window, and say what it is that makes the reading wait."""
        done = len(self._ready) + self._taken
        self._binding.now("disk" if 2 * done >= self._window.samples else "server")
        await self._window.enter_sample(size_bytes)

    def _begin(self, position: int, record: Record) -> list[_Job]:
        """Plan a sample; what is to be asked for it."""
        if isinstance(record, BadRecord):
            self._observe(SampleRead(record.id, 0))
            self._finish(position, bad_record_outcome(record))
            return []
        planned = plan(record, self._rules)
        self._observe(SampleRead(record.id, len(planned.placeholders)))
        begun = _Begun(position, planned, 0, {})
        asked: list[_Job] = []
        for placeholder in planned.placeholders:
            known = self._known(placeholder)
            if isinstance(known, int):
                asked.append((begun, placeholder, known))
            else:
                begun.captions[placeholder.index] = known
        begun.missing = len(asked)
        if not asked:
            self._assemble(begun)
        return asked

    async def _caption(self, job: _Job, place: Place) -> None:
        begun, placeholder, since = job
        try:
            outcome = await captioned(
                placeholder,
                self._asker,
                self._rules,
                image_base=self._image_base,
                drain=self._drain,
                observe=self._observe,
                since=since,
                place=place,
            )
        except RunStopped as error:
            self._stop(error)
            return
        except Abandoned:
            return
        finally:
            self._window.leave_request()
        begun.captions[placeholder.index] = outcome
        begun.missing -= 1
        if not begun.missing:
            self._assemble(begun)
        if self._first is not None and self._first.all_alike(outcome.reason):
            self._stop(
                RunStopped(
                    "all_failed",
                    f"the first 100 placeholders all failed with {outcome.reason!r}, the last "
                    f"with: {outcome.detail}",
                )
            )

    def _assemble(self, begun: _Begun) -> None:
        captions = [begun.captions[index] for index in range(len(begun.captions))]
        self._finish(begun.position, assemble(begun.plan, captions, self._rules))

    def _finish(self, position: int, outcome: Outcome) -> None:
        if outcome.fault:
            self._observe(RecordFaulty(outcome.record.id, outcome.fault, outcome.fault_detail))
        ready = self._order.put(position, outcome)
        if ready:
            self._ready.extend(ready)
            self._arrived.set()

    def __repr__(self) -> str:
        return f"<Engine {self._window!r}, {self._order.held} held, {len(self._ready)} ready>"


def _size_bytes(record: Record) -> int:
    return 0 if isinstance(record, BadRecord) else record.size_bytes


@contextlib.asynccontextmanager
async def _closing(records: AsyncIterator[Record]) -> AsyncIterator[None]:
    """Close a generator that is left early, so that it lets go of files and threads."""
    try:
        yield
    finally:
        if isinstance(records, AsyncGenerator):
            await records.aclose()
