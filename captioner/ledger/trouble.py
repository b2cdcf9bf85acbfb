"""What stands in a ledger's way, in words: which file, what is wrong, what to do. Removes nothing.

`ledger_locked`: somebody else has it. `ledger_unusable`: it is not what it should be, or cannot be
read. `ledger_unwritable`: it is in order, and nothing more can be written to it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from captioner.errors import RunStopped

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WRITE_FAILED = (
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
)
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DENIED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN)
_ANOTHER_PROGRAM = "another program, such as an SQLite shell"
_OTHERWISE = "or name another with --ledger"


def locked(path: Path, holder: str) -> RunStopped:
    """Somebody else has it open."""
    return RunStopped(
        "ledger_locked", f"the ledger {path} is in use by {holder}; wait for it {_OTHERWISE}"
    )


def unusable(path: Path, why: str, mend: str) -> RunStopped:
    """It is not what it should be; `mend` says what would help."""
    return RunStopped("ledger_unusable", f"the ledger {path} {why}: {mend}, {_OTHERWISE}")


def while_opening(path: Path, error: sqlite3.Error | OSError) -> RunStopped:
    """What went wrong before anything was sent."""
    if isinstance(error, OSError):
        if error.errno in _NO_ROOM:
            return _unwritable(path, error)
        return unusable(path, f"cannot be opened ({_told(error)})", _access(path))
    code, primary = _codes(error)
    if primary == sqlite3.SQLITE_NOTADB:
        return unusable(path, "is not an SQLite database", "move that file away")
    if primary == sqlite3.SQLITE_FULL or code in _WRITE_FAILED:
        return _unwritable(path, error)
    if primary in _HELD:
        return locked(path, _ANOTHER_PROGRAM)
    if primary in _DENIED:
        return unusable(path, f"cannot be opened ({_told(error)})", _access(path))
    return while_reading(path, error)


def while_reading(path: Path, error: sqlite3.Error) -> RunStopped:
    """What went wrong with what is in it."""
    if _codes(error)[1] == sqlite3.SQLITE_IOERR:
        return unusable(path, f"cannot be read ({_told(error)})", "check that it is a local disk")
    return unusable(path, f"is damaged ({_told(error)})", "put a whole copy of it back")


def while_writing(path: Path, error: sqlite3.Error, note: str) -> RunStopped:
    """What went wrong with a group of entries; `note` says what became of these."""
    primary = _codes(error)[1]
    damaged = primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    stopped = while_reading(path, error) if damaged else _unwritable(path, error)
    return RunStopped(stopped.verdict, stopped.detail + note)


def _unwritable(path: Path, error: sqlite3.Error | OSError) -> RunStopped:
    """Nothing more can be written to it."""
    primary = 0 if isinstance(error, OSError) else _codes(error)[1]
    if primary in _HELD:
        mend = f"end {_ANOTHER_PROGRAM}, that has it open"
    elif primary in _DENIED:
        mend = _access(path)
    elif primary == sqlite3.SQLITE_IOERR:
        mend = "check that disk (its room, limits on the size of files, its health)"
    else:
        mend = "make room on that disk"
    return RunStopped(
        "ledger_unwritable",
        f"the ledger {path} cannot be written ({_told(error)}): {mend}, then give the same command "
        "again",
    )


def _codes(error: sqlite3.Error) -> tuple[int, int]:
    """SQLite's extended and primary result code; zeros where the error is of Python's module."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code, code & 0xFF


def _access(path: Path) -> str:
    if not os.path.isdir(path.parent):  # noqa: PTH112 - Path's raises where a name is too long
        return f"make the folder {path.parent}"
    return "see that the file and its folder can be written and are on a local disk"


def _told(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    # "disk I/O error" alone does not say what was tried.
    name = getattr(error, "sqlite_errorname", "")
    return f"{error}, {name}" if _codes(error)[1] == sqlite3.SQLITE_IOERR else str(error)
