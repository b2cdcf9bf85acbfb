"""A group is written whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from captioner.flow.ledger import Paid
from captioner.ledger import schema
from captioner.ledger.reader import Reader
from captioner.ledger.rows import Entry, Row, row_of
from captioner.ledger.tables import Statement, Tables
from captioner.vision.reply import Reply


def _paid(text: str, model: str = "model") -> Paid:
    return Paid(Reply(text, None, "stop", None, model), 1, 0.5)


def _row(number: int, text: str, model: str = "model", key: bytes = b"key") -> Row:
    return row_of(number, Entry(key, _paid(text, model), ""), 0)


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a prepared file."""
    with closing(schema.connect(path)) as connection:
        schema.prepare(connection, path, rehearsal=False, now_unix_ms=1)
        yield connection


@pytest.fixture
def reader(connection: sqlite3.Connection, path: Path) -> Iterator[Reader]:
    """Reads the same file."""
    with closing(Reader(schema.connect(path), path)) as reader:
        yield reader


@pytest.mark.parametrize("count", [1, 7, 8, 31, 32, 33, 73, 200])
def test_a_group_of_any_size_is_written(
    connection: sqlite3.Connection, reader: Reader, count: int
) -> None:
    """Each row once, in order."""
    rows = [_row(number, str(number)) for number in range(1, count + 1)]
    tables = Tables(connection)
    tables.write(rows)
    tables.index()
    assert reader.find(b"key", 0) == [(n, _paid(str(n))) for n in range(1, count + 1)]
    assert tables.last() == count


def test_a_group_that_fails_leaves_nothing_and_no_wrong_name(
    connection: sqlite3.Connection, reader: Reader
) -> None:
    """Neither its rows nor its names nor its records; the next group is not harmed."""
    tables = Tables(connection)
    tables.write([_row(1, "one", "first")])
    with pytest.raises(sqlite3.Error):
        tables.write(
            [_row(2, "two", "second")],
            [Statement.save_run("out", "{}"), Statement("INSERT INTO nowhere VALUES (1)", ())],
        )
    assert not connection.in_transaction
    assert reader.run("out") is None
    tables.write([_row(2, "three", "third"), _row(3, "four", "second")])
    tables.index()
    assert [kept for _, kept in reader.find(b"key", 0)] == [
        _paid("one", "first"),
        _paid("three", "third"),
        _paid("four", "second"),
    ]


def test_names_are_stored_once(connection: sqlite3.Connection) -> None:
    """Also those that another connection's life has left."""
    Tables(connection).write([_row(1, "one"), _row(2, "two")])
    Tables(connection).write([_row(3, "three"), _row(4, "four", "other")])
    names = connection.execute("SELECT name FROM names ORDER BY name").fetchall()
    assert names == [("",), ("model",), ("other",), ("stop",)]


def test_what_was_rescued_goes_in_once(connection: sqlite3.Connection, reader: Reader) -> None:
    """Killed between the merge and the emptying, it is merged again."""
    tables = Tables(connection)
    tables.write([_row(1, "one"), _row(4, "four")])
    for _ in range(2):
        tables.add_rescued([_row(2, "two"), _row(3, "three")])
    tables.index()
    found = [kept for _, kept in reader.find(b"key", 0)]
    assert found == [_paid("one"), _paid("two"), _paid("three"), _paid("four")]


def test_what_was_rescued_late_is_found(connection: sqlite3.Connection, reader: Reader) -> None:
    """Its number is below those whose keys are in the index already; it is put there once."""
    tables = Tables(connection)
    tables.write([_row(1, "one"), _row(4, "four")])
    tables.index()
    for _ in range(2):
        tables.add_rescued([_row(2, "two"), _row(5, "five")])
        tables.index()
    found = [kept for _, kept in reader.find(b"key", 0)]
    assert found == [_paid("one"), _paid("two"), _paid("four"), _paid("five")]


def test_a_key_is_found_once_before_and_after_it_is_in_the_index(
    connection: sqlite3.Connection, reader: Reader
) -> None:
    """Also by whoever took note of its number before, and looks it up after."""
    tables = Tables(connection)
    tables.write([_row(1, "one"), _row(2, "other", key=b"other")])
    tables.index()
    tables.write([_row(3, "three"), _row(4, "four")])
    expected = [(1, _paid("one")), (3, _paid("three")), (4, _paid("four"))]
    assert reader.find(b"key", 0, (3, 4)) == expected
    assert reader.find(b"key", 3, (3, 4)) == expected[2:]
    tables.index()
    assert reader.find(b"key", 0, (3, 4)) == reader.find(b"key", 0) == expected
    assert reader.find(b"key", 3) == expected[2:]


def test_what_is_forgotten_leaves_the_index(connection: sqlite3.Connection) -> None:
    """Or it would grow for ever."""
    tables = Tables(connection)
    tables.write([_row(number, str(number), key=bytes([number])) for number in range(1, 9)])
    tables.index()
    tables.write([_row(9, "nine")])
    tables.forget(8)
    assert connection.execute("SELECT id FROM keys").fetchall() == [(8,)]


def test_what_was_rescued_stays_when_its_number_is_taken(
    connection: sqlite3.Connection, reader: Reader
) -> None:
    """Another ledger was put in place of the one it was rescued from."""
    tables = Tables(connection)
    tables.write([_row(1, "theirs", key=b"theirs"), _row(2, "theirs", key=b"theirs")])
    tables.add_rescued([_row(2, "two"), _row(3, "three")])
    tables.index()
    assert sorted(str(kept) for _, kept in reader.find(b"key", 0)) == sorted(
        [str(_paid("two")), str(_paid("three"))]
    )
    assert len(reader.find(b"theirs", 0)) == 2
