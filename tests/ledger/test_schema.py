"""Only what is ours, of this kind and not newer is opened; the rest stays as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from captioner.errors import RunStopped
from captioner.ledger import schema

_OLD: schema.Steps = (
    ("CREATE TABLE about (rehearsal INTEGER, opened_unix_ms INTEGER)", "CREATE TABLE a (x)"),
)
_NEW: schema.Steps = (*_OLD, ("ALTER TABLE a ADD y DEFAULT 2",), ("CREATE TABLE b (z)",))

Prepare = Callable[..., None]


@pytest.fixture
def prepare(path: Path) -> Iterator[Prepare]:
    """Prepares the file as this or another version of captioner does."""

    def preparing(steps: schema.Steps = schema.STEPS, *, rehearsal: bool = False) -> None:
        with closing(schema.connect(path)) as connection:
            schema.prepare(connection, path, rehearsal=rehearsal, now_unix_ms=1, steps=steps)

    yield preparing  # noqa: PT022 - typed like the others


def _query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_a_new_file_is_marked_as_ours(path: Path, prepare: Prepare) -> None:
    """Preparing it again changes nothing of that."""
    for _ in range(2):
        prepare()
        assert _query(path, "PRAGMA application_id") == [(schema.APPLICATION_ID,)]
        assert _query(path, "PRAGMA user_version") == [(len(schema.STEPS),)]
        assert _query(path, "PRAGMA journal_mode") == [("wal",)]
        assert _query(path, "SELECT rehearsal, opened_unix_ms FROM about") == [(0, 1)]


def test_an_older_file_is_led_forward_step_by_step(path: Path, prepare: Prepare) -> None:
    """What is in it stays."""
    prepare(_OLD)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO a VALUES (1)")
    prepare(_NEW)
    assert _query(path, "SELECT x, y FROM a") == [(1, 2)]
    assert _query(path, "SELECT * FROM b") == []
    assert _query(path, "PRAGMA user_version") == [(3,)]


def test_steps_that_fail_leave_the_older_file(path: Path, prepare: Prepare) -> None:
    """All of them or none."""
    prepare(_OLD)
    with pytest.raises(sqlite3.OperationalError):
        prepare((*_NEW, ("CREATE TABLE b (again)",)))
    assert _query(path, "PRAGMA user_version") == [(1,)]
    assert _query(path, "SELECT name FROM sqlite_master ORDER BY 1") == [("a",), ("about",)]


def test_a_newer_file_is_left_to_the_newer_captioner(path: Path, prepare: Prepare) -> None:
    """Nothing in it is touched."""
    prepare(_NEW)
    before = path.read_bytes()
    with pytest.raises(RunStopped, match="made by a newer captioner") as stopped:
        prepare(_OLD)
    assert stopped.value.verdict == "ledger_unusable"
    assert "update captioner" in stopped.value.detail
    assert path.read_bytes() == before


@pytest.mark.parametrize("mark", ["PRAGMA application_id = 77", "SELECT 1"])
def test_another_application_s_database_is_left_alone(
    path: Path, prepare: Prepare, mark: str
) -> None:
    """Whether it is marked or not."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.execute(mark)
    before = path.read_bytes()
    with pytest.raises(RunStopped, match="another application's") as stopped:
        prepare()
    assert stopped.value.verdict == "ledger_unusable"
    assert path.read_bytes() == before


@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_rehearsal_s_ledger_and_a_real_one_never_mix(
    path: Path, prepare: Prepare, rehearsal: bool
) -> None:
    """Neither way."""
    prepare(rehearsal=rehearsal)
    prepare(rehearsal=rehearsal)
    with pytest.raises(RunStopped, match="rehearsal") as stopped:
        prepare(rehearsal=not rehearsal)
    assert stopped.value.verdict == "ledger_unusable"
    assert "name another with --ledger" in stopped.value.detail


def test_where_there_is_no_wal_it_says_so(path: Path) -> None:
    """As on a network file system: SQLite's locks by files know no shared memory."""
    dotfile = f"file:{path}?vfs=unix-dotfile"
    connect = partial(sqlite3.connect, dotfile, uri=True, isolation_level=None)
    with closing(connect()) as connection:
        with pytest.raises(RunStopped, match="local disk") as stopped:
            schema.prepare(connection, path, rehearsal=False, now_unix_ms=1)
    assert stopped.value.verdict == "ledger_unusable"


@pytest.mark.parametrize(("full", "level"), [(True, 2), (False, 1)])
def test_full_and_normal_are_sqlite_s_own(path: Path, full: bool, level: int) -> None:
    """FULL is 2, NORMAL is 1."""
    with closing(schema.connect(path)) as connection:
        schema.synchronise(connection, full=full)
        assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
