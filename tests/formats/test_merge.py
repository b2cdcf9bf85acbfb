"""Outputs of shards put together: the bytes of one run, or its rows."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from captioner.errors import ConfigError
from captioner.formats import merge
from captioner.formats.merge import check_kinds, merge_failures, merge_outputs
from captioner.formats.sharded import Shard

Run = Callable[..., list[str]]
Jpeg = Callable[[int], bytes]


@pytest.fixture
def parts(tmp_path: Path, run: Run) -> Callable[..., tuple[list[Path], Path]]:
    """`parts(input, output name, N)`: the outputs of all N shards, and that of one whole run."""

    def make(given: Path, name: str, count: int) -> tuple[list[Path], Path]:
        made = []
        for index in range(count):
            (tmp_path / str(index)).mkdir(exist_ok=True)
            made.append(tmp_path / str(index) / name)
            run(given, made[-1], open_with={"shard": Shard(index, count)})
        (tmp_path / "one").mkdir()
        run(given, tmp_path / "one" / name)
        return made, tmp_path / "one" / name

    return make


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.tsv"])
def test_text_is_that_of_one_run(
    tmp_path: Path, parts: Callable[..., tuple[list[Path], Path]], name: str
) -> None:
    """Byte for byte; a header line, with a line break in a name, is there once."""
    rows = "".join(f'{n}.jpg,"two\nlines, {n}"\n' for n in range(30))
    (tmp_path / "in.csv").write_text(f'path,"a\n""note"""\n{rows}')
    made, one = parts(tmp_path / "in.csv", name, 8)
    output = tmp_path / name
    check_kinds(made, output)
    counts = [part.read_bytes().count(b"\n") for part in made] if name == "out.jsonl" else [0] * 8
    merge_outputs(made, output, counts)
    assert output.read_bytes() == one.read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_tables_have_the_rows_of_one_run(
    tmp_path: Path, parts: Callable[..., tuple[list[Path], Path]], jpeg: Jpeg
) -> None:
    """One parquet file by its row groups: rows, bytes, schema; an empty shard is fine."""
    table = pa.table(
        {"image": [{"bytes": jpeg(n), "path": f"{n}.jpg"} for n in range(20)], "n": range(20)}
    ).replace_schema_metadata({"owner": "us"})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=6)
    made, one = parts(tmp_path / "in.parquet", "out.parquet", 23)
    merge_outputs(made, tmp_path / "all.parquet", [0] * 23)
    merged, whole = pq.read_table(tmp_path / "all.parquet"), pq.read_table(one)
    assert merged.equals(whole)
    assert merged.schema.equals(whole.schema, check_metadata=True)
    assert pq.ParquetFile(tmp_path / "all.parquet").num_row_groups <= 20


def test_folders_of_shards_have_their_files_again(
    tmp_path: Path, parts: Callable[..., tuple[list[Path], Path]]
) -> None:
    """Where several runs wrote into files of one name, these are put together, too."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        numbers = range(10 * number, 10 * number + 10)
        table = pa.table({"image": [f"{n}.jpg" for n in numbers], "n": numbers})
        pq.write_table(table, folder / f"s{number}.parquet", row_group_size=2)
    made, one = parts(folder, "out", 4)
    check_kinds(made, tmp_path / "all")
    merge_outputs(made, tmp_path / "all", [0] * 4)
    names = sorted(path.name for path in (tmp_path / "all").iterdir())
    assert names == ["s0.parquet", "s1.parquet", "s2.parquet"]
    for name in names:
        assert pq.read_table(tmp_path / "all" / name).equals(pq.read_table(one / name))


def test_tars_are_those_of_one_run(
    tmp_path: Path, parts: Callable[..., tuple[list[Path], Path]], jpeg: Jpeg
) -> None:
    """Byte for byte, also where a last member is all zeros as an archive's end is."""
    with tarfile.open(tmp_path / "in.tar", "w") as tar:
        for number in range(11):
            for suffix, content in (("jpg", jpeg(number)), ("seg", bytes(2048))):
                entry = tarfile.TarInfo(f"{number:02}.{suffix}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    made, one = parts(tmp_path / "in.tar", "out.tar", 4)
    merge_outputs(made, tmp_path / "all.tar", [0] * 4)
    assert (tmp_path / "all.tar").read_bytes() == one.read_bytes()


def test_failures_follow_each_other(tmp_path: Path) -> None:
    """A part without any has no file; without any in all, there is none, nor an old one."""
    (tmp_path / "a").write_text("1\n")
    (tmp_path / "c").write_text("2\n3\n")
    files = [tmp_path / name for name in "abc"]
    assert merge_failures(files, tmp_path / "all")
    assert (tmp_path / "all").read_text() == "1\n2\n3\n"
    assert not merge_failures([tmp_path / "b"], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def _tar(*sizes: int) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for number, size_bytes in enumerate(sizes):
            entry = tarfile.TarInfo(f"{number}.jpg")
            entry.size = size_bytes
            tar.addfile(entry, io.BytesIO(b"x" * size_bytes))
    return content.getvalue()


@pytest.mark.parametrize(
    ("suffix", "first", "second", "what"),
    [
        (".jsonl", b"{}\n", b"{}\n{", "2.jsonl ends in the middle"),
        (".jsonl", b"{}\n", b"{}\n{}\n", "2.jsonl holds 2 rows where its run wrote 1"),
        (".jsonl", b"", b"{}\n", "1.jsonl holds 0 rows"),
        (".csv", b"a,b\n1,2\n", b"a,c\n1,2\n", "2.csv has other columns"),
        (".csv", b"a,b\n1,2\n", b"a,b\n1,", "2.csv ends in the middle"),
        (".csv", b"", b"a,b\n1,", "1.csv has no header"),
        (".tar", _tar(600), _tar(600)[:700], "2.tar .*copy it anew"),
        (".tar", b"no tar at all" * 100, _tar(5), "1.tar cannot be read"),
        (".parquet", b"PAR1", b"PAR1", "cannot be read as parquet"),
    ],
)
def test_parts_that_are_not_as_they_were(
    tmp_path: Path, suffix: str, first: bytes, second: bytes, what: str
) -> None:
    """The one at fault is named, and of the output nothing is left."""
    parts = [tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"]
    for part, content in zip(parts, (first, second), strict=True):
        part.write_bytes(content)
    with pytest.raises(ConfigError, match=what):
        merge_outputs(parts, tmp_path / f"all{suffix}", [1, 1])
    assert set(tmp_path.iterdir()) == set(parts)


def test_tables_of_other_columns(tmp_path: Path) -> None:
    """They cannot be one."""
    parts = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    for number, part in enumerate(parts):
        pq.write_table(pa.table({f"c{number}": [1]}), part)
    with pytest.raises(ConfigError, match=r"2\.parquet has other columns"):
        merge_outputs(parts, tmp_path / "all.parquet", [1, 1])


def test_kinds_that_cannot_be_merged(tmp_path: Path) -> None:
    """Said before anything is written, with what can."""
    for name in ("a.jsonl", "b.csv", "c.txt"):
        (tmp_path / name).touch()
    for name in ("dataset", "empty", "shards"):
        (tmp_path / name).mkdir()
    (tmp_path / "dataset/dataset_info.json").touch()
    (tmp_path / "shards/1.tar").touch()

    def check(output: str, *parts: str) -> None:
        check_kinds([tmp_path / part for part in parts], tmp_path / output)

    for output, parts, what in (
        ("x.jsonl", ["a.jsonl", "b.csv"], "another format"),
        ("x.jsonl", ["a.jsonl", "shards"], "another format"),
        ("x.csv", ["a.jsonl"], r"must end in \.jsonl"),
        ("x.txt", ["c.txt"], r"only \.jsonl"),
        ("x", ["dataset"], "concatenate_datasets"),
        ("x", ["empty"], "nothing to merge"),
        ("x.tar", ["shards"], "a folder too"),
        ("x", ["gone"], "is gone"),
    ):
        with pytest.raises(ConfigError, match=what):
            check(output, *parts)
    check("x.ndjson", "a.jsonl")
    check("x", "shards")


def test_a_folder_that_fails_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves nothing, and what an earlier crash left is no hindrance."""
    (tmp_path / "p").mkdir()
    (tmp_path / ".all.merging").mkdir()
    (tmp_path / ".all.merging/old.tar").touch()
    for name in ("1.tar", "2.tar"):
        (tmp_path / "p" / name).write_bytes(_tar(5))

    def broken(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(merge, "_sync", broken)
        with pytest.raises(OSError, match="No space left"):
            merge_outputs([tmp_path / "p"], tmp_path / "all", [2])
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
    merge_outputs([tmp_path / "p"], tmp_path / "all", [2])
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["1.tar", "2.tar"]
