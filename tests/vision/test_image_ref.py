"""Whatever a sample gives for an image is understood, or fails as that one placeholder."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from captioner.errors import PlaceholderError
from captioner.samples.reasons import REASONS
from captioner.vision.image_ref import ImageRef

CONTENT = bytes(range(256))
MAX_BYTES = 1000


def base64_url(content: bytes) -> str:
    """A data URL as most programs write it."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file whose name needs quoting in a URL."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "50 % 图#1?.png").write_bytes(CONTENT)
    return tmp_path


NAME = "sub/50 % 图#1?.png"


def failure_of(
    given: object, image_base: Path = Path("/nowhere"), max_bytes: int = MAX_BYTES
) -> Any:
    """The error that reading this raises."""
    with pytest.raises(PlaceholderError) as caught:
        ImageRef.of(given, image_base).read(max_bytes)
    assert caught.value.reason in REASONS
    return caught.value


def test_paths_start_at_the_image_base(folder: Path) -> None:
    """Relative, absolute and path-like ones alike; `file:` URLs too, quoted or not."""
    full = folder / NAME
    for given_ in (
        NAME,
        str(full),
        Path(NAME),
        full,
        full.as_uri(),
        f"file://localhost{quote(str(full))}",
        f"FILE:{quote(str(full))}",
        f"file:{quote(NAME)}",
    ):
        assert ImageRef.of(given_, folder).read(MAX_BYTES) == CONTENT
        assert ImageRef.of(given_, str(folder)).url is None


def test_rows_show_paths_and_urls_as_they_were_given() -> None:
    """What stands for an image in rows is what stood in the sample, and nothing for bare bytes."""
    for text in ("a.png", "./a.png", "https://x.org/a?b", "file:///a.png", base64_url(b"x")):
        assert ImageRef.of(text, "/base").row_value == text
    assert ImageRef.of(Path("b/a.png"), "/base").row_value == str(Path("b/a.png"))
    assert ImageRef.of({"bytes": b"x", "path": "a.png"}, "/base").row_value == "a.png"
    for other in (b"x", Image.new("L", (1, 1)), None, 7):
        assert ImageRef.of(other, "/base").row_value is None
        assert ImageRef.of(other, "/base").name is None


def test_names_hold_no_image() -> None:
    """A person is told the path; of a data URL or bytes only the size is shown."""
    url = base64_url(CONTENT)
    assert ImageRef.of("b/a.png", "/base").name == "b/a.png"
    assert ImageRef.of(url, "/base").name == f"data URL of {len(url)} characters"
    assert ImageRef.of(b"secret", "/base").label == "image of 6 bytes"
    assert repr(ImageRef.of(b"secret", "/base")) == "ImageRef(bytes: image of 6 bytes)"
    assert repr(ImageRef.of({"bytes": b"x", "path": "a.png"}, "/")) == "ImageRef(bytes: a.png)"


def test_labels_of_addresses_hold_no_secret() -> None:
    """A password or a signature in an address is the client's business, not the log's."""
    ref = ImageRef.of("https://me:pw@x.org/a.png?sig=abc#d", "/base")
    assert ref.label == "https://x.org/a.png"
    assert "sig" not in repr(ref)
    assert ref.url == ref.name == ref.row_value == "https://me:pw@x.org/a.png?sig=abc#d"


def test_labels_are_short_and_printable() -> None:
    """No name upsets a terminal or floods a log."""
    label = ImageRef.of("\x1b[31m\n" + "x" * 5000 + "\udcff", "/base").label
    assert label.isprintable()
    assert label.startswith("\\x1b[31m\\n")
    assert label.endswith("\\udcff")
    assert len(label) < 250


def test_addresses_are_left_to_the_fetcher() -> None:
    """Just as they were given; an endpoint could only fetch those of the web itself."""
    for url in ("http://x.org/a.png", "HTTPS://x.org/a%20b.png?c=d#e", "s3://b/a b?c#d.png"):
        ref = ImageRef.of(url, "/base")
        assert (ref.url, ref.web_url) == (url, None if url.startswith("s3") else url)
        assert failure_of(url).reason == "image_unfetchable"
    assert ImageRef.of(Path("https://x.org/a.png"), "/base").url is None


@pytest.mark.parametrize(
    ("base", "given_", "url"),
    [
        ("s3://bucket/data", "a.png", "s3://bucket/data/a.png"),
        ("s3://bucket/data/", "./sub/50 %#?.png", "s3://bucket/data/sub/50 %#?.png"),
        ("s3://bucket/data", "../a.png", "s3://bucket/a.png"),
        ("s3://bucket/data", "../../../other/a.png", "s3://bucket/other/a.png"),
        ("s3://bucket", "a.png", "s3://bucket/a.png"),
        ("https://x.org/data?sig=1", "50 %#?.png", "https://x.org/data/50%20%25%23%3F.png"),
        ("https://x.org/data", "../../y.org/a.png", "https://x.org/y.org/a.png"),
    ],
)
def test_relative_paths_may_start_in_a_bucket(base: str, given_: str, url: str) -> None:
    """Or on a host; they never leave it, and rows show them as they were given."""
    for path in (given_, Path(given_)):
        ref = ImageRef.of(path, base)
        assert (ref.url, ref.row_value) == (url, str(path))
    assert ImageRef.of("/a.png", base).url is None
    assert ImageRef.of(b"x", base).read(MAX_BYTES) == b"x"


@pytest.mark.parametrize(
    "url",
    [
        base64_url(CONTENT),
        base64_url(CONTENT).rstrip("="),
        base64_url(CONTENT)
        .replace("+", "-")
        .replace("/", "_")
        .replace("data:image_", "data:image/"),
        base64_url(CONTENT).replace("+", "%2B").replace("=", "%3D"),
        "DATA:;base64," + base64.encodebytes(CONTENT).decode(),
        "data:image/png;name=a.png;BASE64," + base64.b64encode(CONTENT).decode(),
        "data:," + quote(CONTENT, safe=""),
    ],
)
def test_data_urls(url: str) -> None:
    """In base64 with or without padding, line breaks or percent signs, and percent-encoded."""
    assert ImageRef.of(url, "/base").read(MAX_BYTES) == CONTENT


@given(st.binary(min_size=1))
def test_data_urls_carry_any_bytes(content: bytes) -> None:
    """What was put in comes out."""
    assert ImageRef.of(base64_url(content), "/base").read(10**6) == content


def test_bytes_in_any_form() -> None:
    """Bytes, bytearrays and memory views."""
    for given_ in (CONTENT, bytearray(CONTENT), memoryview(CONTENT)):
        assert ImageRef.of(given_, "/base").read(MAX_BYTES) == CONTENT


def test_the_mapping_of_hugging_face_datasets(folder: Path) -> None:
    """Its bytes count before its path, which is read where there are none."""
    both = ImageRef.of({"bytes": b"abc", "path": NAME}, folder)
    assert (both.read(MAX_BYTES), both.name) == (b"abc", NAME)
    assert ImageRef.of({"bytes": None, "path": NAME}, folder).read(MAX_BYTES) == CONTENT
    assert ImageRef.of({"path": NAME}, folder).read(MAX_BYTES) == CONTENT
    assert ImageRef.of({"bytes": b"abc"}, folder).read(MAX_BYTES) == b"abc"


def test_pictures_of_pillow_are_encoded() -> None:
    """An open image is sent as JPEG."""
    data = ImageRef.of(Image.new("RGBA", (5, 4), "red"), "/base").read(MAX_BYTES)
    with Image.open(io.BytesIO(data)) as sent:
        assert (sent.format, sent.size) == ("JPEG", (5, 4))


@pytest.mark.parametrize(
    ("given_", "reason", "words"),
    [
        ("gone.png", "missing_image", "/nowhere/gone.png"),
        ("file:///gone%20too.png", "missing_image", "/gone too.png"),
        ("", "missing_image", "empty"),
        ("\0.png", "unreadable_image", "\\x00.png"),
        ("\ud800.png", "unreadable_image", "\\ud800.png"),
        ("/" + "A" * 5000, "unreadable_image", "data:image/jpeg;base64,"),
        (b"", "unreadable_image", "0 bytes"),
        ("data:image/png;base64,", "unreadable_image", "0 bytes"),
        ("data:image/png;base64", "unreadable_image", "comma"),
        ("data:image/png;base64,!!!!", "unreadable_image", "base64"),
        ("data:image/png;base64,AAAAA", "unreadable_image", "base64"),
        ("data:image/png;base64,ä", "unreadable_image", "base64"),
        (base64_url(bytes(MAX_BYTES + 1)), "too_large", "1,001 bytes"),
        (bytes(MAX_BYTES + 1), "too_large", "1,000"),
        ("s3://bucket/a.png", "image_unfetchable", "s3://bucket/a.png"),
        ("file://server/share/a.png", "unsupported_image", "another host"),
        (None, "unsupported_image", "NoneType"),
        (7, "unsupported_image", "int"),
        (["a.png"], "unsupported_image", "list"),
        ({}, "unsupported_image", "dict"),
        ({"bytes": None, "path": None}, "unsupported_image", "dict"),
        ({"bytes": "AAAA"}, "unsupported_image", "dict"),
        ({"path": {"path": "a.png"}}, "unsupported_image", "dict"),
    ],
)
def test_what_cannot_be_read_says_why(given_: object, reason: str, words: str) -> None:
    """The reason is exact, and the detail names the image and what to do."""
    error = failure_of(given_)
    assert error.reason == reason
    assert words in error.detail
    assert error.detail.isprintable()


def test_odd_things_in_folders_are_unreadable(folder: Path) -> None:
    """A folder, an empty file, a pipe without a writer, a link to itself: none is waited for."""
    (folder / "empty.png").touch()
    os.mkfifo(folder / "pipe.png")
    (folder / "loop.png").symlink_to("loop.png")
    for name in ("sub", ".", "empty.png", "pipe.png", "loop.png"):
        assert failure_of(name, folder).reason == "unreadable_image"
    assert failure_of(f"{NAME}/a.png", folder).reason == "missing_image"
    (folder / "dangling.png").symlink_to("gone.png")
    assert failure_of("dangling.png", folder).reason == "missing_image"


def test_a_large_file_is_not_read(folder: Path) -> None:
    """Its size is looked at first; just as large as allowed is allowed."""
    with (folder / "large.png").open("wb") as file:
        file.truncate(10**12)
    error = failure_of("large.png", folder)
    assert (error.reason, "1,000,000,000,000 bytes" in error.detail) == ("too_large", True)
    assert len(ImageRef.of(NAME, folder).read(len(CONTENT))) == len(CONTENT)
    assert failure_of(NAME, folder, len(CONTENT) - 1).reason == "too_large"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "image_denied"),
        (OSError(5, "I/O error"), "unreadable_image"),
    ],
)
def test_what_the_system_refuses(
    error: OSError, reason: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lacking rights have a remedy of their own; any other trouble is passed on in its words."""

    def refuse(path: str, flags: int) -> int:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("captioner.vision.local_file.os.open", refuse)
        failure = failure_of(NAME, folder)
    assert failure.reason == reason
    assert str(folder) in failure.detail
    assert failure.__cause__ is error


class Hostile(os.PathLike[str]):
    """A path that cannot say what it is."""

    def __fspath__(self) -> str:
        """Raises."""
        raise RuntimeError("no path")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["bytes", "path", "x"]), inner),
    max_leaves=5,
)


@given(json_values | st.just(Hostile()))
def test_making_a_reference_never_raises(given_: object) -> None:
    """Trouble shows when the image is read, and then only as a failed placeholder."""
    ref = ImageRef.of(given_, "/nowhere")
    assert ref.label.isprintable()
    assert repr(ref)
    try:
        ref.read(MAX_BYTES)
    except PlaceholderError as error:
        assert error.reason in REASONS  # noqa: PT017


def test_pillow_is_loaded_only_for_pictures() -> None:
    """Naming images costs nobody the import of an image library."""
    code = (
        "import sys; from captioner.vision.image_ref import ImageRef; "
        "ImageRef.of('a.png', '/').label; sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
