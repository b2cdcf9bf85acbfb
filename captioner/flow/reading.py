"""Samples from wherever they come: any iterable, or a source read by a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from captioner.errors import RunStopped
from captioner.samples.sample import BadRecord, Record, Sample

Samples: TypeAlias = (
    Iterable[Mapping[str, Any] | Record] | AsyncIterable[Mapping[str, Any] | Record]
)

_AHEAD = 256
_JOIN_S = 0.5


async def records_of(samples: Samples) -> AsyncIterator[Record]:
    """Give each item its id; an item that is no mapping becomes a record that says so."""
    identity = 0
    if isinstance(samples, AsyncIterable):
        async for item in samples:
            yield _record(identity, item)
            identity += 1
    else:
        for item in samples:
            yield _record(identity, item)
            identity += 1


def _record(identity: int, item: object) -> Record:
    if isinstance(item, Sample | BadRecord):
        return item
    if isinstance(item, Mapping):
        return Sample(identity, item)
    kind = type(item).__name__
    return BadRecord(
        identity, f"sample {identity}", "malformed", f"a sample is a mapping, not {kind}", ""
    )


class _End:
    """The last item of a pump, with the error that ended it, if one did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


async def pumped(
    open_records: Callable[[], Iterator[Record]], *, ahead: int = _AHEAD
) -> AsyncIterator[Record]:
    """Read a blocking iterator in a thread, at most `ahead` records ahead of who takes them.

    Raises what the iterator raises, an OSError as RunStopped (`input_unreadable`).
    Each record is there as soon as it is read. The thread is a daemon: one that hangs in a read,
    as of an idle pipe, does not keep the process alive.
    """
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    buffer: deque[Record | _End] = deque()
    room = threading.Event()
    stopped = threading.Event()

    def put(item: Record | _End) -> None:
        buffer.append(item)
        if not arrived.is_set() and not loop.is_closed():
            loop.call_soon_threadsafe(arrived.set)

    def read() -> None:
        error: BaseException | None = None
        try:
            for record in open_records():
                if len(buffer) >= ahead:
                    room.clear()
                    # Looked at again: what made room since then has not seen that it is wanted.
                    if len(buffer) >= ahead and not stopped.is_set():
                        room.wait()
                if stopped.is_set():
                    break
                put(record)
        except BaseException as raised:
            error = raised
        put(_End(error))

    thread = threading.Thread(target=read, name="captioner-reader", daemon=True)
    thread.start()
    try:
        while True:
            arrived.clear()
            while buffer:
                item = buffer.popleft()
                if isinstance(item, _End):
                    if isinstance(item.error, OSError):
                        raise RunStopped(
                            "input_unreadable", f"the input cannot be read on: {item.error}"
                        ) from item.error
                    if item.error is not None:
                        raise item.error
                    return
                # Not for each: waking the thread costs more than reading a record.
                if len(buffer) <= ahead // 2 and not room.is_set():
                    room.set()
                yield item
            if not buffer:
                await arrived.wait()
    finally:
        stopped.set()
        room.set()
        thread.join(_JOIN_S)
