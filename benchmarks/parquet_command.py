"""Parquet with bytes in it, by the command: memory, kill -9, and shards put together again.

    python -m benchmarks.parquet_command [--rows 100000 --kills 8 --shards 8]

Makes a table of ROWS rows, each with a JPEG of about 10 KB (one in 500 is broken), and runs
`captioner run` over it against the rehearsal endpoint: over a tenth of the rows, over all, over all
again with kill -9 at random moments, and shard by shard with `captioner merge` behind. Promised:
memory is flat, output and failures are the same bytes with kills, and the same rows from shards.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.rehearsal import MODEL, ROOT, Endpoint, endpoint, flags, jpeg, verdict, workplace

_IMAGE_BYTES = 10_000
_GROUP_ROWS = 1000
_IN_FLIGHT = 64
_BROKEN_EVERY = 500
_GROWTH = 1.25
"""How much more memory ten times the rows may take, and still be called flat."""


@dataclass(slots=True)
class Life:
    """One process: how it ended, the most memory it had, and how long it lived."""

    status: int
    peak_bytes: int
    seconds: float


def make_table(path: Path, rows: int) -> None:
    """Rows with an id, an image as `datasets` keeps it, and a text; no two images are alike."""
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("id", pa.int64()), ("image", image), ("note", pa.string())])
    plain = jpeg(0)
    chance = random.Random(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, rows, _GROUP_ROWS):
            numbers = range(first, min(rows, first + _GROUP_ROWS))
            images = [{"bytes": _image(plain, n, chance), "path": f"{n}.jpg"} for n in numbers]
            columns = [list(numbers), images, [f"note {n}" for n in numbers]]
            arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _image(plain: bytes, number: int, chance: random.Random) -> bytes:
    if number % _BROKEN_EVERY == _BROKEN_EVERY - 1:
        return b"no image" + str(number).encode()
    # A comment that does not compress, so that the table is as large as one of photos.
    words = chance.randbytes(_IMAGE_BYTES - len(plain))
    return plain[:2] + b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words + plain[2:]


def start(served: Endpoint, given: Path, output: Path, *more: str) -> subprocess.Popen[bytes]:
    """`captioner run` as a process."""
    settings = {
        "base_url": served.base_url,
        "model": MODEL,
        "concurrency": _IN_FLIGHT,
        "mode": "caption",
    }
    words = ["run", "--quiet", str(given), str(output), *flags(settings), *more]
    return command(*words)


def command(*words: str) -> subprocess.Popen[bytes]:
    """`captioner` with these words as a process."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    program = [sys.executable, "-m", "captioner", *words]
    return subprocess.Popen(program, cwd=ROOT, env=kept, stderr=subprocess.DEVNULL)


def end_of(process: subprocess.Popen[bytes]) -> Life:
    """Wait for the end; raises SystemExit where it is none that was to come."""
    begun_s = time.monotonic()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, -signal.SIGKILL):
        raise SystemExit(f"captioner ended with status {process.returncode}")
    return Life(process.returncode, used.ru_maxrss * 1024, time.monotonic() - begun_s)


def killed(served: Endpoint, given: Path, output: Path, kills: int, span_s: float) -> list[Life]:
    """The lives of a run that is killed so often at random moments, about all through it."""
    dice = random.Random(kills)
    lives: list[Life] = []
    while True:
        process = start(served, given, output)
        if len(lives) < kills:
            try:
                process.wait(1.5 + dice.uniform(0.2, 1.4) * span_s / (kills + 1))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        if process.returncode is not None:
            raise SystemExit("it was done before it was killed so often: give it more --rows")
        lives.append(end_of(process))
        if lives[-1].status != -signal.SIGKILL:
            return lives


def digest(output: Path) -> str:
    """Of the bytes of output and failures."""
    whole = hashlib.blake2b(digest_size=16)
    for path in (output, output.with_name(f"{output.stem}.failures.jsonl")):
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "blake2b").digest())
    return whole.hexdigest()


def content(output: Path) -> str:
    """Of schema, all rows, however they are grouped, and the failures."""
    whole = hashlib.blake2b(digest_size=16)
    with pq.ParquetFile(output) as file:
        whole.update(str(file.schema_arrow).encode())
        for batch in file.iter_batches(256):
            for row in batch.to_pylist():
                whole.update(repr(row).encode())
    whole.update(output.with_name(f"{output.stem}.failures.jsonl").read_bytes())
    return whole.hexdigest()


def main() -> None:
    """Do all of it in a temporary folder, and tell."""
    parser = argparse.ArgumentParser(description="Parquet with bytes in it, by the command.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--shards", type=int, default=8)
    chosen = parser.parse_args()
    with workplace() as folder, endpoint() as served:
        held = [*_memory(served, folder, chosen.rows)]
        given, whole = folder / f"{chosen.rows}.parquet", folder / f"out-{chosen.rows}.parquet"
        span_s = held.pop()
        twice = served.stats["paid_twice"]
        output = folder / "killed.parquet"
        lives = killed(served, given, output, chosen.kills, span_s)
        # All requests of this run were made before, by the one that nobody killed.
        again = served.stats["paid_twice"] - twice - _good(chosen.rows)
        equal = digest(output) == digest(whole)
        held += [equal, again <= _IN_FLIGHT * chosen.kills]
        print(
            f"{len(lives) - 1} × kill -9: {again} paid twice, at most "
            f"{max(life.peak_bytes for life in lives) >> 20} MiB, output and failures "
            f"{'equal' if equal else 'DIFFER'}",
            flush=True,
        )
        output.unlink()
        held.append(_shards(served, folder, given, whole, chosen.shards))
        left = sorted(path.name for path in folder.iterdir() if "partial" in path.name)
        print(f"left behind: {left or 'nothing'}  {verdict(all(held) and not left)}")


def _memory(served: Endpoint, folder: Path, most_rows: int) -> list[Any]:
    """Whether memory is flat, and the seconds of the run over all."""
    lives = []
    for rows in (most_rows // 10, most_rows):
        given = folder / f"{rows}.parquet"
        make_table(given, rows)
        lives.append(end_of(start(served, given, folder / f"out-{rows}.parquet")))
        print(
            f"{rows:,} rows, {given.stat().st_size >> 20:,} MiB: {lives[-1].seconds:.0f} s, "
            f"at most {lives[-1].peak_bytes >> 20} MiB",
            flush=True,
        )
    return [lives[1].peak_bytes <= _GROWTH * lives[0].peak_bytes, lives[1].seconds]


def _shards(served: Endpoint, folder: Path, given: Path, whole: Path, count: int) -> bool:
    parts = [folder / f"part-{number}.parquet" for number in range(count)]
    lives = [
        end_of(start(served, given, part, "--shard", f"{number}/{count}"))
        for number, part in enumerate(parts)
    ]
    merged = folder / "merged.parquet"
    merging = end_of(command("merge", str(merged), *map(str, parts)))
    equal = content(merged) == content(whole)
    print(
        f"{count} shards, at most {max(life.peak_bytes for life in lives) >> 20} MiB, merged in "
        f"{merging.seconds:.0f} s and {merging.peak_bytes >> 20} MiB: rows and failures "
        f"{'equal' if equal else 'DIFFER'}",
        flush=True,
    )
    return equal


def _good(rows: int) -> int:
    return rows - rows // _BROKEN_EVERY


if __name__ == "__main__":
    main()
