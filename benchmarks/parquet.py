"""Parquet with bytes in it, through source, journal and sink: memory, kills, and what comes out.

    python benchmarks/parquet.py --rows 100000 --image-bytes 10000 --kills 10

Makes a file of ROWS rows, each with an image of random bytes, and takes it through once without and
once with kill -9 at random moments, a checkpoint every 1,000 rows, in processes of their own.
Captions are made up: no endpoint is asked. Says peak memory and time, also for a tenth of the rows,
and whether both outputs are equal to the byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from captioner.formats.choose import SourceChoice, open_sink, open_source
from captioner.formats.failures import FailuresFile
from captioner.formats.journal import Journal
from captioner.samples.assemble import assemble
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.plan import plan
from captioner.samples.rules import Rules
from captioner.samples.sample import Position, Sample

CHECKPOINT_ROWS = 1000
BATCH_ROWS = 50
GROUP_ROWS = 1000
RULES = Rules(rows="captions", placeholders="add")


def make(path: Path, rows: int, image_bytes: int) -> None:
    """Rows with an id, an image as `datasets` keeps it, and a text."""
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("id", pa.int64()), ("image", image), ("note", pa.string())])
    chance = random.Random(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, rows, GROUP_ROWS):
            numbers = range(first, min(rows, first + GROUP_ROWS))
            images = [{"bytes": chance.randbytes(image_bytes), "path": f"{n}.jpg"} for n in numbers]
            columns = [list(numbers), images, [f"note {n}" for n in numbers]]
            arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def outcomes(choice: SourceChoice, position: Position) -> Iterator[Outcome]:
    """Every image is hashed, so that its bytes are read; one in fifty fails."""
    for record in choice.source.open(position):
        assert isinstance(record, Sample)
        planned = plan(record, RULES)
        captions = []
        for one in planned.placeholders:
            digest = hashlib.blake2b(one.image["bytes"], digest_size=8).hexdigest()  # type: ignore[index]
            failed = record.id % 50 == 49
            caption = None if failed else f"seen {digest}"
            verdict = Verdict.REFUSED if failed else Verdict.OK
            captions.append(
                CaptionOutcome(record.id, one.index, None, caption, verdict, "refused" * failed)
            )
        yield assemble(planned, captions, RULES)


def work(given: Path, output: Path, state: Path) -> None:
    """One life of the job: go on from the checkpoint in `state`, as far as it gets."""
    choice = open_source(given)
    chosen = open_sink(output, input=given, source=choice, rules=RULES)
    journal = Journal(chosen.sink, FailuresFile(chosen.state.failures, choice.source.image_base))
    journal.resume(json.loads(state.read_text()) if state.exists() else None)
    batch: list[Outcome] = []
    for count, outcome in enumerate(outcomes(choice, journal.position), 1):
        batch.append(outcome)
        if len(batch) == BATCH_ROWS:
            journal.write(batch)
            batch = []
        if count % CHECKPOINT_ROWS == 0:
            written = state.with_suffix(".new")
            written.write_text(json.dumps(journal.checkpoint()))
            written.replace(state)
    if batch:
        journal.write(batch)
    journal.finish()
    journal.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"peak_mib": peak}))


def life(given: Path, output: Path, state: Path, kill_after_s: float | None = None) -> int | None:
    """The peak memory of one life in MiB, None where it was killed."""
    command = [sys.executable, __file__, "--work", str(given), str(output), str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            told, _ = process.communicate(timeout=kill_after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
    if process.returncode:
        raise SystemExit(process.returncode)
    peak: int = json.loads(told)["peak_mib"]
    return peak


def digest(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:16]


def main() -> None:
    """Do all of it in a temporary folder, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--image-bytes", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--work", nargs=3, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(*arguments.work)
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        seconds = 0.0
        for rows in (arguments.rows // 10, arguments.rows):
            given, output = folder / f"{rows}.parquet", folder / f"out-{rows}.parquet"
            make(given, rows, arguments.image_bytes)
            started = time.monotonic()
            peak = life(given, output, folder / f"{rows}.json")
            seconds = time.monotonic() - started
            size = given.stat().st_size // 2**20
            print(f"{rows:,} rows, {size:,} MiB: {seconds:.1f} s, peak {peak} MiB")
        killed, lives = folder / "killed.parquet", 0
        chance = random.Random(0)
        for lives in range(arguments.kills + 1):
            last = lives == arguments.kills
            after_s = None if last else chance.uniform(0.8, 0.8 + 1.5 * seconds / arguments.kills)
            if life(given, killed, folder / "killed.json", after_s) is not None:
                break
        pairs = [(output, killed)] + [
            (folder / f"{path.stem}.failures.jsonl", folder / "killed.failures.jsonl")
            for path in (output,)
        ]
        equal = all(digest(one) == digest(other) for one, other in pairs)
        left = sorted(path.name for path in folder.iterdir() if "partial" in path.name)
        print(f"killed {lives} times: output and failures {'equal' if equal else 'DIFFER'}")
        print(f"left behind: {left or 'nothing'}")
        if not equal or left:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
