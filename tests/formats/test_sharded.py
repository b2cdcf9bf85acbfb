"""Shards of an input: every sample in one of them, with the id that it has in the whole."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats import sharded_extent
from captioner.formats.choose import SourceChoice, open_source
from captioner.formats.sharded import Shard, Sharded, cuts
from captioner.samples.sample import Record

Run = Callable[..., list[str]]


def _shard(path: Path, index: int, count: int) -> Sharded:
    source = open_source(path, shard=Shard(index, count)).source
    assert isinstance(source, Sharded)
    return source


def _told(record: Record) -> Any:
    """What can be compared of a record; rows of tables are views of what was read."""
    fields = getattr(record, "fields", None)
    content = None if fields is None else {name: fields[name] for name in fields}
    return record.id, content, record.position, getattr(record, "detail", None)


def _check(path: Path, count: int) -> list[range]:
    """Disjoint, complete, in order, counted, and found again; returns the ranges of ids."""
    whole = [_told(record) for record in open_source(path).source.open()]
    joined: list[Any] = []
    ranges = []
    for index in range(count):
        source = _shard(path, index, count)
        records = [_told(record) for record in source.open()]
        assert source.total() == len(records)
        assert [told[0] for told in records] == list(source.samples)
        for cut in {0, len(records) // 2, len(records) - 1} if records else set():
            position = json.loads(json.dumps(records[cut][2]))
            assert [_told(r) for r in source.open(position)] == records[cut + 1 :]
        assert source.samples == _shard(path, index, count).samples
        joined += records
        ranges.append(source.samples)
    assert joined == whole
    return ranges


@given(st.integers(0, 10**12), st.integers(1, 1000))
def test_parts_without_edges_are_as_equal_as_can_be(total: int, count: int) -> None:
    """They cover everything, and no two differ by more than one."""
    at = cuts(total, count)
    sizes = [end - start for start, end in pairwise(at)]
    assert (at[0], at[-1], len(sizes)) == (0, total, count)
    assert max(sizes) - min(sizes) <= 1


@given(st.data())
def test_parts_of_files_are_whole(data: st.DataObject) -> None:
    """Every cut is at an edge, no part is empty, none is larger than its share and a file."""
    sizes = data.draw(st.lists(st.integers(1, 50), min_size=1, max_size=40))
    edges = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
    count = data.draw(st.integers(1, len(sizes)))
    at = cuts(edges[-1], count, edges)
    assert (at[0], at[-1], len(at)) == (0, edges[-1], count + 1)
    assert set(at) <= set(edges)
    assert sorted(set(at)) == at
    if count == len(sizes):
        assert at == edges


@given(
    st.lists(st.sampled_from(["{}", "", " ", "no json", '{"a": 1}\r', "\ufeff[1]"]), max_size=30)
)
@settings(max_examples=60, deadline=None)
def test_lines_that_are_no_samples_count_as_the_input_counts_them(lines: list[str]) -> None:
    """Blank lines have no id and bad ones have; marks between them change nothing."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharded_extent, "_MARK_SAMPLES", 3)
        path = Path(folder) / "in.jsonl"
        path.write_bytes("\n".join(lines).encode())
        for count in (1, 3, 8):
            _check(path, count)


def test_every_input_of_one_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compressed and a damaged file, CSV with line breaks in cells, a list, a folder, one image:
    contiguous ranges, also where there are more shards than samples."""
    monkeypatch.setattr(sharded_extent, "_MARK_SAMPLES", 4)
    lines = "".join(f'{{"text": "{n}"}}\n\n' for n in range(23)).encode()
    (tmp_path / "in.jsonl").write_bytes(lines)
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(lines)[:-20])
    rows = "".join(f'{n}.jpg,"two\nlines"\n' for n in range(17))
    (tmp_path / "in.csv").write_text(f"path,note\n{rows}")
    (tmp_path / "in.txt").write_text("".join(f"{n}.jpg\n" for n in range(11)))
    photos = tmp_path / "photos"
    for name in ("a.jpg", "b/1.png", "b/2.png", "c.gif", "d.jpg", "e/f/g.webp"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).touch()
    for name in ("in.jsonl", "in.jsonl.gz", "cut.jsonl.gz", "in.csv", "in.txt", "photos"):
        for count in (1, 2, 5, 40):
            ranges = _check(tmp_path / name, count)
            assert max(map(len, ranges)) - min(map(len, ranges)) <= 1
    _check(photos / "a.jpg", 2)


def test_the_bytes_of_lines_make_marks_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that little is read in vain where samples are large."""
    monkeypatch.setattr(sharded_extent, "_MARK_BYTES", 50)
    (tmp_path / "in.jsonl").write_text("".join(f'{{"text": "{n:030}"}}\n' for n in range(20)))
    position_at = sharded_extent.extent_of(open_source(tmp_path / "in.jsonl").source).position_at
    assert [position_at(n)["sample"] for n in (5, 12, 19)] == [4, 12, 18]
    _check(tmp_path / "in.jsonl", 7)


def _parquet(path: Path, groups: list[int], first: int) -> None:
    path.parent.mkdir(exist_ok=True)
    schema = pa.schema([("image", pa.string()), ("n", pa.int64())])
    with pq.ParquetWriter(path, schema) as writer:
        for rows in groups:
            numbers = list(range(first, first + rows))
            columns = [[f"{n}.jpg" for n in numbers], numbers]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=max(1, rows))
            first += rows


def _shards(folder: Path, files: list[list[int]]) -> Path:
    first = 0
    for number, groups in enumerate(files):
        _parquet(folder / f"{number}.parquet", groups, first)
        first += sum(groups)
    return folder


def test_whole_files_then_row_groups_then_rows(tmp_path: Path) -> None:
    """As coarse as the number of shards allows; no file is opened by two where there are enough."""
    folder = _shards(tmp_path / "p", [[5, 5], [10], [], [4, 4, 4]])
    assert _check(folder, 3) == [range(10), range(10, 20), range(20, 32)]
    assert [_shard(folder, n, 3).files for n in range(3)] == [range(1), range(1, 2), range(2, 4)]
    assert _check(folder, 4) == [range(10), range(10, 20), range(20, 24), range(24, 32)]
    assert [_shard(folder, n, 4).files for n in range(4)] == [
        range(1),
        range(1, 2),
        range(2, 4),
        range(3, 4),
    ]
    ranges = _check(folder, 7)
    assert max(map(len, ranges)) == 5
    _check(folder, 40)


@given(st.lists(st.lists(st.integers(0, 4), max_size=3), min_size=1, max_size=5), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_any_files_and_groups(files: list[list[int]], count: int) -> None:
    """Empty groups and files too: every row in one shard, every file in at least one."""
    with TemporaryDirectory() as folder:
        path = _shards(Path(folder) / "p", files)
        _check(path, count)
        spans = [_shard(path, index, count).files for index in range(count)]
        assert {number for span in spans for number in span} == set(range(len(files)))
        assert all(len(span) for span in spans)


def test_tars_are_taken_whole_or_counted(tmp_path: Path, jpeg: Callable[[int], bytes]) -> None:
    """Also a damaged one, which ends with a bad record."""
    folder = tmp_path / "t"
    folder.mkdir()
    for number, samples in enumerate((4, 0, 7, 1)):
        with tarfile.open(folder / f"{number}.tar", "w") as tar:
            for sample in range(samples):
                entry = tarfile.TarInfo(f"{number}-{sample}.jpg")
                content = jpeg(sample)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    with (folder / "2.tar").open("r+b") as file:
        file.truncate(6 * 1536 + 600)
    assert len(_check(folder, 3)) == 3
    assert [_shard(folder, n, 3).files for n in range(3)] == [range(1), range(1, 3), range(3, 4)]
    for count in (1, 2, 5, 20):
        _check(folder, count)
    _check(folder / "0.tar", 3)


def test_a_shard_of_a_folder_writes_its_own_files(tmp_path: Path, run: Run) -> None:
    """With the names of the input, a kill in between or not; the others' are not there."""
    folder = _shards(tmp_path / "p", [[5], [6], [7], [8]])
    for index in range(2):
        output = tmp_path / f"out{index}"
        run(folder, output, open_with={"shard": Shard(index, 2)}, kills=(4, 5))
        assert {path.name for path in output.iterdir()} == {
            f"{2 * index}.parquet",
            f"{2 * index + 1}.parquet",
        }
        rows = pq.read_table(output).to_pylist()
        assert [row["sample"] for row in rows] == list(_shard(folder, index, 2).samples)
        assert [row["n"] for row in rows] == [row["sample"] for row in rows]


def test_what_a_shard_tells(tmp_path: Path) -> None:
    """Identity and notes name it; a copy elsewhere, with other times, is the same input."""
    path = tmp_path / "in.jsonl"
    path.write_text("{}\n" * 10)
    source = _shard(path, 1, 4)
    assert source.identity() == open_source(path).source.identity() | {"shard": "1/4"}
    assert source.notes() == ["shard 1/4: samples 2 to 4 of 10"]
    about = source.about()
    assert about == json.loads(json.dumps(about))
    assert {name: about[name] for name in about if name != "input"} == {
        "index": 1,
        "count": 4,
        "first": 2,
        "samples": 3,
        "total": 10,
    }
    copy = tmp_path / "copy" / "other.jsonl"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    assert _shard(copy, 0, 4).about()["input"] == about["input"]
    copy.write_text("{}\n" * 9 + "{ }\n")
    assert _shard(copy, 0, 4).about()["input"] != about["input"]
    assert _shard(path, 3, 40).notes() == ["shard 3/40: samples 0 to 0 of 10"]
    assert _shard(path, 0, 40).notes() == ["shard 0/40: no sample of 10"]
    folder = _shards(tmp_path / "p", [[5], [6]])
    again = _shards(tmp_path / "q", [[5], [6]])
    assert _shard(folder, 0, 2).about()["input"] == _shard(again, 1, 2).about()["input"]


@pytest.mark.parametrize("text", ["", "1", "2/2", "1/0", "-1/2", "a/b", "1/2/3", "0.5/2", "1 2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """The message says how one is written."""
    with pytest.raises(ConfigError, match="I/N, with I from 0"):
        Shard.parse(text)


def test_a_shard_is_written_as_it_is_read() -> None:
    """The text of a shard is the shard again."""
    assert str(Shard.parse(" 07/8 ")) == "7/8"
    assert Shard.parse("7/8") == Shard(7, 8)


def test_standard_input_has_no_shards() -> None:
    """It could not be counted first; the message says what to do."""
    with pytest.raises(ConfigError, match="save it to a file"):
        open_source("-", shard=Shard(0, 2))


def test_a_choice_knows_its_whole(tmp_path: Path) -> None:
    """What decides the columns of an output is asked of the whole."""
    (tmp_path / "in.jsonl").write_text("{}\n")
    choice = open_source(tmp_path / "in.jsonl", shard=Shard(0, 2))
    assert isinstance(choice, SourceChoice)
    assert isinstance(choice.source, Sharded)
    assert choice.whole is choice.source.whole
    assert open_source(tmp_path / "in.jsonl").files_of(3) == range(3)
