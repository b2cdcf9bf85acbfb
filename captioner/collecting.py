"""The one collector: hands finished outcomes to a sink, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from captioner.events import Observer, SampleWritten
from captioner.flow.engine import Engine
from captioner.flow.writing import GATHER_S
from captioner.formats.base import Sink
from captioner.samples.outcome import Outcome


class InThread(Protocol):
    """Calls blocking code of files off the event loop."""

    def __call__(self, work: Callable[..., Any], *arguments: object) -> Awaitable[Any]:
        """What it returns."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How `Captioner.run` ended: all samples done (`complete`), or drained before."""

    complete: bool
    samples: int
    rows: int


async def collect(
    engine: Engine,
    sink: Sink,
    *,
    in_thread: InThread,
    observe: Observer,
    after_batch: Callable[[], Awaitable[None]] | None,
) -> RunEnd:
    """Write all that the engine finishes; the sink is finished when nothing is left.

    Raises what `Engine.batches` and the sink raise, after what is in flight came to its end.
    """
    samples = rows = 0
    try:
        async for batch in engine.batches(GATHER_S):
            try:
                await in_thread(sink.write, batch)
            except asyncio.CancelledError:
                _tell(batch, observe)
                raise
            _tell(batch, observe)
            samples += len(batch)
            rows += sum(len(outcome.rows) for outcome in batch)
            if after_batch is not None:
                await after_batch()
    except Exception:
        await _finish_what_is_paid_for(engine)
        raise
    if not engine.drained:
        await in_thread(sink.finish)
    return RunEnd(not engine.drained, samples, rows)


async def _finish_what_is_paid_for(engine: Engine) -> None:
    """There is nobody to write it, but the ledger has it then."""
    engine.drain()
    with suppress(Exception):  # it is the first error that is told
        async for _ in engine.batches():
            pass


def _tell(batch: list[Outcome], observe: Observer) -> None:
    for outcome in batch:
        observe(SampleWritten(outcome.record.id, len(outcome.rows), outcome.unused_images))
