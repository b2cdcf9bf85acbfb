"""The CPU that the ledger costs a caption: looking it up, and appending it.

    python -m benchmarks.ledger

20,000 captions of 500 characters, 64 at a time, each looked up and then appended: into a new ledger
and into one of 1,000,000. CPU is user and system time of the whole process, its threads included.
Promised: at most 0.15 ms a caption with durability `full`. Also printed: the same with `normal`,
one look-up of what is there, and the disk that a caption takes beyond its text (promised: at most
1 KB).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from benchmarks.rehearsal import verdict, workplace
from captioner.flow.ledger import Paid
from captioner.ledger import SqliteLedger, open_ledger
from captioner.samples.outcome import Usage
from captioner.vision.reply import Reply

_CAPTIONS = 20_000
_BEFORE = 1_000_000
_AT_A_TIME = 64
_TEXT = "A street at dusk, with a tram and two cyclists. " * 10 + "It rains here now..."
_PROMISED_MS = 0.15
_PROMISED_BYTES = 1024


def key_of(number: int) -> bytes:
    """Keys are digests: they come in no order."""
    return hashlib.blake2b(number.to_bytes(8), digest_size=16).digest()


def paid(number: int) -> Paid:
    """A reply as an endpoint gives it."""
    usage = Usage(400, 120)
    reply = Reply(f"{number:07} {_TEXT}", None, "stop", usage, "gpt-4o-2024-08-06", "default")
    return Paid(reply, 1, 0.8)


async def append_all(ledger: SqliteLedger, numbers: Sequence[int], at_a_time: int) -> None:
    """Look each up and append it."""
    bound = ledger.bind("https://api.example/v1")
    rest = iter([(key_of(number), paid(number)) for number in numbers])

    async def some(entries: Iterable[tuple[bytes, Paid]]) -> None:
        for key, kept in entries:
            if bound.find(key):
                raise SystemExit("a caption was there before it was appended")
            await bound.append(key, kept)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_a_time):
            group.create_task(some(rest))


def append_ms(ledger: SqliteLedger, first: int) -> float:
    """CPU milliseconds of a caption."""
    started_s = time.process_time()
    asyncio.run(append_all(ledger, range(first, first + _CAPTIONS), _AT_A_TIME))
    return 1000 * (time.process_time() - started_s) / _CAPTIONS


def find_ms(ledger: SqliteLedger, among: int) -> float:
    """CPU milliseconds of a look-up of what is there."""
    keys = [key_of(number) for number in range(0, among, among // _CAPTIONS)]
    started_s = time.process_time()
    if not all(map(ledger.find, keys)):
        raise SystemExit("a caption is not there")
    return 1000 * (time.process_time() - started_s) / len(keys)


def measure(path: Path, durability: Literal["full", "normal"], first: int) -> None:
    """Print the figures for `first` captions in the ledger."""
    with open_ledger(path, durability=durability) as ledger:
        found_ms = find_ms(ledger, first) if first else 0.0
        appended_ms = append_ms(ledger, first)
    held = f"  {verdict(appended_ms <= _PROMISED_MS)}" if durability == "full" else ""
    found = f"  (one that is there: {found_ms:.3f} ms)" if first else ""
    print(
        f"{durability:6}  {first:7} before  find + append {appended_ms:.3f} ms{held}{found}",
        flush=True,
    )


def main() -> None:
    """Print the CPU of a caption, and its disk."""
    with workplace() as folder:
        measure(folder / "full.sqlite", "full", 0)
        measure(folder / "normal.sqlite", "normal", 0)
        path = folder / "large.sqlite"
        with open_ledger(path, durability="normal") as ledger:
            for first in range(0, _BEFORE, 50_000):
                asyncio.run(append_all(ledger, range(first, first + 50_000), 2000))
        beyond_bytes = path.stat().st_size / _BEFORE - len(paid(0).reply.content or "")
        measure(path, "full", _BEFORE)
        measure(path, "normal", _BEFORE + _CAPTIONS)
    print(f"beyond its text a caption takes {beyond_bytes:.0f} bytes  ", end="")
    print(verdict(beyond_bytes <= _PROMISED_BYTES))


if __name__ == "__main__":
    main()
