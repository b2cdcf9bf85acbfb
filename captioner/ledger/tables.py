"""What the writer's connection does: one transaction for a whole group."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from captioner.ledger.rows import COLUMNS, NAMED, Row

_AT_ONCE = 32
"""Rows in a statement. Each statement gives up the interpreter's lock, so few are cheap; SQLite
before 3.32 takes 999 values in one."""

_INSERTS = [
    f"INSERT INTO replies ({', '.join(COLUMNS)}) VALUES "  # noqa: S608 - constants
    + ", ".join([f"({', '.join('?' * len(COLUMNS))})"] * count)
    for count in range(_AT_ONCE + 1)
]
"""By the number of rows. The connection keeps what it has prepared of them."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One change other than a new reply."""

    sql: str
    values: tuple[Any, ...]

    @classmethod
    def save_run(cls, output: str, record: str) -> Statement:
        """Record where the run into `output` stands."""
        return cls("INSERT OR REPLACE INTO runs VALUES (?, ?)", (output, record))

    @classmethod
    def forget_run(cls, output: str) -> Statement:
        """Drop that record."""
        return cls("DELETE FROM runs WHERE output = ?", (output,))

    @classmethod
    def index(cls, key: bytes, number: int) -> Statement:
        """Put one key in its order."""
        return cls("INSERT INTO keys VALUES (?, ?)", (key, number))

    @classmethod
    def save_spent(cls, output: str, spent: str) -> Statement:
        """Record what the runs into `output` have spent."""
        return cls("INSERT OR REPLACE INTO spending VALUES (?, ?)", (output, spent))


class Tables:
    """Writes through one connection. Raises sqlite3.Error with nothing of the group written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: dict[str, int] = {
            name: number for number, name in connection.execute("SELECT id, name FROM names")
        }

    def last(self) -> int:
        """The number of the newest reply; 0 without any."""
        newest = self._connection.execute("SELECT max(id) FROM replies").fetchone()[0]
        return newest or 0

    def first(self) -> int:
        """The number of the oldest reply; 0 without any."""
        oldest = self._connection.execute("SELECT min(id) FROM replies").fetchone()[0]
        return oldest or 0

    def at_unix_ms(self, number: int) -> int:
        """When the reply of this number was kept; where there is none, the one behind it."""
        query = "SELECT at_unix_ms FROM replies WHERE id >= ? ORDER BY id LIMIT 1"
        at_unix_ms: int = self._connection.execute(query, (number,)).fetchone()[0]
        return at_unix_ms

    def forget(self, before: int) -> None:
        """Delete all replies whose number is below this; one commit."""
        with self._transaction() as execute:
            gone = execute("SELECT key, id FROM replies WHERE id < ?", (before,)).fetchall()
            self._connection.executemany("DELETE FROM keys WHERE key = ? AND id = ?", gone)
            execute("DELETE FROM replies WHERE id < ?", (before,))

    def index(self) -> None:
        """Put the keys of what came since the last time in their order; one commit."""
        with self._transaction() as execute:
            execute(
                "INSERT INTO keys SELECT key, id FROM replies "
                "WHERE id > (SELECT indexed FROM about) ORDER BY key, id"
            )
            execute("UPDATE about SET indexed = (SELECT coalesce(max(id), indexed) FROM replies)")

    def id(self) -> str:
        """What no other ledger is called."""
        name: str = self._connection.execute("SELECT id FROM about").fetchone()[0]
        return name

    def write(self, rows: Sequence[Row], statements: Sequence[Statement] = ()) -> None:
        """Append the rows and make the other changes, all or nothing, with one commit."""
        execute = self._connection.execute
        fresh = self._new_names(rows)
        if 0 < len(rows) <= _AT_ONCE and not fresh and not statements:
            # One statement is all or nothing by itself.
            execute(_INSERTS[len(rows)], _values(self._numbered(rows, fresh)))
            return
        with self._transaction():
            for name, number in fresh.items():
                execute("INSERT INTO names VALUES (?, ?)", (number, name))
            numbered = self._numbered(rows, fresh)
            for start in range(0, len(numbered), _AT_ONCE):
                part = numbered[start : start + _AT_ONCE]
                execute(_INSERTS[len(part)], _values(part))
            for statement in statements:
                execute(statement.sql, statement.values)
        self._names.update(fresh)

    def add_rescued(self, rows: Sequence[Row]) -> None:
        """Append rows under their numbers, but those that are there already."""
        if not rows:
            return
        missing, number = [], max(self.last(), *(row[0] for row in rows))
        for row in rows:
            query = "SELECT key FROM replies WHERE id = ?"
            there = self._connection.execute(query, row[:1]).fetchone()
            if there is None:
                missing.append(row)
            elif there[0] != row[1]:  # another entry's number: the database was exchanged since
                number += 1
                missing.append([number, *row[1:]])
        # Of those that come late nobody else puts the keys in order.
        indexed = self._connection.execute("SELECT indexed FROM about").fetchone()[0]
        late = [Statement.index(row[1], row[0]) for row in missing if row[0] <= indexed]
        self.write(missing, late)

    def close(self) -> None:
        """Fold the log into the database, if nobody else reads it, and let go of both."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            yield execute
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise

    def _new_names(self, rows: Sequence[Row]) -> dict[str, int]:
        known, fresh = self._names, dict[str, int]()
        for row in rows:
            for column in NAMED:
                name = row[column]
                if name is not None and name not in known and name not in fresh:
                    fresh[name] = len(known) + len(fresh) + 1
        return fresh

    def _numbered(self, rows: Sequence[Row], fresh: dict[str, int]) -> list[Row]:
        numbers = {**self._names, **fresh} if fresh else self._names
        numbered = []
        for row in rows:
            values = row.copy()  # the lifeboat may need the names
            for column in NAMED:
                if values[column] is not None:
                    values[column] = numbers[values[column]]
            numbered.append(values)
        return numbered


def _values(rows: list[Row]) -> list[Any]:
    return [value for row in rows for value in row]
