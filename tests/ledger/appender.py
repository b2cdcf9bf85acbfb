"""A process that appends to a ledger and tells what was acknowledged; for others to end.

    python appender.py LEDGER DURABILITY FIRST COUNT MAX_FILE_BYTES

Tells "kept N" for each entry when `append` returned, "stopped VERDICT N" where it raised, and at
the end "done". MAX_FILE_BYTES is 0 for no limit on the size of files. Keys go into the index by the
hundred, so that whatever ends it meets that, too.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path

from captioner.errors import RunStopped
from captioner.flow.ledger import Paid
from captioner.ledger import SqliteLedger, open_ledger, store
from captioner.vision.reply import Reply

_IN_FLIGHT = 16


def _tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


async def _append(ledger: SqliteLedger, first: int, count: int) -> None:
    numbers = iter(range(first, first + count))
    running = True

    async def some() -> None:
        nonlocal running
        for number in numbers:
            if not running:
                return
            _tell(f"asking {number}")
            reply = Reply(f"caption {number} " + "x" * 500, None, "stop", None, "model")
            try:
                await ledger.append(number.to_bytes(16), Paid(reply, 1, 0.1))
            except RunStopped as stopped:
                running = False
                _tell(f"stopped {stopped.verdict} {number}")
            else:
                _tell(f"kept {number}")

    await asyncio.gather(*(some() for _ in range(min(count, _IN_FLIGHT))))


def main() -> None:
    """Append so many entries, 16 at a time."""
    path, durability, *numbers = sys.argv[1:]
    first, count, max_file_bytes = map(int, numbers)
    if max_file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))
    store._INDEX_AFTER = 100
    normal = durability == "normal"
    try:
        ledger = open_ledger(Path(path), durability="normal" if normal else "full")
    except RunStopped as stopped:
        _tell(f"stopped {stopped.verdict} {stopped.detail}")
        return
    with ledger:
        asyncio.run(_append(ledger, first, count))
    _tell("done")


if __name__ == "__main__":
    main()
