"""Parquet in, parquet out: every type kept, shards by name, the same bytes however it was cut."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from captioner.errors import ConfigError
from captioner.formats.choose import open_sink, open_source
from captioner.formats.table import TableSource
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample

Run = Callable[..., list[str]]
Outcomes = Callable[..., Iterator[Outcome]]
Jpeg = Callable[[int], bytes]
TOKEN = "<__dj__image>"

SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint16(), nullable=False, metadata={"unit": "none"}),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("when", pa.timestamp("ns", "UTC")),
        ("day", pa.date32()),
        ("price", pa.decimal128(9, 2)),
        ("tag", pa.dictionary(pa.int16(), pa.string())),
        ("sizes", pa.map_(pa.string(), pa.float32())),
        ("boxes", pa.list_(pa.struct([("x", pa.int8()), ("names", pa.large_list(pa.string()))]))),
        ("blob", pa.large_binary()),
    ],
    metadata={"owner": "us", "pandas": '{"index_columns": [], "columns": []}'},
)


def _table(jpeg: Jpeg, rows: int = 20, first: int = 0) -> Any:
    numbers = range(first, first + rows)
    columns: list[list[Any]] = [
        list(numbers),
        [
            None if n == 4 else {"bytes": jpeg(n), "path": f"{n}.jpg" if n % 2 else None}
            for n in numbers
        ],
        [n * 1_000_000_007 + 1 if n != 3 else None for n in numbers],
        [dt.date(2000, 1, 1 + n % 28) for n in numbers],
        [Decimal(n).scaleb(-2) for n in numbers],
        [("cat", "dog", None)[n % 3] for n in numbers],
        [[("w", n / 2)] * (n % 3) for n in numbers],
        [[{"x": n % 100, "names": ["é", None]}] if n % 4 else None for n in numbers],
        [bytes([n % 256]) * (n % 5) for n in numbers],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def test_captions_of_images(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """Rows, order, types, metadata and values stay; new columns are typed; polars agrees."""
    table = _table(jpeg)
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=6)
    notes = run(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert notes == ["images are taken from column 'image'"]
    written = pq.read_table(tmp_path / "out.parquet")
    new = {"caption": pa.string(), "verdict": pa.string()}
    new |= {"sample": pa.int64(), "placeholder": pa.int32()}
    assert {f.name: f.type for f in list(written.schema)[len(SCHEMA) :]} == new
    kept = written.select(SCHEMA.names)
    for mine, theirs in zip(kept.schema, SCHEMA, strict=True):
        assert mine.equals(theirs)
        assert (theirs.metadata or {}).items() <= (mine.metadata or {}).items()
    assert kept.equals(table)
    assert dict(SCHEMA.metadata).items() <= dict(written.schema.metadata).items()
    for number, caption in enumerate(written.column("caption").to_pylist()):
        digest = hashlib.md5(jpeg(number)).hexdigest()
        assert caption == (None if number == 4 or number % 7 == 6 else f"seen {digest}")
    assert written.column("verdict").to_pylist()[4:7] == [None, "ok", "refused"]
    peer = polars.read_parquet(tmp_path / "out.parquet")
    before = polars.read_parquet(tmp_path / "in.parquet")
    assert peer.select(before.columns).equals(before)
    assert peer["caption"].to_list() == written.column("caption").to_pylist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_samples_with_texts(tmp_path: Path, run: Run) -> None:
    """A column of texts makes samples: the original untouched, then the generated one."""
    schema = pa.schema(
        [
            ("text", pa.large_string()),
            ("images", pa.list_(pa.string())),
            ("at", pa.timestamp("ns")),
        ]
    )
    rows: list[dict[str, Any]] = [
        {"text": f"{TOKEN} one {TOKEN} two", "images": ["a.jpg", "b.jpg"], "at": 1},
        {"text": "none", "images": ["c.jpg"], "at": None},
        {"text": "nothing", "images": None, "at": 3},
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "in.parquet")
    notes = run(
        tmp_path / "in.parquet",
        tmp_path / "out.parquet",
        captions_key="all",
        conversations_key="talk",
        mode="conversation",
    )
    assert "rows are samples" in notes[0]
    written = pq.read_table(tmp_path / "out.parquet")
    message = pa.struct([("from", pa.string()), ("value", pa.string())])
    assert written.schema.types[-2:] == [pa.list_(pa.string()), pa.list_(message)]
    assert written.schema.names == ["text", "images", "at", "all", "talk"]
    assert written.select(["text", "all"]).to_pylist() == [
        {"text": rows[0]["text"], "all": None},
        {
            "text": f"{TOKEN} seen a.jpg {TOKEN} seen b.jpg <|__dj__eoc|>",
            "all": ["seen a.jpg", "seen b.jpg"],
        },
        {"text": "none", "all": None},
        {"text": f"{TOKEN} seen c.jpg <|__dj__eoc|>", "all": ["seen c.jpg"]},
        {"text": "nothing", "all": None},
    ]
    assert written.column("at").cast(pa.int64()).to_pylist() == [1, 1, None, None, 3]
    assert written.column("images").to_pylist()[:2] == [["a.jpg", "b.jpg"]] * 2


@pytest.mark.parametrize("kills", [(5,), (3, 1, 9), (2, 19)])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_same_bytes_after_kills(
    tmp_path: Path, run: Run, jpeg: Jpeg, kills: tuple[int, ...], batch: int
) -> None:
    """What was written behind the checkpoint is cut, and the file does not show where."""
    pq.write_table(_table(jpeg, 40), tmp_path / "in.parquet", row_group_size=7)
    run(tmp_path / "in.parquet", tmp_path / "whole.parquet", batch=40)
    lost = min(*kills, 2) - 1
    run(tmp_path / "in.parquet", tmp_path / "cut.parquet", kills=kills, lost=lost, batch=batch)
    whole, cut = ((tmp_path / f"{name}.parquet").read_bytes() for name in ("whole", "cut"))
    assert whole == cut


def test_row_groups_follow_the_size_of_rows(tmp_path: Path, run: Run) -> None:
    """Rows of 3 MiB: read one by one, and written in groups of ten."""
    blob = bytes(3 * 1024 * 1024 - 1000)
    table = pa.table({"image": [blob] * 24}, pa.schema([("image", pa.binary())]))
    pq.write_table(table, tmp_path / "in.parquet", use_dictionary=False)
    source = open_source(tmp_path / "in.parquet").source
    assert isinstance(source, TableSource)
    batches = [batch.num_rows for _, _, batch in source.table.batches(0, 0, 0)]
    assert batches == [1] * 24
    assert all(isinstance(r, Sample) and r.size_bytes > len(blob) for r in source.open())
    run(tmp_path / "in.parquet", tmp_path / "out.parquet")
    metadata = pq.read_metadata(tmp_path / "out.parquet")
    groups = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert groups == [10, 10, 4]


def test_shards_keep_their_names(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """A folder in, a folder out: the same files, an empty one too, with and without kills."""
    shards = tmp_path / "shards"
    (shards / "more").mkdir(parents=True)
    pq.write_table(_table(jpeg, 9), shards / "a.parquet")
    pq.write_table(SCHEMA.empty_table(), shards / "b.parquet")
    pq.write_table(_table(jpeg, 5, 9), shards / "more" / "c.parquet")
    pq.write_table(SCHEMA.empty_table(), shards / "z.parquet")
    notes = run(shards, tmp_path / "whole")
    assert notes[0] == f"{shards}: 4 parquet shards"
    run(shards, tmp_path / "cut", kills=(8, 4), lost=1, batch=2)
    names = ["a.parquet", "b.parquet", "more/c.parquet", "z.parquet"]
    for folder in (tmp_path / "whole", tmp_path / "cut"):
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert sorted(str(path.relative_to(folder)) for path in files) == names
    for name in names:
        written = pq.read_table(tmp_path / "whole" / name)
        assert written.select(SCHEMA.names).equals(pq.read_table(shards / name))
        same = [(tmp_path / folder / name).read_bytes() for folder in ("whole", "cut")]
        assert same[0] == same[1]
    samples = pq.read_table(tmp_path / "whole" / "more" / "c.parquet").column("sample")
    assert samples.to_pylist() == [9, 10, 11, 12, 13]
    assert not (tmp_path / "whole.partial").exists()


def test_shards_into_one_file(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """A name with a suffix is one file, whatever came in."""
    (tmp_path / "shards").mkdir()
    for number in range(2):
        pq.write_table(_table(jpeg, 3, 3 * number), tmp_path / "shards" / f"{number}.parquet")
    run(tmp_path / "shards", tmp_path / "out.parquet", kills=(4,))
    assert pq.read_table(tmp_path / "out.parquet").column("id").to_pylist() == list(range(6))


def test_an_output_that_was_finished_is_taken_back(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """A run with a limit is complete, and a longer one goes on from it."""
    pq.write_table(_table(jpeg, 12), tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", tmp_path / "whole.parquet")
    expected = (tmp_path / "whole.parquet").read_bytes()
    token = {"bytes": 10_000, "rows": 5}
    choice = open_source(tmp_path / "in.parquet")
    sink = open_sink(tmp_path / "whole.parquet", source=choice).sink
    sink.resume(token)
    assert not (tmp_path / "whole.parquet").exists()
    assert sink.checkpoint()["rows"] == 5
    sink.finish()
    assert pq.read_table(tmp_path / "whole.parquet").num_rows == 5
    (tmp_path / "whole.parquet").write_bytes(expected)
    with pytest.raises(ConfigError, match="12 rows where 13 were written"):
        sink.resume({"bytes": 1, "rows": 13})
    assert (tmp_path / "whole.parquet").read_bytes() == expected


def test_bytes_in_a_column(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """`image_bytes_key` names it; another column of paths stays as it is."""
    table = pa.table({"images": ["p.jpg", None], "raw": [jpeg(1), None], "caption": [1, 2]})
    pq.write_table(table, tmp_path / "in.parquet")
    run(
        tmp_path / "in.parquet",
        tmp_path / "out.parquet",
        open_with={"image_bytes_key": "raw"},
    )
    written = pq.read_table(tmp_path / "out.parquet")
    assert written.select(["images", "raw"]).equals(table.select(["images", "raw"]))
    seen = f"seen {hashlib.md5(jpeg(1)).hexdigest()}"
    assert written.column("caption").to_pylist() == [seen, None]
    with pytest.raises(ConfigError, match="no column 'x' for image_bytes_key; it has caption"):
        open_source(tmp_path / "in.parquet", image_bytes_key="x")


def test_jsonl_leaves_the_bytes_out(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """Everything else is there, as JSON has it, and a note says what is not."""
    pq.write_table(_table(jpeg, 3), tmp_path / "in.parquet")
    notes = run(tmp_path / "in.parquet", tmp_path / "out.jsonl")
    assert notes[1] == "JSON holds no bytes: those of column image, blob are left out"
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows[1] == {
        "image": "1.jpg",
        "caption": f"seen {hashlib.md5(jpeg(1)).hexdigest()}",
        "verdict": "ok",
        "sample": 1,
        "placeholder": 0,
        "id": 1,
        "when": rows[1]["when"],
        "day": "2000-01-02",
        "price": "0.01",
        "tag": "dog",
        "sizes": [["w", 0.5]],
        "boxes": [{"x": 1, "names": ["é", None]}],
    }
    assert rows[1]["when"].startswith("1970-01-01")


def test_originals_in_jsonl_keep_their_images(tmp_path: Path, run: Run) -> None:
    """What was made for the model, such as a list of one image, is not what is written."""
    table = pa.table({"text": [TOKEN], "images": [{"bytes": b"x", "path": "p.jpg"}]})
    pq.write_table(table, tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows[0] == {"text": TOKEN, "images": {"path": "p.jpg"}}
    assert [row["images"] for row in rows] == [rows[0]["images"]] * 2


def test_images_into_parquet(tmp_path: Path, run: Run) -> None:
    """A folder of images has columns of its own, so they can be written."""
    (tmp_path / "photos").mkdir()
    for name in ("b.jpg", "a.jpg"):
        (tmp_path / "photos" / name).touch()
    run(tmp_path / "photos", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pylist()[0] == {
        "image": "a.jpg",
        "caption": "seen a.jpg",
        "verdict": "ok",
        "sample": 0,
        "placeholder": 0,
    }


@pytest.mark.parametrize("name", ["caf\udce9.jpg", "half\ud83d.jpg"])
def test_texts_that_are_no_unicode(tmp_path: Path, outcomes: Outcomes, name: str) -> None:
    """Names of files and replies may be; their rows are written all the same."""
    (tmp_path / "list.txt").write_text("a.jpg\n")
    choice = open_source(tmp_path / "list.txt")
    (outcome,) = outcomes(choice, captions_key=None)
    row = {**outcome.rows[0], "image": name}
    for suffix in (".parquet", ".csv"):
        sink = open_sink(tmp_path / f"out{suffix}", source=choice).sink
        sink.resume(None)
        sink.write([replace(outcome, rows=(row,))])
        sink.finish()
    shown = name.encode("utf-8", "backslashreplace").decode()
    assert pq.read_table(tmp_path / "out.parquet").column("image").to_pylist() == [shown]
    assert (tmp_path / "out.csv").read_bytes().count(b".jpg") == 2


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """The error names the file; one that is damaged inside ends the reading, not the process."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ConfigError, match=r"a\.parquet cannot be read as parquet"):
        open_source(tmp_path / "a.parquet")
    with pytest.raises(ConfigError, match=r"b\.parquet: no such file"):
        open_source(tmp_path / "b.parquet")
    pq.write_table(pa.table({"n": [1]}), tmp_path / "c.parquet")
    with pytest.raises(ConfigError, match=r"no column 'images'.*it has n"):
        open_source(tmp_path / "c.parquet")
    pq.write_table(pa.table({"image": ["x.jpg"] * 500}), tmp_path / "d.parquet", compression="zstd")
    content = bytearray((tmp_path / "d.parquet").read_bytes())
    content[10:60] = bytes(50)
    (tmp_path / "d.parquet").write_bytes(content)
    with pytest.raises(OSError, match=r"d\.parquet, row group 0"):
        list(open_source(tmp_path / "d.parquet").source.open())


def test_shards_of_two_schemas_are_refused(tmp_path: Path) -> None:
    """They would have to become one."""
    pq.write_table(pa.table({"image": ["x"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"image": [1]}), tmp_path / "b.parquet")
    with pytest.raises(ConfigError, match=r"b\.parquet has other columns than a\.parquet"):
        open_source(tmp_path)


def test_a_column_of_another_type_is_refused(tmp_path: Path) -> None:
    """Before anything is paid."""
    pq.write_table(pa.table({"text": ["x"], "images": ["y"], "all": [1]}), tmp_path / "a.parquet")
    choice = open_source(tmp_path / "a.parquet")
    from captioner.samples.rules import Rules

    with pytest.raises(ConfigError, match="column 'all' is int64"):
        open_sink(tmp_path / "o.parquet", source=choice, rules=Rules(captions_key="all"))


def test_the_identity_changes_with_any_shard(tmp_path: Path) -> None:
    """Otherwise positions would lie."""
    for name in "ab":
        pq.write_table(pa.table({"image": ["x"]}), tmp_path / f"{name}.parquet")
    before = open_source(tmp_path).source.identity()
    assert before == open_source(tmp_path).source.identity()
    pq.write_table(pa.table({"image": ["x", "y"]}), tmp_path / "b.parquet")
    assert before != open_source(tmp_path).source.identity()


def test_kill_9_leaves_no_trace(tmp_path: Path) -> None:
    """A process that is killed behind its checkpoints is gone on from, and the bytes are equal."""
    script = Path(__file__).parents[2] / "benchmarks" / "parquet.py"
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = [{"bytes": n.to_bytes(4) * 1000, "path": f"{n}.jpg"} for n in range(4000)]
    table = pa.table({"image": pa.array(rows, image), "n": list(range(4000))})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=900)

    def begin(name: str) -> subprocess.Popen[bytes]:
        paths = [str(tmp_path / part) for part in ("in.parquet", f"{name}.parquet", f"{name}.json")]
        return subprocess.Popen([sys.executable, script, "--work", *paths])

    assert begin("whole").wait() == 0
    state = tmp_path / "killed.json"
    kills = 0
    for _ in range(2):
        with begin("killed") as process:
            before = state.read_bytes() if state.exists() else b""
            while process.poll() is None and (not state.exists() or state.read_bytes() == before):
                time.sleep(0.001)
            process.kill()
            kills += process.wait() == -9
    assert kills >= 1
    assert begin("killed").wait() == 0
    for ending in (".parquet", ".failures.jsonl"):
        whole, killed = (
            (tmp_path / f"{name}{ending}").read_bytes() for name in ("whole", "killed")
        )
        assert whole == killed
    assert pq.read_table(tmp_path / "killed.parquet").num_rows == 4000
    assert not list(tmp_path.glob("*partial*"))
