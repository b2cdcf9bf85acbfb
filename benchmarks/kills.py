"""What kill -9 costs.

    python -m benchmarks.kills            (about ten minutes; --kills 20 for a shorter look)

Jobs of 1,000 samples with 64 requests in flight at an endpoint with latencies p50 1 s and p99 5 s
and 5 % faults (500, 502, 503), a few files missing or damaged. Each job is killed with SIGKILL
0.3 to 3 s after the first request of each of its lives, and the same command is given again until
it is complete; then the next job begins, until there were 100 kills. Promised: output and failures
byte for byte those of a run that nobody killed, and captions paid twice, as the endpoint counts
them, at most what was in flight at the kills: 64 each, with what was answered and on its way to the
disk. What the endpoint itself was still working on a moment before is printed, too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.rehearsal import (
    MODEL,
    ROOT,
    Endpoint,
    endpoint,
    flags,
    make_images,
    verdict,
    workplace,
)

_SAMPLES = 1000
_IN_FLIGHT = 64
_ENDPOINT = {
    "latency_s": 1.0,
    "latency_p99_s": 5.0,
    "fault_share": 0.05,
    "fault_kinds": ("500", "502", "503"),
}
_TOKEN = "<__dj__image>"
_FILES = ("captions.jsonl", "captions.failures.jsonl")


@dataclass(slots=True)
class Killed:
    """A job that was killed again and again, until it was complete."""

    kills: int
    in_flight: int
    paid_twice: int
    equal: bool


def write_samples(folder: Path) -> Path:
    """The job: a text and an image each, every hundredth image missing or damaged."""
    images = make_images(folder / "images", _SAMPLES)
    for path in images[50::200]:
        path.unlink()
    for path in images[150::200]:
        path.write_bytes(b"no image")
    samples = folder / "samples.jsonl"
    lines = [json.dumps({"text": f"{_TOKEN} {p.name}", "images": [str(p)]}) for p in images]
    samples.write_text("\n".join(lines) + "\n")
    return samples


class Served(Protocol):
    """An endpoint."""

    base_url: str


def start(
    served: Served, samples: Path, output: Path, concurrency: int, endpoint_id: str
) -> subprocess.Popen[bytes]:
    """The command, always the same one; replies are kept under `endpoint_id`."""
    settings = {
        "base_url": served.base_url,
        "endpoint_id": endpoint_id,
        "model": MODEL,
        "concurrency": concurrency,
        "mode": "caption",
    }
    words = ["run", "--quiet", str(samples), str(output), *flags(settings)]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-m", "captioner", *words]
    return subprocess.Popen(command, cwd=ROOT, env=kept, stderr=subprocess.DEVNULL)


def run_and_kill(
    served: Endpoint, samples: Path, folder: Path, dice: random.Random, most: int
) -> Killed:
    """One job with at most so many kills."""
    kills = in_flight = 0
    output = folder / _FILES[0]
    while True:
        before = served.stats["requests"]
        process = start(served, samples, output, _IN_FLIGHT, "rehearsal")
        while process.poll() is None and served.stats["requests"] == before:
            time.sleep(0.01)
        if kills < most:
            try:
                process.wait(dice.uniform(0.3, 3.0))
            except subprocess.TimeoutExpired:
                in_flight += served.stats["in_flight"]
                process.send_signal(signal.SIGKILL)
                kills += 1
        process.wait()
        if process.returncode in (0, 1):
            break
        if process.returncode != -signal.SIGKILL:
            raise SystemExit(f"captioner ended with status {process.returncode}")
    return Killed(kills, in_flight, served.stats["paid_twice"], equal=False)


def read_all(folder: Path) -> list[bytes]:
    """Output and failures."""
    return [(folder / name).read_bytes() for name in _FILES]


def main() -> None:
    """Kill until there were enough, and print what it cost."""
    parser = argparse.ArgumentParser(description="What kill -9 costs.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    dice = random.Random(chosen.seed)
    total = Killed(0, 0, 0, equal=True)
    jobs = 0
    with workplace() as folder:
        samples = write_samples(folder)
        whole = folder / "whole"
        whole.mkdir()
        with endpoint(**_ENDPOINT) as served:
            run_and_kill(served, samples, whole, dice, 0)
            twice = served.stats["paid_twice"]
        expected = read_all(whole)
        while total.kills < chosen.kills:
            jobs += 1
            job = folder / "job"
            job.mkdir()
            with endpoint(**_ENDPOINT) as served:
                done = run_and_kill(served, samples, job, dice, chosen.kills - total.kills)
            equal = read_all(job) == expected
            total.kills += done.kills
            total.in_flight += done.in_flight
            total.paid_twice += done.paid_twice - twice
            total.equal &= equal
            print(
                f"job {jobs}: {done.kills} kills, {done.in_flight} being worked on, "
                f"{done.paid_twice - twice} paid twice, output {'equal' if equal else 'DIFFERS'}",
                flush=True,
            )
            shutil.rmtree(job)
    allowed = _IN_FLIGHT * total.kills
    held = total.equal and total.paid_twice <= allowed
    print(
        f"{total.kills} kills in {jobs} jobs: {total.paid_twice} paid twice, at most "
        f"{allowed} allowed ({total.in_flight} were being worked on); output and failures "
        f"{'equal' if total.equal else 'DIFFER'}  {verdict(held)}"
    )


if __name__ == "__main__":
    main()
