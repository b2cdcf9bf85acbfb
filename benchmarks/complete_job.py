"""What it costs to find out that a large job is complete.

    python -m benchmarks.complete_job     (about three minutes, most of them to make the job)

1,000,000 samples with a text each, a ledger with 1,000,000 replies, and the record of the run that
has done them. Promised: the same command says so in under 20 s and with under 200 MB.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.rehearsal import ROOT, verdict, workplace
from captioner.flow.ledger import Paid
from captioner.ledger import open_ledger
from captioner.samples.outcome import Usage
from captioner.vision.reply import Reply

_SAMPLES = 1_000_000
_AT_ONCE = 2000


async def fill(path: Path) -> None:
    """As many replies as a job of a million images leaves."""
    with open_ledger(path, durability="normal", rehearsal=True) as ledger:
        for begin in range(0, _SAMPLES, _AT_ONCE):
            paid = [
                Paid(Reply(f"Picture {number}.", None, "stop", Usage(300, 20), "m"), 1, 0.5)
                for number in range(begin, begin + _AT_ONCE)
            ]
            keys = [
                hashlib.blake2b(str(begin + at).encode(), digest_size=16).digest()
                for at in range(_AT_ONCE)
            ]
            await asyncio.gather(*map(ledger.append, keys, paid))


def run(samples: Path, output: Path) -> tuple[float, float, int]:
    """Seconds, peak resident megabytes and exit status of the command."""
    begun_s = time.monotonic()
    command = [sys.executable, "-m", "captioner", "run", str(samples), str(output), "--rehearse"]
    process = subprocess.Popen([*command, "--quiet"], cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begun_s, used.ru_maxrss / 1024, process.returncode


def main() -> None:
    """Make the job, then give its command again."""
    with workplace() as folder:
        samples, output = folder / "samples.jsonl", folder / "captions.jsonl"
        with samples.open("w") as file:
            for number in range(_SAMPLES):
                file.write(f'{{"text": "The text of sample {number}.", "images": []}}\n')
        seconds, megabytes, status = run(samples, output)
        print(f"the job itself: {seconds:.1f} s, {megabytes:.0f} MB, exit status {status}")
        ledger = folder / "captions.ledger.rehearsal.sqlite"
        asyncio.run(fill(ledger))
        print(f"ledger: {ledger.stat().st_size / 2**20:.0f} MB")
        seconds, megabytes, status = run(samples, output)
    held = seconds < 20 and megabytes < 200 and status == 0
    print(f"again: {seconds:.1f} s, {megabytes:.0f} MB, exit status {status}  {verdict(held)}")


if __name__ == "__main__":
    main()
