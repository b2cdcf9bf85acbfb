"""Files are read where they may be, and nothing outside of image_root is, whatever leads there."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from captioner.errors import PlaceholderError
from captioner.vision.image_ref import ImageRef
from captioner.vision.local_file import read_file
from captioner.vision.reach import Reach

INSIDE, OUTSIDE = b"inside", b"outside"
MAX_BYTES = 100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one image, next to a file that nobody may see."""
    (tmp_path / "secret.png").write_bytes(OUTSIDE)
    (tmp_path / "root-of-others").mkdir()
    (tmp_path / "root-of-others" / "a.png").write_bytes(OUTSIDE)
    (tmp_path / "root" / "sub").mkdir(parents=True)
    (tmp_path / "root" / "sub" / "a.png").write_bytes(INSIDE)
    return tmp_path / "root"


def reason_of(given: str, base: Path | str, reach: Reach) -> str:
    """Why this cannot be read; its detail is fit to print."""
    with pytest.raises(PlaceholderError) as caught:
        ImageRef.of(given, base).read(MAX_BYTES, reach)
    assert caught.value.detail.isprintable()
    return caught.value.reason


def test_what_is_inside_is_read(root: Path) -> None:
    """By relative and absolute paths, `..`, `file:` URLs and links that stay inside."""
    reach = Reach(image_root=str(root))
    (root / "link.png").symlink_to("sub/a.png")
    (root / "far.png").symlink_to(root / "sub" / "a.png")
    (root / "folder").symlink_to(root / "sub")
    full = root / "sub" / "a.png"
    for given in ("sub/a.png", str(full), "sub/../sub/a.png", full.as_uri(), "file:sub/a.png"):
        assert ImageRef.of(given, root).read(MAX_BYTES, reach) == INSIDE
    for given in ("link.png", "far.png", "folder/a.png"):
        assert ImageRef.of(given, root).read(MAX_BYTES, reach) == INSIDE


@pytest.mark.parametrize("how", ["", "/", "/sub/.."])
def test_a_root_may_be_spelled_in_many_ways(root: Path, how: str) -> None:
    """As a link, with a slash behind it, relative: it is the same folder."""
    alias = root.parent / "alias"
    alias.symlink_to(root)
    for spelled in (f"{root}{how}", f"{alias}{how}", os.path.relpath(f"{root}{how}")):
        reach = Reach(image_root=spelled)
        assert ImageRef.of("sub/a.png", root).read(MAX_BYTES, reach) == INSIDE
    assert ImageRef.of("sub/a.png", alias).read(MAX_BYTES, Reach(image_root=str(alias))) == INSIDE
    assert ImageRef.of("etc/passwd", "/").read(10**6, Reach(image_root="/"))


def test_what_is_outside_is_refused(root: Path) -> None:
    """Whether it exists or not: nobody learns what is there."""
    reach = Reach(image_root=str(root))
    secret = root.parent / "secret.png"
    for given in (
        "../secret.png",
        "sub/../../secret.png",
        "../root-of-others/a.png",
        str(secret),
        secret.as_uri(),
        f"file://localhost{secret}",
        "file:%2e%2e/secret.png",
        "../nothing.png",
        "/etc/passwd",
        "/proc/self/environ",
        "..",
    ):
        assert reason_of(given, root, reach) == "image_refused", given


def test_links_that_lead_outside_are_refused(root: Path) -> None:
    """A link to a file, to a folder on the way, through another link, or through /proc."""
    reach = Reach(image_root=str(root))
    (root / "link.png").symlink_to("../secret.png")
    (root / "again.png").symlink_to("link.png")
    (root / "up").symlink_to("..")
    (root / "proc").symlink_to("/proc/self")
    for given in ("link.png", "again.png", "up/secret.png", "proc/environ", "proc/cwd/x"):
        assert reason_of(given, root, reach) in ("image_refused", "missing_image")
    assert reason_of("link.png", root, reach) == "image_refused"
    assert reason_of("up/secret.png", root, reach) == "image_refused"
    with pytest.raises(PlaceholderError) as caught:
        read_file("link.png", str(root), MAX_BYTES, reach)
    assert "secret" not in caught.value.detail


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a gap between two calls")
def test_a_link_that_is_swapped_all_the_time_leads_nowhere_outside(root: Path) -> None:
    """Whatever a name means from one moment to the next, no byte from outside is read."""
    reach = Reach(image_root=str(root))
    name = root / "folder"
    name.symlink_to(root / "sub")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for target in (root.parent / "root-of-others", root / "sub"):
                other = root / "other"
                other.symlink_to(target)
                other.replace(name)

    swapper = threading.Thread(target=swap)
    swapper.start()
    ends: set[object] = set()
    tries = 0
    try:
        while tries < 1500 or (len(ends) < 2 and tries < 100_000):
            tries += 1
            try:
                ends.add(read_file("folder/a.png", str(root), MAX_BYTES, reach))
            except PlaceholderError as error:
                ends.add(error.reason)
    finally:
        done.set()
        swapper.join()
    assert ends == {INSIDE, "image_refused"}


def test_samples_from_elsewhere_name_no_file_of_this_machine(root: Path) -> None:
    """But for those in image_root, where one is given."""
    reach = Reach(allow_local_files=False)
    full = root / "sub" / "a.png"
    for given in ("sub/a.png", str(full), full.as_uri()):
        assert reason_of(given, root, reach) == "image_refused"
    reach = Reach(allow_local_files=False, image_root=str(root))
    assert ImageRef.of(str(full), root).read(MAX_BYTES, reach) == INSIDE
    assert ImageRef.of(b"x", root).read(MAX_BYTES, Reach(allow_local_files=False)) == b"x"


def test_a_root_in_a_bucket_has_no_file_of_this_machine(root: Path) -> None:
    """A folder of the same name is something else."""
    reach = Reach(image_root="s3://bucket/photos")
    for given in (str(root / "sub" / "a.png"), "sub/a.png", "s3:/bucket/photos/a.png"):
        assert reason_of(given, root, reach) == "image_refused"


def test_odd_things_inside_are_no_more_readable(root: Path) -> None:
    """Pipes are not waited for, folders are none, and what is missing is missing."""
    reach = Reach(image_root=str(root))
    os.mkfifo(root / "pipe.png")
    (root / "loop.png").symlink_to("loop.png")
    assert reason_of("pipe.png", root, reach) == "unreadable_image"
    assert reason_of("loop.png", root, reach) == "unreadable_image"
    assert reason_of("sub", root, reach) == "unreadable_image"
    assert reason_of("gone.png", root, reach) == "missing_image"
    assert reason_of("sub/a.png/b", root, reach) == "missing_image"
    assert reason_of("a\0b.png", root, reach) == "unreadable_image"
    assert reason_of("a\n\x1b[31m.png", root, reach) == "missing_image"


def test_files_that_tell_no_size_are_read_up_to_the_limit(root: Path) -> None:
    """Such as those of the system, and files that still grow."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no such files here")
    assert read_file("/proc/self/status", "/", 10**6, Reach()).startswith(b"Name")
    assert reason_of("/proc/self/status", "/", Reach()) == "too_large"


def test_no_descriptor_is_left_open(root: Path) -> None:
    """Neither by what is read nor by what is refused."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("descriptors cannot be counted here")
    reach = Reach(image_root=str(root))
    (root / "link.png").symlink_to("../secret.png")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for given in ("sub/a.png", "link.png", "sub", "gone.png"):
        for _ in range(5):
            try:
                read_file(given, str(root), MAX_BYTES, reach)
            except PlaceholderError:
                continue
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
