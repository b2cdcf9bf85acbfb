"""What is wrong before a worker can work is said in a line, with exit status 2."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from captioner.cli import main
from captioner.commands.worker import _to_say
from captioner.errors import ConfigError, RunStopped

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


def test_a_bug_is_not_hidden() -> None:
    """An error for people is taken out of any depth of groups, but not where a bug is beside it."""
    stopped = RunStopped("ledger_locked", "in use")
    group = ExceptionGroup("", [ExceptionGroup("", [stopped]), ConfigError("later")])
    assert _to_say(group) is stopped
    with_bug = ExceptionGroup("", [stopped, ExceptionGroup("", [KeyError("bug")])])
    assert _to_say(with_bug) is with_bug
