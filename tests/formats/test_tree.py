"""One order on every system, continued from any path, without what nobody means."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.formats.tree import Entry, Kind, sort_key, walk

NAMES = st.text(st.sampled_from("aAbB1! ~é\u0301e猫😀\ue000"), min_size=1, max_size=3)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=12, unique=True)


def make(root: Path, *paths: str) -> None:
    """Create empty files and the folders they need."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def files(root: Path, after: str = "") -> list[str]:
    """The paths of the files alone."""
    return [entry.path for entry in walk(root, after) if entry.kind is Kind.FILE]


@given(PATHS)
def test_the_order_is_that_of_the_sorted_paths(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str]
) -> None:
    """All files come, in the order of `sort_key`; behind any of them comes exactly the rest."""
    root = tmp_path_factory.mktemp("tree")
    made = []
    for path in paths:
        try:
            make(root, path)
        except OSError:  # a file where this path needs a folder, or the other way round
            continue
        if (root / path).is_file():
            made.append(path)
    expected = sorted(set(made), key=sort_key)
    assert files(root) == expected
    for index, path in enumerate(expected):
        assert files(root, path) == expected[index + 1 :]


def test_letters_that_look_alike_sort_alike() -> None:
    """A name stands in the same place whether its accents are composed or not."""
    names = ["e", "é", "ez", "f"]
    for form in ("NFC", "NFD"):
        stored = [unicodedata.normalize(form, name) for name in names]
        order = sorted(stored, key=sort_key)
        assert [unicodedata.normalize("NFC", name) for name in order] == ["e", "ez", "f", "é"]


def test_a_path_that_is_gone_is_still_a_place(tmp_path: Path) -> None:
    """Going on behind a file that was removed gives what sorts behind it."""
    make(tmp_path, "a/1", "a/3", "b")
    assert files(tmp_path, "a/2") == ["a/3", "b"]
    assert files(tmp_path, "a/1/x") == ["a/3", "b"]
    assert files(tmp_path, "c") == []


def test_hidden_and_foreign_names_are_passed_over(tmp_path: Path) -> None:
    """What file managers, NAS systems and archives leave is no content; the root may be hidden."""
    root = tmp_path / ".photos"
    make(root, "a.jpg", ".hidden.jpg", "._a.jpg", ".git/b.jpg", "@eaDir/a.jpg", "__MACOSX/a.jpg")
    make(root, "sub/@eaDir/a.jpg", "sub/eaDir/a.jpg")
    assert files(root) == ["a.jpg", "sub/eaDir/a.jpg"]


def test_links(tmp_path: Path) -> None:
    """Links to files are files, broken ones too; folders behind links are named, not entered."""
    make(tmp_path, "real/a")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "file").symlink_to("real/a")
    (tmp_path / "broken").symlink_to("nothing")
    os.mkfifo(tmp_path / "pipe")
    assert list(walk(tmp_path)) == [
        Entry("broken", Kind.FILE),
        Entry("file", Kind.FILE),
        Entry("loop", Kind.LINKED_FOLDER),
        Entry("real/a", Kind.FILE),
        Entry("self", Kind.FILE),
    ]


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs nothing but itself; the root is another matter."""
    make(tmp_path, "a/1", "b/1", "c")
    scan = os.scandir

    def scandir(path: str) -> object:
        if path == f"{tmp_path}/a":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert [(entry.path, entry.kind.name) for entry in walk(tmp_path)] == [
        ("a", "UNREADABLE_FOLDER"),
        ("b/1", "FILE"),
        ("c", "FILE"),
    ]
    with pytest.raises(FileNotFoundError):
        list(walk(tmp_path / "none"))


def test_deep_folders_do_not_exhaust_the_stack(tmp_path: Path) -> None:
    """Depth is bounded by the file system only."""
    folders = [str(tmp_path / "root")]
    folders += [folders[0] + "/d" * depth for depth in range(1, 1100)]
    for folder in folders:
        os.mkdir(folder)  # noqa: PTH102 - pathlib recurses here
    deepest = Path(folders[-1])
    try:
        (deepest / "x").touch()
        assert len(files(tmp_path / "root")) == 1
        (deepest / "x").unlink()
    finally:
        for folder in reversed(folders):  # what clears the temporary folder would recurse, too
            os.rmdir(folder)  # noqa: PTH106
