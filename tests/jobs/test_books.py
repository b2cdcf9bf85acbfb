"""The books of one output: its record, and files that take the place of others with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from captioner.errors import ConfigError, RunStopped
from captioner.formats.state_files import StateFiles
from captioner.jobs.books import Books, find_books
from captioner.settings import EMBEDDED, Settings

SETTINGS = Settings(durability="normal")


def books_of(folder: Path) -> Books:
    """Those of the output `out.jsonl` in a folder."""
    return Books(folder / "out.ledger.sqlite", SETTINGS, str(folder / "out.jsonl"))


async def test_files_and_record_change_together(tmp_path: Path) -> None:
    """The new file has the name and the new record is there, without what led to it."""
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")
    books = books_of(tmp_path)
    await books.record_run({"a": 1})
    await books.replace_files([(str(new), str(old))], {"a": 2})
    assert books.record() == {"a": 2}
    assert books.ledger.run(books.scope) == {"a": 2}
    books.close()
    assert old.read_text() == "new"
    assert not new.exists()


async def test_whoever_opens_them_finishes_what_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is the new one from the moment on at which the swap could fail."""
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")
    books = books_of(tmp_path)

    def fails(path: Path, target: Path) -> None:
        raise PermissionError(13, "not now", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fails)
        with pytest.raises(PermissionError):
            await books.replace_files([(str(new), str(old))], {"a": 2})
        books.close()
        with pytest.raises(RunStopped, match="not now") as caught:
            books_of(tmp_path)
        assert caught.value.verdict == "output_unwritable"
    assert old.read_text() == "old"
    books = books_of(tmp_path)
    assert old.read_text() == "new"
    assert books.record() == {"a": 2}
    books.close()


async def test_the_ledger_that_knows_the_output_is_found(tmp_path: Path) -> None:
    """The real one before the rehearsal's; with neither the message names both."""
    state = StateFiles.of(tmp_path / "out.jsonl")
    with pytest.raises(ConfigError, match=r"out.ledger.sqlite or .*out.ledger.rehearsal.sqlite"):
        find_books(SETTINGS, state, None)
    assert not list(tmp_path.iterdir())
    rehearsed = Settings(base_url=EMBEDDED)
    for settings, name in ((rehearsed, "out.ledger.rehearsal"), (SETTINGS, "out.ledger")):
        made = Books(tmp_path / f"{name}.sqlite", settings, str(state.output))
        await made.record_run({"name": name})
        made.close()
        books, record = find_books(SETTINGS, state, None)
        books.close()
        assert record == {"name": name}
    books, record = find_books(rehearsed, state, None)
    books.close()
    assert record == {"name": "out.ledger.rehearsal"}
    with pytest.raises(ConfigError, match=r"is not of a run that is known to .*none.sqlite: check"):
        find_books(SETTINGS, state, tmp_path / "none.sqlite")
