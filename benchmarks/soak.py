"""Half an hour of a worker under steady load with faults: memory, descriptors, threads and tasks.

Promise: after the first third memory grows by less than 1 MB per 10,000 captions, and neither
descriptors, nor threads, nor tasks grow. Load comes in waves: the most of each quarter is compared.
`--minutes N` is for another length, and `--series FILE` gets the figures of every quarter minute.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any

from benchmarks.rehearsal import MODEL, ROOT, Endpoint, endpoint, make_images, workplace

_PER_FILE = 400
_FILE_EVERY_S = 10.0
_SAMPLE_EVERY_S = 15.0
_WARM_UP_SHARE = 1 / 3
_MOST_MB = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A worker at one moment."""

    at_s: float
    captions: float
    resident_mb: float
    descriptors: int
    threads: int
    tasks: int


def main() -> None:
    """Run, and say whether the promise held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--series", type=Path)
    arguments = parser.parse_args()
    limits = {"requests_per_minute": 3000, "latency_s": 0.5, "latency_p99_s": 2.0}
    with workplace() as folder, endpoint(fault_share=0.05, **limits) as at:
        readings = _soak(folder, at, arguments.minutes * 60)
        told = at.stats
    if arguments.series:
        arguments.series.write_text(json.dumps([asdict(reading) for reading in readings]))
    warm = readings[int(len(readings) * _WARM_UP_SHARE) :]
    captions, memory = [r.captions for r in warm], [r.resident_mb for r in warm]
    slope_mb = linear_regression(captions, memory).slope * 10_000
    first, last = warm[: len(warm) // 4], warm[-len(warm) // 4 :]
    print(f"{last[-1].captions:,.0f} captions, {told['admitted']:,} requests admitted")
    print(f"memory {memory[0]:.0f} → {memory[-1]:.0f} MB: {slope_mb:+.2f} MB per 10,000 captions")
    grown = False
    for what in ("descriptors", "threads", "tasks"):
        before = max(getattr(reading, what) for reading in first)
        after = max(getattr(reading, what) for reading in last)
        grown = grown or after > before * 1.1 + 2
        print(f"{what}: at most {before:g} in the first quarter, {after:g} in the last")
    held = slope_mb < _MOST_MB and not grown
    print("held" if held else "NOT held")
    sys.exit(0 if held else 1)


def _soak(folder: Path, at: Endpoint, seconds: float) -> list[Reading]:
    spool = folder / "spool"
    (spool / "in").mkdir(parents=True)
    images = make_images(spool / "in" / "photos", 200, size_bytes=20_000)
    port = _free_port()
    command = [
        *(sys.executable, "-m", "captioner", "worker", "--queue", f"spool:{spool}"),
        *("--http", f"127.0.0.1:{port}", "--state-dir", str(folder / "state")),
        *("--base-url", at.base_url, "--model", MODEL, "--mode", "caption"),
        *("--no-reuse-captions", "--settle-s", "1", "--log-level", "warning"),
    ]
    log = (folder / "log").open("w")
    worker = subprocess.Popen(command, cwd=ROOT, stderr=log)
    readings: list[Reading] = []
    begun_s = time.monotonic()
    number, next_file_s, next_sample_s = 0, 0.0, _SAMPLE_EVERY_S
    try:
        while (now_s := time.monotonic() - begun_s) < seconds:
            if now_s >= next_file_s:
                _drop(spool, number, images)
                number, next_file_s = number + 1, next_file_s + _FILE_EVERY_S
                for old in sorted((spool / "out").glob("*"))[:-40]:
                    old.unlink()  # whoever collects them takes them away
            if now_s >= next_sample_s:
                readings.append(_read(worker.pid, port, now_s))
                next_sample_s += _SAMPLE_EVERY_S
            if worker.poll() is not None:
                raise SystemExit(f"the worker ended:\n{(folder / 'log').read_text()[-3000:]}")
            time.sleep(0.2)
    finally:
        worker.send_signal(signal.SIGTERM)
        status = worker.wait(60)
        log.close()
        shutil.rmtree(spool / "out", ignore_errors=True)
    print(f"exit status after SIGTERM: {status}")
    return readings


def _drop(spool: Path, number: int, images: list[Path]) -> None:
    rows = [
        {"text": "<__dj__image>", "images": [f"photos/{images[i % len(images)].name}"], "n": i}
        for i in range(_PER_FILE)
    ]
    path = spool / "in" / f"{number:05}.jsonl.part"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path.rename(path.with_suffix(""))


def _read(pid: int, port: int, at_s: float) -> Reading:
    status: dict[str, Any] = json.loads(_get(port, "/status"))
    captions = sum(
        float(line.rsplit(" ", 1)[1])
        for line in _get(port, "/metrics").splitlines()
        if line.startswith("captioner_captions_total{")
    )
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Reading(
        at_s,
        captions,
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        len(os.listdir(f"/proc/{pid}/fd")),  # noqa: PTH208 - counted only
        len(os.listdir(f"/proc/{pid}/task")),  # noqa: PTH208
        int(status["tasks"]),
    )


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
