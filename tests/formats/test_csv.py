"""CSV and TSV: a kept row is byte for byte what it was, and every row can be found again."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats.choose import open_source
from captioner.formats.csv import CsvSource
from captioner.samples.sample import BadRecord, Sample

Run = Callable[..., list[str]]
TOKEN = "<__dj__image>"

CONTENT = (
    b'\xef\xbb\xbfid,image_path,"note, long"\r\n'
    b'1,a.jpg,"two\r\nlines"\r\n'
    b"\r\n"
    b'"2",https://h/b.jpg,plain\n'
    b'3,,"quote "" here"\n'
    b"4,caf\xe9.jpg,last"
)


def test_captions_of_a_column_of_paths(tmp_path: Path, run: Run) -> None:
    """Every line stays as it was, quotes and line ends too, with the new columns behind."""
    (tmp_path / "in.csv").write_bytes(CONTENT)
    notes = run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert notes == ["images are taken from column 'image_path'"]
    assert (tmp_path / "out.csv").read_bytes() == (
        b'id,image_path,"note, long",image,caption,verdict,sample,placeholder\n'
        b'1,a.jpg,"two\r\nlines",a.jpg,seen a.jpg,ok,0,0\r\n'
        b'"2",https://h/b.jpg,plain,https://h/b.jpg,seen https://h/b.jpg,ok,1,0\n'
        b'3,,"quote "" here",,,,2,\n'
        b"4,caf\xe9.jpg,last,caf\xe9.jpg,seen caf\xe9.jpg,ok,3,0\n"
    )


def test_samples_with_texts(tmp_path: Path, run: Run) -> None:
    """With a column of texts: the original untouched, and the generated one; TSV too."""
    (tmp_path / "in.tsv").write_text(f"text\timages\tn\n'{TOKEN}'\ta.jpg\t007\nnone\t\t8\n")
    run(tmp_path / "in.tsv", tmp_path / "out.tsv", captions_key="all")
    with (tmp_path / "out.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows[0] == {"text": f"'{TOKEN}'", "images": "a.jpg", "n": "007", "all": ""}
    assert rows[1]["text"] == f"{TOKEN} seen a.jpg <|__dj__eoc|>"
    assert json.loads(rows[1]["all"]) == ["seen a.jpg"]
    assert [row["n"] for row in rows] == ["007", "007", "8"]


def test_a_column_that_is_written_anew(tmp_path: Path, run: Run) -> None:
    """A `caption` of the input gives way; the column of the images never does."""
    (tmp_path / "in.csv").write_text('image,caption,n\na.jpg,"old",1\n')
    run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "image,caption,n,verdict,sample,placeholder",
        "a.jpg,seen a.jpg,1,ok,0,0",
    ]


def test_the_same_bytes_after_kills(tmp_path: Path, run: Run) -> None:
    """Positions are those behind whole rows, also where rows have several lines."""
    rows = "".join(f'{n},{n}.jpg,"line\n{n}"\n' for n in range(30))
    (tmp_path / "in.csv").write_text("id,image,note\n" + rows)
    run(tmp_path / "in.csv", tmp_path / "whole.csv")
    run(tmp_path / "in.csv", tmp_path / "cut.csv", kills=(4, 3, 11), lost=1)
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_other_formats_out(tmp_path: Path, run: Run) -> None:
    """Cells are text there, too; as TSV the lines are made anew."""
    (tmp_path / "in.csv").write_text('image,n\na.jpg,"1\t2"\n')
    run(tmp_path / "in.csv", tmp_path / "out.parquet")
    (row,) = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert row == {
        "image": "a.jpg",
        "n": "1\t2",
        "caption": "seen a.jpg",
        "verdict": "ok",
        "sample": 0,
        "placeholder": 0,
    }
    run(tmp_path / "in.csv", tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text())["n"] == "1\t2"
    run(tmp_path / "in.csv", tmp_path / "out.tsv")
    assert '"1\t2"' in (tmp_path / "out.tsv").read_text()
    run(tmp_path / "out.parquet", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_text() == (
        "image,n,caption,verdict,sample,placeholder\na.jpg,1\t2,seen a.jpg,ok,0,0\n"
    )


def test_rows_that_do_not_fit_are_bad_records(tmp_path: Path) -> None:
    """They cost nothing but themselves, and are named by the line they begin in."""
    (tmp_path / "in.csv").write_text('image,n\na.jpg,"x\ny"\nb.jpg\nc.jpg,1,2\nd.jpg,3\n')
    source = open_source(tmp_path / "in.csv").source
    records = list(source.open())
    assert [type(record) for record in records] == [Sample, BadRecord, BadRecord, Sample]
    assert [r.where for r in records if isinstance(r, BadRecord)] == ["line 4", "line 5"]
    assert [r.detail for r in records if isinstance(r, BadRecord)] == [
        "1 cells where the header has 2",
        "3 cells where the header has 2",
    ]
    assert source.total() == 4


def test_a_cell_without_end_costs_its_rows_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a quote is never closed, the limit of a cell ends it."""
    before = csv.field_size_limit(1000)
    monkeypatch.setattr("captioner.formats.csv.FIELD_CHARACTERS", 1000)
    try:
        text = 'image,n\na.jpg,"open\n' + "b.jpg,1\n" * 200
        (tmp_path / "in.csv").write_text(text)
        records = list(open_source(tmp_path / "in.csv").source.open())
    finally:
        csv.field_size_limit(before)
    assert isinstance(records[0], BadRecord)
    assert "field limit" in records[0].detail
    assert len(records) > 50
    assert [record.id for record in records] == list(range(len(records)))


def test_compressed_files(tmp_path: Path) -> None:
    """`.gz` and `.zst` are read as such; a damaged one ends with a bad record."""
    content = b"image\n" + b"".join(b"%d.jpg\n" % n for n in range(5000))
    packed = gzip.compress(content)
    (tmp_path / "in.csv.gz").write_bytes(packed)
    assert sum(1 for _ in open_source(tmp_path / "in.csv.gz").source.open()) == 5000
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    records = list(open_source(tmp_path / "cut.csv.gz").source.open())
    assert isinstance(records[-1], BadRecord)
    assert "ends in the middle" in records[-1].detail
    assert list(open_source(tmp_path / "cut.csv.gz").source.open(records[-1].position)) == []


@pytest.mark.parametrize("content", ["", "image,image\n", "image,\n"])
def test_a_header_is_needed(tmp_path: Path, content: str) -> None:
    """Every column has a name of its own."""
    (tmp_path / "in.csv").write_text(content)
    with pytest.raises(ConfigError, match=r"in\.csv.*name"):
        open_source(tmp_path / "in.csv")


_CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(_CELLS, _CELLS), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_any_table_is_read_as_the_standard_library_reads_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], end: str
) -> None:
    """From every position too, and each row has its own bytes."""
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerows([("image", "n"), *rows])
    source = CsvSource(path)
    records = list(source.open())
    assert [list(dict(r.fields).values()) for r in records if isinstance(r, Sample)] == [
        list(row) for row in rows
    ]
    raw = b"".join(r.fields.raw for r in records)  # type: ignore[union-attr]
    assert path.read_bytes().endswith(raw)
    for number, record in enumerate(records):
        assert [r.id for r in source.open(record.position)] == list(range(number + 1, len(records)))
