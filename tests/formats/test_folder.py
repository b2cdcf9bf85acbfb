"""A folder is its images in order, with a word about everything that was left out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.formats.folder import FolderSource, ImageFileSource
from captioner.formats.jsonl import JsonlSink
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample


def make(root: Path, *paths: str) -> None:
    """Create empty files and the folders they need."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def test_images_are_samples_in_order(tmp_path: Path) -> None:
    """Each holds its relative path under the image key and nothing else; positions hold."""
    make(tmp_path, "b.PNG", "a/2.jpg", "a/1.Tiff", "a.webp", "notes.txt", "c.mp4", "noname")
    source = FolderSource(tmp_path, image_key="pics")
    samples = list(source.open())
    assert [sample.fields for sample in samples if isinstance(sample, Sample)] == [
        {"pics": ["a/1.Tiff"]},
        {"pics": ["a/2.jpg"]},
        {"pics": ["a.webp"]},
        {"pics": ["b.PNG"]},
    ]
    assert [sample.id for sample in samples] == [0, 1, 2, 3]
    for index, sample in enumerate(samples):
        position = json.loads(json.dumps(sample.position))
        assert list(source.open(position)) == samples[index + 1 :]
    assert (source.total(), source.notes()) == (4, [])
    assert source.image_base == str(tmp_path.resolve())


def test_what_is_skipped_is_counted_with_the_remedy(tmp_path: Path) -> None:
    """One line a suffix; a folder without any image says what is supported."""
    make(tmp_path, "1.HEIC", "2.heic", "3.cr2", "4.svg", "5.txt", ".hidden.heic")
    notes = FolderSource(tmp_path).notes()
    assert notes[:3] == [
        "skipped 1 .cr2 file: develop the camera raw to JPEG",
        "skipped 2 .heic files: convert to JPEG",
        "skipped 1 .svg file: render to PNG",
    ]
    assert "no image found" in notes[3]
    assert ".jpeg" in notes[3]


def test_linked_folders_are_mentioned(tmp_path: Path) -> None:
    """What a link leads to is not captioned, and that is said."""
    make(tmp_path, "photos/a.jpg", "other/b.jpg")
    (tmp_path / "photos" / "more").symlink_to(tmp_path / "other")
    source = FolderSource(tmp_path / "photos")
    assert source.total() == 1
    assert len(source.notes()) == 1
    assert "folder more was not entered, being a link" in source.notes()[0]


def test_identity_follows_the_listing(tmp_path: Path) -> None:
    """Another image changes it; another text file, or reading it again, does not."""
    make(tmp_path, "a.jpg", "b/c.jpg")
    first = FolderSource(tmp_path).identity()
    make(tmp_path, "notes.txt")
    assert FolderSource(tmp_path).identity() == first
    assert json.loads(json.dumps(first)) == first
    make(tmp_path, "b/d.jpg")
    assert FolderSource(tmp_path).identity() != first


def test_a_base_above_the_folder_shows_in_the_paths(tmp_path: Path) -> None:
    """Paths start at image_base, so that they open; a base elsewhere is an error."""
    make(tmp_path, "photos/a.jpg")
    source = FolderSource(tmp_path / "photos", image_base=str(tmp_path))
    (sample,) = source.open()
    assert isinstance(sample, Sample)
    assert sample.fields == {"images": ["photos/a.jpg"]}
    assert list(source.open(sample.position)) == []
    with pytest.raises(ConfigError, match="not below image_base"):
        FolderSource(tmp_path / "photos", image_base=str(tmp_path / "elsewhere"))


def test_names_that_are_no_text_can_be_opened_and_written(tmp_path: Path) -> None:
    """A Latin-1 file name is listed, opens again, and survives output and position."""
    (tmp_path / "photos").mkdir()
    raw_name = os.path.join(os.fsencode(tmp_path / "photos"), b"caf\xe9.jpg")  # noqa: PTH118
    with open(raw_name, "wb") as file:  # noqa: PTH123 - a name in bytes
        file.write(b"content")
    source = FolderSource(tmp_path / "photos")
    (sample,) = source.open()
    assert isinstance(sample, Sample)
    assert source.identity()
    sink = JsonlSink(tmp_path / "out.jsonl")
    sink.resume(None)
    sink.write([Outcome(sample, ({"image": sample.fields["images"][0]},))])
    sink.finish()
    name = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))["image"]
    assert (tmp_path / "photos" / name).read_bytes() == b"content"
    assert list(source.open(json.loads(json.dumps(sample.position)))) == []


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """Missing folders and files are named."""
    make(tmp_path, "a.jpg")
    with pytest.raises(ConfigError, match="no such folder"):
        FolderSource(tmp_path / "none")
    with pytest.raises(ConfigError, match="cannot be read as a folder"):
        FolderSource(tmp_path / "a.jpg")


def test_one_image_is_one_sample(tmp_path: Path) -> None:
    """As if it were alone in its folder; behind its position there is nothing."""
    make(tmp_path, "photos/a.JPG")
    source = ImageFileSource(tmp_path / "photos" / "a.JPG")
    (sample,) = source.open()
    assert isinstance(sample, Sample)
    assert sample.fields == {"images": ["a.JPG"]}
    assert source.image_base == str((tmp_path / "photos").resolve())
    assert list(source.open(sample.position)) == []
    assert source.total() == 1
    assert source.identity()["size"] == 0


def test_one_image_that_cannot_be_sent_is_refused(tmp_path: Path) -> None:
    """The remedy is that of the folder's note."""
    make(tmp_path, "a.heic")
    with pytest.raises(ConfigError, match="convert to JPEG"):
        ImageFileSource(tmp_path / "a.heic")
    with pytest.raises(ConfigError, match="No such file"):
        ImageFileSource(tmp_path / "none.jpg")
