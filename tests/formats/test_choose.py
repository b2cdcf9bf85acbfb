"""Names decide the format, and what cannot work is refused before anything is written."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.formats.choose import open_sink, open_source
from captioner.formats.folder import FolderSource, ImageFileSource
from captioner.formats.jsonl import JsonlSink, JsonlSource
from captioner.formats.path_list import PathListSource
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
        ("a.csv", "format is not known.*a folder of images"),
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
        ("out.csv", "must end in .jsonl"),
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
    monkeypatch.setattr("captioner.formats.choose.os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="may not be written"):
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
