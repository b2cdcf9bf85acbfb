"""A worker as a real process with HTTP, asked and steered by `captioner ctl` and by callers."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Ended

TOKEN = "a-long-random-token"


class Worker:
    """A worker of a spool, with two profiles."""

    def __init__(self, bench: Bench, base_url: str) -> None:
        self.bench = bench
        (bench.folder / "token").write_text(TOKEN)
        (bench.folder / "worker.toml").write_text(
            f'base_url = "{base_url}"\nmodel = "rehearsal"\nmode = "caption"\n'
            '[profiles.cats]\nuser_prompt = "Which cat?"\n'
        )
        words = ["--queue", f"spool:{bench.folder / 'spool'}", "--http", "127.0.0.1:0"]
        words += ["--http-token-file", str(bench.folder / "token"), "--settle-s", "0"]
        words += ["--config", str(bench.folder / "worker.toml"), "--poll-s", "0.1"]
        self.process = bench.start("worker", *words)
        self.address = self._address()

    def ctl(self, *words: object, token: bool = True) -> Ended:
        """`captioner ctl` beside it."""
        given = ["--token-file", self.bench.folder / "token"] if token else []
        return self.bench.end(self.bench.start("ctl", *words, "--url", self.address, *given))

    def caption(self, image: Path, **more: Any) -> dict[str, Any]:
        """Have an image captioned."""
        data = base64.b64encode(image.read_bytes()).decode()
        body = json.dumps({"image": f"data:image/png;base64,{data}", **more}).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/v1/captions", body, headers)
        with urllib.request.urlopen(request, timeout=20) as reply:
            answer: dict[str, Any] = json.load(reply)
        return answer

    def _address(self) -> str:
        said = self.process.stderr
        assert said is not None
        lines = []
        for line in said:
            lines.append(line)
            if b'"listening"' in line:
                address: str = json.loads(line)["address"]
                return address
        raise AssertionError(b"".join(lines).decode())


@pytest.fixture
def worker(bench: Bench) -> Iterator[Worker]:
    """One that works."""
    served = bench.serve()
    started = Worker(bench, served.base_url)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.communicate()


def test_callers_files_and_an_operator_are_served_by_one_process(
    worker: Worker, bench: Bench
) -> None:
    """A call has its caption while files are worked through; what is asked and steered by the
    shell holds; drained by it, the worker ends with status 0 and leaves no task or socket."""
    answer = worker.caption(bench.picture("a.png", 1), profile="cats")
    assert answer["profile"] == "cats"
    assert answer["outcome"]["captions"][0]["verdict"] == "ok"

    assert json.loads(worker.ctl("health", token=False).check(0).out) == {"alive": True}
    status = json.loads(worker.ctl("status", token=False).check(0).out)
    assert status["ready"] is True
    assert {profile["name"] for profile in status["profiles"]} == {"default", "cats"}

    worker.ctl("limits", "--concurrency", "3", "--requests-per-minute", "6000").check(0)
    status = json.loads(worker.ctl("status", token=False).check(0).out)
    assert {road["limits_set"]["concurrency"] for road in status["roads"]} == {3}
    worker.ctl("limits", "--concurrency", "auto").check(0)
    status = json.loads(worker.ctl("status", token=False).check(0).out)
    assert {road["limits_set"]["requests_per_minute"] for road in status["roads"]} == {6000}

    worker.ctl("pause").check(0)
    assert "paused" in worker.ctl("status", token=False).check(1).out
    worker.ctl("resume").check(0)
    worker.ctl("pause", token=False).check(1, "401", "token")
    worker.ctl("status", token=False).check(0)

    dropped = bench.folder / "spool" / "in" / "b.jsonl"
    picture = base64.b64encode(bench.picture("c.png", 2).read_bytes()).decode()
    sample = {"text": "<__dj__image>", "images": [f"data:image/png;base64,{picture}"]}
    dropped.with_name(".b").write_text(json.dumps(sample) + "\n")
    dropped.with_name(".b").rename(dropped)
    out = bench.folder / "spool" / "out" / "b.jsonl"
    until_s = time.monotonic() + 20
    while not out.exists():
        assert time.monotonic() < until_s, "the dropped file is not out"
        time.sleep(0.05)

    worker.ctl("drain").check(0)
    said = worker.process.communicate(timeout=20)[1].decode()
    assert worker.process.returncode == 0, said
    assert "never retrieved" not in said
    assert "Unclosed" not in said
    assert worker.ctl("health").check(1, "no worker answers").out == ""


def test_a_signal_lets_callers_have_their_answers(bench: Bench) -> None:
    """SIGTERM while a call is in flight: it is answered, and the worker ends with status 0."""
    served = bench.serve(latency_s=1.0)
    worker = Worker(bench, served.base_url)
    image = bench.picture("a.png", 1)
    code = (
        "import json, sys, urllib.request as u;"
        "print(u.urlopen(u.Request(sys.argv[1], open(sys.argv[2], 'rb').read(), "
        f"{{'Authorization': 'Bearer {TOKEN}', 'Content-Type': 'application/json'}})).status)"
    )
    body = bench.folder / "body.json"
    data = base64.b64encode(image.read_bytes()).decode()
    body.write_text(json.dumps({"image": f"data:image/png;base64,{data}"}))
    words = [sys.executable, "-c", code, f"{worker.address}/v1/captions", str(body)]
    caller = subprocess.Popen(words, stdout=subprocess.PIPE)
    until_s = time.monotonic() + 20
    while not served.stats.in_flight:
        assert time.monotonic() < until_s, "nothing was asked"
        time.sleep(0.01)
    worker.process.send_signal(signal.SIGTERM)
    assert caller.communicate(timeout=20)[0].strip() == b"200"
    worker.process.communicate(timeout=20)
    assert worker.process.returncode == 0


def test_a_worker_without_its_queue_says_so(bench: Bench) -> None:
    """It stays, is told as not ready, and does not say that it has started."""
    words = ["--queue", "redis://127.0.0.1:1/0", "--rehearse", "--log-format", "json"]
    process = bench.start("worker", *words)
    said = process.stderr
    assert said is not None
    lines: list[dict[str, Any]] = []
    while not lines or lines[-1]["event"] != "queue unreachable":
        lines.append(json.loads(said.readline()))
    assert lines[-1]["queue"].startswith("redis://127.0.0.1:1/0")
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=20)[1].decode().splitlines()
    lines += [json.loads(line) for line in rest]
    assert process.returncode == 0
    assert "worker started" not in [line["event"] for line in lines]
    assert lines[-1]["event"] == "worker ended"


def test_an_open_address_without_a_token_is_refused(bench: Bench) -> None:
    """Before anything is listened to; the message says what to set."""
    words = ["--queue", f"spool:{bench.folder / 'spool'}", "--http", "0.0.0.0:0", "--rehearse"]
    bench.end(bench.start("worker", *words)).check(2, "--http-token-file")


def test_ctl_says_what_it_needs(bench: Bench) -> None:
    """Wrong usage is status 2, a worker that is not there status 1."""
    bench.end(bench.start("ctl", "limits")).check(2, "--concurrency")
    bench.end(bench.start("ctl", "pause", "--concurrency", "3")).check(2, "limits")
    bench.end(bench.start("ctl", "limits", "--concurrency", "0")).check(2, "above 0")
    bench.end(bench.start("ctl", "status", "--url", "file:///etc/passwd")).check(2, "--url")
    nowhere = {"CAPTIONER_WORKER_HTTP": "0.0.0.0:1"}
    bench.end(bench.start("ctl", "status", env=nowhere)).check(1, "http://127.0.0.1:1/status")
