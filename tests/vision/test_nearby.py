"""Small files that are read without a thread: only what nothing has to be waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from captioner.vision.image_ref import ImageRef
from captioner.vision.nearby import Nearby
from captioner.vision.reach import Reach

pytestmark = pytest.mark.skipif(
    not hasattr(os, "RWF_NOWAIT"), reason="only Linux says what is at hand"
)

_MOUNT = "36 35 98:0 / {point} rw,noatime master:1 - {kind} server:/share rw\n"


class Clock:
    """Each time that it is read so many seconds later."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.step_s = 0.0

    def __call__(self) -> float:
        """The time now."""
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """All of this machine, as the system would list it."""
    path = tmp_path / "mounts"
    path.write_text(_MOUNT.format(point="/", kind="ext4"))
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with one image."""
    folder = tmp_path / "photos of mine"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"picture")
    return folder


def _ref(folder: Path, name: str = "a.jpg") -> ImageRef:
    return ImageRef.of(name, folder)


def test_what_is_at_hand_is_read_once_its_folder_is_known(mounts: Path, photos: Path) -> None:
    """The first image of a folder is left to a thread, which looks where the folder is."""
    nearby = Nearby(Reach(), mounts=mounts)
    assert nearby.read(_ref(photos)) is None
    nearby.look(_ref(photos))
    assert nearby.read(_ref(photos)) == b"picture"
    (photos / "b.jpg").write_bytes(b"another")
    assert nearby.read(_ref(photos / "x", "../b.jpg")) == b"another"


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "autofs"])
def test_what_is_not_on_this_machine_is_left_to_threads(
    mounts: Path, photos: Path, kind: str
) -> None:
    """A server that is gone would hold up everything; the innermost mount counts, the last one."""
    here = str(photos).replace(" ", "\\040")
    with mounts.open("a") as file:
        file.write(_MOUNT.format(point=here, kind="ext4"))
        file.write(_MOUNT.format(point=here, kind=kind))
        file.write(_MOUNT.format(point=photos.parent, kind="ext4"))
    nearby = Nearby(Reach(), mounts=mounts)
    nearby.look(_ref(photos))
    assert nearby.read(_ref(photos)) is None


def test_a_system_without_such_a_list_leaves_all_to_threads(photos: Path) -> None:
    """Nothing is known then."""
    nearby = Nearby(Reach(), mounts=photos / "none")
    nearby.look(_ref(photos))
    assert nearby.read(_ref(photos)) is None


def test_what_is_large_or_unusual_is_left_to_threads(mounts: Path, photos: Path) -> None:
    """There its trouble is told, too: here nothing raises."""
    (photos / "large.jpg").write_bytes(bytes(2**18 + 1))
    (photos / "empty.jpg").touch()
    (photos / "folder.jpg").mkdir()
    (photos / "link.jpg").symlink_to(photos / "a.jpg")
    os.mkfifo(photos / "pipe.jpg")
    nearby = Nearby(Reach(), mounts=mounts)
    nearby.look(_ref(photos))
    for name in ("large.jpg", "empty.jpg", "folder.jpg", "link.jpg", "pipe.jpg", "none.jpg", "\0"):
        assert nearby.read(_ref(photos, name)) is None, name
    (photos / "just.jpg").write_bytes(bytes(2**18))
    assert nearby.read(_ref(photos, "just.jpg")) == bytes(2**18)


def test_nothing_is_read_past_what_samples_may_name(mounts: Path, photos: Path) -> None:
    """With an `image_root`, and for samples from elsewhere, the threads' checks decide."""
    for reach in (Reach(image_root=str(photos)), Reach(allow_local_files=False)):
        nearby = Nearby(reach, mounts=mounts)
        nearby.look(_ref(photos))
        assert nearby.read(_ref(photos)) is None
    nearby = Nearby(Reach(), mounts=mounts)
    nearby.look(_ref(photos))
    elsewhere = ImageRef("path", str(photos / "a.jpg"), "https://example.org/samples")
    assert nearby.read(elsewhere) is None


def test_where_it_takes_long_the_threads_do_it_for_a_while(mounts: Path, photos: Path) -> None:
    """A disk that has to be asked for names holds up the event loop only now and then."""
    clock = Clock()
    nearby = Nearby(Reach(), mounts=mounts, now_s=clock)
    nearby.look(_ref(photos))
    clock.step_s = 0.010
    read = [nearby.read(_ref(photos)) is not None for _ in range(400)]
    assert 10 < sum(read) < 20
    clock.step_s = 0.0001
    assert sum(nearby.read(_ref(photos)) is not None for _ in range(400)) > 350
