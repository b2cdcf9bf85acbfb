"""How fast 12-megapixel JPEGs are shrunk, and whether the event loop stays free meanwhile.

    python -m benchmarks.images [COUNT]

The floor is Pillow itself on one core: open, draft, load, resize, save. captioner does the same and
more with its threads on two cores, while an event loop ticks every millisecond and notes how late
each tick comes. Both take turns, and the best of five rounds counts for each. Ticks come late, too,
because other work has the cores: a loop in a process of its own, which shares nothing with the
threads but the cores, ticks at the same time and tells how late that alone makes them.
Promised: at least 1.8 times the rate of one core, and the loop never held longer than 10 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
import time

from PIL import Image

from benchmarks.rehearsal import ROOT, verdict
from captioner.flow.threads import Threads, Workers
from captioner.vision.image import JPEG_QUALITY, ImagePolicy, prepare
from captioner.vision.image_tokens import family_of

_PHOTO_PX = (4000, 3000)
_COUNT = 40
_ROUNDS = 5
_TICK_S = 0.001
_MOST_LAG_S = 0.010
_CORES = 2
_POLICY = ImagePolicy(family=family_of("gpt-4o"), detail="high")


def photo(seed: int) -> bytes:
    """A JPEG of about the bytes that a camera writes for one."""
    coarse = Image.effect_noise((500, 375), 90).resize(_PHOTO_PX, Image.Resampling.BICUBIC)
    fine = Image.effect_noise(_PHOTO_PX, 20 + seed)
    grey = Image.blend(coarse, fine, 0.3)
    picture = Image.merge("RGB", (grey, coarse, grey.transpose(Image.Transpose.ROTATE_180)))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def with_pillow(source: bytes) -> tuple[int, int]:
    """The same work by Pillow's own means; the size that came out."""
    with Image.open(io.BytesIO(source)) as picture:
        picture.draft("RGB", (1024, 768))
        small = picture.resize((1024, 768), Image.Resampling.LANCZOS, reducing_gap=2.0)
        small.save(io.BytesIO(), "JPEG", quality=JPEG_QUALITY)
        return small.size


def one_core(photos: list[bytes]) -> float:
    """Photos a second in one thread."""
    begun_s = time.perf_counter()
    for source in photos:
        assert with_pillow(source) == (1024, 768)
    return len(photos) / (time.perf_counter() - begun_s)


async def ticks(late_s: list[float]) -> None:
    """Note how late each tick comes, in seconds, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + _TICK_S
        await asyncio.sleep(_TICK_S)
        late_s.append(loop.time() - due_s)


def bystander() -> None:
    """A loop with nothing else to do: tick until standard input ends, then tell how late."""

    async def tick() -> None:
        loop = asyncio.get_running_loop()
        ticking = loop.create_task(ticks(late_s))
        await loop.run_in_executor(None, sys.stdin.read)
        ticking.cancel()

    late_s: list[float] = []
    asyncio.run(tick())
    print(json.dumps(late_s))


async def two_cores(photos: list[bytes], workers: Workers) -> tuple[float, list[float]]:
    """Photos a second in threads, and how late each tick of the loop came, in seconds."""
    loop = asyncio.get_running_loop()
    late_s: list[float] = []

    async def shrink(source: bytes) -> None:
        prepared = await workers.run(lambda: prepare(source, "photo", policy=_POLICY))
        assert (prepared.width_px, prepared.height_px) == (1024, 768)

    ticking = loop.create_task(ticks(late_s))
    begun_s = loop.time()
    await asyncio.gather(*(shrink(source) for source in photos))
    rate = len(photos) / (loop.time() - begun_s)
    ticking.cancel()
    return rate, late_s


def main() -> None:
    """Measure both in turns."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    kinds = [photo(seed) for seed in range(4)]
    photos = [kinds[number % len(kinds)] for number in range(count)]
    print(f"{count} JPEGs of 4000×3000 px and {len(kinds[0]) / 1e6:.1f} MB, shrunk to 1024×768 px")
    single: list[float] = []
    double: list[float] = []
    late_s: list[float] = []
    bystander_late_s: list[float] = []
    with contextlib.closing(Threads(_CORES, "benchmark")) as workers:
        # The first finds out that the work is not quick, and how many threads it is worth.
        asyncio.run(two_cores(photos[:4], workers))
        for _ in range(_ROUNDS):
            single.append(one_core(photos))
            command = [sys.executable, "-m", "benchmarks.images", "bystander"]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
            ) as other:
                time.sleep(1)
                rate, lags_s = asyncio.run(two_cores(photos, workers))
                bystander_late_s += json.loads(other.communicate()[0])
            double.append(rate)
            late_s += lags_s
            print(f"  one core {single[-1]:.1f}/s, two cores {rate:.1f}/s", flush=True)
    ratio = max(double) / max(single)
    print(f"two cores: {ratio:.2f} × one core's Pillow with draft  {verdict(ratio >= 1.8)}")
    print(f"the loop: {_told(late_s)}  {verdict(max(late_s) <= _MOST_LAG_S)}")
    print(f"a loop in another process: {_told(bystander_late_s)}")


def _told(late_s: list[float]) -> str:
    over = sum(lag_s > _MOST_LAG_S for lag_s in late_s)
    nearly = sorted(late_s)[int(len(late_s) * 0.999)]
    return (
        f"late by {max(late_s) * 1e3:.1f} ms at worst, by {nearly * 1e3:.1f} ms once in a thousand "
        f"ticks; {over} of {len(late_s):,} later than {_MOST_LAG_S * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    bystander() if "bystander" in sys.argv else main()
