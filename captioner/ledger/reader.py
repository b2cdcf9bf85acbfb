"""What is read from a ledger: over a connection of its own, so that no look-up waits for a disk."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from captioner.flow.ledger import Kept
from captioner.ledger import trouble
from captioner.ledger.rows import COLUMNS, NAMED, kept_of

_AT = f"SELECT {', '.join(COLUMNS)} FROM replies WHERE id = ?"  # noqa: S608 - constants
_FIND = _AT.replace("= ?", "IN (SELECT id FROM keys WHERE key = ? AND id > ?) ORDER BY id")


class Reader:
    """Reads from any thread, one at a time; raises RunStopped where that cannot be done."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        connection.execute("PRAGMA query_only = 1")

    def find(self, key: bytes, since: int, recent: Sequence[int] = ()) -> list[tuple[int, Kept]]:
        """What is kept under a key after the number `since`, oldest first, with numbers.

        `recent` are numbers under which there may be more that is not in the index yet.
        """
        rows = self._select(_FIND, (key, since))
        if recent:
            rows += [
                row for number in recent if number > since for row in self._select(_AT, (number,))
            ]
            # Meanwhile they may have come into the index.
            rows = [row for _, row in sorted({row[0]: row for row in rows}.items())]
        return list(self._kept(rows)) if rows else []

    def run(self, output: str) -> Any:
        """The record of the run into `output`, or None."""
        return self._json("SELECT record FROM runs WHERE output = ?", output)

    def spent(self, output: str) -> Any:
        """What the runs into `output` have spent, or None."""
        return self._json("SELECT spent FROM spending WHERE output = ?", output)

    def close(self) -> None:
        """Let go of the connection; safe to call twice."""
        with self._lock:
            self._connection.close()

    def _select(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.ProgrammingError as error:
            raise ValueError("the ledger is closed") from error
        except sqlite3.Error as error:
            raise trouble.while_reading(self._path, error) from error

    def _json(self, query: str, output: str) -> Any:
        found = self._select(query, (output,))
        return json.loads(found[0][0]) if found else None

    def _kept(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Kept]]:
        for row in rows:
            values = list(row)
            for column in NAMED:
                if values[column] is not None:
                    values[column] = self._name(values[column])
            kept = kept_of(values)
            if kept is not None:
                yield values[0], kept

    def _name(self, number: int) -> str:
        name = self._names.get(number)
        if name is None:
            found = self._select("SELECT name FROM names WHERE id = ?", (number,))
            name = self._names[number] = found[0][0]
        return name
