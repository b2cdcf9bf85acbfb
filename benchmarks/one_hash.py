"""The same samples, settings and replies give the same bytes.

    python -m benchmarks.one_hash         (about five minutes; --runs 10 for a shorter look)

Fifty runs of one job, each with its own concurrency, latencies, order of replies, faults and up to
three kills. A twentieth of the images is refused, cut or rejected, always the same ones; a few
files are missing. Promised: one hash of output and failures.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.kills import start
from benchmarks.rehearsal import make_images, workplace
from captioner.endpoint import AskedRequest, EndpointOptions, RehearsalEndpoint, ScriptedReply
from captioner.endpoint.options import FaultKind

_SAMPLES = 300
_TOKEN = "<__dj__image>"
_FAULTS: tuple[FaultKind, ...] = ("500", "503", "reset", "truncated", "empty_choices")
_REJECTED = {"error": {"code": "content_policy_violation", "message": "Rejected."}}


class Moods:
    """Answers by the image alone, but when, and after how many faults, is drawn anew."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._longest_s = dice.choice((0.01, 0.1, 0.4))

    def __call__(self, asked: AskedRequest) -> ScriptedReply:
        """The answer."""
        latency_s = self._dice.uniform(0, self._longest_s)
        if self._dice.random() < 0.05:
            return ScriptedReply(fault=self._dice.choice(_FAULTS), latency_s=latency_s)
        digest = hashlib.sha256(asked.image_bytes).hexdigest()
        match int(digest[:4], 16) % 60:
            case 0:
                return ScriptedReply("I'm sorry, but I can't help with that.", latency_s=latency_s)
            case 1:
                return ScriptedReply(f"Cut {digest}", finish_reason="length", latency_s=latency_s)
            case 2:
                return ScriptedReply(status=400, body=_REJECTED, latency_s=latency_s)
        return ScriptedReply(f"Picture {digest}.", latency_s=latency_s)


class _Served:
    """What `kills.start` needs to know of an endpoint."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url


@contextmanager
def serving(moods: Moods) -> Iterator[_Served]:
    """An endpoint in a thread."""
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()
    endpoint = RehearsalEndpoint(EndpointOptions(models=("gpt-4o",), decode=False), reply=moods)

    async def serve() -> None:
        async with endpoint:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    yield _Served(endpoint.base_url)
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


def write_samples(folder: Path) -> Path:
    """Texts with one to three images each, some of them twice in the job, a few missing."""
    images = make_images(folder / "images", 400)
    dice = random.Random(0)
    path = folder / "samples.jsonl"
    with path.open("w") as file:
        for number in range(_SAMPLES):
            chosen = [str(dice.choice(images)) for _ in range(dice.randint(1, 3))]
            text = f"{number} {_TOKEN * len(chosen)}"
            file.write(json.dumps({"text": text, "images": chosen}) + "\n")
    for image in images[::80]:
        image.unlink()
    return path


def hash_of(folder: Path) -> str:
    """One hash of output and failures."""
    files = ("captions.jsonl", "captions.failures.jsonl")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in files)).hexdigest()


def run_once(samples: Path, folder: Path, dice: random.Random) -> tuple[str, int]:
    """One run with its kills; the hash, and how many kills there were."""
    concurrency, kills = dice.choice((1, 2, 5, 16, 64, 200)), dice.randint(0, 3)
    concurrency = max(concurrency, 4)
    done = 0
    while True:
        with serving(Moods(dice)) as served:
            process = start(served, samples, folder / "captions.jsonl", concurrency, "hash")
            if done < kills:
                try:
                    process.wait(dice.uniform(0.6, 2.5))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                done += 1
            process.wait()
            if process.returncode in (0, 1):
                return hash_of(folder), done
            if process.returncode != -signal.SIGKILL:
                raise SystemExit(f"captioner ended with status {process.returncode}")


def main() -> None:
    """Run, and count the hashes."""
    parser = argparse.ArgumentParser(description="One job, one hash.")
    parser.add_argument("--runs", type=int, default=50)
    chosen = parser.parse_args()
    dice = random.Random(1)
    hashes: dict[str, int] = {}
    kills = 0
    with workplace() as folder:
        samples = write_samples(folder)
        for number in range(chosen.runs):
            place = folder / f"run{number}"
            place.mkdir()
            found, killed = run_once(samples, place, dice)
            hashes[found] = hashes.get(found, 0) + 1
            kills += killed
    held = "held" if len(hashes) == 1 else "NOT HELD"
    print(f"{chosen.runs} runs, {kills} kills: {len(hashes)} hash(es)  {held}")


if __name__ == "__main__":
    main()
