"""What is wrong before a worker can work is said in a line, with exit status 2."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest

from captioner.cli import main
from captioner.commands.worker import _to_say
from captioner.errors import ConfigError, RunStopped
from captioner.flow.ledger import Rejected
from captioner.ledger import open_ledger

REHEARSAL = ["--base-url", "embedded", "--mode", "caption", "--burst"]


def _said(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    monkeypatch.chdir(Path(words[-1].removeprefix("spool:")).parent)
    assert main(["worker", *REHEARSAL, *words]) == 2
    return next(line for line in capsys.readouterr().err.splitlines() if "captioner: " in line)


def test_a_spool_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its folder is named, and what to do."""
    (tmp_path / "file").touch()
    said = _said(["--queue", f"spool:{tmp_path / 'file'}"], monkeypatch, capsys)
    assert said.startswith(f"captioner: {tmp_path / 'file'} cannot be a spool")


def test_a_port_that_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option is named, and that another port would do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        http = f"127.0.0.1:{taken.getsockname()[1]}"
        words = ["--http", http, "--queue", f"spool:{tmp_path / 'spool'}"]
        said = _said(words, monkeypatch, capsys)
    assert said.startswith(f"captioner: --http {http}: cannot listen there")


@pytest.mark.parametrize(("days", "kept"), [("30", 1), ("0", 2)])
def test_a_worker_forgets_old_replies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: str, kept: int
) -> None:
    """From its own ledger, by `--ledger-days`; with 0 none."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "state" / "worker-0.ledger.rehearsal.sqlite"
    path.parent.mkdir()

    async def fill(number: int, days_old: float) -> None:
        at_unix_s = time.time() - days_old * 86_400
        with open_ledger(path, rehearsal=True, unix_s=lambda: at_unix_s) as ledger:
            await ledger.append(bytes([number]) * 16, Rejected("filtered", "", 1))

    for number, days_old in enumerate((31, 29)):
        asyncio.run(fill(number, days_old))
    words = ["--queue", "spool:spool", "--state-dir", "state", "--ledger-days", days]
    assert main(["worker", *REHEARSAL, *words]) == 0
    with open_ledger(path, rehearsal=True) as ledger:
        found = [bool(ledger.find(bytes([number]) * 16)) for number in range(2)]
    assert found == [kept == 2, True]


def test_a_bug_is_not_hidden() -> None:
    """An error for people is taken out of any depth of groups, but not where a bug is beside it."""
    stopped = RunStopped("ledger_locked", "in use")
    group = ExceptionGroup("", [ExceptionGroup("", [stopped]), ConfigError("later")])
    assert _to_say(group) is stopped
    with_bug = ExceptionGroup("", [stopped, ExceptionGroup("", [KeyError("bug")])])
    assert _to_say(with_bug) is with_bug
