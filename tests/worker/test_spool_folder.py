"""The folders of a spool: one winner, no loss, and nothing written by who has lost."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from captioner.errors import ConfigError, RunStopped
from captioner.worker.spool_folder import SpoolFolder, state_of
from captioner.worker.spool_names import Held

TAKERS = 8


def spool(root: Path, worker: str = "me") -> SpoolFolder:
    """The spool as a worker sees it."""
    folder = SpoolFolder(root, worker)
    folder.create()
    return folder


def test_only_what_is_work_is_seen(tmp_path: Path) -> None:
    """Half-written files, hidden ones, and folders of images that files name are left alone."""
    folder = spool(tmp_path)
    for name in ("a.jsonl", "b.jsonl.part", ".c.jsonl", "cats/d.jsonl", "dogs/e.jsonl"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).touch()
    for name in ("photos", "album.images"):
        (tmp_path / "in" / name).mkdir()
    os.mkfifo(tmp_path / "in" / "pipe")
    found = {(each.profile, each.name) for each in folder.look(["", "cats"]).waiting}
    assert found == {("", "a.jsonl"), ("cats", "d.jsonl"), ("", "album.images")}


def test_one_of_many_claims_a_file(tmp_path: Path) -> None:
    """Workers that see the same file at once: one has it, and no claim of the others is left."""
    for number in range(20):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "a.jsonl").write_text("{}")
        takers = [spool(tmp_path, f"w{taker}") for taker in range(TAKERS)]
        (waiting,) = takers[0].look([""]).waiting
        start = Barrier(TAKERS)

        def take(taker: SpoolFolder) -> bool:
            start.wait()  # noqa: B023 - all end before the next round
            return taker.take(waiting, "@a")  # noqa: B023

        with ThreadPoolExecutor(TAKERS) as pool:
            won = list(pool.map(take, takers))
        assert sum(won) == 1, number
        assert takers[won.index(True)].is_mine("@a")
        assert [path.name for path in (tmp_path / "work").iterdir()] == ["@a"]
        assert (tmp_path / "work" / "@a" / "in" / "a.jsonl").exists()
        takers[won.index(True)].remove("@a")


def test_one_of_many_takes_over(tmp_path: Path) -> None:
    """A dead worker's claim has one new owner, whoever else saw it die."""
    dead = spool(tmp_path, "dead")
    (tmp_path / "in" / "a.jsonl").write_text("{}")
    (waiting,) = dead.look([""]).waiting
    assert dead.take(waiting, "@a")
    takers = [spool(tmp_path, f"w{taker}") for taker in range(TAKERS)]
    (held,) = takers[0].look([""]).held
    assert held.owner == "dead"
    start = Barrier(TAKERS)

    def take_over(taker: SpoolFolder) -> bool:
        start.wait()
        return taker.take_over(held)

    with ThreadPoolExecutor(TAKERS) as pool:
        won = list(pool.map(take_over, takers))
    assert sum(won) == 1
    assert takers[won.index(True)].is_mine("@a")
    with pytest.raises(RunStopped) as lost:
        dead.check("@a")
    assert lost.value.verdict == "claim_lost"
    dead.beat("@a")
    dead.free("@a")  # that it wakes up takes nothing from the new owner
    assert takers[won.index(True)].is_mine("@a")


def test_signs_of_life_are_seen(tmp_path: Path) -> None:
    """Each beat changes what others see."""
    folder = spool(tmp_path)
    (tmp_path / "in" / "a.jsonl").write_text("{}")
    folder.take(folder.look([""]).waiting[0], "@a")
    os.utime(tmp_path / "work" / "@a" / "owner@me", (1, 1))
    before = folder.look([""]).held[0]
    folder.beat("@a")
    after = folder.look([""]).held[0]
    assert (before.owner, after.owner) == ("me", "me")
    assert before.beat != after.beat


def test_what_was_given_back_is_free(tmp_path: Path) -> None:
    """Another worker may have it at once."""
    folder, other = spool(tmp_path), spool(tmp_path, "other")
    (tmp_path / "in" / "a.jsonl").write_text("{}")
    folder.take(folder.look([""]).waiting[0], "@a")
    folder.free("@a")
    (held,) = other.look([""]).held
    assert held.owner == ""
    assert other.take_over(held)
    assert not folder.take_over(Held("@a", "", 0, 0.0))


def test_a_claim_without_owner_is_seen_and_freed(tmp_path: Path) -> None:
    """One whose owner's file somebody removed is not forgotten."""
    folder = spool(tmp_path)
    (tmp_path / "work" / "@a" / "in").mkdir(parents=True)
    assert folder.look([""]).unclear == ("@a",)
    folder.set_free("@a")
    (held,) = folder.look([""]).held
    assert folder.take_over(held)


def test_what_changes_is_not_taken(tmp_path: Path) -> None:
    """A file that grew between the look and the claim stays, and no claim of it is left."""
    folder = spool(tmp_path)
    (tmp_path / "in" / "a.jsonl").write_text("{}")
    (waiting,) = folder.look([""]).waiting
    (tmp_path / "in" / "a.jsonl").write_text("{}{}")
    assert not folder.take(waiting, "@a")
    assert (tmp_path / "in" / "a.jsonl").exists()
    assert not any((tmp_path / "work").iterdir())


def test_a_folder_changes_with_its_files(tmp_path: Path) -> None:
    """A folder that is still being copied is seen to change."""
    album = tmp_path / "album.images"
    (album / "deep").mkdir(parents=True)
    before = state_of(album)
    (album / "deep" / "a.png").write_bytes(b"1")
    between = state_of(album)
    (album / "deep" / "a.png").write_bytes(b"12")
    assert len({before, between, state_of(album)}) == 3


def test_a_spool_that_cannot_be_is_told(tmp_path: Path) -> None:
    """Where a file is in its way, the error names the folder and what to do."""
    (tmp_path / "spool").touch()
    with pytest.raises(ConfigError, match=r"cannot be a spool .*--queue spool:DIR"):
        SpoolFolder(tmp_path / "spool", "me").create()
