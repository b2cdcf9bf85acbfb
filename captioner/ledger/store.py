"""The ledger on disk, put together: lock, database, lifeboat, one reader, one writer."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from captioner.errors import RunStopped
from captioner.flow.ledger import Kept, Ledger
from captioner.ledger import schema, trouble
from captioner.ledger.fresh_keys import FreshKeys
from captioner.ledger.lifeboat import Lifeboat
from captioner.ledger.lock import FileLock
from captioner.ledger.reader import Reader
from captioner.ledger.retention import Retention
from captioner.ledger.rows import Entry, Row, kept_of, row_of
from captioner.ledger.tables import Statement, Tables
from captioner.ledger.writer import Writer

RunRecord: TypeAlias = Mapping[str, Any]
"""Where a run into one output stands: JSON values, nothing to the ledger."""

Durability: TypeAlias = Literal["full", "normal"]

_INDEX_AFTER = 8192
"""So many replies are put into the index at once: 2 MB of memory, and 20 ms now and then."""


def open_ledger(
    path: Path,
    *,
    durability: Durability = "full",
    rehearsal: bool = False,
    keep_s: float | None = None,
    unix_s: Callable[[], float] = time.time,
) -> SqliteLedger:
    """Open or make the ledger at `path`, with all that its lifeboat holds; blocks.

    With durability `full` an entry is on the disk when `append` returns; with `normal` a power cut
    may cost the last seconds, a killed process nothing. `unix_s` tells when an entry was kept; with
    `keep_s` it is forgotten so long after that. What was spent is never forgotten.
    Raises RunStopped (`ledger_locked`, `ledger_unusable`, `ledger_unwritable`); what is there stays
    as it is.
    """
    path = Path(os.path.realpath(path))
    opened: list[Callable[[], None]] = []
    try:
        lock = FileLock(path)
        opened.append(lock.release)
        connection = schema.connect(path)
        opened.append(connection.close)
        now_unix_ms = round(unix_s() * 1000)
        schema.prepare(connection, path, rehearsal=rehearsal, now_unix_ms=now_unix_ms)
        schema.synchronise(connection, full=True)
        lifeboat = Lifeboat(path, rehearsal=rehearsal)
        opened.append(lifeboat.close)
        tables = Tables(connection)
        tables.add_rescued(lifeboat.aboard)
        tables.index()
        lifeboat.make_ready()
        schema.synchronise(connection, full=durability == "full")
        reading = schema.connect(path)
        opened.append(reading.close)
        retention = None if keep_s is None else Retention(tables, keep_s, unix_s)
        return SqliteLedger(path, lock, tables, Reader(reading, path), lifeboat, unix_s, retention)
    except BaseException as error:
        for close in reversed(opened):
            close()
        if isinstance(error, (sqlite3.Error, OSError)):
            raise trouble.while_opening(path, error) from error
        raise


class SqliteLedger:
    """A ledger in an SQLite database; made by `open_ledger`. Any thread, any event loop.

    Besides the replies it records, for each output, where its run stands and what it has spent.
    `id` is what no other ledger is called, in all lives.
    """

    def __init__(
        self,
        path: Path,
        lock: FileLock,
        tables: Tables,
        reader: Reader,
        lifeboat: Lifeboat,
        unix_s: Callable[[], float],
        retention: Retention | None = None,
    ) -> None:
        self.path = path
        self.id = tables.id()
        self._lock = lock
        self._tables = tables
        self._reader = reader
        self._lifeboat = lifeboat
        self._unix_s = unix_s
        self._given = self._mark = tables.last()
        # Nobody else writes while the lock is held. An older ledger may have any key.
        self._fresh_keys = None if self._mark else FreshKeys()
        self._rescued: dict[bytes, tuple[tuple[int, Kept], ...]] = {}
        # The numbers of what the index does not have yet, and of the last that it has.
        self._recent: dict[bytes, tuple[int, ...]] = {}
        self._indexed = self._given
        self._writer = Writer(
            self._write, name="ledger", beside=retention.step if retention else None
        )

    def find(self, key: bytes, *, since: int = 0) -> tuple[Kept, ...]:
        """What was kept under a key after the mark `since`, oldest first.

        Raises RunStopped (`ledger_unusable`) where it cannot be read.
        """
        if not self.may_have(key):
            return ()
        # The recent ones are looked up first: those that go from there are in the index by then.
        found = self._reader.find(key, since, self._recent.get(key, ()))
        if self._rescued:
            rescued = self._rescued.get(key, ())
            found += [(number, kept) for number, kept in rescued if number > since]
            found.sort(key=lambda numbered: numbered[0])
        return tuple(kept for _, kept in found)

    def may_have(self, key: bytes) -> bool:
        """Whether the database has to be asked for a key."""
        return self._fresh_keys is None or self._fresh_keys.may_have(key)

    def mark(self) -> int:
        """The number of the newest entry; it grows from run to run."""
        return self._mark

    def append(self, key: bytes, kept: Kept, *, endpoint: str = "") -> Awaitable[None]:
        """Keep an entry, and who said it; to be awaited.

        Raises RunStopped (`ledger_unwritable`) where the database does not take it, and says
        whether the lifeboat did. Cancelling it does not undo it.
        """
        return self._writer.do(Entry(key, kept, endpoint))

    def bind(self, endpoint: str) -> Ledger:
        """This ledger, as one endpoint uses it: what is appended is noted as said by it."""
        return _Bound(self, endpoint)

    def run(self, output: str) -> RunRecord | None:
        """The record of the run into `output`; blocks."""
        record: RunRecord | None = self._reader.run(output)
        return record

    async def save_run(self, output: str, record: RunRecord) -> None:
        """Put a record, as it is now, in the place of the last one."""
        await self._writer.do(Statement.save_run(output, _compact(record)))

    async def forget_run(self, output: str) -> None:
        """Drop the record; the replies and what was spent stay."""
        await self._writer.do(Statement.forget_run(output))

    def spent(self, output: str) -> Mapping[str, Any] | None:
        """What the runs into `output` have spent, as it was saved; blocks."""
        spent: Mapping[str, Any] | None = self._reader.spent(output)
        return spent

    async def save_spent(self, output: str, spent: Mapping[str, Any]) -> None:
        """Put what was spent in the place of what was saved last."""
        await self._writer.do(Statement.save_spent(output, _compact(spent)))

    def size_bytes(self) -> int:
        """What the ledger takes on the disk, its log included."""
        total = 0
        for suffix in ("", "-wal"):
            try:
                total += self.path.with_name(self.path.name + suffix).stat().st_size
            except FileNotFoundError:
                continue
        return total

    def close(self, *, discard: bool = False) -> None:
        """Write what waits, then let go of everything; blocks; safe to call twice.

        With `discard` the file is removed, for a run that ended before it began.
        """
        self._writer.close()
        self._reader.close()
        self._tables.close()
        self._lifeboat.close()
        if discard:
            self.path.unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SqliteLedger {self.path.name}, {self._mark} entries>"

    def _write(self, group: list[Entry | Statement]) -> None:
        """Write a group, in the writer's thread; what the database does not take is rescued."""
        rows: list[Row] = []
        at_unix_ms = round(self._unix_s() * 1000)
        for work in group:
            if isinstance(work, Entry):
                self._given += 1
                rows.append(row_of(self._given, work, at_unix_ms))
                self._recent[work.key] = (*self._recent.get(work.key, ()), self._given)
                if self._fresh_keys is not None:
                    self._fresh_keys.add(work.key)
        try:
            self._tables.write(rows, [work for work in group if isinstance(work, Statement)])
        except sqlite3.Error as error:
            raise self._rescue(rows, error) from error
        finally:
            self._mark = self._given
        if self._given - self._indexed >= _INDEX_AFTER:
            with suppress(sqlite3.Error):  # the next group says what is wrong
                self._tables.index()
                self._indexed, self._recent = self._given, {}

    def _rescue(self, rows: list[Row], error: sqlite3.Error) -> RunStopped:
        saved = self._lifeboat.add(rows)
        for row in saved:
            kept = kept_of(row)
            if kept is not None:
                self._rescued[row[1]] = (*self._rescued.get(row[1], ()), (row[0], kept))
        note, lost = "", len(rows) - len(saved)
        if saved:
            note += f"; what came meanwhile ({len(saved)}) is safe in {self._lifeboat.path}"
        if lost:
            note += f"; {lost} that came meanwhile could not be kept"
        return trouble.while_writing(self.path, error, note)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A ledger for the answers of one endpoint."""

    ledger: SqliteLedger
    endpoint: str

    def find(self, key: bytes, *, since: int = 0) -> tuple[Kept, ...]:
        return self.ledger.find(key, since=since)

    def may_have(self, key: bytes) -> bool:
        return self.ledger.may_have(key)

    def mark(self) -> int:
        return self.ledger.mark()

    def append(self, key: bytes, kept: Kept) -> Awaitable[None]:
        return self.ledger.append(key, kept, endpoint=self.endpoint)


def _compact(record: Mapping[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"))
