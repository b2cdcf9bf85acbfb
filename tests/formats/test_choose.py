"""Names decide the format, and what cannot work is refused before anything is written."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from captioner.errors import ConfigError, RunStopped
from captioner.formats.choose import open_sink, open_source
from captioner.formats.csv import CsvSource
from captioner.formats.folder import FolderSource, ImageFileSource
from captioner.formats.jsonl import JsonlSink, JsonlSource
from captioner.formats.path_list import PathListSource
from captioner.formats.recognise import format_of
from captioner.formats.stdio import StdinSource, StdoutSink


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [
        ("a.jsonl", JsonlSource, "samples"),
        ("a.NDJSON", JsonlSource, "samples"),
        ("a.jsonl.gz", JsonlSource, "samples"),
        ("a.txt", PathListSource, "images"),
        ("a.JPG", ImageFileSource, "images"),
        (".", FolderSource, "images"),
    ],
)
def test_the_name_decides(tmp_path: Path, name: str, source: type, kind: str) -> None:
    """Each supported INPUT gives its source, and says whether it holds samples or images."""
    path = tmp_path / name
    if name != ".":
        path.write_bytes(gzip.compress(b"") if name.endswith("gz") else b"")
    choice = open_source(str(path))
    assert isinstance(choice.source, source)
    assert choice.kind == kind
    assert choice.source.image_base == str(tmp_path.resolve())


def test_standard_input_holds_samples() -> None:
    """`-` reads JSONL."""
    choice = open_source("-")
    assert isinstance(choice.source, StdinSource)
    assert choice.kind == "samples"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.xlsx", "format is not known.*a folder of images"),
        ("plain", "format is not known"),
        ("a.json", "jq -c"),
        ("a.heic", "convert to JPEG"),
        ("none.jsonl", "no such file"),
        ("none.jpg", "no such file or folder"),
        ("none", "no such file or folder"),
    ],
)
def test_other_inputs_are_refused(tmp_path: Path, name: str, words: str) -> None:
    """The error names the file and what to do."""
    if not name.startswith("none"):
        (tmp_path / name).touch()
    with pytest.raises(ConfigError, match=words) as caught:
        open_source(tmp_path / name)
    assert name in str(caught.value)


def test_image_base_and_key_are_passed_on(tmp_path: Path) -> None:
    """A base that is given is made absolute, and must be a folder."""
    (tmp_path / "list.txt").write_text("a.jpg\n")
    (tmp_path / "in.jsonl").touch()
    (tmp_path / "photos").mkdir()
    base = tmp_path / "photos" / ".." / "photos"
    for name in ("list.txt", "in.jsonl"):
        source = open_source(tmp_path / name, image_base=base).source
        assert source.image_base == str((tmp_path / "photos").resolve())
    (sample,) = open_source(tmp_path / "list.txt", image_key="pics").source.open()
    assert getattr(sample, "fields", None) == {"pics": ["a.jpg"]}
    with pytest.raises(ConfigError, match=r"image_base .*no such folder"):
        open_source("-", image_base=tmp_path / "none")


def test_outputs(tmp_path: Path) -> None:
    """A file of lines or standard output; nothing is created by choosing."""
    choice = open_sink(tmp_path / "out.jsonl")
    assert isinstance(choice.sink, JsonlSink)
    assert choice.state.output == tmp_path / "out.jsonl"
    assert isinstance(open_sink("-", state_dir=tmp_path).sink, StdoutSink)
    assert list(tmp_path.iterdir()) == []
    choice.sink.resume(None)
    assert choice.state.partial.exists()
    choice.sink.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_state_folder_holds_the_partial_file(tmp_path: Path) -> None:
    """Rows gather in the state folder, and the output appears in its own."""
    for name in ("state", "out"):
        (tmp_path / name).mkdir()
    choice = open_sink(tmp_path / "out" / "c.jsonl", state_dir=tmp_path / "state")
    choice.sink.resume(None)
    assert (tmp_path / "state" / "c.partial.jsonl").exists()
    choice.sink.finish()
    assert (tmp_path / "out" / "c.jsonl").exists()
    assert not (tmp_path / "state" / "c.partial.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none/out.jsonl", "none: no such folder"),
        ("out.csv", "without knowing the input"),
        ("out.xlsx", "must end in .jsonl"),
        ("out.jsonl.gz", "must end in .jsonl"),
        ("out", "must end in .jsonl"),
        ("folder.jsonl", "is a folder"),
    ],
)
def test_other_outputs_are_refused(tmp_path: Path, name: str, words: str) -> None:
    """A wrong suffix, a folder that is missing, a folder in its place."""
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(ConfigError, match=words):
        open_sink(tmp_path / name)
    with pytest.raises(ConfigError, match=r"state_dir .*no such folder"):
        open_sink(tmp_path / "out.jsonl", state_dir=tmp_path / "none")


def test_a_folder_that_may_not_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found before anything is paid."""
    monkeypatch.setattr("captioner.formats.outputs.os.access", lambda *_: False)
    with pytest.raises(RunStopped, match="may not be written"):
        open_sink(tmp_path / "out.jsonl")


@pytest.mark.parametrize(
    "name", ["out.jsonl", "out.partial.jsonl", "out.failures.jsonl", "link.jsonl"]
)
def test_an_input_is_never_overwritten(tmp_path: Path, name: str) -> None:
    """The output, its state files, and links to them cannot be the input."""
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "out.jsonl")
    (tmp_path / name).write_bytes(b"{}\n")
    with pytest.raises(ConfigError, match="would be overwritten"):
        open_sink(tmp_path / "out.jsonl", input=tmp_path / name)
    (tmp_path / "other.jsonl").touch()
    open_sink(tmp_path / "out.jsonl", input=tmp_path / "other.jsonl")
    open_sink("-", state_dir=tmp_path, input="-")


def _make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a.jpg", "notes.txt", "metadata.csv"], "images"),
        ([], "images"),
        (["x/a.parquet", "b.PARQUET", "README.md"], "parquet"),
        (["a.tar", "b/c.tar"], "webdataset"),
        (["dataset_dict.json", "a.jpg"], "datasets"),
        (["dataset_info.json", "state.json"], "datasets"),
        (["state.json", "a.tar"], "webdataset"),
    ],
)
def test_a_folder_is_what_is_in_it(tmp_path: Path, names: list[str], found: str) -> None:
    """By the marks of a saved data set, otherwise by the suffixes of its files."""
    _make(tmp_path, *names)
    assert format_of(tmp_path) == found


def test_a_mixture_is_asked_about(tmp_path: Path) -> None:
    """Only the user knows which are meant; saying so helps."""
    _make(tmp_path, "a.jpg", "b.png", "c.parquet", "d.tar")
    words = "2 images and 1 parquet files and 1 tars: .*--format images or parquet or webdataset"
    with pytest.raises(ConfigError, match=words):
        open_source(tmp_path)
    assert isinstance(open_source(tmp_path, format="images").source, FolderSource)
    with pytest.raises(ConfigError, match=r"c\.parquet cannot be read as parquet"):
        open_source(tmp_path, format="parquet")


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    """Whatever the name says; one that is not known is refused."""
    (tmp_path / "a.dat").write_text("image\na.jpg\n")
    assert isinstance(open_source(tmp_path / "a.dat", format="csv").source, CsvSource)
    assert isinstance(open_source(tmp_path / "a.dat", format="list").source, PathListSource)
    with pytest.raises(ConfigError, match=r"--format csv.*png is not known; there are jsonl"):
        open_source(tmp_path / "a.dat", format="csv or png")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="image_bytes_key is for parquet"):
        open_source(tmp_path / "a.dat", format="csv", image_bytes_key="b")


def test_defaults_follow_the_input(tmp_path: Path) -> None:
    """Texts make samples; placeholders must be written in JSONL only."""
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "a.csv").write_text("image,text\n")
    (tmp_path / "b.csv").write_text("image,note\n")
    kinds = {}
    for name in ("a.jsonl", "a.csv", "b.csv", "."):
        choice = open_source(tmp_path / name)
        kinds[name] = choice.kind
    assert kinds == {
        "a.jsonl": "samples",
        "a.csv": "texts",
        "b.csv": "images",
        ".": "images",
    }
    assert open_source(tmp_path / "b.csv", text_key="note").kind == "texts"


@pytest.mark.parametrize(
    ("given", "output", "words"),
    [
        ("a.jsonl", "o.parquet", "which columns JSONL has"),
        ("a.jsonl", "o.csv", "which columns JSONL has"),
        ("a.jsonl", "o", "must end in .jsonl"),
        ("a.csv", "o", "must end in .jsonl"),
        ("a.csv", "o.tar", "only be written from tars"),
        ("photos", "o", "must end in .jsonl"),
        ("shards", "o.v2", "whose name has no dot"),
        ("shards", "file", "is a file: OUTPUT must be a folder"),
        ("shards", "shards/o", "part of its own input"),
        ("shards", "shards/o.parquet", "part of its own input"),
    ],
)
def test_what_cannot_be_written_from_what(
    tmp_path: Path, given: str, output: str, words: str
) -> None:
    """Said before anything is paid, with what works."""
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "file").touch()
    (tmp_path / "a.csv").write_text("image\na.jpg\n")
    _make(tmp_path, "photos/a.jpg", "shards/x")
    pq.write_table(pa.table({"image": ["a.jpg"]}), tmp_path / "shards" / "a.parquet")
    choice = open_source(tmp_path / given)
    with pytest.raises(ConfigError, match=words):
        open_sink(tmp_path / output, input=tmp_path / given, source=choice)
    sink = open_sink(tmp_path / "o.jsonl", input=tmp_path / given, source=choice).sink
    sink.resume(None)
    sink.close()


@pytest.mark.parametrize(
    ("given", "library", "words"),
    [
        ("a.parquet", "pyarrow", r"needs pyarrow: pip install 'captioner\[parquet\]'"),
        ("someone/data", "datasets", r"pip install 'captioner\[datasets\]'"),
    ],
)
def test_a_missing_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, library: str, words: str
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, library, None)
    for name in [name for name in sys.modules if name.startswith("captioner.formats.")]:
        if name.rpartition(".")[2] in ("table", "arrow_row", "parquet"):
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigError, match=words):
        open_source(given, format="parquet" if library == "pyarrow" else "datasets")


def test_heavy_libraries_are_not_loaded_for_lines() -> None:
    """Who captions JSONL waits for none of them."""
    code = (
        "import sys; from captioner.formats.choose import open_sink, open_source; "
        "choice = open_source('-'); open_sink('-', source=choice); "
        "print([name for name in ('pyarrow', 'datasets', 'csv') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
