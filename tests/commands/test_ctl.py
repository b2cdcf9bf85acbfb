"""Where `captioner ctl` looks for the worker, and when it has nothing to ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from captioner.commands.ctl import _address, _is_first_no_worker, _token


@pytest.mark.parametrize(
    ("http", "address"),
    [
        ("", "http://127.0.0.1:8080"),
        ("0.0.0.0:9000", "http://127.0.0.1:9000"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("[::]:9000", "http://[::1]:9000"),
        (":9000", "http://127.0.0.1:9000"),
    ],
)
def test_the_worker_of_this_environment_is_asked(http: str, address: str) -> None:
    """An address that all can reach is reached from beside it by loopback."""
    assert _address({"CAPTIONER_WORKER_HTTP": http}) == address


def test_it_takes_the_token_that_steers(tmp_path: Path) -> None:
    """What is named, else control's own, else that of callers, else none."""
    for name in ("named", "control", "http"):
        (tmp_path / name).write_text(f"{name}\n")
    http = {"CAPTIONER_WORKER_HTTP_TOKEN_FILE": str(tmp_path / "http")}
    both = {**http, "CAPTIONER_WORKER_CONTROL_TOKEN_FILE": str(tmp_path / "control")}
    assert _token(tmp_path / "named", both) == "named"
    assert _token(None, both) == "control"
    assert _token(None, http) == "http"
    assert _token(None, {"CAPTIONER_WORKER_CONTROL_TOKEN_FILE": " "}) == ""


@pytest.mark.parametrize(
    ("words", "healthy"),
    [
        (["/opt/venv/bin/python", "/opt/venv/bin/captioner", "run", "in", "out"], True),
        (["/usr/bin/tini", "--", "captioner", "merge", "out", "a"], True),
        (["captioner run in out --api-key ***"], True),
        (["/opt/venv/bin/python", "/opt/venv/bin/captioner", "worker", "--queue", "x"], False),
        (["captioner worker --api-key ***"], False),
        (["/sbin/init"], False),
    ],
)
def test_a_container_of_one_job_is_healthy_while_it_runs(
    tmp_path: Path, words: list[str], healthy: bool
) -> None:
    """Its first process is a captioner that is no worker; everything else is asked."""
    cmdline = tmp_path / "cmdline"
    cmdline.write_text("\0".join(words) + "\0")
    assert _is_first_no_worker(cmdline) is healthy
    assert _is_first_no_worker(tmp_path / "none") is False
