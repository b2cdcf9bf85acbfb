"""The ledger on disk: what was appended is there, and trouble is told in words."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from captioner.errors import RunStopped
from captioner.flow.ledger import Ledger, Paid, Rejected
from captioner.ledger import SqliteLedger, open_ledger, schema, store
from captioner.ledger.rows import Entry, row_of
from captioner.ledger.tables import Tables
from captioner.samples.outcome import Usage
from captioner.vision.reply import Reply

Opened = Callable[[], SqliteLedger]

_REJECTED = Rejected("filtered", "HTTP 400: a content filter stepped in", attempts=2)


def _paid(text: str) -> Paid:
    usage = Usage(400, 90)
    return Paid(Reply(text, None, "stop", usage, "gpt-4o-2024", "default"), 1, 0.512)


def _key(number: int) -> bytes:
    return number.to_bytes(16)


async def test_everything_that_was_appended_is_found_in_this_life_and_the_next(
    opened: Opened,
) -> None:
    """Oldest first; nothing takes the place of anything."""
    ledger: SqliteLedger = opened()
    checked: Ledger = ledger
    assert checked.find(_key(1)) == ()
    await ledger.append(_key(1), _paid("one"))
    await ledger.append(_key(2), _paid("other"))
    await ledger.append(_key(1), _REJECTED)
    await ledger.append(_key(1), _paid("two"))
    for _ in range(2):
        assert ledger.find(_key(1)) == (_paid("one"), _REJECTED, _paid("two"))
        assert ledger.find(_key(2)) == (_paid("other"),)
        ledger.close()
        ledger = opened()


async def test_a_mark_divides_what_was_kept_from_what_comes(opened: Opened) -> None:
    """It grows from life to life."""
    ledger = opened()
    await ledger.append(_key(1), _paid("before"))
    mark = ledger.mark()
    assert ledger.find(_key(1), since=mark) == ()
    ledger.close()
    ledger = opened()
    assert ledger.mark() == mark
    await ledger.append(_key(1), _paid("after"))
    assert ledger.find(_key(1), since=mark) == (_paid("after"),)
    assert ledger.find(_key(1), since=ledger.mark()) == ()


def test_a_ledger_has_a_name_of_its_own_in_all_lives(opened: Opened, tmp_path: Path) -> None:
    """By which other workers know what was spent on it."""
    ledger = opened()
    name = ledger.id
    ledger.close()
    assert opened().id == name
    with open_ledger(tmp_path / "other.sqlite") as other:
        assert other.id != name


async def test_who_said_it_and_when_is_noted(opened: Opened, path: Path) -> None:
    """Two endpoints share one ledger; what one paid for, the other finds."""
    ledger = opened()
    one, other = ledger.bind("https://one/v1"), ledger.bind("https://other/v1")
    await one.append(_key(1), _paid("one"))
    await other.append(_key(2), _REJECTED)
    assert other.find(_key(1), since=0) == (_paid("one"),)
    assert one.mark() == ledger.mark()
    query = "SELECT name, at_unix_ms, state FROM replies JOIN names ON names.id = endpoint"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(query).fetchall() == [
            ("https://one/v1", 1_700_000_000_000, "answered"),
            ("https://other/v1", 1_700_000_000_000, "rejected"),
        ]


async def test_where_runs_stand_and_what_they_spent_is_kept_by_output(opened: Opened) -> None:
    """Forgetting a run forgets neither what it spent nor what it paid for."""
    ledger = opened()
    assert ledger.run("/out/a.jsonl") is None
    assert ledger.spent("/out/a.jsonl") is None
    for position in range(3):
        await ledger.save_run("/out/a.jsonl", {"position": position, "tally": {"ok": [1, None]}})
    await ledger.save_run("/out/b.jsonl", {"position": "ü"})
    await ledger.save_spent("/out/a.jsonl", {"tokens": 10})
    await ledger.save_spent("/out/a.jsonl", {"tokens": 20})
    await ledger.append(_key(1), _paid("one"))
    for _ in range(2):
        assert ledger.run("/out/a.jsonl") == {"position": 2, "tally": {"ok": [1, None]}}
        assert ledger.run("/out/b.jsonl") == {"position": "ü"}
        assert ledger.spent("/out/a.jsonl") == {"tokens": 20}
        assert ledger.spent("/out/b.jsonl") is None
        ledger.close()
        ledger = opened()
    await ledger.forget_run("/out/a.jsonl")
    assert ledger.run("/out/a.jsonl") is None
    assert ledger.run("/out/b.jsonl") is not None
    assert ledger.spent("/out/a.jsonl") == {"tokens": 20}
    assert ledger.find(_key(1)) == (_paid("one"),)


async def test_a_record_is_saved_as_it_was_when_asked_for(opened: Opened) -> None:
    """What is changed while it waits does not count."""
    ledger = opened()
    record = {"position": 1}
    saving = asyncio.ensure_future(ledger.save_run("out", record))
    await asyncio.sleep(0)
    record["position"] = 2
    await saving
    assert ledger.run("out") == {"position": 1}


async def test_beyond_the_text_an_entry_takes_far_less_than_a_kilobyte(
    opened: Opened, path: Path
) -> None:
    """Key, index, usage and all: about 150 bytes, while open at most the log more."""
    ledger = opened().bind("https://some.host.example/openai/v1")
    text = "A caption of some length. " * 20
    count = 3000
    await asyncio.gather(
        *(ledger.append(os.urandom(16), _paid(f"{text}{n:5}")) for n in range(count))
    )
    opened_ledger = getattr(ledger, "ledger")  # noqa: B009 - not part of the protocol
    assert isinstance(opened_ledger, SqliteLedger)
    assert opened_ledger.size_bytes() > count * len(text)
    opened_ledger.close()
    assert opened_ledger.size_bytes() == path.stat().st_size
    assert path.stat().st_size / count - len(text) - 5 < 250


async def test_when_closed_only_the_ledger_is_left(opened: Opened, path: Path) -> None:
    """No log, no lock, no lifeboat; closing twice is safe, and nothing more is taken."""
    ledger = opened()
    await ledger.append(_key(1), _paid("one"))
    assert len(list(path.parent.iterdir())) == 5
    ledger.close()
    ledger.close()
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(ValueError, match="closed"):
        await ledger.append(_key(1), _paid("two"))
    with pytest.raises(ValueError, match="closed"):
        ledger.find(_key(1))


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
def test_sqlite_is_told_how_safe_a_commit_must_be(
    path: Path, durability: Literal["full", "normal"], level: int
) -> None:
    """2 is FULL: the log is forced to the disk before a commit returns."""
    with open_ledger(path, durability=durability) as ledger:
        query = ledger._tables._connection.execute("PRAGMA synchronous")
        assert query.fetchone() == (level,)


async def test_what_waits_is_written_when_it_is_closed(opened: Opened) -> None:
    """And a caller that went away is no reason to lose what it paid for."""
    ledger = opened()
    waiting = [asyncio.ensure_future(ledger.append(_key(n), _paid(str(n)))) for n in range(100)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    ledger.close()
    await asyncio.gather(*waiting, return_exceptions=True)
    again = opened()
    assert [again.find(_key(n)) for n in range(100)] == [(_paid(str(n)),) for n in range(100)]


def test_several_loops_and_threads_use_one_ledger(opened: Opened) -> None:
    """Each finds its own at once, and in the end everything is there."""
    ledger = opened()

    async def some(start: int) -> None:
        async def one(number: int) -> None:
            await ledger.append(_key(number), _paid(str(number)))
            assert await asyncio.to_thread(ledger.find, _key(number)) == (_paid(str(number)),)

        await asyncio.gather(*map(one, range(start, start + 50)))

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(asyncio.run, some(start)) for start in (0, 50, 100, 150)]:
            done.result()
    assert all(ledger.find(_key(number)) for number in range(200))
    assert ledger.mark() == 200
    assert repr(ledger) == "<SqliteLedger captions.ledger.sqlite, 200 entries>"


async def test_all_is_found_while_keys_go_into_the_index(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every moment, each entry once, in this life and the next."""
    monkeypatch.setattr(store, "_INDEX_AFTER", 10)
    ledger = opened()
    kept: list[int] = []
    ended = False

    def look() -> int:
        looks = 0
        while not ended:
            for number in kept[-30:]:
                found = ledger.find(_key(number))
                assert found[0] == _paid(f"first {number}")
                assert len(set(found)) == len(found)
                looks += 1
        return looks

    looking = asyncio.get_running_loop().run_in_executor(None, look)
    for number in range(300):
        await ledger.append(_key(number), _paid(f"first {number}"))
        kept.append(number)
        await ledger.append(_key(number // 2), _paid(f"second {number}"))
    ended = True
    assert await looking
    for _ in range(2):
        assert all(ledger.find(_key(n))[0] == _paid(f"first {n}") for n in range(300))
        assert sum(len(ledger.find(_key(n))) for n in range(300)) == 600
        ledger.close()
        ledger = opened()


async def test_a_ledger_of_the_first_version_has_all_it_had(opened: Opened, path: Path) -> None:
    """Its index is made anew."""
    with closing(schema.connect(path)) as connection:
        first = schema.STEPS[:1]
        schema.prepare(connection, path, rehearsal=False, now_unix_ms=1, steps=first)
        entry = Entry(_key(1), _paid("one"), "https://host/v1")
        Tables(connection).write([row_of(1, entry, 0), row_of(2, entry, 0)])
    assert opened().find(_key(1)) == (_paid("one"), _paid("one"))


async def test_a_commit_serves_everybody_who_waited_for_it(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand appends are a few commits, and each loop is woken once for each."""
    groups: list[int] = []
    write = Tables.write

    def counting(self: Tables, rows: list[object], statements: object = ()) -> None:
        groups.append(len(rows))
        write(self, rows, statements)  # type: ignore[arg-type]

    monkeypatch.setattr(Tables, "write", counting)
    ledger = opened()
    await asyncio.gather(*(ledger.append(_key(n), _paid("x")) for n in range(1000)))
    assert sum(groups) == 1000
    assert len(groups) < 100


async def test_opened_twice_it_is_in_use(opened: Opened, path: Path, tmp_path: Path) -> None:
    """By whatever name; the first is not disturbed."""
    ledger = opened()
    link = tmp_path / "link"
    link.symlink_to(path)
    for name in (path, link):
        with pytest.raises(RunStopped) as stopped:
            open_ledger(name)
        assert stopped.value.verdict == "ledger_locked"
        assert f"{path} is in use by this process" in stopped.value.detail
    await ledger.append(_key(1), _paid("one"))
    assert ledger.find(_key(1))


@pytest.mark.parametrize("data", [b"not a database, " * 1000, b"notes\n"], ids=["long", "short"])
def test_a_file_that_is_no_database_is_left_as_it_is(
    opened: Opened, path: Path, data: bytes
) -> None:
    """The message names it."""
    path.write_bytes(data)
    with pytest.raises(RunStopped, match="is not an SQLite database") as stopped:
        opened()
    assert stopped.value.verdict == "ledger_unusable"
    assert str(path) in stopped.value.detail
    assert "name another with --ledger" in stopped.value.detail
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_file_becomes_a_ledger(opened: Opened, path: Path) -> None:
    """A process that is killed while it makes one leaves that."""
    path.touch()
    assert opened().mark() == 0


async def test_a_truncated_ledger_is_told_and_not_touched(opened: Opened, path: Path) -> None:
    """Wherever it was cut."""
    ledger = opened()
    await asyncio.gather(*(ledger.append(os.urandom(16), _paid("x" * 500)) for _ in range(500)))
    ledger.close()
    whole = path.read_bytes()
    for size_bytes in (100, 512, 4096, 20_000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size_bytes])
        with pytest.raises(RunStopped) as stopped:
            opened()
        assert stopped.value.verdict == "ledger_unusable"
        assert path.read_bytes() == whole[:size_bytes]
        assert list(path.parent.iterdir()) == [path]
    path.write_bytes(whole)
    assert opened().mark() == 500


async def test_damage_inside_is_told_when_it_is_met(opened: Opened, path: Path) -> None:
    """Pages of zeros, where a disk lost them."""
    ledger = opened()
    keys = [_key(number) for number in range(500)]
    await asyncio.gather(*(ledger.append(key, _paid("x" * 500)) for key in keys))
    ledger.close()
    opened().close()  # which puts their keys into the index, and so meets them all
    data = bytearray(path.read_bytes())
    data[16 * 4096 : 40 * 4096] = bytes(24 * 4096)
    path.write_bytes(data)
    ledger = opened()
    with pytest.raises(RunStopped, match="is damaged") as stopped:
        [ledger.find(key) for key in keys]
    assert stopped.value.verdict == "ledger_unusable"
    assert str(path) in stopped.value.detail


def test_a_path_that_cannot_be_a_ledger_says_why(path: Path) -> None:
    """A folder, a folder that is not there, a name that no file can have, a device."""
    for name, words in (
        (path.parent, "is not a file: name one"),
        (path / "ledger.sqlite", f"make the folder {path}"),
        (path.with_name("x" * 300), "too long"),
        (Path(os.devnull), f"the ledger {os.devnull} "),
    ):
        with pytest.raises(RunStopped, match=words) as stopped:
            open_ledger(name)
        assert stopped.value.verdict == "ledger_unusable"
    assert list(path.parent.iterdir()) == []


def test_a_folder_or_a_file_without_permission_is_told(plain_folder: Path) -> None:
    """Before anything is sent."""
    path = plain_folder / "ledger.sqlite"
    open_ledger(path).close()
    for denied, mode in ((path, 0o400), (path, 0), (plain_folder, 0o500)):
        was = denied.stat().st_mode
        denied.chmod(mode)
        with pytest.raises(RunStopped, match="can be written") as stopped:
            open_ledger(path)
        assert stopped.value.verdict == "ledger_unusable"
        assert str(path) in stopped.value.detail
        denied.chmod(was)
        assert list(plain_folder.iterdir()) == [path]
    open_ledger(path).close()


async def test_an_sqlite_shell_in_the_middle_of_writing_is_told(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At opening and later; what was paid for meanwhile is kept."""
    monkeypatch.setattr("captioner.ledger.schema._BUSY_S", 0.01)
    ledger = opened()
    with closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(RunStopped, match="SQLite shell") as stopped:
            await ledger.append(_key(1), _paid("one"))
        assert stopped.value.verdict == "ledger_unwritable"
        ledger.close()
        with pytest.raises(RunStopped, match="SQLite shell") as stopped:
            opened()
        assert stopped.value.verdict == "ledger_locked"
    assert opened().find(_key(1)) == (_paid("one"),)


class Full:
    """A database that takes nothing while `error` is set."""

    error: sqlite3.Error | None = None

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write = Tables.write

        def writing(tables: Tables, rows: list[object], statements: object = ()) -> None:
            if self.error is not None:
                raise self.error
            write(tables, rows, statements)  # type: ignore[arg-type]

        monkeypatch.setattr(Tables, "write", writing)

    def fill(self) -> None:
        """From now on it is full."""
        self.error = sqlite3.OperationalError("database or disk is full")
        self.error.sqlite_errorcode = sqlite3.SQLITE_FULL


async def test_what_the_database_cannot_take_is_kept_and_the_run_stops(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found at once, in order, and in the database after the next opening."""
    full = Full(monkeypatch)
    ledger = opened()
    await ledger.append(_key(1), _paid("one"))
    mark = ledger.mark()
    full.fill()
    ends = await asyncio.gather(
        ledger.append(_key(1), _REJECTED),
        ledger.append(_key(2), _paid("two")),
        ledger.save_run("out", {}),
        return_exceptions=True,
    )
    for end in ends:
        assert isinstance(end, RunStopped)
        assert end.verdict == "ledger_unwritable"
        assert f"the ledger {path} cannot be written (database or disk is full)" in end.detail
        assert "make room on that disk, then give the same command again" in end.detail
    assert f"is safe in {path}-lifeboat" in str(ends[1])
    assert ledger.mark() == mark + 2
    full.error = None
    await ledger.append(_key(1), _paid("three"))
    for _ in range(3):
        assert ledger.find(_key(1)) == (_paid("one"), _REJECTED, _paid("three"))
        assert ledger.find(_key(1), since=mark) == (_REJECTED, _paid("three"))
        assert ledger.find(_key(2)) == (_paid("two"),)
        ledger.close()
        ledger = opened()
    assert ledger.run("out") is None
    assert ledger.mark() == mark + 3


async def test_while_the_disk_stays_full_the_lifeboat_stays_as_it_is(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start stops before anything is sent."""
    full = Full(monkeypatch)
    ledger = opened()
    full.fill()
    with pytest.raises(RunStopped):
        await ledger.append(_key(1), _paid("one"))
    ledger.close()
    beside = path.with_name(f"{path.name}-lifeboat")
    aboard = beside.read_bytes()
    with pytest.raises(RunStopped) as stopped:
        opened()
    assert stopped.value.verdict == "ledger_unwritable"
    assert beside.read_bytes() == aboard
    full.error = None
    assert opened().find(_key(1)) == (_paid("one"),)


async def test_what_even_the_lifeboat_cannot_take_is_told(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said to be safe that is not."""
    full = Full(monkeypatch)
    ledger = opened()
    full.fill()
    monkeypatch.setattr("captioner.ledger.lifeboat.Lifeboat.add", lambda self, rows: [])
    with pytest.raises(RunStopped, match="1 that came meanwhile could not be kept") as stopped:
        await ledger.append(_key(1), _paid("one"))
    assert "safe" not in stopped.value.detail
    assert ledger.find(_key(1)) == ()
