"""Images in buckets, from a server that speaks S3's protocol, and in fsspec's memory."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Iterator
from typing import Any

import fsspec
import pytest

from captioner.errors import CaptionerError, PlaceholderError, TransientError
from captioner.vision.reach import Reach
from captioner.vision.remote import read_remote

CONTENT = bytes(range(256))
MAX_BYTES = 1000
ANYWHERE = Reach(allow_private_urls=True)


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    """A local server with one bucket; its `a%2e b+?.png` has a name that needs care."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="photos")
    for key, body in (
        ("in/a.png", CONTENT),
        ("in/a%2e b+?#ü.png", CONTENT),
        ("in/empty.png", b""),
        ("in/large.png", bytes(MAX_BYTES + 1)),
        ("in/exact.png", bytes(MAX_BYTES)),
        ("out/a.png", CONTENT),
    ):
        client.put_object(Bucket="photos", Key=key, Body=body)
    client.close()
    yield address
    server.stop()


@pytest.fixture
def s3(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The environment says where S3 is, as it does for every program that uses it."""
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    yield s3_address
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def memory() -> Any:
    """A store in memory with one object."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pipe("/photos/a.png", CONTENT)
    return store


def read(url: str, reach: Reach | None = None, timeout_s: float = 30) -> bytes:
    """The object at `url`."""
    return read_remote(url, MAX_BYTES, reach or Reach(), timeout_s)


def failure_of(url: str, reach: Reach | None = None) -> Any:
    """The error that reading this raises; its words are fit to print."""
    with pytest.raises(CaptionerError) as caught:
        read(url, reach)
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.usefixtures("s3")
def test_objects_are_read() -> None:
    """By their key just as it is, whatever is in it, up to the limit."""
    for url in ("s3://photos/in/a.png", "S3A://photos/in/a.png", "s3://photos/in/a%2e b+?#ü.png"):
        assert read(url) == CONTENT
    assert len(read("s3://photos/in/exact.png")) == MAX_BYTES


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("s3://photos/in/gone.png", "missing_image"),
        ("s3://nobody-has-this/a.png", "missing_image"),
        ("s3://photos/in", "unreadable_image"),
        ("s3://photos/in/empty.png", "unreadable_image"),
        ("s3://photos/in/large.png", "too_large"),
    ],
)
def test_objects_that_cannot_be_used(url: str, reason: str) -> None:
    """Each has its reason, with the object's name in it."""
    error = failure_of(url)
    assert isinstance(error, PlaceholderError)
    assert error.reason == reason
    assert url in error.detail


@pytest.mark.usefixtures("s3")
def test_a_root_in_a_bucket_confines() -> None:
    """To what is below it, and to its own store."""
    reach = Reach(image_root="s3://photos/in/")
    assert read("s3://photos/in/a.png", reach) == CONTENT
    assert read("s3a://photos/in/a.png", reach) == CONTENT
    for url in (
        "s3://photos/out/a.png",
        "s3://photos/in-other/a.png",
        "s3://photos/in/../out/a.png",
        "s3://photos/a.png",
        "s3://others/in/a.png",
        "gs://photos/in/a.png",
        "memory://photos/in/a.png",
    ):
        assert failure_of(url, reach).reason == "image_refused", url
    assert failure_of("s3://photos/in/a.png", Reach(image_root="/data")).reason == "image_refused"


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store forbids is told apart from what is not there."""

    async def forbid(*_arguments: object, **_options: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr("s3fs.S3FileSystem._info", forbid)
    assert failure_of("s3://photos/in/a.png").reason == "image_denied"


def test_a_store_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its objects are tried again."""
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    error = failure_of("s3://photos/a.png")
    s3fs.S3FileSystem.clear_instance_cache()
    assert isinstance(error, TransientError)
    assert error.reason == "image_unfetchable"


@pytest.mark.usefixtures("s3")
def test_a_store_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left after a while, and tried again."""
    import asyncio

    async def hang(*_arguments: object, **_options: object) -> None:
        await asyncio.sleep(20)

    monkeypatch.setattr("s3fs.S3FileSystem._info", hang)
    with pytest.raises(TransientError) as caught:
        read("s3://photos/in/a.png", timeout_s=0.05)
    assert caught.value.reason == "image_unfetchable"


@pytest.mark.usefixtures("memory")
def test_stores_without_a_loop_of_their_own() -> None:
    """They are read the same way."""
    assert read("memory://photos/a.png") == CONTENT
    assert failure_of("memory://photos/b.png").reason == "missing_image"
    assert failure_of("memory://photos").reason == "unreadable_image"


def test_an_object_that_grew_since_it_was_looked_at(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said of its size is not trusted."""
    memory.pipe("/photos/b.png", bytes(5000))
    about = {"name": "/photos/b.png", "size": 10, "type": "file"}
    monkeypatch.setattr(type(memory), "info", lambda *_a, **_o: about)
    assert failure_of("memory://photos/b.png").reason == "too_large"


@pytest.mark.parametrize(
    "url",
    [
        "file://localhost/etc/passwd",
        "local:///etc/passwd",
        "zip://passwd::/etc.zip",
        "sftp://127.0.0.1/etc/passwd",
        "ftp://10.0.0.1/a.png",
        "git:///srv/repo:a.png",
        "simplecache::memory://photos/a.png",
        "gopher://127.0.0.1:6379/a",
        "memory://photos/../a.png",
        "memory://photos/a\0.png",
        "memory://photos/a\n.png",
    ],
)
def test_what_leads_into_this_machine_is_refused(url: str) -> None:
    """Or its network: such stores are opened only where both are allowed."""
    assert failure_of(url).reason == "image_refused"
    for half in (Reach(allow_private_urls=True, allow_local_files=False), Reach(image_root="/")):
        assert failure_of(url, half).reason == "image_refused"


def test_any_store_of_fsspec_may_be_allowed(tmp_path: Any) -> None:
    """By whom trusts the samples."""
    (tmp_path / "a.png").write_bytes(CONTENT)
    assert read(f"local://{tmp_path}/a.png", ANYWHERE) == CONTENT
    error = failure_of("gopher://127.0.0.1/a.png", ANYWHERE)
    assert (error.reason, "gopher://" in error.detail) == ("unsupported_image", True)


@pytest.mark.parametrize(("url", "extra"), [("s3://b/a", "s3"), ("gs://b/a", "gcs")])
def test_a_missing_library_is_named(url: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the words that install it."""
    true_import = builtins.__import__

    def missing(name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] in ("fsspec", "gcsfs"):
            raise ImportError(f"No module named {name!r}", name=name)
        return true_import(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    error = failure_of(url)
    assert error.reason == "image_unfetchable"
    assert f"pip install 'captioner[{extra}]'" in error.detail


def test_the_words_of_other_libraries_are_not_repeated(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may hold keys and signatures; the kind of their error is shown."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("signature hush is wrong")

    monkeypatch.setattr(type(memory), "info", fail)
    error = failure_of("memory://photos/a.png?sig=hush")
    assert isinstance(error, PlaceholderError)
    assert "RuntimeError" in error.detail
    assert "hush" not in str(error)


@pytest.mark.parametrize("number", [5, 16, 110])
def test_trouble_that_may_pass_is_tried_again(
    number: int, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the store's libraries number it; other trouble is not."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(number, "trouble")

    monkeypatch.setattr(type(memory), "info", fail)
    assert isinstance(failure_of("memory://photos/a.png"), TransientError)
    number = 22
    assert isinstance(failure_of("memory://photos/a.png"), PlaceholderError)
