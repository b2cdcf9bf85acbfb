"""Real processes, killed or short of room: nothing that was paid for is lost."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from captioner.flow.ledger import Paid
from captioner.ledger import open_ledger

_APPENDER = Path(__file__).with_name("appender.py")
_KEPT = re.compile(r"^kept (\d+)$", re.MULTILINE)
_ASKED = re.compile(r"^asking (\d+)$", re.MULTILINE)


def _command(path: Path, durability: str, first: int, count: int, limit: int = 0) -> list[str]:
    numbers = map(str, (first, count, limit))
    return [sys.executable, str(_APPENDER), str(path), durability, *numbers]


def _run(path: Path, durability: str, first: int, count: int, limit: int = 0) -> str:
    command = _command(path, durability, first, count, limit)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _numbers(pattern: re.Pattern[str], told: str) -> set[int]:
    return set(map(int, pattern.findall(told)))


def _there(path: Path, asked: set[int]) -> set[int]:
    """Which of these the ledger has, each once and whole."""
    there = set()
    with closing(open_ledger(path)) as ledger:
        for number in asked:
            found = ledger.find(number.to_bytes(16))
            assert len(found) <= 1
            for kept in found:
                assert isinstance(kept, Paid)
                assert kept.reply.content == f"caption {number} " + "x" * 500
                there.add(number)
    return there


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_what_was_acknowledged_outlives_kill_9(path: Path, durability: str) -> None:
    """At random moments, life after life, and the next life opens it at once."""
    draw = random.Random(durability)
    kept: set[int] = set()
    asked: set[int] = set()
    for life in range(6):
        command = _command(path, durability, life * 10**6, 10**6)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = ""
            while "kept" not in told:
                told += process.stdout.readline()
            time.sleep(draw.uniform(0.0, 0.15))
            process.kill()
            told += process.stdout.read()
        assert "stopped" not in told
        whole = told[: told.rfind("\n") + 1]
        kept |= _numbers(_KEPT, whole)
        asked |= _numbers(_ASKED, whole)
    assert kept <= _there(path, asked)


def test_a_file_that_may_not_grow_costs_nothing_that_was_paid(path: Path) -> None:
    """The lifeboat has what was in flight; with more room everything goes on from there."""
    told = _run(path, "full", 0, 10_000, 400_000)
    asked = _numbers(_ASKED, told)
    kept = _numbers(_KEPT, told)
    assert "stopped ledger_unwritable" in told
    assert len(kept) > 50
    assert kept < asked
    assert path.with_name(f"{path.name}-lifeboat").exists()
    assert "stopped ledger_unwritable" in _run(path, "full", 10_000, 1, 10_000)
    assert _there(path, asked) == asked
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_costs_nothing_that_was_paid(small_disk: Path) -> None:
    """It stops, stops again before anything is asked, and goes on when there is room."""
    path = small_disk / "captions.ledger.sqlite"
    told = _run(path, "full", 0, 10_000)
    asked = _numbers(_ASKED, told)
    assert "stopped ledger_unwritable" in told
    assert 100 < len(_numbers(_KEPT, told)) < len(asked)
    (small_disk / "more").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    again = _run(path, "full", 10_000, 10)
    assert f"stopped ledger_unwritable the ledger {path} cannot be written" in again
    assert "asking" not in again
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    assert "done" in _run(path, "full", 10_000, 10)
    assert _there(path, asked) == asked


_TRACED = "trace=fsync,fdatasync,pwrite64,write"


@pytest.fixture
def strace() -> list[str]:
    """The command that shows system calls, where it is there and allowed."""
    command = ["strace", "-f", "-y", "-e", _TRACED]
    if shutil.which("strace") is None:
        pytest.skip("there is no strace here")
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("nothing can be traced here")
    return command


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_an_entry_is_on_the_disk_before_it_is_acknowledged(
    path: Path, durability: str, strace: list[str]
) -> None:
    """Seen in the system calls: the log is written, then forced to the disk, then it is told.

    With durability normal it is only written.
    """
    trace = path.with_name("trace")
    command = [*strace, "-o", str(trace), *_command(path, durability, 1, 1)]
    assert "kept 1" in subprocess.run(command, check=True, capture_output=True, text=True).stdout
    calls = trace.read_text()
    between = calls[calls.index("asking 1") : calls.index("kept 1")]
    log = re.escape(f"<{path}-wal>")
    written = [found.start() for found in re.finditer(rf"pwrite64\(\d+{log}", between)]
    synced = [found.end() for found in re.finditer(rf"f(data)?sync\(\d+{log}.*= 0", between)]
    assert written
    if durability == "full":
        assert synced
        assert max(written) < max(synced)
    else:
        assert not synced
