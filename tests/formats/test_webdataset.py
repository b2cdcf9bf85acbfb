"""WebDataset tars: captions beside the images, every other byte where it was."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from webdataset import tariterators

from captioner.errors import ConfigError
from captioner.formats.choose import open_sink, open_source
from captioner.samples.sample import BadRecord, Sample

Run = Callable[..., list[str]]
Jpeg = Callable[[int], bytes]


def _tar(path: Path, members: list[tuple[str, bytes | None]], **options: Any) -> None:
    """A tar of files, and of folders where there is no content."""
    with tarfile.open(path, "w", **options) as tar:
        for number, (name, content) in enumerate(members):
            entry = tarfile.TarInfo(name)
            entry.mtime = 1_000_000 + number
            entry.uid, entry.uname = 1000 + number, "someone"
            if content is None:
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))


def _members(path: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        found = ((member.name, tar.extractfile(member)) for member in tar if member.isreg())
        return [(name, file.read() if file else b"") for name, file in found]


def _seen(content: bytes) -> str:
    return f"seen {hashlib.md5(content).hexdigest()}"


def _samples(jpeg: Jpeg, count: int, first: int = 0) -> list[tuple[str, bytes | None]]:
    members: list[tuple[str, bytes | None]] = [("d", None)]
    for number in range(first, first + count):
        members.append((f"d/{number:04d}.jpg", jpeg(number)))
        members.append((f"d/{number:04d}.cls", str(number).encode()))
    return members


def test_captions_are_added_beside_the_image(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """`webdataset` reads the old members as they were, and the new ones as text and JSON."""
    _tar(tmp_path / "in.tar", _samples(jpeg, 8))
    run(tmp_path / "in.tar", tmp_path / "out.tar")
    with (tmp_path / "out.tar").open("rb") as file:
        files = tariterators.tar_file_expander([{"url": "out.tar", "stream": file}])
        peer = list(tariterators.group_by_keys(files))
    assert [sample["__key__"] for sample in peer] == [f"d/{n:04d}" for n in range(8)]
    for number, sample in enumerate(peer):
        assert sample["jpg"] == jpeg(number)
        assert sample["cls"] == str(number).encode()
        caption = None if number == 6 else _seen(jpeg(number))
        assert sample.get("txt") == (caption.encode() if caption else None)
        assert json.loads(sample["json"]) == {
            "caption": caption,
            "verdict": "ok" if caption else "refused",
            "sample": number,
            "placeholder": 0,
        }
    with tarfile.open(tmp_path / "out.tar") as tar:
        image, added = tar.getmember("d/0003.jpg"), tar.getmember("d/0003.txt")
        assert (image.mtime, image.uid) == (added.mtime, added.uid)
        assert tar.getmember("d").isdir()


def test_everything_else_is_byte_for_byte(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """Headers too, long names and what belongs to no sample: taken away again, nothing is left."""
    members: list[tuple[str, bytes | None]] = [
        ("README", b"no sample"),
        ("sub", None),
        ("sub/" + "long" * 40 + ".jpg", jpeg(1)),
        ("sub/b.left.jpg", jpeg(2)),
        ("sub/b.png.tmp", b"no image"),
        ("sub/b.right.JPG", jpeg(3)),
        ("sub/c.txt", b"no image here"),
        ("é.webp", jpeg(4)),
        ("LICENSE", b"the end"),
    ]
    _tar(tmp_path / "in.tar", members, format=tarfile.PAX_FORMAT)
    run(tmp_path / "in.tar", tmp_path / "out.tar")
    added = {
        "sub/" + "long" * 40 + ".txt",
        "sub/b.left.txt",
        "sub/b.right.txt",
        "é.txt",
    }
    added |= {name.removesuffix("txt") + "json" for name in added}
    names = [name for name, _ in _members(tmp_path / "out.tar")]
    assert set(names) - {name for name, _ in members} == added
    content = (tmp_path / "out.tar").read_bytes()
    left = b""
    end = 0
    with tarfile.open(tmp_path / "out.tar") as tar:
        for member in tar:
            end = member.offset_data + -(-member.size // 512) * 512
            if member.name not in added:
                left += content[member.offset : end]
    assert (tmp_path / "in.tar").read_bytes().rstrip(b"\0") == left.rstrip(b"\0")
    assert len(content) % tarfile.RECORDSIZE == 0
    assert len(content) - end >= 1024


def test_names_that_are_taken(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """A text that came with the image stays; the caption goes under the image's whole name."""
    _tar(
        tmp_path / "in.tar",
        [("a.jpg", jpeg(1)), ("a.png", jpeg(2)), ("a.TXT", b"alt"), ("a.json", b'{"n": 1}')],
    )
    run(tmp_path / "in.tar", tmp_path / "out.tar")
    members = dict(_members(tmp_path / "out.tar"))
    assert members["a.TXT"] == b"alt"
    assert members["a.jpg.txt"].decode() == _seen(jpeg(1))
    assert members["a.png.txt"].decode() == _seen(jpeg(2))
    assert json.loads(members["a.png.json"])["placeholder"] == 1
    assert len(members) == 8
    run(tmp_path / "in.tar", tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows[1] == {
        "image": "a.png",
        "caption": _seen(jpeg(2)),
        "verdict": "ok",
        "sample": 0,
        "placeholder": 1,
        "__key__": "a",
        "txt": "alt",
        "json": {"n": 1},
    }


def test_other_formats_out(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """Tables have the key of each sample."""
    _tar(tmp_path / "in.tar", _samples(jpeg, 2))
    run(tmp_path / "in.tar", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").column("__key__").to_pylist() == [
        "d/0000",
        "d/0001",
    ]
    run(tmp_path / "in.tar", tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "__key__,image,caption,verdict,sample,placeholder"
    assert lines[1] == f"d/0000,d/0000.jpg,{_seen(jpeg(0))},ok,0,0"


@pytest.mark.parametrize("kills", [(3,), (5, 4, 2)])
def test_the_same_bytes_after_kills(
    tmp_path: Path, run: Run, jpeg: Jpeg, kills: tuple[int, ...]
) -> None:
    """One tar, and a folder of them with an empty one between."""
    _tar(tmp_path / "one.tar", _samples(jpeg, 15))
    run(tmp_path / "one.tar", tmp_path / "whole.tar")
    run(tmp_path / "one.tar", tmp_path / "cut.tar", kills=kills, lost=1, batch=2)
    assert (tmp_path / "cut.tar").read_bytes() == (tmp_path / "whole.tar").read_bytes()
    shards = tmp_path / "shards"
    shards.mkdir()
    for number, count in enumerate((6, 0, 9)):
        _tar(shards / f"{number}.tar", _samples(jpeg, count, 100 * number))
    run(shards, tmp_path / "whole")
    run(shards, tmp_path / "cut", kills=kills, lost=1, batch=2)
    for number in range(3):
        same = [(tmp_path / name / f"{number}.tar").read_bytes() for name in ("whole", "cut")]
        assert same[0] == same[1]
        with tarfile.open(tmp_path / "cut" / f"{number}.tar") as tar:
            assert len(tar.getnames()) >= (6, 0, 9)[number] * 3


def test_a_finished_tar_is_taken_back(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """Its end is no part of the token."""
    _tar(tmp_path / "in.tar", _samples(jpeg, 3))
    choice = open_source(tmp_path / "in.tar")
    run(tmp_path / "in.tar", tmp_path / "out.tar")
    content = (tmp_path / "out.tar").read_bytes()
    sink = open_sink(tmp_path / "out.tar", source=choice).sink
    sink.resume({"bytes": len(content.rstrip(b"\0")) // 512 * 512 + 512})
    assert not (tmp_path / "out.tar").exists()
    sink.finish()
    assert (tmp_path / "out.tar").read_bytes() == content


@pytest.mark.parametrize("cut", [1, 600, 1500])
def test_a_tar_that_is_cut_off(tmp_path: Path, jpeg: Jpeg, cut: int) -> None:
    """Whole samples are kept; the rest is one failure, also when reading goes on behind it."""
    _tar(tmp_path / "in.tar", [(f"{n}.jpg", jpeg(n) + bytes(900)) for n in range(4)])
    with tarfile.open(tmp_path / "in.tar") as tar:
        last = tar.getmembers()[-1]
    content = (tmp_path / "in.tar").read_bytes()[: last.offset_data + 1000 - cut]
    (tmp_path / "in.tar").write_bytes(content)
    source = open_source(tmp_path / "in.tar").source
    records = list(source.open())
    assert [type(record) for record in records] == [Sample] * 3 + [BadRecord]
    assert isinstance(records[-1], BadRecord)
    assert "in.tar is damaged" in records[-1].detail
    for number, record in enumerate(records):
        assert [r.id for r in source.open(record.position)] == list(range(number + 1, 4))


def test_garbage_within_is_found(tmp_path: Path, jpeg: Jpeg) -> None:
    """`tarfile` would take it for the end."""
    _tar(tmp_path / "in.tar", _samples(jpeg, 3))
    with tarfile.open(tmp_path / "in.tar") as tar:
        broken = tar.getmember("d/0001.cls").offset
    content = bytearray((tmp_path / "in.tar").read_bytes())
    content[broken : broken + 512] = b"x" * 512
    (tmp_path / "in.tar").write_bytes(content)
    records = list(open_source(tmp_path / "in.tar").source.open())
    assert [type(record) for record in records] == [Sample, Sample, BadRecord]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.tar", b"no tar" * 200, "is no tar file"),
        ("a.tar", b"\x1f\x8b\x08\x00", "compressed with gzip: unpack"),
        ("a.tar.gz", b"", "unpack it to a plain .tar"),
        ("a.tgz", b"", "unpack it to a plain .tar"),
    ],
)
def test_what_is_no_plain_tar(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """The error says what to do."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        open_source(tmp_path / name)


def test_a_tar_needs_tars(tmp_path: Path) -> None:
    """There is nothing to copy from otherwise."""
    (tmp_path / "list.txt").write_text("a.jpg\n")
    choice = open_source(tmp_path / "list.txt")
    with pytest.raises(ConfigError, match="a tar can only be written from tars"):
        open_sink(tmp_path / "o.tar", source=choice)
