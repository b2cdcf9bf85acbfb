"""`captioner run` from a bucket into a bucket, read there by another client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from captioner.endpoint import ScriptedReply

if TYPE_CHECKING:
    from captioner.endpoint import AskedRequest
    from tests.command.conftest import Bench
    from tests.conftest import Bucket

TOKEN = "<__dj__image>"


def fill(bench: Bench, bucket: Bucket, count: int) -> None:
    """Samples in a bucket, whose pictures lie beside them."""
    photos = bench.photos(count)
    for path in photos.iterdir():
        bucket.put(f"in/photos/{path.name}", path.read_bytes())
    rows = [
        {"text": f"{TOKEN} {number}", "images": [f"photos/{number:03}.png"]}
        for number in range(count)
    ]
    bucket.put("in/in.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def rows_of(bucket: Bucket, key: str) -> list[Any]:
    """The rows of an object."""
    return [json.loads(line) for line in bucket.get(key).splitlines()]


def test_from_a_bucket_into_a_bucket(bench: Bench, bucket: Bucket) -> None:
    """Stopped and gone on with, nothing is paid twice, and what comes out is what the same samples
    give on a disk; done, it is known, and only while it is there."""
    fill(bench, bucket, 8)
    served = bench.serve()
    words = (bucket.url("in/in.jsonl"), bucket.url("out/c.jsonl"), "--base-url", served.base_url)
    stopped = bench.run(*words, "--max-requests", 3, env=bucket.env)
    stopped.check(3)
    assert not [key for key in bucket.names() if key.startswith("out")]
    bench.run(*words, env=bucket.env).check(0, f"Output: {bucket.url('out/c.jsonl')}")
    assert served.stats.captions == 8
    assert [key for key in bucket.names() if key.startswith("out")] == [
        "out/c.jsonl",
        "out/c.summary.json",
    ]
    summary = json.loads(bucket.get("out/c.summary.json"))
    assert (summary["status"], summary["counts"]["samples"]) == ("complete", 8)
    assert summary["image_base"] == bucket.url("in")
    bench.run(*words, env=bucket.env).check(0, "complete already")
    assert served.stats.captions == 8
    bench.write("in.jsonl", *rows_of(bucket, "in/in.jsonl"))
    bench.run("in.jsonl", "local.jsonl", "--base-url", served.base_url).check(0)
    assert (bench.folder / "local.jsonl").read_bytes() == bucket.get("out/c.jsonl")
    bucket.remove("out/c.jsonl")
    bench.run(*words, env=bucket.env).check(2, "was complete and is gone")
    bucket.put("in/in.jsonl", bucket.get("in/in.jsonl") + b"{}\n")
    bench.run(*words, env=bucket.env).check(2, "another input")


def test_a_retry(bench: Bench, bucket: Bucket) -> None:
    """Of a run from a bucket into one: what failed is asked again, and the new rows are put."""
    fill(bench, bucket, 3)
    refused = "I'm sorry, but I can't help with that image."
    replies = iter([ScriptedReply(refused)])
    served = bench.serve(lambda _: next(replies, None))
    words = (bucket.url("in/in.jsonl"), bucket.url("c.jsonl"), "--base-url", served.base_url)
    bench.run(*words, "--max-failed-share", 1, env=bucket.env).check(0)
    assert bucket.names()[:3] == ["c.failures.jsonl", "c.jsonl", "c.summary.json"]
    told = bench.end(bench.start("failures", bucket.url("c.jsonl"))).check(0).out
    assert f"captioner retry {bucket.url('c.jsonl')}" in told
    before = rows_of(bucket, "c.jsonl")
    bench.end(bench.start("retry", bucket.url("c.jsonl"), env=bucket.env)).check(0)
    assert served.stats.requests == 4
    assert bucket.names()[:2] == ["c.jsonl", "c.summary.json"]
    assert len(rows_of(bucket, "c.jsonl")) == len(before) + 1
    bucket.put("in/in.jsonl", "{}\n")
    changed = bench.end(bench.start("retry", bucket.url("c.jsonl"), env=bucket.env))
    changed.check(2, "has changed since")


def test_a_merge_is_local(bench: Bench, bucket: Bucket) -> None:
    """Nothing is written to a bucket by it, and that is said."""
    bench.write("a.jsonl")
    ended = bench.end(bench.start("merge", bucket.url("c.jsonl"), "a.jsonl", env=bucket.env))
    ended.check(2, "writes on a local disk")


def test_a_folder_of_images_and_a_foreign_output(bench: Bench, bucket: Bucket) -> None:
    """The images are fetched one by one, never copied to this disk; what is not of this run is not
    overwritten."""
    fill(bench, bucket, 3)
    bucket.put("in/photos/broken.png", b"no picture")
    served = bench.serve()
    words = (bucket.url("in/photos/"), bucket.url("c.jsonl"), "--base-url", served.base_url)
    bench.run(*words, "--max-failed-share", 1, env=bucket.env).check(0)
    rows = rows_of(bucket, "c.jsonl")
    assert [row["image"] for row in rows] == ["000.png", "001.png", "002.png", "broken.png"]
    assert [row["caption"] is None for row in rows] == [False, False, False, True]
    (failure,) = rows_of(bucket, "c.failures.jsonl")
    assert (failure["sample"], failure["image_base"]) == (3, bucket.url("in/photos"))
    assert not list((bench.folder / ".captioner").rglob("*.png"))
    bucket.put("foreign.jsonl", "{}\n")
    foreign = (words[0], bucket.url("foreign.jsonl"), *words[2:])
    bench.run(*foreign, env=bucket.env).check(2, "is not of this run")
    assert bucket.get("foreign.jsonl") == b"{}\n"


def test_an_output_that_cannot_be_put(bench: Bench, bucket: Bucket) -> None:
    """Ends the run with status 3; the same command puts it and pays nothing."""
    fill(bench, bucket, 3)
    target = f"{bucket.name}-out"
    bucket.client.create_bucket(Bucket=target)

    def close(_: AskedRequest) -> None:
        if target in [each["Name"] for each in bucket.client.list_buckets()["Buckets"]]:
            bucket.client.delete_bucket(Bucket=target)

    served = bench.serve(close)
    words = ("photos", f"s3://{target}/c.jsonl", "--base-url", served.base_url)
    ended = bench.run(*words, env=bucket.env).check(3, "output_unwritable", f"s3://{target}/")
    assert "secret-key" not in ended.err
    assert served.stats.captions == 3
    bench.run(*words, env=bucket.env).check(2, f"there is no bucket {target}")
    bucket.client.create_bucket(Bucket=target)
    bench.run(*words, env=bucket.env).check(0, "3 captions")
    assert served.stats.captions == 3
    content = bucket.client.get_object(Bucket=target, Key="c.jsonl")["Body"].read()
    assert content.count(b"\n") == 3


@pytest.mark.parametrize("base", [(), ("--image-base", ".")])
def test_samples_from_elsewhere_name_no_file_here(
    bench: Bench, bucket: Bucket, base: tuple[str, ...]
) -> None:
    """Neither by path nor by `file:` URL, unless image_root says which; then no others."""
    secret = bench.picture("inside/a.png")
    outside = bench.picture("outside.png")
    images = [str(secret), secret.as_uri(), str(outside)]
    bucket.put("in.jsonl", json.dumps({"text": TOKEN * 3, "images": images}) + "\n")
    served = bench.serve()
    words = (bucket.url("in.jsonl"), "out.jsonl", "--base-url", served.base_url, *base)
    words += ("--max-failed-share", "1")
    if base:
        bench.run(*words, env=bucket.env).check(2, "--image-root")
    else:
        bench.run(*words, env=bucket.env).check(0)
        assert [row["reason"] for row in bench.rows("out.failures.jsonl")] == ["image_refused"] * 3
    assert served.asked == []
    bench.run(*words, "--restart", "--image-root", "inside", env=bucket.env).check(0)
    assert [row["placeholder"] for row in bench.rows("out.failures.jsonl")] == [2]


def test_sidecars_stay_on_a_disk(bench: Bench, bucket: Bucket) -> None:
    """For what is in a bucket there are rows."""
    ended = bench.run(bucket.url("a"), bucket.url("a"), "--sidecar", env=bucket.env)
    ended.check(2, "--sidecar writes beside images on a local disk")
