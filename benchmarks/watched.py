"""Prepares images in processes that are watched: how each ended, how long it took, how much memory.

A process that crashes or hangs costs its own image; the next ones get a new process.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from captioner.errors import PlaceholderError
from captioner.vision.image import ImagePolicy, prepare
from captioner.vision.image_tokens import family_of

MOST_S = 10.0
MOST_BYTES = 1_000_000_000
POLICY = ImagePolicy(family=family_of("gpt-4o"))

_HANG_S = 30.0


@dataclass(frozen=True, slots=True)
class Case:
    """An image by name, and how to get its bytes; `effort` as in `prepare`."""

    name: str
    read: Callable[[], bytes]
    effort: Literal["as_is", "reencode"] = "as_is"


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a case.

    `what` is `as it is`, `converted`, a reason of a failure, `crash`, `hang` or `bug`. `seconds` is
    what it took; `peak_bytes` the most memory that its process, or the one it started, ever had.
    """

    name: str
    what: str
    detail: str
    size_bytes: int
    seconds: float
    peak_bytes: int = 0

    @property
    def is_held(self) -> bool:
        """Did it end as an image or a reason, in time and memory?"""
        ended = self.what not in ("crash", "hang", "bug")
        return ended and self.seconds <= MOST_S and self.peak_bytes <= MOST_BYTES


def watch(cases: Sequence[Case], *, a_process: int, side_by_side: int = 2) -> list[Ending]:
    """Prepare them all, so many in a process, and so many processes at a time."""
    with tempfile.TemporaryDirectory() as folder:
        runners = []
        for number in range(side_by_side):
            runner = os.fork()
            if runner == 0:
                with (Path(folder) / str(number)).open("w") as out:
                    for at in range(number * a_process, len(cases), side_by_side * a_process):
                        for ending in _watched(cases[at : at + a_process]):
                            print(json.dumps(asdict(ending)), file=out, flush=True)
                os._exit(0)
            runners.append(runner)
        for runner in runners:
            os.waitpid(runner, 0)
        lines = [line for path in Path(folder).iterdir() for line in path.open()]
    endings = [Ending(**json.loads(line)) for line in lines]
    assert len(endings) == len(cases)
    return sorted(endings, key=lambda ending: ending.name)


def _watched(cases: Sequence[Case]) -> Iterator[Ending]:
    """The endings of these, in one process as long as it lives."""
    at = 0
    while at < len(cases):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            with os.fdopen(writing, "w") as out:
                for case in cases[at:]:
                    print(json.dumps(asdict(_ending(case))), file=out, flush=True)
            os._exit(0)
        os.close(writing)
        endings = []
        hangs = False
        with os.fdopen(reading) as told:
            while line := _line(told.fileno()):
                endings.append(Ending(**json.loads(line)))
            if line is None:
                hangs = True
                os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
        peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        at += len(endings)
        for ending in endings:
            yield Ending(**{**asdict(ending), "peak_bytes": peak_bytes})
        if at < len(cases) and (hangs or status or not endings):
            what = "hang" if hangs else "crash"
            yield Ending(cases[at].name, what, f"status {status}", 0, _HANG_S, peak_bytes)
            at += 1


def _line(descriptor: int) -> bytes | None:
    """A line; empty at the end, None where none comes in time."""
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([descriptor], [], [], _HANG_S)[0]:
            return None
        piece = os.read(descriptor, 1)
        if not piece:
            return b""
        line += piece
    return line


def _ending(case: Case) -> Ending:
    source = case.read()
    begun_s = time.perf_counter()
    try:
        prepared = prepare(source, case.name, effort=case.effort, policy=POLICY)
    except PlaceholderError as error:
        what, detail = error.reason, error.detail
    except BaseException as error:
        what, detail = "bug", repr(error)[:300]
    else:
        what = "converted" if prepared.converted else "as it is"
        detail = f"{prepared.width_px}×{prepared.height_px} px, {len(prepared.data):,} bytes"
    return Ending(case.name, what, detail, len(source), time.perf_counter() - begun_s)
