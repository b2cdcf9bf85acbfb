"""The CPU that a caption costs the client, against a bare aiohttp loop that posts the same bodies.

    python -m benchmarks.cpu

32 in flight, no latency, JPEGs of 60 KB, captions of some forty words. CPU is user and system time
of the whole process (`captioner run` from its start, output and all); a caption's is the slope
between 200 and 2,000 images. The system has the images in memory: they are read before each run,
for some machines forget them within seconds. Promised: at most 1.6 times the bare loop's, in the
median of five interleaved pairs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.bare_loop import IN_FLIGHT
from benchmarks.rehearsal import ROOT, Client, endpoint, make_images, verdict, workplace

_FEW, _MANY = 200, 2000
_PAIRS = 5
_IMAGE_BYTES = 60_000
_REPLY = (
    "Q: What is the dog doing on the porch?\n"
    "A: A brown dog lies on a wooden porch beside two clay pots, its head on its paws, while late "
    "sunlight falls across the boards and a bicycle leans on the wall behind it."
)
"""As models write: what the endpoint says by itself of images that it does not decode is nearly a
refusal, and takes three times as long to judge."""
_NO_LIMIT = 10**12
"""With a token rate set, the short run loads the tokenizer as the long one does."""


def bare_cpu_s(base_url: str, images: Path, count: int) -> float:
    """CPU seconds of the bare loop over so many images."""
    url = f"{base_url}/chat/completions"
    command = [sys.executable, "-m", "benchmarks.bare_loop", url, str(images), str(count)]
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("the bare loop failed")
    return used.ru_utime + used.ru_stime


def captioner_cpu_s(base_url: str, images: Path, count: int) -> float:
    """CPU seconds of `captioner run` over so many images."""
    with workplace() as folder:
        output = folder / "out.jsonl"
        settings = {"concurrency": IN_FLIGHT, "tokens_per_minute": _NO_LIMIT}
        ran = Client(base_url, images, output, limit=count, **settings).result()
        if ran.captions != count:
            raise SystemExit(f"{ran.captions} of {count} captions")
        return ran.cpu_s


def slope_ms(cpu_s: Callable[[str, Path, int], float], base_url: str, images: Path) -> float:
    """CPU milliseconds of one more caption."""
    used_s = []
    for count in (_FEW, _MANY):
        for image in images.iterdir():
            image.read_bytes()
        used_s.append(cpu_s(base_url, images, count))
    few_s, many_s = used_s
    return 1000 * (many_s - few_s) / (_MANY - _FEW)


def main() -> None:
    """Print each pair and the median of their ratios."""
    with workplace() as folder, endpoint(reply_text=_REPLY) as served:
        images = folder / "images"
        make_images(images, _MANY, size_bytes=_IMAGE_BYTES)
        ratios = []
        for _ in range(_PAIRS):
            ours_ms = slope_ms(captioner_cpu_s, served.base_url, images)
            bare_ms = slope_ms(bare_cpu_s, served.base_url, images)
            ratios.append(ours_ms / bare_ms)
            print(
                f"captioner {ours_ms:.3f} ms  bare loop {bare_ms:.3f} ms  ratio {ratios[-1]:.2f}",
                flush=True,
            )
    ratio = median(ratios)
    print(f"median ratio {ratio:.2f}  {verdict(ratio <= 1.6)}")


if __name__ == "__main__":
    main()
