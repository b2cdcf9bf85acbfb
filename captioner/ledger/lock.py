"""One opener at a time: a lock file beside the ledger, which ends with the process that holds it.

Not a lock on the database file itself: closing any descriptor of that one would drop the locks
that SQLite holds on it (POSIX advisory locks belong to the process).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from captioner.ledger import trouble

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FAR_BYTES = 2**20
"""Windows keeps others from reading what is locked, so it is not the bytes that hold the id."""


class FileLock:
    """The lock of one ledger, held from construction to `release`.

    Raises RunStopped (`ledger_locked`), and OSError where there can be no lock file.
    """

    def __init__(self, ledger: Path) -> None:
        self.path = ledger.with_name(f"{ledger.name}-lock")
        descriptor = self._opened(ledger)
        while not self._is_current(descriptor):
            os.close(descriptor)  # its last holder removed it between our opening and locking
            descriptor = self._opened(ledger)
        self._descriptor: int | None = descriptor
        try:
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let others open the ledger; safe to call twice."""
        if self._descriptor is not None:
            with suppress(OSError):
                self.path.unlink()
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self, ledger: Path) -> int:
        """A descriptor that has the lock on whatever file it opened."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
        except BlockingIOError as error:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise trouble.locked(ledger, holder) from error
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _is_current(self, descriptor: int) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        return False


def _lock(descriptor: int) -> None:
    """Take the lock or raise BlockingIOError."""
    if sys.platform == "win32":
        os.lseek(descriptor, _FAR_BYTES, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(descriptor: int) -> str:
    told = os.read(descriptor, 20).decode(errors="replace")
    if not told.isdecimal():
        return "another process"
    return "this process" if int(told) == os.getpid() else f"process {told}"
