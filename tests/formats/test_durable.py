"""A file is whole after every write, after a failed one too, and moves at once."""

from __future__ import annotations

import errno
from io import FileIO
from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.formats.durable import AppendedFile, move_durably


class FullDisk(FileIO):
    """A file on a disk that takes three more bytes."""

    def write(self, data: object) -> int:
        """Write what fits."""
        left = 3 - (self.tell() - 4)
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(bytes(data)[:left])  # type: ignore[call-overload]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A full disk in the middle of a line: the file is what it was, and can be continued."""
    file = AppendedFile(tmp_path / "a")
    file.begin()
    file.append(b"one\n")
    file.close()
    full = FullDisk(tmp_path / "a", "r+")
    full.seek(4)
    file._file = full
    with pytest.raises(OSError, match="No space"):
        file.append(b"two\n")
    assert (tmp_path / "a").read_bytes() == b"one\n"
    assert file.size_bytes == 4
    file.append(b"2\n")
    file.close()
    assert (tmp_path / "a").read_bytes() == b"one\n2\n"


def test_short_writes_are_completed(tmp_path: Path) -> None:
    """An operating system that takes a byte at a time gets all of them."""

    class Slow(FileIO):
        def write(self, data: object) -> int:
            """Write one byte."""
            return super().write(bytes(data)[:1])  # type: ignore[call-overload]

    file = AppendedFile(tmp_path / "a")
    file._file = Slow(tmp_path / "a", "w")
    file.append(b"one\n")
    assert file.sync() == 4
    file.close()
    assert (tmp_path / "a").read_bytes() == b"one\n"


def test_begin_empties_and_cut_keeps_the_front(tmp_path: Path) -> None:
    """The size counts from what was kept; a file that is shorter is refused untouched."""
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo\n")
    file = AppendedFile(path)
    with pytest.raises(ConfigError, match="holds 8 bytes where 9"):
        file.cut(9)
    file.cut(4)
    file.append(b"2\n")
    assert file.sync() == 6
    assert path.read_bytes() == b"one\n2\n"
    file.begin()
    assert file.sync() == 0
    file.close()
    assert path.read_bytes() == b""
    with pytest.raises(ValueError, match="not open"):
        file.append(b"late")


def refuse_first_move(monkeypatch: pytest.MonkeyPatch, source: Path) -> None:
    """Let renaming `source` fail as it does across file systems."""
    rename = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self == source:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_a_move_across_file_systems_is_a_copy_and_a_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target appears under its name only when it is whole; the source goes last."""
    source, target = tmp_path / "state", tmp_path / "out"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    refuse_first_move(monkeypatch, source)
    move_durably(source, target)
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_move_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disk full while copying: both files are as before, and no copy is left."""
    source, target = tmp_path / "state", tmp_path / "out"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    refuse_first_move(monkeypatch, source)

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("captioner.formats.durable.shutil.copyfileobj", no_space)
    with pytest.raises(OSError, match="No space"):
        move_durably(source, target)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "state": b"new",
        "out": b"old",
    }
