"""Tables and tars by the command: same format out, columns kept, killed and gone on with."""

from __future__ import annotations

import io
import signal
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Served


def words_for(served: Served, given: str, output: str) -> tuple[object, ...]:
    """A run of a few requests at a time."""
    flags = ("--base-url", served.base_url, "--mode", "caption", "--concurrency", 8)
    return (given, output, *flags)


def pictures(bench: Bench, count: int) -> list[bytes]:
    """The bytes of so many pictures that all differ."""
    folder = bench.photos(count)
    return [(folder / f"{number:03}.png").read_bytes() for number in range(count)]


def test_parquet_killed_and_gone_on_with(bench: Bench) -> None:
    """Rows with the images' bytes: schema, order and columns are kept, new ones are typed, and a
    killed run's output is that of one that was not."""
    images = pictures(bench, 120)
    table = pa.table(
        {
            "id": pa.array(range(120), pa.int64()),
            "image": images,
            "tags": pa.array([["a", str(n)] for n in range(120)], pa.list_(pa.string())),
        }
    )
    pq.write_table(table, bench.folder / "in.parquet", row_group_size=25)
    served = bench.serve(latency_s=0.15, seed=2)
    bench.run(*words_for(bench.serve(seed=2), "in.parquet", "whole.parquet")).check(0)
    for _ in range(2):
        before = served.stats.captions
        process = bench.start("run", *words_for(served, "in.parquet", "out.parquet"))
        bench.until(lambda: served.stats.captions >= before + 20)  # noqa: B023
        process.send_signal(signal.SIGKILL)
        bench.end(process)
    bench.run(*words_for(served, "in.parquet", "out.parquet")).check(0)
    assert served.stats.captions - served.stats.paid_twice == 120
    assert served.stats.paid_twice <= 16
    written = pq.read_table(bench.folder / "out.parquet")
    assert written.equals(pq.read_table(bench.folder / "whole.parquet"))
    assert written.select(["id", "image", "tags"]).equals(table)
    frame = pl.read_parquet(bench.folder / "out.parquet")
    assert frame["caption"].null_count() == 0
    assert frame["verdict"].unique().to_list() == ["ok"]


def test_csv_with_a_column_of_paths(bench: Bench) -> None:
    """The lines as they were, and two columns more; a missing file has no caption."""
    pictures(bench, 3)
    lines = ["name;image", *(f'"Nº {n}";photos/{n:03}.png' for n in range(4))]
    (bench.folder / "in.csv").write_text("\n".join(lines).replace(";", ",") + "\n", "utf-8")
    served = bench.serve()
    bench.run(*words_for(served, "in.csv", "out.csv")).check(1, "missing_image")
    frame = pl.read_csv(bench.folder / "out.csv")
    assert frame["name"].to_list() == [f"Nº {n}" for n in range(4)]
    assert frame["caption"].is_null().to_list() == [False, False, False, True]


def test_a_saved_data_set(bench: Bench) -> None:
    """Its features stay, the image stays an image, and the peer library reads it."""
    images = pictures(bench, 5)
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int32")})
    rows: dict[str, Any] = {
        "image": [{"bytes": data, "path": None} for data in images],
        "label": list(range(5)),
    }
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(bench.folder / "set"))
    bench.run(*words_for(bench.serve(), "set", "captioned")).check(0)
    read = datasets.load_from_disk(str(bench.folder / "captioned"))
    assert isinstance(read.features["image"], datasets.Image)
    assert read["label"] == list(range(5))
    assert all(read["caption"])


def test_tars_keep_every_byte(bench: Bench) -> None:
    """Text and record beside each image; the members that were there are the same bytes."""
    images = pictures(bench, 4)
    with tarfile.open(bench.folder / "in.tar", "w") as tar:
        for number, data in enumerate(images):
            for name, content in ((f"{number}.png", data), (f"{number}.cls", b"7")):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    bench.run(*words_for(bench.serve(), "in.tar", "out.tar")).check(0)
    members = _members(bench.folder / "out.tar")
    assert [members[f"{n}.png"] for n in range(4)] == images
    assert all(members[f"{n}.cls"] == b"7" for n in range(4))
    assert all(b"no model looked" in members[f"{n}.txt"] for n in range(4))


def _members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        found = {}
        for member in tar:
            file = tar.extractfile(member)
            found[member.name] = file.read() if file else b""
        return found
