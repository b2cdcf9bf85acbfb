"""Blocking work on files, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from captioner.errors import RunStopped

T = TypeVar("T")

GATHER_S = 0.02
"""Rows wait so long for others: to hand each to a thread costs more than to write it."""


async def written_by(executor: Executor, work: Callable[..., T], *arguments: object) -> T:
    """Call blocking code of files in a thread, to its end even where this is cancelled.

    Raises RunStopped (`output_unwritable`) for an OSError: what is written has its owner, and
    nothing can be paid for safely while it cannot be kept.
    """
    running = asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
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
