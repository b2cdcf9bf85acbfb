"""The command as a real process, an endpoint for it to ask, and pictures that all differ."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest
from PIL import Image

from captioner.endpoint import AskedRequest, EndpointOptions, RehearsalEndpoint, ScriptedReply
from captioner.endpoint.stats import Stats

ROOT = Path(__file__).parents[2]
LIMIT_S = 30
Reply = Callable[[AskedRequest], ScriptedReply | None]


class Served:
    """A rehearsal endpoint with a thread and an event loop of its own.

    `asked` holds what it was asked, in the order of admission.
    """

    def __init__(self, options: EndpointOptions, reply: Reply | None) -> None:
        self.asked: list[AskedRequest] = []
        self._reply = reply
        self._endpoint = RehearsalEndpoint(options, reply=self._hear)
        self._ready: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="endpoint", daemon=True)
        self._thread.start()
        self._ready.result(LIMIT_S)

    @property
    def base_url(self) -> str:
        """Its address."""
        return self._endpoint.base_url

    @property
    def stats(self) -> Stats:
        """What it counts."""
        return self._endpoint.stats

    @property
    def port(self) -> int:
        """Where another can take its place."""
        return int(self.base_url.split(":")[2].split("/")[0])

    def close(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(LIMIT_S)

    def _hear(self, asked: AskedRequest) -> ScriptedReply | None:
        self.asked.append(asked)
        return self._reply(asked) if self._reply else None

    def _work(self) -> None:
        async def serve() -> None:
            async with self._endpoint:
                self._ready.set_result(None)
                await self._stop.wait()

        try:
            self._loop.run_until_complete(serve())
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise
        finally:
            self._loop.close()


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit status and what it said."""

    status: int
    out: str
    err: str

    def check(self, status: int, *said: str) -> Ended:
        """The status is right, all of this is on standard error, and no traceback is."""
        assert self.status == status, self.err
        assert "Traceback" not in self.err, self.err
        assert "Fatal" not in self.err, self.err
        for words in said:
            assert words in self.err, self.err
        return self


@dataclass
class Bench:
    """A folder of its own, and what a test does in it."""

    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)

    def serve(self, reply: Reply | None = None, **options: Any) -> Served:
        """Start an endpoint with these options."""
        served = Served(EndpointOptions(**options), reply)
        self.served.append(served)
        return served

    def start(
        self,
        *words: object,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: int | None = subprocess.DEVNULL,
        stdout: IO[bytes] | int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
        code: str = "",
    ) -> subprocess.Popen[bytes]:
        """Start `captioner` with these words and nothing of our own environment but the path.

        `code` runs before it, in its process.
        """
        program = ["-m", "captioner"]
        if code:
            program = ["-c", f"{code}; import sys, captioner.cli; sys.exit(captioner.cli.main())"]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, *program, *map(str, words)],
            cwd=cwd or self.folder,
            env={**kept, "PYTHONPATH": str(ROOT), **(env or {})},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
        self.started.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], *, given: bytes | None = None) -> Ended:
        """Wait until it ends."""
        out, err = process.communicate(given, timeout=LIMIT_S)
        return Ended(process.returncode, (out or b"").decode(), err.decode())

    def run(
        self,
        *words: object,
        given: bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Ended:
        """`captioner run` with these words, to its end; `given` is its standard input."""
        stdin = subprocess.DEVNULL if given is None else subprocess.PIPE
        process = self.start("run", *words, env=env, cwd=cwd, stdin=stdin)
        return self.end(process, given=given)

    def run_all(self, *commands: Sequence[object]) -> list[Ended]:
        """Several runs side by side."""
        processes = [self.start("run", *words) for words in commands]
        return [self.end(process) for process in processes]

    def picture(self, name: str, number: int = 0, size: tuple[int, int] = (24, 16)) -> Path:
        """A small picture of a colour that is its number's own."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (number % 251, number // 251, 90)).save(path)
        return path

    def photos(self, count: int, folder: str = "photos") -> Path:
        """A folder of pictures that all differ."""
        for number in range(count):
            self.picture(f"{folder}/{number:03}.png", number)
        return self.folder / folder

    def write(self, name: str, *rows: object) -> Path:
        """A JSONL file; text stands in it as it is."""
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def rows(self, name: str) -> list[Any]:
        """The rows of a JSONL file."""
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def summary(self, name: str = "out.summary.json") -> dict[str, Any]:
        """A run's summary."""
        summary: dict[str, Any] = json.loads((self.folder / name).read_text())
        return summary

    def names(self) -> set[str]:
        """What stands in the folder."""
        return {path.name for path in self.folder.iterdir()}

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until this is so."""
        end_s = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end_s, "it never happened"
            time.sleep(0.01)

    def lines(self, name: str) -> int:
        """How many whole lines a file has by now; none where it is not there yet."""
        path = self.folder / name
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def close(self) -> None:
        """End all that was started."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
        for served in self.served:
            served.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Where a test works; all that it starts ends with it."""
    bench = Bench(tmp_path)
    yield bench
    bench.close()
