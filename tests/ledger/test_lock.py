"""One opener at a time; the lock ends with whoever holds it, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from captioner.errors import RunStopped
from captioner.ledger.lock import FileLock

_HOLD = """
import sys
from pathlib import Path
from captioner.ledger.lock import FileLock
lock = FileLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_opener_is_told_who_the_first_is(path: Path) -> None:
    """In one process, too."""
    lock = FileLock(path)
    with pytest.raises(RunStopped) as stopped:
        FileLock(path)
    assert stopped.value.verdict == "ledger_locked"
    assert stopped.value.detail == (
        f"the ledger {path} is in use by this process; wait for it or name another with --ledger"
    )
    assert (path.parent / "captions.ledger.sqlite-lock").read_text() == str(os.getpid())
    lock.release()


def test_after_release_it_can_be_had_again_and_nothing_is_left(path: Path) -> None:
    """Releasing twice does not take it from the next one."""
    first = FileLock(path)
    first.release()
    assert list(path.parent.iterdir()) == []
    second = FileLock(path)
    first.release()
    with pytest.raises(RunStopped):
        FileLock(path)
    second.release()


def test_a_lock_ends_with_the_process_that_held_it(path: Path) -> None:
    """kill -9 leaves the file, and nobody has it any more."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RunStopped, match=f"in use by process {holder.pid};"):
            FileLock(path)
        holder.kill()
        holder.wait()
    lock = FileLock(path)
    assert lock.path.read_text() == str(os.getpid())
    lock.release()


def test_a_lock_on_a_file_that_was_removed_meanwhile_counts_for_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder removes it between another's opening and locking: that one opens it anew."""
    removed = path.with_name("captions.ledger.sqlite-lock")
    looked = FileLock._opened
    seen: list[int] = []

    def slow(self: FileLock, ledger: Path) -> int:
        descriptor = looked(self, ledger)
        if not seen:
            removed.unlink()
        seen.append(descriptor)
        return descriptor

    monkeypatch.setattr(FileLock, "_opened", slow)
    lock = FileLock(path)
    assert len(seen) == 2
    with pytest.raises(RunStopped):
        FileLock(path)
    lock.release()


def test_a_held_lock_whose_holder_has_not_written_its_id_yet(path: Path) -> None:
    """It may be read in the moment between both."""
    lock = FileLock(path)
    os.truncate(lock.path, 0)
    with pytest.raises(RunStopped, match="in use by another process;"):
        FileLock(path)
    lock.release()
