"""Old replies are forgotten; nothing else, and nobody waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.ledger import Paid
from captioner.ledger import open_ledger, schema
from captioner.ledger.retention import Retention
from captioner.ledger.rows import Entry, Row, row_of
from captioner.ledger.tables import Tables
from captioner.vision.reply import Reply

_HOUR_S = 3600.0


def _paid(text: str) -> Paid:
    return Paid(Reply(text, None, "stop", None, "model"), 1, 0.5)


def _row(number: int, at_s: float, text: str = "A caption.") -> Row:
    key = blake2b(str(number).encode(), digest_size=16).digest()
    return row_of(number, Entry(key, _paid(text), ""), round(at_s * 1000))


def _numbers(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT id FROM replies ORDER BY id")]


def _all_steps(retention: Retention) -> list[float]:
    """Steps until it would rest; the pauses between them."""
    pauses = []
    while (pause_s := retention.step()) < 60:
        pauses.append(pause_s)
    return pauses


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a prepared file."""
    with closing(schema.connect(path)) as connection:
        schema.prepare(connection, path, rehearsal=False, now_unix_ms=1)
        yield connection


def test_what_is_older_goes_a_hundred_at_a_time(connection: sqlite3.Connection) -> None:
    """With pauses, in which what is paid for is written; what is younger stays."""
    tables = Tables(connection)
    tables.write([_row(number, number) for number in range(1, 1001)])
    retention = Retention(tables, _HOUR_S, lambda: _HOUR_S + 250.5)
    assert retention.step() >= 0.1
    assert _numbers(connection)[0] == 101
    assert len(_all_steps(retention)) == 2
    assert _numbers(connection) == list(range(251, 1001))
    assert retention.step() == 60
    assert _numbers(connection) == list(range(251, 1001))


def test_an_empty_one_has_nothing_to_forget(connection: sqlite3.Connection) -> None:
    """It looks again in a minute."""
    assert Retention(Tables(connection), _HOUR_S, lambda: 1e9).step() == 60


def test_the_newest_stays_so_that_numbers_go_on(connection: sqlite3.Connection) -> None:
    """A mark divides what was kept from what comes, in all lives."""
    tables = Tables(connection)
    tables.write([_row(number, number) for number in range(1, 11)])
    _all_steps(Retention(tables, _HOUR_S, lambda: 1e9))
    assert _numbers(connection) == [10]
    assert tables.last() == 10


@given(st.lists(st.integers(0, 200), max_size=60), st.integers(0, 200))
def test_none_goes_that_came_after_one_that_is_young(times: list[int], limit: int) -> None:
    """Whatever the clock did and whatever gaps there are; where it only went forward, exactly those
    go that are too old, but for the newest.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in (one for step in schema.STEPS for one in step):
            connection.execute(statement)
        connection.execute("INSERT INTO about (rehearsal, opened_unix_ms) VALUES (0, 0)")
        tables = Tables(connection)
        at_s = {3 * place + 1: time_s for place, time_s in enumerate(times)}
        if at_s:
            tables.write([_row(number, time_s) for number, time_s in at_s.items()])
        _all_steps(Retention(tables, 1000.0, lambda: 1000.0 + limit))
        left = _numbers(connection)
        assert left == list(at_s)[len(at_s) - len(left) :]
        gone = list(at_s)[: len(at_s) - len(left)]
        # What came before one that is old is old, whatever the clock said then.
        assert not gone or min(at_s[number] for number in at_s if number >= gone[-1]) < limit
        if times == sorted(times):
            old = [number for number, time_s in at_s.items() if time_s < limit]
            assert gone == [number for number in old if number != max(at_s)]


def test_free_pages_are_used_again(connection: sqlite3.Connection, path: Path) -> None:
    """The file is as large as what is kept, however much comes and goes."""
    tables, now_s, sizes = Tables(connection), 0.0, list[int]()
    retention = Retention(tables, 1000.0, lambda: now_s)
    for start in range(1, 10_001, 100):
        now_s += 100
        tables.write(
            [_row(number, now_s, "A caption. " * 30) for number in range(start, start + 100)]
        )
        _all_steps(retention)
        connection.execute("PRAGMA wal_checkpoint")
        sizes.append(path.stat().st_size)
    assert len(_numbers(connection)) == 1100
    assert sizes[-1] <= 1.2 * sizes[15]


def test_a_database_that_cannot_be_written_is_left_for_later(
    connection: sqlite3.Connection, path: Path
) -> None:
    """Whoever has something to keep is told what is wrong; this waits for a minute."""
    tables = Tables(connection)
    tables.write([_row(number, number) for number in range(1, 301)])
    retention = Retention(tables, _HOUR_S, lambda: 1e9)
    connection.execute("PRAGMA query_only = 1")
    assert retention.step() == 60
    connection.execute("PRAGMA query_only = 0")
    _all_steps(retention)
    assert _numbers(connection) == [300]


async def test_a_ledger_forgets_by_itself_and_never_what_was_spent(path: Path) -> None:
    """In its writer's thread, from its opening on; without a limit it keeps everything."""
    now_s = 1_700_000_000.0

    def clock() -> float:
        return now_s

    with open_ledger(path, unix_s=clock) as ledger:
        for number in range(4):
            await ledger.append(bytes([number]) * 16, _paid(str(number)))
            now_s += _HOUR_S
        await ledger.save_spent("profile:shop", {"requests": 4})
    with open_ledger(path, unix_s=clock) as ledger:
        await ledger.append(b"x" * 16, _paid("newest"))
        assert ledger.find(bytes(16)) == (_paid("0"),)
    with open_ledger(path, keep_s=2.5 * _HOUR_S, unix_s=clock) as ledger:
        end_s = time.monotonic() + 10
        while ledger.find(bytes([1]) * 16):
            assert time.monotonic() < end_s
            await asyncio.sleep(0.01)
        assert ledger.find(bytes(16)) == ()
        assert ledger.find(bytes([2]) * 16) == (_paid("2"),)
        await ledger.append(b"y" * 16, _paid("goes on"))
        assert ledger.find(b"y" * 16) == (_paid("goes on"),)
        assert ledger.spent("profile:shop") == {"requests": 4}
