"""Sidecars from source to file: what is done is passed over, and nothing is ever half there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from captioner.errors import ConfigError, RunStopped
from captioner.formats import sidecar_folder, sidecar_names
from captioner.formats.choose import SinkChoice, SourceChoice, open_source
from captioner.formats.sharded import Shard
from captioner.formats.sidecar import SidecarMode, Sidecars
from captioner.formats.sidecar_open import open_sidecars
from captioner.formats.state_files import StateFiles
from captioner.samples.outcome import Outcome

Outcomes = Callable[..., Iterator[Outcome]]
Opened = tuple[SourceChoice, SinkChoice]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eight images in three folders; the seventh, `d.webp`, never gets a caption."""
    for name in ("a.jpg", "b.PNG", "c/a.jpg", "c/b.x.gif", "c/d/z.tif", "c.jpg", "d.webp", "e.bmp"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "photos"


def _open(given: Path, output: Path, how: Sidecars | None = None, **options: object) -> Opened:
    shard = options.pop("shard", None)
    base = options.pop("image_base", None)
    source = open_source(given, shard=shard, image_base=base)  # type: ignore[arg-type]
    return open_sidecars(output, how or Sidecars(), input=given, source=source, **options)  # type: ignore[arg-type]


def _run(opened: Opened, outcomes: Outcomes, *, only: int | None = None) -> list[str]:
    """All of it, or so many samples and then nothing more; the images that were asked for."""
    choice, chosen = opened
    asked: list[str] = []
    with closing(chosen.sink) as sink:
        sink.resume(None)
        for number, outcome in enumerate(outcomes(choice)):
            if number == only:
                return asked
            asked.append(str(outcome.captions[0].image))
            sink.write([outcome])
            assert sink.checkpoint() is None
        sink.finish()
    return asked


def _texts(folder: Path, ext: str = ".txt") -> dict[str, str]:
    found = sorted(folder.rglob(f"*{ext}"))
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in found}


def test_beside_each_image_with_a_caption(photos: Path, outcomes: Outcomes) -> None:
    """One line under the image's name; a failure has none; the rest of the folder stays."""
    before = set(photos.rglob("*"))
    asked = _run(_open(photos, photos, Sidecars(prefix="ohwx")), outcomes)
    assert asked == [
        *("a.jpg", "b.PNG", "c/a.jpg", "c/b.x.gif", "c/d/z.tif", "c.jpg", "d.webp", "e.bmp")
    ]
    assert _texts(photos) == {
        "a.txt": "ohwx seen a.jpg",
        "b.txt": "ohwx seen b.PNG",
        "c.txt": "ohwx seen c.jpg",
        "c/a.txt": "ohwx seen c/a.jpg",
        "c/b.x.txt": "ohwx seen c/b.x.gif",
        "c/d/z.txt": "ohwx seen c/d/z.tif",
        "e.txt": "ohwx seen e.bmp",
    }
    new = {path.relative_to(photos).as_posix() for path in set(photos.rglob("*")) - before}
    assert new == {*_texts(photos), ".captioner"}


def test_what_has_one_is_skipped(photos: Path, outcomes: Outcomes) -> None:
    """A second run asks for what failed and what is new, whatever else changed; ids stay those of
    the whole; an empty sidecar is one, and said."""
    (photos / "b.txt").touch()
    (photos / "c/d/z.txt").write_text("mine")
    opened = _open(photos, photos)
    assert opened[0].source.total() == 6
    assert opened[0].source.notes() == [
        "2 of 8 have a sidecar: skipped",
        "1 of these sidecars is empty: remove them to have their images captioned",
    ]
    assert [record.id for record in opened[0].source.open()] == [0, 2, 3, 5, 6, 7]
    _run(opened, outcomes)
    (photos / "c/new.jpg").touch()
    opened = _open(photos, photos)
    assert _run(opened, outcomes) == ["c/new.jpg", "d.webp"]
    assert _texts(photos)["c/d/z.txt"] == "mine"
    assert _texts(photos)["b.txt"] == ""
    assert opened[1].begins_anew


def test_overwriting_leaves_what_failed(photos: Path, outcomes: Outcomes) -> None:
    """All are asked for; a failure costs nobody his old text."""
    for name in ("a.txt", "d.txt"):
        (photos / name).write_text("old")
    assert len(_run(_open(photos, photos, Sidecars("overwrite")), outcomes)) == 8
    assert (_texts(photos)["a.txt"], _texts(photos)["d.txt"]) == ("seen a.jpg", "old")


def test_another_folder_is_a_mirror(photos: Path, tmp_path: Path, outcomes: Outcomes) -> None:
    """The tree is that of INPUT, wherever relative paths start; it is made where it is missing."""
    texts = tmp_path / "texts"
    _run(_open(photos, texts, Sidecars(ext="caption"), image_base=tmp_path), outcomes)
    assert _texts(texts, ".caption")["c/d/z.caption"] == "seen photos/c/d/z.tif"
    assert not _texts(photos, ".caption")
    assert _open(photos, texts, Sidecars(ext="caption"))[0].source.total() == 1


def test_a_list_and_one_image(photos: Path, tmp_path: Path, outcomes: Outcomes) -> None:
    """A list's sidecars stand as its images do below its folder, however they are written; what has
    no place there is refused, with what to do."""
    (tmp_path / "list.txt").write_text(f"photos/a.jpg\n{photos}/c/../b.PNG\n./photos/c/a.jpg\n")
    _run(_open(tmp_path / "list.txt", tmp_path), outcomes)
    assert set(_texts(photos)) == {"a.txt", "b.txt", "c/a.txt"}
    _run(_open(photos / "e.bmp", tmp_path / "one"), outcomes)
    assert _texts(tmp_path / "one") == {"e.txt": "seen e.bmp"}
    for line, what in (
        ("https://h/a.jpg", "at an address"),
        ("data:image/png;base64,xx", "at an address"),
        ("file:///a.jpg", "at an address"),
        ("s3://b/a.jpg", "at an address"),
        ("/elsewhere/a.jpg", "--image-base"),
        ("../a.jpg", "--image-base"),
        ("photos/a.jpg\nphotos/a.jpg", "listed twice"),
    ):
        (tmp_path / "bad.txt").write_text(f"{line}\n")
        with pytest.raises(ConfigError, match=what):
            _open(tmp_path / "bad.txt", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_two_images_of_one_name_are_refused(photos: Path, tmp_path: Path) -> None:
    """Both are named, nothing was made, and it does not matter in which shards they are."""
    (photos / "c/z.txt.gif").touch()
    _open(photos, tmp_path / "fine")
    (photos / "c/b.x.webp").touch()
    for shard in (None, Shard(0, 9)):
        with pytest.raises(ConfigError, match=r"c/b\.x\.gif and c/b\.x\.webp would share"):
            _open(photos, tmp_path / "texts", shard=shard)
    assert not (tmp_path / "texts").exists()


def test_names_that_only_seem_to_clash(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two names of one hash are two names."""
    monkeypatch.setattr(sidecar_names, "hash", lambda _: 7, raising=False)
    assert _open(photos, photos)[0].source.total() == 8
    (photos / "a.gif").touch()
    with pytest.raises(ConfigError, match=r"a\.gif and a\.jpg"):
        _open(photos, photos)


def test_where_case_makes_no_name(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A.png and a.jpg would share a sidecar there; elsewhere they do not."""
    (photos / "A.png").touch()
    assert _open(photos, photos)[0].source.total() == 9
    monkeypatch.setattr(sidecar_names, "_ONE_CASE", True)
    with pytest.raises(ConfigError, match=r"A\.png and a\.jpg"):
        _open(photos, photos)


@pytest.mark.parametrize("mode", ["append", "prepend"])
@pytest.mark.parametrize("kill", range(7))
def test_nothing_is_added_twice(
    photos: Path, outcomes: Outcomes, mode: SidecarMode, kill: int
) -> None:
    """A run that was stopped after any number of images goes on with the others; a run after that
    adds again."""
    (photos / "a.txt").write_text("old")
    how = Sidecars(mode)
    asked = _run(_open(photos, photos, how), outcomes, only=kill)
    opened = _open(photos, photos, how)
    left = _run(opened, outcomes)
    assert len(asked + left) == len({*asked, *left}) == 8
    assert (opened[0].source.notes() != []) is (kill > 0)
    once = _texts(photos)
    assert once["a.txt"] == ("old, seen a.jpg" if mode == "append" else "seen a.jpg, old")
    assert once["c/a.txt"] == "seen c/a.jpg"
    _run(_open(photos, photos, how), outcomes)
    assert _texts(photos)["c/a.txt"] == "seen c/a.jpg, seen c/a.jpg"


def test_a_crash_between_word_and_deed(
    photos: Path, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written down but not done is done; what was done is not, also if the note was cut;
    one that was removed since is written anew."""
    how = Sidecars("append")
    for name in ("a.txt", "b.txt", "c.txt"):
        (photos / name).write_text("old")
    real = sidecar_folder.SidecarFolder.write

    def crash(self: sidecar_folder.SidecarFolder, sidecar: str, text: str) -> None:
        if sidecar == "c/a.txt":
            raise OSError(5, "the power went")
        real(self, sidecar, text)

    with monkeypatch.context() as patch:
        patch.setattr(sidecar_folder.SidecarFolder, "write", crash)
        with pytest.raises(OSError, match="the power went"):
            _run(_open(photos, photos, how), outcomes)
    added = photos / ".captioner/added.jsonl"
    assert added.read_bytes().count(b"\n") == 3
    added.write_bytes(added.read_bytes() + b'{"sidecar": "c.t')
    (photos / "b.txt").unlink()
    asked = _run(_open(photos, photos, how), outcomes)
    assert asked == ["b.PNG", "c/a.jpg", "c/b.x.gif", "c/d/z.tif", "c.jpg", "d.webp", "e.bmp"]
    texts = _texts(photos)
    assert (texts["a.txt"], texts["c.txt"]) == ("old, seen a.jpg", "old, seen c.jpg")
    assert not added.exists()


def test_a_pilot_of_adding(photos: Path, outcomes: Outcomes) -> None:
    """With a limit it comes to its end before the images do: the run without goes on behind it."""
    from captioner.formats.limited import Limited

    how = Sidecars("append")
    choice, chosen = _open(photos, photos, how)
    pilot = SourceChoice(Limited(choice.source, 3), choice.kind, choice.format)
    assert len(_run((pilot, chosen), outcomes)) == 3
    assert len(_run(_open(photos, photos, how), outcomes)) == 5
    assert _texts(photos)["a.txt"] == "seen a.jpg"


def test_restart_adds_to_all(photos: Path, outcomes: Outcomes) -> None:
    """What a stopped run did does not count then; a file that somebody spoilt is named."""
    how = Sidecars("append")
    _run(_open(photos, photos, how), outcomes, only=2)
    assert len(_run(_open(photos, photos, how, restart=True), outcomes)) == 8
    assert _texts(photos)["a.txt"] == "seen a.jpg, seen a.jpg"
    (photos / ".captioner/added.jsonl").write_text("{\n")
    with pytest.raises(ConfigError, match=r"added\.jsonl .*--restart"):
        _open(photos, photos, how)


def test_what_cannot_be_added_to_is_found_beforehand(photos: Path, outcomes: Outcomes) -> None:
    """Text in another encoding, or no caption at all; overwriting takes both."""
    (photos / "b.txt").write_bytes("Käse".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"b\.txt is not UTF-8"):
        _open(photos, photos, Sidecars("append"))
    (photos / "b.txt").write_bytes(b"x" * 2_000_000)
    with pytest.raises(ConfigError, match=r"b\.txt is too long"):
        _open(photos, photos, Sidecars("prepend"))
    _run(_open(photos, photos, Sidecars("overwrite")), outcomes)
    assert _texts(photos)["b.txt"] == "seen b.PNG"
    (photos / "b.txt").write_bytes(b"\xef\xbb\xbfold\r\n")
    _run(_open(photos, photos, Sidecars("append")), outcomes)
    assert _texts(photos)["b.txt"] == "old, seen b.PNG"


def test_no_half_file_and_nothing_left_over(
    photos: Path, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves the old text, or none; the longest names work."""
    long = photos / f"{'n' * 250}.jpg"
    long.touch()
    (photos / "a.txt").write_text("old")

    def full(_handle: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            _run(_open(photos, photos, Sidecars("overwrite")), outcomes)
    assert _texts(photos) == {"a.txt": "old"}
    _run(_open(photos, photos), outcomes)
    assert f"{'n' * 250}.txt" in _texts(photos)
    assert not [path for path in photos.rglob(".*") if path.name != ".captioner"]


def test_links_are_not_written_through(photos: Path, tmp_path: Path, outcomes: Outcomes) -> None:
    """A link in the place of a sidecar is replaced, and what it points to stays."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (photos / "a.txt").symlink_to(precious)
    (photos / "b.txt").symlink_to(tmp_path / "nowhere")
    assert _open(photos, photos)[0].source.total() == 7
    _run(_open(photos, photos, Sidecars("overwrite")), outcomes)
    assert (precious.read_text(), _texts(photos)["a.txt"]) == ("mine", "seen a.jpg")
    assert _texts(photos)["b.txt"] == "seen b.PNG"
    assert not (tmp_path / "nowhere").exists()


def test_a_sidecar_that_came_meanwhile_stays(photos: Path, outcomes: Outcomes) -> None:
    """In mode skip, what somebody wrote while its image was captioned is not overwritten."""
    choice, chosen = _open(photos, photos)
    chosen.sink.resume(None)
    ready = list(outcomes(choice))
    (photos / "a.txt").write_text("mine")
    chosen.sink.write(ready)
    assert (_texts(photos)["a.txt"], _texts(photos)["b.txt"]) == ("mine", "seen b.PNG")


def test_outputs_that_cannot_be(photos: Path, tmp_path: Path) -> None:
    """Each is refused with what it should be."""
    (tmp_path / "file").touch()
    (tmp_path / "in.jsonl").touch()
    (photos / "a.txt").mkdir()
    for given, output, what in (
        (tmp_path / "in.jsonl", tmp_path / "x", "INPUT must be a folder of images"),
        (photos, Path("-"), "OUTPUT must be a folder"),
        (photos, tmp_path / "file", "OUTPUT must be a folder"),
        (photos, tmp_path / "out.jsonl", "OUTPUT must be a folder"),
        (photos, tmp_path / "no" / "where", "no such folder: create it"),
        (photos, photos, "a.txt is a folder"),
    ):
        with pytest.raises(ConfigError, match=what):
            _open(given, output)
    with pytest.raises(ConfigError, match="state_dir"):
        _open(photos, tmp_path / "x", state_dir=tmp_path / "none")


@pytest.mark.skipif(os.geteuid() == 0 or sys.platform == "win32", reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(photos: Path) -> None:
    """Said before anything is sent."""
    photos.chmod(0o500)
    with pytest.raises(RunStopped, match="photos"):
        _open(photos, photos)
    photos.chmod(0o700)


def test_state_is_hidden_in_the_folder(photos: Path, tmp_path: Path) -> None:
    """Or in --state-dir; shards that write into one folder have files of their own."""
    state = _open(photos, photos)[1].state
    assert state.failures == photos / ".captioner/failures.jsonl"
    assert state.output == photos
    assert StateFiles.found(photos) == state
    assert StateFiles.found(tmp_path / "out.jsonl") == StateFiles.of(tmp_path / "out.jsonl")
    state = _open(photos, photos, shard=Shard(1, 3))[1].state
    assert state.ledger == photos / ".captioner/shard-1-of-3/ledger.sqlite"
    (tmp_path / "s").mkdir()
    state = _open(photos, photos, shard=Shard(1, 3), state_dir=tmp_path / "s")[1].state
    assert state.summary == tmp_path / "s/photos.shard-1-of-3.summary.json"
    assert _open(photos, photos, state_dir=tmp_path / "s")[1].state.partial == (
        tmp_path / "s/photos.added.jsonl"
    )


def test_shards_write_all_between_them(photos: Path, outcomes: Outcomes) -> None:
    """Each its own images, also when others are done already."""
    asked = [_run(_open(photos, photos, shard=Shard(n, 3)), outcomes) for n in (1, 0, 2)]
    assert [len(part) for part in asked] == [3, 2, 3]
    assert len({image for part in asked for image in part}) == 8
