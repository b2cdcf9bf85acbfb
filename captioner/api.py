"""The Python front door: captions for samples, from async code."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from captioner.connection import count_with_tokenizer, open_connection
from captioner.errors import PlaceholderError, RunStopped
from captioner.events import Event, Observer, RunPlanned, SampleWritten, Warned
from captioner.flow.clock import Clock, SystemClock
from captioner.flow.drain import Drain
from captioner.flow.engine import Engine
from captioner.flow.ledger import Ledger, MemoryLedger
from captioner.flow.reading import Samples, pumped, records_of
from captioner.flow.settling import failure, judged, request_of
from captioner.flow.window import Window
from captioner.formats.base import Sink, Source
from captioner.samples.outcome import CaptionOutcome, Outcome
from captioner.samples.plan import Placeholder
from captioner.samples.prompts import prompt_warnings, system_prompt_for
from captioner.samples.rules import Rules
from captioner.samples.sample import Position, Record
from captioner.settings import EMBEDDED, Settings, settings_from
from captioner.wiring import Kind, rules_of, window_of

T = TypeVar("T")

_TYPICAL_PX = 1024


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How `Captioner.run` ended: all samples done (`complete`), or drained before."""

    complete: bool
    samples: int
    rows: int


class Captioner:
    """Writes captions; an async context manager.

    Takes a Settings, or any of its fields as keywords (`Captioner(mode="caption", model="…")`), or
    both, the keywords winning. Relative image paths start at `image_base`, by default the working
    directory. `observer` is told of every event.

    Entering it opens the endpoint's client; raises ConfigError for settings that cannot work and
    RunStopped where the endpoint rejects the key or cannot be reached.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        observer: Observer | None = None,
        kind: Kind = "samples",
        ledger: Ledger | None = None,
        clock: Clock | None = None,
        **parameters: Any,
    ) -> None:
        if settings is None:
            self.settings = settings_from(**parameters)
        elif parameters:
            given = {name: getattr(settings, name) for name in settings.model_fields_set}
            self.settings = settings_from(**{**given, **parameters})
        else:
            self.settings = settings
        self._rules = rules_of(self.settings, kind)
        self._observer = observer
        self._clock = clock or SystemClock()
        self._ledger = ledger or MemoryLedger()
        self._stack = contextlib.AsyncExitStack()
        self._engines: set[Engine] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._warned: set[str] = set()

    @property
    def rules(self) -> Rules:
        """What decides what a sample asks for and what becomes of it."""
        return self._rules

    @property
    def model(self) -> str:
        """The model that is asked: the one that is set, or the endpoint's only one."""
        return self._connection.parameters.model

    @property
    def streams(self) -> int:
        """How many streams and runs are going on."""
        return len(self._engines)

    @property
    def is_rehearsal(self) -> bool:
        """Whether the endpoint inside the process answers, which costs nothing."""
        return self.settings.base_url == EMBEDDED

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        for warning in prompt_warnings(self._rules):
            self._warn(warning)
        self._connection = await open_connection(
            self._stack,
            self.settings,
            ledger=self._ledger,
            clock=self._clock,
            observe=self._emit,
            warn=self._warn,
        )
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._tasks.add(self._group.create_task(self._count_with_tokenizer()))
        self._stack.callback(self._cancel_tasks)

    def plan(self, total_samples: int | None = None) -> RunPlanned:
        """What is about to happen, for a person to read before the first request."""
        costs = self._connection.costs
        image_tokens = costs.image_tokens(_TYPICAL_PX, _TYPICAL_PX)
        text_tokens = costs.text_tokens(system_prompt_for(self._rules), self._rules.user_prompt)
        return RunPlanned(
            endpoint=self._connection.endpoint,
            model=self._connection.parameters.model,
            mode=self._rules.mode,
            image_tokens=image_tokens,
            request_tokens=text_tokens + image_tokens + self._connection.parameters.max_tokens,
            total_samples=total_samples,
            rehearsal=self.is_rehearsal,
        )

    async def stream(self, samples: Samples) -> AsyncIterator[Outcome]:
        """Caption samples; yield their outcomes in order.

        `samples` is any iterable or async iterable of mappings. Memory is bounded: no more samples
        are taken than the window holds. Leaving the loop early cancels what is not answered yet.
        Raises RunStopped where the run cannot go on, after the outcomes that are done.
        """
        async with self._engine(records_of(samples)) as engine:
            async for batch in engine.batches():
                for outcome in batch:
                    yield outcome

    async def caption(self, image: object, *, prompt: str | None = None) -> CaptionOutcome:
        """Caption one image: a path, a URL, bytes or a Pillow image; `prompt` is the user prompt.

        A failure is an outcome without a caption. Raises RunStopped where no request can succeed.
        """
        user_prompt = self._rules.user_prompt if prompt is None else prompt
        placeholder = Placeholder(0, 0, image, system_prompt_for(self._rules), user_prompt)
        request = request_of(placeholder, self._image_base(None))
        try:
            paid, reused = await self._connection.asker.ask(request, Drain())
        except PlaceholderError as error:
            return failure(request, error)
        return judged(request, paid, self._rules, reused=reused)

    async def run(
        self,
        source: Source | Samples,
        sink: Sink,
        *,
        position: Position = None,
        after_batch: Callable[[], Awaitable[None]] | None = None,
    ) -> RunEnd:
        """Caption everything of a source into a sink, whose rows are in order at every moment.

        A Source is read by a thread of its own, from `position` on. The sink must be open
        (`resume` was called); it is finished when all is done, and stays the caller's to close.
        `after_batch` is awaited each time rows were written. Raises RunStopped where the run cannot
        go on or the output cannot be written; what was written stays valid.
        """
        if isinstance(source, Iterable | AsyncIterable):
            base, records = None, records_of(source)
        else:
            base, records = source.image_base, pumped(partial(source.open, position))
        samples = rows = 0
        async with self._engine(records, base) as engine:
            async for batch in engine.batches():
                try:
                    await self.in_thread(sink.write, batch)
                except asyncio.CancelledError:
                    self._tell_written(batch)
                    raise
                self._tell_written(batch)
                samples += len(batch)
                rows += sum(len(outcome.rows) for outcome in batch)
                if after_batch is not None:
                    await after_batch()
            complete = not engine.drained
        if complete:
            await self.in_thread(sink.finish)
        return RunEnd(complete, samples, rows)

    def drain(self) -> None:
        """Stop reading, start no requests, finish what is in flight; streams end, in order."""
        for engine in self._engines:
            engine.drain()

    @contextlib.asynccontextmanager
    async def _engine(
        self, records: AsyncIterator[Record], image_base: str | None = None
    ) -> AsyncIterator[Engine]:
        engine = Engine(
            rules=self._rules,
            image_base=self._image_base(image_base),
            asker=self._connection.asker,
            window=Window(window_of(self.settings)),
            binding=self._connection.binding,
            observe=self._emit,
            drain_timeout_s=self.settings.drain_timeout_s,
        )
        task = self._group.create_task(engine.drive(records))
        self._engines.add(engine)
        self._tasks.add(task)
        try:
            yield engine
        finally:
            self._engines.discard(engine)
            self._tasks.discard(task)
            task.cancel()
            await asyncio.wait([task])

    async def _count_with_tokenizer(self) -> None:
        await count_with_tokenizer(self._connection, self.settings, self._clock, self._warn)

    def _cancel_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _image_base(self, of_source: str | None) -> str:
        return str(self.settings.image_base or of_source or os.getcwd())  # noqa: PTH109

    async def in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Call blocking code of files off the event loop.

        Raises RunStopped (`output_unwritable`) for an OSError: what is written has its owner, and
        nothing can be paid for safely while it cannot be kept.
        """
        running = asyncio.get_running_loop().run_in_executor(
            self._connection.executor, work, *arguments
        )
        try:
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                # What a thread has begun cannot be taken back: nobody may look at a file meanwhile.
                await asyncio.wait([running])
                running.result()  # an error is the graver news
                raise
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise RunStopped(
                "output_unwritable", f"cannot write: {error.strerror or error}{where}"
            ) from error

    def _tell_written(self, batch: list[Outcome]) -> None:
        for outcome in batch:
            self._emit(SampleWritten(outcome.record.id, len(outcome.rows), outcome.unused_images))

    def _emit(self, event: Event) -> None:
        if self._observer is not None:
            self._observer(event)

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._emit(Warned(text))
