"""A list of paths is taken line by line, as it stands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.formats.path_list import PathListSource
from captioner.samples.sample import Sample


def test_lines_are_images(tmp_path: Path) -> None:
    """Marks and line ends go, blank lines are none; blanks, `#` and URLs stay; positions hold."""
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xef\xbb\xbfa b.jpg\r\n\r\n#1.png\n   \nhttps://x.org/c.jpg\n d.jpg ")
    source = PathListSource(path, image_key="pics")
    samples = list(source.open())
    assert [sample.fields for sample in samples if isinstance(sample, Sample)] == [
        {"pics": ["a b.jpg"]},
        {"pics": ["#1.png"]},
        {"pics": ["https://x.org/c.jpg"]},
        {"pics": [" d.jpg "]},
    ]
    assert [sample.id for sample in samples] == [0, 1, 2, 3]
    assert source.total() == 4
    for index, sample in enumerate(samples):
        position = json.loads(json.dumps(sample.position))
        assert list(source.open(position)) == samples[index + 1 :]


def test_names_that_are_no_text_still_open(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 name the same file as in the list."""
    path = tmp_path / "list.txt"
    path.write_bytes(b"caf\xe9.jpg\n")
    (sample,) = PathListSource(path).open()
    assert isinstance(sample, Sample)
    assert os.fsencode(sample.fields["images"][0]) == b"caf\xe9.jpg"


def test_a_list_says_what_it_is(tmp_path: Path) -> None:
    """Paths start at its folder; an empty list says so; UTF-16 is refused."""
    path = tmp_path / "list.txt"
    path.touch()
    source = PathListSource(path)
    assert source.image_base == str(tmp_path.resolve())
    assert source.notes() == [f"{path.resolve()} is empty"]
    assert source.identity()["path"] == str(path.resolve())
    path.write_text("a.jpg\n", "utf-16")
    with pytest.raises(ConfigError, match="UTF-16"):
        PathListSource(path)
