"""The database file: whose it is, which version, and the steps from each version to the next."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

from captioner.ledger import trouble

APPLICATION_ID: Final = 0x43617074
"""What tells our files from those of other applications, in the header of the file."""

Steps: TypeAlias = Sequence[Sequence[str]]

STEPS: Final[Steps] = (
    (
        """
        CREATE TABLE about (
            rehearsal INTEGER NOT NULL,
            opened_unix_ms INTEGER NOT NULL,
            id TEXT NOT NULL DEFAULT (lower(hex(randomblob(16))))
        )
        """,
        # Models, tiers, endpoints, finish reasons and reasons: few words, used by every row.
        "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        # Only ever appended to. `state` is answered or rejected; submitted is for replies that
        # come hours later, under an `external_id`. `try` is 2 where the output cap was doubled.
        """
        CREATE TABLE replies (
            id INTEGER PRIMARY KEY,
            key BLOB NOT NULL,
            state TEXT NOT NULL,
            try INTEGER,
            content TEXT,
            refusal TEXT,
            finish_reason INTEGER REFERENCES names,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            model INTEGER REFERENCES names,
            tier INTEGER REFERENCES names,
            endpoint INTEGER REFERENCES names,
            external_id TEXT,
            attempts INTEGER,
            latency_ms INTEGER,
            at_unix_ms INTEGER NOT NULL,
            reason INTEGER REFERENCES names,
            detail TEXT
        )
        """,
        "CREATE INDEX replies_by_key ON replies (key)",
        "CREATE TABLE runs (output TEXT PRIMARY KEY, record TEXT NOT NULL)",
        # Apart from the records: it is written for every block of the budget, and is small.
        "CREATE TABLE spending (output TEXT PRIMARY KEY, spent TEXT NOT NULL)",
    ),
    (
        # Keys come in no order: each would be in another page, of which all of it is written. So
        # they are put in by the thousand; replies above `indexed` are not among them yet.
        "DROP INDEX replies_by_key",
        "CREATE TABLE keys (key BLOB, id INTEGER, PRIMARY KEY (key, id)) WITHOUT ROWID",
        "ALTER TABLE about ADD indexed INTEGER NOT NULL DEFAULT 0",
    ),
)
"""`STEPS[n]` leads from version n to version n + 1; the version of a file is its `user_version`."""

_BUSY_S = 10.0
_CACHE_KIB = 16 * 1024

_HEADER_BYTES = 100
"""What every database begins with."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection for any thread, one at a time, without transactions of its own accord.

    Raises RunStopped or PermissionError where it is no file that can be written; sqlite3.Error.
    """
    if path.exists() and not path.is_file():
        raise trouble.unusable(path, "is not a file", "name one")
    # SQLite would open it for reading only, and leave a log behind that it cannot remove.
    effective = os.access in os.supports_effective_ids
    if path.exists() and not os.access(path, os.R_OK | os.W_OK, effective_ids=effective):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    # A file too short to be a database SQLite takes for an empty one, and overwrites.
    if path.exists() and 0 < path.stat().st_size < _HEADER_BYTES:
        raise trouble.unusable(path, "is not an SQLite database", "move that file away")
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(
    connection: sqlite3.Connection,
    path: Path,
    *,
    rehearsal: bool,
    now_unix_ms: int,
    steps: Steps = STEPS,
) -> None:
    """Check that the file is ours and of this kind, migrate it, and prove that it can be written.

    Raises RunStopped where it is not, before anything in it is changed; sqlite3.Error where it
    cannot be read or written.
    """
    _check_whole(connection, path)
    version = _version(connection, path, len(steps))
    if version:
        _check_kind(connection, path, rehearsal=rehearsal)
    _use_wal(connection, path)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in (one for step in steps[version:] for one in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        if not version:
            connection.execute(
                "INSERT INTO about (rehearsal, opened_unix_ms) VALUES (?, 0)", (rehearsal,)
            )
        connection.execute("UPDATE about SET opened_unix_ms = ?", (now_unix_ms,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def synchronise(connection: sqlite3.Connection, *, full: bool) -> None:
    """With `full`, a commit is on the disk when it returns; without, a power cut may cost some."""
    connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
    # On macOS fsync alone leaves data in the drive; elsewhere these change nothing.
    connection.execute(f"PRAGMA fullfsync = {full:d}")
    connection.execute(f"PRAGMA checkpoint_fullfsync = {full:d}")


def _check_whole(connection: sqlite3.Connection, path: Path) -> None:
    """SQLite misses only whole pages, and reads zeros where the last one was cut."""
    pages, page_bytes = (
        connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size")
    )
    log = path.with_name(f"{path.name}-wal")
    # With a log, pages of it may be there that the file has yet to get.
    in_log = log.exists() and log.stat().st_size > 0
    if not in_log and path.stat().st_size % page_bytes and pages:
        why = "is damaged (its end is missing)"
        raise trouble.unusable(path, why, "put a whole copy of it back")


def _version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    """The version of the file; 0 for one that is empty."""
    application, version, tables = (
        int(connection.execute(query).fetchone()[0])
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_master",
        )
    )
    if application == version == tables == 0:
        return 0
    if application != APPLICATION_ID:
        raise trouble.unusable(path, "is another application's database", "leave that file alone")
    if version > newest:
        raise trouble.unusable(
            path,
            f"was made by a newer captioner (its version is {version}, {newest} is known here)",
            "update captioner",
        )
    return version


def _check_kind(connection: sqlite3.Connection, path: Path, *, rehearsal: bool) -> None:
    rehearsed = bool(connection.execute("SELECT rehearsal FROM about").fetchone()[0])
    if rehearsed and not rehearsal:
        why, mend = "is a rehearsal's, with replies that were made up", "leave it to rehearsals"
        raise trouble.unusable(path, why, mend)
    if rehearsal and not rehearsed:
        why, mend = "is a real run's", "leave it to real runs"
        raise trouble.unusable(path, why, mend)


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    """A file system that several machines share has no shared memory, which WAL needs."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        why = "is on a file system that lacks what SQLite's write-ahead log needs"
        raise trouble.unusable(path, why, "put it on a local disk")
