"""What the benchmarks share: an endpoint, images, and captioner, each in a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
MODEL = "gpt-4o"
"""At detail low it counts every image alike."""

_READY = "Rehearsal endpoint ready at "
_SMALL_PX = (64, 64)


class Endpoint:
    """A rehearsal endpoint as a process; `options` are its flags, by their Python names."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = {"models": MODEL, "decode": False, **options}
        self.base_url = ""
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "captioner", "endpoint", *flags(self._options)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(_READY):
            process.kill()
            raise SystemExit(f"the endpoint did not start: {line!r}")
        self.base_url = line.removeprefix(_READY).strip()
        self._options["port"] = self.base_url.removesuffix("/v1").rpartition(":")[2]
        return process

    @property
    def stats(self) -> dict[str, Any]:
        """What it counted, as `GET /stats` tells it."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/stats") as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    def wait_for(self, admitted: int) -> None:
        """Return when so many requests were let in."""
        while self.stats["admitted"] < admitted:
            time.sleep(0.2)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._end()

    def start_again(self) -> None:
        """A new process at the same port; it has forgotten everything."""
        self._process = self._start()

    def stop(self) -> None:
        """End it in order."""
        self._process.send_signal(signal.SIGTERM)
        self._end()

    def _end(self) -> None:
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def endpoint(**options: Any) -> Iterator[Endpoint]:
    """An endpoint for as long as the context lasts."""
    opened = Endpoint(options)
    try:
        yield opened
    finally:
        opened.stop()


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder that is removed in the end."""
    with tempfile.TemporaryDirectory(prefix="captioner-benchmark-") as folder:
        yield Path(folder)


def make_images(folder: Path, count: int, *, size_bytes: int = 0) -> list[Path]:
    """So many different JPEGs, each of about `size_bytes`, or a few hundred without."""
    folder.mkdir(parents=True)
    plain = jpeg(size_bytes)
    paths = [folder / f"{number:05}.jpg" for number in range(count)]
    for path in paths:
        # A comment behind the first two bytes, so that no two are alike.
        words = f"{folder.name} {path.name}".encode()
        comment = b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words
        path.write_bytes(plain[:2] + comment + plain[2:])
    return paths


def jpeg(size_bytes: int) -> bytes:
    """A JPEG of about so many bytes, or a few hundred with 0."""
    out = io.BytesIO()
    Image.new("RGB", _SMALL_PX, "teal").save(out, "JPEG")
    side_px = _SMALL_PX[0]
    while len(out.getvalue()) < size_bytes:
        out, side_px = io.BytesIO(), side_px + 8
        Image.effect_noise((side_px, side_px), 64).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of the command: its summary."""

    summary: dict[str, Any]

    @property
    def captions(self) -> int:
        """Captions that were written."""
        count: int = self.summary["counts"]["captions"]
        return count


class Client:
    """`captioner run` over a folder of images, as a process; `settings` become flags."""

    def __init__(self, base_url: str, images: Path, output: Path, **settings: Any) -> None:
        self._output = output
        given = {"base_url": base_url, "model": MODEL, "api_key": "none", **settings}
        command = [sys.executable, "-m", "captioner", "run"]
        self._process = subprocess.Popen(
            [*command, "--quiet", str(images), str(output), *flags(given)],
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        )

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def result(self) -> Ran:
        """Wait for its end; that some captions failed is a result, too."""
        status = self._process.wait()
        path = self._output.with_name(f"{self._output.stem}.summary.json")
        summary = json.loads(path.read_bytes()) if path.exists() else {"status": "not begun"}
        if summary["status"] != "complete":
            raise SystemExit(f"captioner ended with status {status}, {summary['status']}")
        return Ran(summary)


def flags(options: dict[str, Any]) -> list[str]:
    """Command-line flags of options by their Python names."""
    told: list[str] = []
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            told.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            shown = ",".join(value) if isinstance(value, tuple) else str(value)
            told += [f"--{flag}", shown]
    return told


def tokens_of_a_request(images: Path, folder: Path) -> int:
    """What the endpoint charges for one request of the default settings."""
    with endpoint() as probed:
        Client(probed.base_url, images, folder / "probe.jsonl", limit=1).result()
        charged: int = probed.stats["tokens_admitted"]
        return charged


def verdict(held: bool) -> str:
    """How a line says whether a promise is kept."""
    return "held" if held else "NOT HELD"
