"""The file of rejected captions."""

from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.formats.id_list import selection_of
from captioner.samples.selection import Selection


def test_reasons_and_ids(tmp_path: Path) -> None:
    """Every line that names something, with its number; the first to say so counts."""
    path = tmp_path / "rejected.txt"
    path.write_bytes(b"\xef\xbb\xbf3:1\r\n\r\n# why\n3\n" + b'{"sample": 9, "placeholder": 0}\n3:1')
    assert selection_of(["timeout"], path) == Selection(
        frozenset({"timeout"}), {3: {1: 1, None: 4}, 9: {0: 5}}, str(path)
    )
    assert selection_of(["timeout"]) == Selection(frozenset({"timeout"}))
    assert selection_of() == Selection()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1\nx\n", "rejected.txt, line 2: an id is"),
        (b"1\n\xff\n", "rejected.txt, line 2: this is not UTF-8"),
        (b"", "rejected.txt names no caption"),
        (b"# nothing\n\n", "rejected.txt names no caption"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    """With file and line."""
    path = tmp_path / "rejected.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        selection_of(ids=path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Is named, as is a folder."""
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigError, match=f"--ids {path}: "):
            selection_of(ids=path)
