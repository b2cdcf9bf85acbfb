"""The CPU that a caption costs the client, against a bare aiohttp loop that posts the same bodies.

    python -m benchmarks.cpu

32 in flight, no latency, JPEGs of 60 KB, captions of some forty words. CPU is user and system time
of the whole process, which is `captioner run` with its output and ledger; a caption's is the slope
between the 200th image and the 2,000th. It is read while the process runs: what it takes to start
differs from one start to the next by more than a thousand captions cost. The system has the images
in memory: they are read before each run, for some machines forget them within seconds. Promised: at
most 1.6 times the bare loop's, in the median of five interleaved pairs.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.bare_loop import IN_FLIGHT
from benchmarks.rehearsal import (
    ROOT,
    Client,
    Endpoint,
    endpoint,
    make_images,
    verdict,
    workplace,
)

_FEW, _MANY, _IMAGES = 200, 2000, 2100
_PAIRS = 5
_IMAGE_BYTES = 60_000
_REPLY = (
    "Q: What is the dog doing on the porch?\n"
    "A: A brown dog lies on a wooden porch beside two clay pots, its head on its paws, while late "
    "sunlight falls across the boards and a bicycle leans on the wall behind it."
)
"""As models write: what the endpoint says by itself of images that it does not decode is nearly a
refusal, and takes three times as long to judge."""
_LOOK_EVERY_S = 0.005
_WHOLE_PROCESS = 2
"""CPUCLOCK_SCHED: the clock of all threads of a process, in nanoseconds."""


def bare_ms(served: Endpoint, images: Path) -> float:
    """CPU milliseconds of one more image in the bare loop."""
    url = f"{served.base_url}/chat/completions"
    words = [url, str(images), str(_IMAGES)]
    before: int = served.stats["admitted"]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare_loop", *words], cwd=ROOT)
    slope_ms = slope_of(served, before, process.pid)
    if process.wait():
        raise SystemExit("the bare loop failed")
    return slope_ms


def captioner_ms(served: Endpoint, images: Path) -> float:
    """CPU milliseconds of one more caption in `captioner run`."""
    with workplace() as folder:
        before: int = served.stats["admitted"]
        client = Client(served.base_url, images, folder / "out.jsonl", concurrency=IN_FLIGHT)
        slope_ms = slope_of(served, before, client.pid)
        captions = client.result().captions
    if captions != _IMAGES:
        raise SystemExit(f"{captions} of {_IMAGES} captions")
    return slope_ms


def slope_of(served: Endpoint, before: int, pid: int) -> float:
    """CPU milliseconds that the process takes for one more request, `before` being of others."""
    marks: list[tuple[int, float]] = []
    for count in (_FEW, _MANY):
        while (sent := served.stats["admitted"] - before) < count:
            time.sleep(_LOOK_EVERY_S)
        marks.append((sent, cpu_s(pid)))
    (few, few_s), (many, many_s) = marks
    return 1000 * (many_s - few_s) / (many - few)


def cpu_s(pid: int) -> float:
    """User and system time of a process that runs; see clock_getcpuclockid(3) of Linux."""
    used_s: float = time.clock_gettime(~pid << 3 | _WHOLE_PROCESS)
    return used_s


def main() -> None:
    """Print each pair and the median of their ratios."""
    with workplace() as folder, endpoint(reply_text=_REPLY) as served:
        images = folder / "images"
        paths = make_images(images, _IMAGES, size_bytes=_IMAGE_BYTES)
        ratios = []
        for _ in range(_PAIRS):
            slopes_ms = []
            for measure in (captioner_ms, bare_ms):
                for path in paths:
                    path.read_bytes()
                slopes_ms.append(measure(served, images))
            ours_ms, floor_ms = slopes_ms
            ratios.append(ours_ms / floor_ms)
            print(
                f"captioner {ours_ms:.3f} ms  bare loop {floor_ms:.3f} ms  ratio {ratios[-1]:.2f}",
                flush=True,
            )
    ratio = median(ratios)
    print(f"median ratio {ratio:.2f}  {verdict(ratio <= 1.6)}")


if __name__ == "__main__":
    main()
