"""Lines come out as they stand, streamed, from plain and compressed files, and from any offset."""

from __future__ import annotations

import gzip
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats.lines import DamagedError, Line, LineFile, split_lines, wide_encoding_of

SKIPPABLE_FRAME = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"


@given(st.binary(max_size=60).map(lambda data: data.replace(b"a", b"\n")), st.data())
def test_chunks_do_not_matter(data: bytes, draw: st.DataObject) -> None:
    """However a stream is cut into chunks, the lines and their ends are the same."""
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=5)))
    edges = [0, *cuts, len(data)]
    chunks = [data[start:end] for start, end in pairwise(edges)]
    lines = list(split_lines(chunks))
    assert lines == list(split_lines([data]))
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert [data[: line.end].count(b"\n") for line in lines[:-1]] == list(range(1, len(lines)))
    if lines:
        assert lines[-1].end == len(data)


def test_line_ends_and_marks_are_dropped() -> None:
    """LF and CRLF end a line, a lone CR does not; a byte order mark in front of it goes."""
    data = b"\xef\xbb\xbfone\r\n\xef\xbb\xbftwo\nthr\ree\n\n last "
    lines = list(split_lines([data]))
    assert [line.text for line in lines] == [b"one", b"two", b"thr\ree", b"", b" last "]
    assert [line.blank for line in lines] == [False, False, False, True, False]


def test_a_line_is_yielded_before_the_next_chunk_is_asked_for() -> None:
    """Nothing is read ahead."""
    asked: list[int] = []

    def chunks() -> object:
        for number in range(3):
            asked.append(number)
            yield b"%d\n" % number

    lines = split_lines(chunks())  # type: ignore[arg-type]
    assert next(lines) == Line(b"0", 1, 2)
    assert asked == [0]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", b"one\ntwo\nthree"),
        (
            "a.gz",
            gzip.compress(b"one\nt", mtime=0)
            + gzip.compress(b"", mtime=0)
            + gzip.compress(b"wo\nthree", mtime=0),
        ),
        (
            "a.zst",
            zstandard.compress(b"one\nt")
            + SKIPPABLE_FRAME
            + zstandard.compress(b"")
            + zstandard.compress(b"wo\nthree"),
        ),
    ],
)
def test_files_are_read_whole_and_from_any_line(tmp_path: Path, name: str, data: bytes) -> None:
    """All members and frames are read; reading on behind a line gives exactly the rest."""
    path = tmp_path / name
    path.write_bytes(data)
    file = LineFile(path)
    lines = list(file.lines())
    assert [line.text for line in lines] == [b"one", b"two", b"three"]
    for index, line in enumerate(lines):
        assert list(file.lines(line.end, line.number)) == lines[index + 1 :]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_memory_is_bounded_where_data_shrinks_a_lot(tmp_path: Path, suffix: str) -> None:
    """64 MB of equal lines in a few kilobytes are read in far less than their size."""
    content = (b"x" * 999 + b"\n") * 64_000
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(content) if suffix == ".gz" else zstandard.compress(content))
    size = len(content)
    del content
    tracemalloc.start()
    try:
        end = 0
        for line in LineFile(path).lines():
            end = line.end
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert end == size
    assert peak_bytes < size / 2


@given(st.data())
def test_a_cut_gzip_file_gives_what_is_whole_and_says_so(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject
) -> None:
    """Wherever it is cut: a run of its first lines, then the damage, with the tail it left."""
    content = b"".join(b"line %d\n" % number for number in range(50)) + b"end"
    data = gzip.compress(content)
    path = tmp_path_factory.mktemp("cut") / "a.gz"
    path.write_bytes(data[: draw.draw(st.integers(3, len(data) - 1))])
    seen: list[Line] = []
    with pytest.raises(DamagedError) as caught:
        seen.extend(LineFile(path).lines())
    tail = caught.value.tail
    assert content.startswith(b"".join(line.text + b"\n" for line in seen) + tail.text)
    assert tail.end == (seen[-1].end if seen else 0) + len(tail.text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(b"one\n", mtime=0) + b"garbage after it", "broken"),
        (gzip.compress(b"one\n", mtime=0)[:-8] + bytes(8), "broken"),
    ],
)
def test_broken_gzip_is_damage(tmp_path: Path, data: bytes, words: str) -> None:
    """Wrong checksums and foreign bytes behind a member are damage, after the lines before."""
    path = tmp_path / "a.gz"
    path.write_bytes(data)
    lines = LineFile(path).lines()
    assert next(lines).text == b"one"
    with pytest.raises(DamagedError, match=words):
        next(lines)


def test_broken_zstd_is_damage(tmp_path: Path) -> None:
    """A frame that ends early and one that is no frame are damage, after the lines before."""
    path = tmp_path / "a.zst"
    for bad in (zstandard.compress(b"two\n")[:-2], b"no frame at all"):
        path.write_bytes(zstandard.compress(b"one\n") * 2000 + bad)
        seen: list[Line] = []
        with pytest.raises(DamagedError):
            seen.extend(LineFile(path).lines())
        assert len(seen) >= 1500


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_wide_encodings_are_named(tmp_path: Path, encoding: str) -> None:
    """A UTF-16 or UTF-32 file is refused with its encoding and the way out, compressed or not."""
    data = '{"text": "é"}\n'.encode(encoding)
    for name, content in (("a.jsonl", data), ("a.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match=f"{encoding[:6].upper()}.*iconv"):
            LineFile(tmp_path / name)


@pytest.mark.parametrize("head", [b"", b"{", b"{}\n", b"\0\0\0\0", b"\0{}\n", b"ab\0c"])
def test_odd_utf8_is_not_taken_for_wide(head: bytes) -> None:
    """Short files and stray NUL bytes are no other encoding."""
    assert wide_encoding_of(head) == ""


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.gz", b"plain text", "is no gzip file"),
        ("a.zst", gzip.compress(b"x", mtime=0), "ends in .gz"),
        ("a.txt", zstandard.compress(b"x"), "ends in .zst"),
        ("a.txt", gzip.compress(b"x", mtime=0), "ends in .gz"),
    ],
)
def test_a_name_that_does_not_fit_is_refused(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    """A file that is not compressed as its name says is found before it is read."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=words):
        LineFile(tmp_path / name)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder, and a path that can be none are errors that name it."""
    for path, words in (
        (tmp_path / "none.txt", "no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "a.txt" / "b.txt", "no such file|cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=words):
            LineFile(path)


def test_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that this user may not read is refused with the remedy."""
    path = tmp_path / "a.txt"
    path.touch()

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(ConfigError, match="permission to read"):
        LineFile(path)


@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.zst"])
def test_an_empty_file_has_no_lines(tmp_path: Path, name: str) -> None:
    """A file of zero bytes is empty, whatever its name."""
    (tmp_path / name).touch()
    assert list(LineFile(tmp_path / name).lines()) == []


def test_count_leaves_out_blank_lines(tmp_path: Path) -> None:
    """The count is that of the records; compressed files are not counted."""
    (tmp_path / "a.txt").write_bytes(b"one\n\n  \r\ntwo")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one\n"))
    assert LineFile(tmp_path / "a.txt").count() == 2
    assert LineFile(tmp_path / "a.gz").count() is None
