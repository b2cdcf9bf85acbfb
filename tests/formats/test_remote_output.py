"""An OUTPUT in a bucket: written here, put there when it is whole, and known again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from captioner.errors import ConfigError
from captioner.formats.choose import SinkChoice, SourceChoice, open_sink, open_source
from captioner.formats.places import Place
from captioner.formats.state_files import StateFiles
from captioner.samples.outcome import Outcome
from captioner.samples.rules import Rules

if TYPE_CHECKING:
    from tests.conftest import Bucket

Outcomes = Callable[..., Iterator[Outcome]]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def memory() -> Iterator[Any]:
    """An empty store in memory."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


def images(tmp_path: Path, count: int = 3) -> SourceChoice:
    """A list of images."""
    (tmp_path / "in.txt").write_text("".join(f"{number}.png\n" for number in range(count)))
    return open_source(tmp_path / "in.txt")


def write(choice: SinkChoice, outcomes: Iterator[Outcome]) -> Any:
    """Write all of it; returns the last token."""
    choice.sink.resume(None)
    choice.sink.write(list(outcomes))
    token = choice.sink.checkpoint()
    choice.sink.finish()
    choice.sink.close()
    return token


def test_it_is_there_when_it_is_whole(tmp_path: Path, bucket: Bucket, outcomes: Outcomes) -> None:
    """Not before; failures stand beside it, and another client reads the bytes that are here."""
    source = images(tmp_path)
    rules = Rules(rows="captions")
    sink = open_sink(bucket.url("out/c.jsonl"), input="in.txt", source=source, rules=rules)
    assert sink.state.partial == tmp_path / f".captioner/s3/{bucket.name}/out/c.partial.jsonl"
    assert sink.delivery is not None
    assert not sink.delivery.is_there
    sink.state.failures.write_text("{}\n")
    sink.sink.resume(None)
    sink.sink.write(list(outcomes(source, rows="captions", placeholders="add")))
    sink.sink.checkpoint()
    assert bucket.names() == []
    sink.sink.finish()
    assert bucket.names() == ["out/c.failures.jsonl", "out/c.jsonl"]
    assert sink.state.output is not None
    assert bucket.get("out/c.jsonl") == sink.state.output.read_bytes()
    assert bucket.get("out/c.jsonl").count(b"\n") == 3
    again = open_sink(bucket.url("out/c.jsonl"), input="in.txt", source=source, rules=rules)
    assert again.delivery is not None
    assert again.delivery.is_there


def test_what_failed_to_be_put_is_put_again(
    tmp_path: Path, memory: Any, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what is here: the error is one of the output, and the token of the run still holds."""
    source = images(tmp_path)
    sink = open_sink("memory://out/c.jsonl", source=source)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("secret-key")

    monkeypatch.setattr(type(memory), "put_file", refuse)
    sink.sink.resume(None)
    sink.sink.write(list(outcomes(source, rows="captions", placeholders="add")))
    with pytest.raises(OSError, match="cannot be written: the credentials") as caught:
        sink.sink.finish()
    assert "secret-key" not in str(caught.value)
    token = sink.sink.checkpoint()
    sink.sink.close()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    again = open_sink("memory://out/c.jsonl", source=source)
    again.sink.resume(token)
    again.sink.finish()
    again.sink.close()
    assert memory.cat("/out/c.jsonl").count(b"\n") == 3


def test_failures_of_an_earlier_run_do_not_stay(
    tmp_path: Path, memory: Any, outcomes: Outcomes
) -> None:
    """A run without any leaves no failures file."""
    memory.pipe("/out/c.failures.jsonl", b"{}\n")
    source = images(tmp_path)
    write(
        open_sink("memory://out/c.jsonl", source=source),
        outcomes(source, rows="captions", placeholders="add"),
    )
    assert not memory.exists("/out/c.failures.jsonl")


def test_a_folder_of_shards(tmp_path: Path, bucket: Bucket, outcomes: Outcomes) -> None:
    """Shards in, shards of the same names out, each readable by others."""
    for name in ("a", "b"):
        file = io.BytesIO()
        pq.write_table(pa.table({"text": [name], "images": [["1.png"]]}), file)
        bucket.put(f"in/{name}.parquet", file.getvalue())
    source = open_source(bucket.url("in"), copies=tmp_path / "copies")
    rules = Rules(captions_key="captions")
    sink = open_sink(bucket.url("out"), input=bucket.url("in"), source=source, rules=rules)
    write(sink, outcomes(source, captions_key="captions"))
    assert [key for key in bucket.names() if key.startswith("out")] == [
        "out/a.parquet",
        "out/b.parquet",
    ]
    assert "captions" in pq.read_table(io.BytesIO(bucket.get("out/b.parquet"))).column_names


@pytest.mark.parametrize(
    ("output", "given", "words"),
    [
        ("s3://nobody-has-this/c.jsonl", "in.txt", "there is no bucket nobody-has-this"),
        ("https://host/c.jsonl", "in.txt", "cannot be written"),
        ("memory://a/c.jsonl", "memory://a/c.jsonl", "would be overwritten"),
        ("memory://a/b/out.parquet", "memory://a/b/", "part of its own input"),
        ("s3://key-id:secret-key@a/c.jsonl", "in.txt", "holds a password"),
    ],
)
def test_what_cannot_be_written_to(
    output: str, given: str, words: str, bucket: Bucket, tmp_path: Path
) -> None:
    """Is said before anything is paid."""
    with pytest.raises(ConfigError, match=words) as caught:
        open_sink(output, input=given, source=images(tmp_path))
    assert "secret-key" not in str(caught.value)


def test_state_of_urls() -> None:
    """Two URLs never share a file, whatever is in their names; one has one scope, however it is
    spelled."""
    urls = ["s3://a/b/c.jsonl", "s3://b/b/c.jsonl", "s3://a//b/c.jsonl", "gs://a/b/c.jsonl"]
    urls += ["s3://a/b%2Fc.jsonl", "s3://a/../c.jsonl"]
    states = [StateFiles.of(url) for url in urls]
    assert len({state.partial for state in states}) == len(urls)
    here = Path(".captioner").absolute()
    assert all(here in state.partial.resolve().parents for state in states)
    assert StateFiles.of("S3://a/out/").scope == StateFiles.of("s3://a/out").scope == "s3://a/out"


def test_places() -> None:
    """A place knows its name and its folder."""
    place = Place.of("memory://a/b/c.png/")
    assert (place.url, place.name, place.parent_url) == (
        "memory://a/b/c.png",
        "c.png",
        "memory://a/b",
    )
