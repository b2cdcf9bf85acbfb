"""What went aboard is there at the next opening; what is torn is not."""

from __future__ import annotations

import errno
from collections import namedtuple
from pathlib import Path

import pytest

from captioner.errors import RunStopped
from captioner.flow.ledger import Paid
from captioner.ledger import lifeboat as lifeboats
from captioner.ledger.lifeboat import Lifeboat
from captioner.ledger.rows import Entry, Row, row_of
from captioner.vision.reply import Reply


def _row(number: int, text: str = "A caption.") -> Row:
    reply = Reply(text, None, "stop", None, "model")
    key = number.to_bytes(16)
    return row_of(number, Entry(key, Paid(reply, 1, 0.5), "https://host/v1"), 1_700_000_000_000)


def _ready(path: Path) -> Lifeboat:
    lifeboat = Lifeboat(path, rehearsal=False)
    lifeboat.make_ready()
    return lifeboat


def test_rows_come_back_as_they_went_aboard(path: Path) -> None:
    """Keys and texts that are no Unicode too; emptied, it holds none of them."""
    rows = [_row(1), _row(2, "half \ud83d a pair"), _row(3, "two\nlines\0")]
    lifeboat = _ready(path)
    assert lifeboat.add(rows[:2]) == rows[:2]
    assert lifeboat.add(rows[2:]) == rows[2:]
    lifeboat.close()
    again = Lifeboat(path, rehearsal=False)
    assert again.aboard == rows
    again.make_ready()
    assert again.aboard == []
    assert again.add([_row(4)]) == [_row(4)]
    again.close()
    last = Lifeboat(path, rehearsal=False)
    assert last.aboard == [_row(4)]
    last.close()


def test_an_empty_one_goes_with_the_ledger_and_a_full_one_stays(path: Path) -> None:
    """Closing twice is safe."""
    lifeboat = _ready(path)
    assert lifeboat.path.stat().st_size == 4 * 2**20
    lifeboat.close()
    lifeboat.close()
    assert not lifeboat.path.exists()
    lifeboat = _ready(path)
    lifeboat.add([_row(1)])
    lifeboat.close()
    assert lifeboat.path.exists()


def test_its_blocks_are_there_before_they_are_needed(path: Path) -> None:
    """A file that is only long would find no room when the disk is full."""
    lifeboat = _ready(path)
    stat = lifeboat.path.stat()
    assert stat.st_blocks * 512 >= stat.st_size
    lifeboat.add([_row(1)])
    assert lifeboat.path.stat().st_size == stat.st_size
    lifeboat.close()


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_record_is_ignored(path: Path, cut: int) -> None:
    """Whole ones before it are not."""
    lifeboat = _ready(path)
    lifeboat.add([_row(1), _row(2)])
    lifeboat.close()
    data = lifeboat.path.read_bytes().rstrip(b"\0")
    for torn in (data[:-cut], data[:-cut] + bytes(10_000)):
        lifeboat.path.write_bytes(torn)
        again = Lifeboat(path, rehearsal=False)
        assert again.aboard == [_row(1)]
        again.close()


@pytest.mark.parametrize("left", [b"", bytes(4096), b"captioner life"])
def test_one_that_was_never_finished_is_empty(path: Path, left: bytes) -> None:
    """A process may be killed while it makes it."""
    path.with_name(f"{path.name}-lifeboat").write_bytes(left)
    lifeboat = _ready(path)
    assert lifeboat.aboard == []
    assert lifeboat.add([_row(1)]) == [_row(1)]
    lifeboat.close()
    again = Lifeboat(path, rehearsal=False)
    assert again.aboard == [_row(1)]
    again.close()


def test_a_file_that_is_no_lifeboat_of_this_ledger_is_left_alone(path: Path) -> None:
    """Somebody's notes, or what a rehearsal rescued."""
    beside = path.with_name(f"{path.name}-lifeboat")
    beside.write_bytes(b"notes")
    with pytest.raises(RunStopped, match="move that away") as stopped:
        Lifeboat(path, rehearsal=False)
    assert stopped.value.verdict == "ledger_unusable"
    assert str(beside) in stopped.value.detail
    assert beside.read_bytes() == b"notes"
    beside.unlink()
    rehearsed = Lifeboat(path, rehearsal=True)
    rehearsed.make_ready()
    rehearsed.add([_row(1)])
    rehearsed.close()
    with pytest.raises(RunStopped, match="move that away"):
        Lifeboat(path, rehearsal=False)


_Usage = namedtuple("_Usage", "total used free")


@pytest.mark.parametrize(
    ("free_bytes", "size_bytes"),
    [(2**40, 2**22), (8 * 2**20, 2**20), (2**20, 2**18), (0, 2**16)],
)
def test_it_takes_at_most_a_quarter_of_what_is_free(
    path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, size_bytes: int
) -> None:
    """Down to the least that is of use."""
    told = _Usage(2**40, 0, free_bytes)
    monkeypatch.setattr("shutil.disk_usage", lambda _: told)
    lifeboat = _ready(path)
    assert lifeboat.path.stat().st_size == size_bytes
    lifeboat.close()


def test_without_any_room_nothing_begins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better than to pay for replies that then find no place."""

    def full(self: Lifeboat, at: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    lifeboat = Lifeboat(path, rehearsal=False)
    monkeypatch.setattr(lifeboats.Lifeboat, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        lifeboat.make_ready()
    lifeboat.close()


def test_it_says_what_it_had_no_room_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before are safe."""
    lifeboat = _ready(path)
    write = Lifeboat._write

    def small(self: Lifeboat, at: int, data: bytes) -> None:
        if at + len(data) > 1000:
            raise OSError(errno.EFBIG, "File too large")
        write(self, at, data)

    monkeypatch.setattr(Lifeboat, "_write", small)
    rows = [_row(1), _row(2, "x" * 2000), _row(3)]
    assert lifeboat.add(rows) == rows[:1]
    lifeboat.close()
    again = Lifeboat(path, rehearsal=False)
    assert again.aboard == rows[:1]
    again.close()
