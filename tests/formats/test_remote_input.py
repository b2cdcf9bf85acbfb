"""An INPUT in a bucket is read as the same input on a disk is; of images only the names are."""

from __future__ import annotations

import gzip
import io
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from captioner.errors import ConfigError
from captioner.formats.choose import SourceChoice, open_source
from captioner.formats.copies import Copies
from captioner.formats.places import Place, Stored
from captioner.formats.sharded import Shard
from captioner.formats.webdataset import WebDatasetSource

if TYPE_CHECKING:
    from tests.conftest import Bucket

LINES = b'{"text": "a", "images": ["x/1.png"]}\n{"text": "b", "images": []}\n'


@pytest.fixture
def memory() -> Iterator[Any]:
    """An empty store in memory."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


def fields(choice: SourceChoice, position: Any = None) -> list[Any]:
    """The fields of all samples."""
    return [getattr(record, "fields", record) for record in choice.source.open(position)]


def table(*texts: str) -> bytes:
    """A parquet file with a column of texts."""
    file = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts), "images": [["1.png"]] * len(texts)}), file)
    return file.getvalue()


def tar(**members: bytes) -> bytes:
    """A tar with an image of each name."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tars:
        for name, content in members.items():
            member = tarfile.TarInfo(f"{name}.png")
            member.size = len(content)
            tars.addfile(member, io.BytesIO(content))
    return file.getvalue()


def test_files_of_samples(bucket: Bucket, tmp_path: Path) -> None:
    """Plain and compressed JSONL, lists and tables have the samples that they have on a disk, and
    relative images start where the file is."""
    local = tmp_path / "in.jsonl"
    local.write_bytes(LINES)
    bucket.put("data/in.jsonl", LINES)
    bucket.put("data/in.jsonl.gz", gzip.compress(LINES))
    for name in ("in.jsonl", "in.jsonl.gz"):
        found = open_source(bucket.url(f"data/{name}"), copies=tmp_path / "copies")
        assert fields(found) == fields(open_source(local))
        assert (found.kind, found.source.image_base) == ("samples", bucket.url("data"))
    bucket.put("list.txt", "b.png\n")
    listed = open_source(bucket.url("list.txt"), copies=tmp_path / "copies")
    assert fields(listed) == [{"images": ["b.png"]}]
    assert listed.source.image_base == f"s3://{bucket.name}"
    bucket.put("empty.jsonl", b"")
    assert fields(open_source(bucket.url("empty.jsonl"), copies=tmp_path / "copies")) == []
    bucket.put("data/rows.csv", "image,n\na.png,1\n")
    assert open_source(bucket.url("data/rows.csv"), copies=tmp_path / "copies").format == "csv"
    bucket.put("data/rows.parquet", table("t"))
    rows = open_source(bucket.url("data/rows.parquet"), copies=tmp_path / "copies")
    assert [row["text"] for row in fields(rows)] == ["t"]


def test_a_copy_is_made_once(bucket: Bucket, tmp_path: Path, monkeypatch: Any) -> None:
    """And again where the object is another one; only that changes the identity."""
    bucket.put("in.jsonl", LINES)
    asked: list[str] = []
    whole = Place.get

    def get(self: Place, path: str, target: Path, came: Callable[[int], None]) -> None:
        asked.append(self.url)
        whole(self, path, target, came)

    monkeypatch.setattr(Place, "get", get)
    first = open_source(bucket.url("in.jsonl"), copies=tmp_path / "copies")
    again = open_source(bucket.url("in.jsonl"), copies=tmp_path / "copies")
    assert len(asked) == 1
    assert (len(first.remarks), again.remarks) == (1, ())
    elsewhere = open_source(bucket.url("in.jsonl"), copies=tmp_path / "other")
    assert first.identity() == again.identity() == elsewhere.identity()
    bucket.put("in.jsonl", LINES.replace(b"a", b"c"))  # of the same size
    changed = open_source(bucket.url("in.jsonl"), copies=tmp_path / "copies")
    assert changed.identity() != first.identity()
    assert fields(changed)[0]["text"] == "c"
    # A copy that was cut is no copy.
    next((tmp_path / "copies").rglob("in.jsonl")).write_bytes(b"{")
    assert len(fields(open_source(bucket.url("in.jsonl"), copies=tmp_path / "copies"))) == 2


def test_a_copy_tells_how_far_it_is(bucket: Bucket, tmp_path: Path) -> None:
    """Every piece, up to the whole; what is here already is not told of."""
    bucket.put("in.jsonl", LINES)
    heard: list[tuple[str, int, int | None]] = []
    url = bucket.url("in.jsonl")
    for _ in range(2):
        open_source(url, copies=tmp_path / "copies", tell=lambda *copied: heard.append(copied))
    assert heard[-1] == (url, len(LINES), len(LINES))
    done = [done_bytes for _, done_bytes, _ in heard]
    assert done == sorted(set(done))


def test_a_copy_that_is_interrupted_ends_at_once(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other objects end with their next piece; nothing half is left."""
    for number in range(4):
        bucket.put(f"in/{number}.tar", bytes(2**20))
    ended: list[str] = []
    begun = threading.Barrier(4)

    def get(self: Place, path: str, target: Path, came: Callable[[int], None]) -> None:
        target.write_bytes(b"")
        begun.wait()
        if path == "0.tar":
            raise KeyboardInterrupt
        try:
            while True:
                came(1)
        finally:
            ended.append(path)

    monkeypatch.setattr(Place, "get", get)
    with pytest.raises(KeyboardInterrupt):
        open_source(bucket.url("in"), copies=tmp_path / "copies", format="webdataset")
    assert sorted(ended) == ["1.tar", "2.tar", "3.tar"]
    assert not [path for path in (tmp_path / "copies").rglob("*") if path.is_file()]


def test_a_folder_of_images_is_only_listed(bucket: Bucket, tmp_path: Path) -> None:
    """In the order of a folder on a disk, without hidden names; what cannot be sent is told."""
    keys = (
        "b.png",
        "a/2.JPG",
        "a/10.png",
        "a.png",
        ".hidden/x.png",
        "c.heic",
        "notes.md",
        "x//y.png",
    )
    for key in keys:
        bucket.put(f"photos/{key}", b"never read")
    bucket.put("photos/", b"")
    found = open_source(bucket.url("photos/"), copies=tmp_path / "copies")
    images = [sample["images"][0] for sample in fields(found)]
    assert images == ["a/10.png", "a/2.JPG", "a.png", "b.png", bucket.url("photos/x//y.png")]
    assert found.source.image_base == bucket.url("photos")
    assert (found.kind, found.source.total()) == ("images", 5)
    assert any("1 .heic file" in note for note in found.source.notes())
    assert not (tmp_path / "copies").exists()
    records = list(found.source.open())
    assert [record.id for record in found.source.open(records[1].position)] == [2, 3, 4]
    above = open_source(bucket.url("photos"), image_base=f"s3://{bucket.name}")
    assert fields(above)[2] == {"images": ["photos/a.png"]}
    before = found.identity()
    bucket.put("photos/z.png", b"new")
    assert open_source(bucket.url("photos")).identity() != before


def test_one_image(memory: Any) -> None:
    """Is a folder of one."""
    memory.pipe("/photos/a.png", b"never read")
    found = open_source("memory://photos/a.png")
    assert fields(found) == [{"images": ["a.png"]}]
    assert found.source.image_base == "memory://photos"


def test_folders_of_shards(bucket: Bucket, tmp_path: Path) -> None:
    """Are copied by their names, and nothing else is; a shard that is gone is gone here too."""
    for name, text in (("b", "2"), ("a", "1")):
        bucket.put(f"rows/{name}.parquet", table(text))
    bucket.put("rows/README.md", "words")
    found = open_source(bucket.url("rows"), copies=tmp_path / "copies")
    assert [row["text"] for row in fields(found)] == ["1", "2"]
    assert {path.name for path in (tmp_path / "copies").rglob("*.*")} >= {"a.parquet", "b.parquet"}
    assert not list((tmp_path / "copies").rglob("README.md"))
    part = open_source(bucket.url("rows"), copies=tmp_path / "copies", shard=Shard(1, 2))
    assert [row["text"] for row in fields(part)] == ["2"]
    assert part.identity() == {**found.identity(), "shard": "1/2"}
    bucket.remove("rows/a.parquet")
    fewer = open_source(bucket.url("rows"), copies=tmp_path / "copies")
    assert [row["text"] for row in fields(fewer)] == ["2"]
    bucket.put("tars/0.tar", tar(x=b"1"))
    tars = open_source(bucket.url("tars"), copies=tmp_path / "copies")
    assert isinstance(tars.whole, WebDatasetSource)
    assert fields(tars)[0]["__key__"] == "x"


def test_a_saved_data_set(memory: Any, tmp_path: Path) -> None:
    """Is copied whole, and read as one."""
    import datasets

    saved = tmp_path / "saved"
    datasets.Dataset.from_dict({"text": ["a", "b"], "images": [["1.png"]] * 2}).save_to_disk(
        str(saved)
    )
    memory.put(f"{saved}/", "/saved/", recursive=True)
    found = open_source("memory://saved", copies=tmp_path / "copies")
    assert (found.format, [row["text"] for row in fields(found)]) == ("datasets", ["a", "b"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://{}/gone.jsonl", "cannot be read: no such object"),
        ("s3://nobody-has-this/in.jsonl", "no such object, folder or bucket"),
        ("s3://{}/in.json", "give the samples one a line"),
        ("s3://{}/data.bin", "format is not known"),
        ("s3://{}/mixed", "holds 1 images and 1 parquet files"),
        ("s3://", "names nothing"),
        ("s3://{}/../in.jsonl", "holds '..'"),
        ("s3://key-id:secret-key@{}/in.jsonl", "holds a password"),
        ("https://host/in.jsonl?sig=secret-key", "has a query"),
        ("file:///in.jsonl", "name it by its path"),
        ("nothing-known://a/in.jsonl", "is not known"),
        ("s3://{}/in\x1b.jsonl", "control characters"),
    ],
)
def test_what_cannot_be_read(url: str, words: str, bucket: Bucket, tmp_path: Path) -> None:
    """Is said, with what to do and without a secret; nothing is copied."""
    for key in ("in.json", "data.bin", "mixed/a.png", "mixed/a.parquet"):
        bucket.put(key, b"1")
    with pytest.raises(ConfigError, match=words) as caught:
        open_source(url.format(bucket.name), copies=tmp_path / "copies")
    assert "secret-key" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert not (tmp_path / "copies").exists()


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is named by the extra that brings it."""
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(ConfigError, match=r"pip install 'captioner\[gcs\]'"):
        open_source("gs://bucket/in.jsonl")


def test_a_host_that_does_not_answer() -> None:
    """Is not taken for one that has no such file."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConfigError, match="cannot be reached"):
        open_source(f"http://127.0.0.1:{port}/in.jsonl")


def test_credentials(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are none, that is said."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(ConfigError, match="no credentials were found"):
        open_source(bucket.url("in.jsonl"))


@pytest.mark.parametrize("path", ["../x.tar", "a/../../x.tar", "/x.tar", "a//x.tar"])
def test_names_that_no_file_can_have(path: str, memory: Any, tmp_path: Path) -> None:
    """A listing leads nowhere outside of the copies."""
    copies = Copies(Place.of("memory://rows"), tmp_path / "copies")
    with pytest.raises(ConfigError, match="cannot be the name of a local file"):
        copies.bring([Stored(path, 1, "v")])
    assert not (tmp_path / "copies").exists()
