"""The Python front door: captions for samples, from async code."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
)
from functools import partial
from typing import Any, Self, TypeVar

from captioner.collecting import RunEnd, collect
from captioner.connection import count_with_tokenizer, open_connection
from captioner.events import Event, Observer, RunPlanned, Warned
from captioner.flow.captioning import captioned
from captioner.flow.clock import Clock, SystemClock
from captioner.flow.drain import Drain
from captioner.flow.engine import Engine, Known, nothing_known
from captioner.flow.ledger import Ledger, MemoryLedger
from captioner.flow.line import SOLE, Share
from captioner.flow.purse import Purse, Vault
from captioner.flow.reading import Samples, pumped, records_of
from captioner.flow.singles import Singles
from captioner.flow.window import Window
from captioner.flow.writing import written_by
from captioner.forecast import planned
from captioner.formats.base import Sink, Source
from captioner.road import Road, open_road
from captioner.samples.outcome import CaptionOutcome, Outcome
from captioner.samples.plan import Placeholder
from captioner.samples.prompts import prompt_warnings, system_prompt_for
from captioner.samples.rules import Rules
from captioner.samples.sample import Position, Record, Sample
from captioner.settings import EMBEDDED, Settings, settings_from
from captioner.wiring import Kind, rules_of, window_of

T = TypeVar("T")


class Captioner:
    """Writes captions; an async context manager. Takes a Settings, or any of its fields as keywords
    (`Captioner(mode="caption", model="…")`), or both, the keywords winning. Relative image paths
    start at `image_base`, by default the working directory. `observer` is told of every event.

    `ledger` keeps what is paid for (default: in memory, for as long as this lives). With
    `reuse_captions` off a placeholder finds its own reply again only in the same `scope`. `vault`
    keeps what is spent under caps, and `spent` is what it kept for an earlier life. Several may
    take one `road`, whose gate serves their `share`s equally, and one `purse` (then without vault);
    both stay their opener's to close.

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
        scope: str | None = None,
        vault: Vault | None = None,
        spent: Mapping[str, int] | None = None,
        clock: Clock | None = None,
        road: Road | None = None,
        purse: Purse | None = None,
        share: Share = SOLE,
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
        self._emit: Observer = observer or _unheard
        self._clock = clock or SystemClock()
        self._ledger = MemoryLedger() if ledger is None else ledger
        self._scope = scope or secrets.token_hex(8)
        self._vault, self._spent = vault, spent
        self._road, self._share, self._purse = road, share, purse
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

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        for warning in prompt_warnings(self._rules):
            self._warn(warning)
        road = self._road or await open_road(
            self._stack, self.settings, clock=self._clock, observe=self._emit, warn=self._warn
        )
        self._connection = await open_connection(
            self._stack,
            self.settings,
            road,
            share=self._share,
            ledger=self._ledger,
            scope=self._scope,
            vault=self._vault,
            spent=self._spent,
            purse=self._purse,
            clock=self._clock,
            observe=self._emit,
        )
        self.singles = Singles(
            rules=self._rules,
            image_base=self._image_base(None),
            asker=self._connection.asker,
            observe=self._emit,
            drain_timeout_s=self.settings.drain_timeout_s,
        )
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        count = count_with_tokenizer(self._connection, self.settings, self._clock, self._warn)
        self._tasks.add(self._group.create_task(count))
        self._stack.callback(self._cancel_tasks)

    def plan(self, total_samples: int | None = None, requests: int | None = None) -> RunPlanned:
        """What is about to happen, for a person to read before the first request.

        `requests` is how many are expected; replies are taken to be as long as they may be.
        """
        return planned(self._connection, self._rules, self.is_rehearsal, total_samples, requests)

    @property
    def purse(self) -> Purse:
        """What was spent, and what may be."""
        return self._connection.purse

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

        Raises RunStopped where no request can succeed.
        """
        user_prompt = self._rules.user_prompt if prompt is None else prompt
        placeholder = Placeholder(0, 0, image, system_prompt_for(self._rules), user_prompt)
        return await captioned(
            placeholder,
            self._connection.asker,
            self._rules,
            image_base=self._image_base(None),
            drain=Drain(),
            observe=self._emit,
        )

    async def sample(
        self, sample: Sample, *, name: str = "", user_prompt: str | None = None
    ) -> Outcome:
        """Caption one sample for whoever waits for it; any number side by side, in no order.

        With `reuse_captions` off its replies are found again by `name`, or else by its id. A
        `user_prompt` takes the place of the one that is set, and of the sample's own. Raises
        RunStopped where no request can succeed, and Abandoned once `drain` was called.
        """
        return await self.singles.caption(sample, name, user_prompt)

    async def run(
        self,
        source: Source | Samples,
        sink: Sink,
        *,
        position: Position = None,
        after_batch: Callable[[], Awaitable[None]] | None = None,
        known: Known = nothing_known,
        gives_up: bool = True,
    ) -> RunEnd:
        """Caption everything of a source into a sink, whose rows are in order at every moment.

        A Source is read by a thread of its own, from `position` on. The sink must be open
        (`resume` was called); it is finished when all is done, and stays the caller's to close.
        `after_batch` is awaited each time rows were written. A placeholder whose outcome is `known`
        is not asked for. With `gives_up` a run that fails from its beginning is stopped. Raises
        RunStopped where the run cannot go on or the output cannot be written; what was written
        stays valid.
        """
        if isinstance(source, Iterable | AsyncIterable):
            base, records = None, records_of(source)
        else:
            base, records = source.image_base, pumped(partial(source.open, position))
        async with self._engine(records, base, known, gives_up) as engine:
            return await collect(
                engine,
                sink,
                in_thread=self.in_thread,
                observe=self._emit,
                after_batch=after_batch,
            )

    def drain(self) -> None:
        """Stop reading, start no requests, finish what is in flight; streams end, in order."""
        for engine in self._engines:
            engine.drain()
        if hasattr(self, "singles"):
            self.singles.drain()

    @contextlib.asynccontextmanager
    async def _engine(
        self,
        records: AsyncIterator[Record],
        image_base: str | None = None,
        known: Known = nothing_known,
        gives_up: bool = True,
    ) -> AsyncIterator[Engine]:
        engine = Engine(
            rules=self._rules,
            image_base=self._image_base(image_base),
            asker=self._connection.asker,
            window=Window(window_of(self.settings)),
            binding=self._connection.road.binding,
            observe=self._emit,
            drain_timeout_s=self.settings.drain_timeout_s,
            known=known,
            gives_up=gives_up,
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

    def _cancel_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _image_base(self, of_source: str | None) -> str:
        return str(self.settings.image_base or of_source or os.getcwd())  # noqa: PTH109

    async def in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Call blocking code of files off the event loop; see `written_by`."""
        return await written_by(self._connection.executor, work, *arguments)

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._emit(Warned(text))


def _unheard(_: Event) -> None:
    """Where nobody listens."""
