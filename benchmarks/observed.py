"""A Captioner in a process of its own that tells of every attempt.

It is a part of the other benchmarks: `observe_run` starts it and reads what it prints.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.rehearsal import MODEL, ROOT
from captioner import Captioner
from captioner.events import AttemptEnded, AttemptStarted, Event, PlaceholderSettled


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request: when it was sent and answered, what it was taken to cost, what it cost.

    Times are seconds since the first request. `status` is None where no answer came.
    """

    sample: int
    sent_s: float
    ended_s: float
    tokens: int
    status: int | None
    reason: str
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Observed:
    """A run: its attempts in the order in which they ended, and what became of the samples."""

    attempts: list[Attempt]
    captions: int
    failures: dict[str, int]

    @property
    def span_s(self) -> float:
        """Seconds from the first request to the last answer."""
        return max(attempt.ended_s for attempt in self.attempts)

    def share_429(self, after_s: float = 0.0) -> float:
        """The share of 429s among the requests sent so late or later."""
        late = [attempt.status for attempt in self.attempts if attempt.sent_s >= after_s]
        return late.count(429) / max(1, len(late))


def observe_run(base_url: str, images: Path, **settings: Any) -> Observed:
    """Caption the images of a folder in the order of their names."""
    given = {"base_url": base_url, "model": MODEL, "api_key": "none", **settings}
    command = [sys.executable, "-m", "benchmarks.observed", str(images), json.dumps(given)]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    return Observed(
        [Attempt(**attempt) for attempt in told["attempts"]], told["captions"], told["failures"]
    )


class _Notes:
    """An observer that keeps attempts and failures."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.captions = 0
        self.failures: dict[str, int] = {}
        self._started: dict[tuple[int, int], tuple[float, int]] = {}
        self._zero_s: float | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case AttemptStarted():
                now_s = time.monotonic()
                self._zero_s = now_s if self._zero_s is None else self._zero_s
                sent_s = now_s - self._zero_s
                self._started[event.sample, event.attempt] = sent_s, event.tokens
            case AttemptEnded():
                sent_s, tokens = self._started.pop((event.sample, event.attempt))
                self.attempts.append(
                    Attempt(
                        event.sample,
                        sent_s,
                        sent_s + event.latency_s,
                        tokens,
                        event.status,
                        event.reason,
                        event.prompt_tokens,
                    )
                )
            case PlaceholderSettled():
                if event.reason:
                    self.failures[event.reason] = self.failures.get(event.reason, 0) + 1
                else:
                    self.captions += 1
            case _:
                pass


def _samples(images: Path) -> Iterator[Mapping[str, Any]]:
    for path in sorted(images.iterdir()):
        yield {"text": "<__dj__image>", "images": [str(path)]}


async def _work(images: Path, settings: dict[str, Any]) -> _Notes:
    notes = _Notes()
    async with Captioner(observer=notes, **settings) as captioner:
        async for _ in captioner.stream(_samples(images)):
            pass
    return notes


def main() -> None:
    """Do the run and print it as one line of JSON."""
    notes = asyncio.run(_work(Path(sys.argv[1]), json.loads(sys.argv[2])))
    attempts = [asdict(attempt) for attempt in notes.attempts]
    print(
        json.dumps({"attempts": attempts, "captions": notes.captions, "failures": notes.failures})
    )


if __name__ == "__main__":
    main()
