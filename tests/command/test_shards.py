"""An input done in shards and put together again, as real processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from tests.command.conftest import Bench

TOKEN = "<__dj__image>"


def samples(bench: Bench, count: int) -> None:
    """A file of samples: one line is none, one is blank, and the eleventh's image is gone."""
    bench.photos(count)
    rows: list[object] = [
        {"text": f"{TOKEN} {number}", "images": [f"photos/{number:03}.png"]}
        for number in range(count)
    ]
    rows[3], rows[7] = "no json", ""
    bench.write("in.jsonl", *rows)
    (bench.folder / "photos/010.png").unlink(missing_ok=True)


def merge(bench: Bench, *words: object) -> Any:
    """`captioner merge` to its end."""
    return bench.end(bench.start("merge", *words))


def test_eight_shards_merged_equal_one_run(bench: Bench) -> None:
    """Byte for byte, output and failures; each image was asked for once; the summary is the sum."""
    samples(bench, 45)
    served = bench.serve()
    flags = ("--base-url", served.base_url, "--max-failed-share", 1)
    parts = [f"s{index}.jsonl" for index in range(8)]
    commands = [
        ("in.jsonl", part, "--shard", f"{index}/8", *flags) for index, part in enumerate(parts)
    ]
    for ended in [*bench.run_all(*commands[:4]), *bench.run_all(*commands[4:])]:
        ended.check(0)
    assert served.stats.captions == 42
    bench.run("in.jsonl", "one.jsonl", *flags).check(0)
    merge(bench, "all.jsonl", *reversed(parts)).check(0, "Merged 8 shards", "44 samples")
    for suffix in ("jsonl", "failures.jsonl"):
        whole = (bench.folder / f"one.{suffix}").read_bytes()
        assert (bench.folder / f"all.{suffix}").read_bytes() == whole
    merged, one = bench.summary("all.summary.json"), bench.summary("one.summary.json")
    for name in ("samples", "rows", "captions", "failed", "not_json", "failure_reasons"):
        assert merged["counts"][name] == one["counts"][name]
    assert merged["parts"] == parts
    ended = bench.end(bench.start("failures", "all.jsonl"))
    assert "missing_image" in ended.out


def test_a_shard_goes_on_like_any_run(bench: Bench) -> None:
    """After a pilot, and not into the output of another shard; a failure is asked for again within
    its shard."""
    samples(bench, 20)
    words = ("in.jsonl", "s1.jsonl", "--rehearse", "--max-failed-share", 1)
    bench.run(*words, "--shard", "1/2", "--limit", 2).check(0)
    bench.run(*words, "--shard", "0/2").check(2, "another input")
    bench.run(*words, "--shard", "1/2").check(0, "Going on after 2 samples")
    bench.picture("photos/010.png", 10)
    bench.end(bench.start("retry", "s1.jsonl")).check(0, "1 caption")
    bench.run("in.jsonl", "s0.jsonl", *words[2:], "--shard", "0/2").check(0)
    bench.run("in.jsonl", "one.jsonl", *words[2:]).check(0)
    merge(bench, "all.jsonl", "s0.jsonl", "s1.jsonl").check(0)
    merged, one = (bench.folder / f"{name}.jsonl" for name in ("all", "one"))
    assert merged.read_bytes() == one.read_bytes()


def test_shards_of_parquet(bench: Bench) -> None:
    """A folder of files: each shard writes its own, and together they are all of them again."""
    folder = bench.folder / "in"
    folder.mkdir()
    for file in range(3):
        photos = [bench.picture(f"p/{file}{n}.png", file * 10 + n).read_bytes() for n in range(4)]
        table = pa.table({"image": photos, "n": [file * 10 + n for n in range(4)]})
        pq.write_table(table, folder / f"{file}.parquet", row_group_size=2)
    flags = ("--rehearse", "--image-key", "image")
    for index in range(2):
        bench.run("in", f"out{index}", "--shard", f"{index}/2", *flags).check(0)
    bench.run("in", "one", *flags).check(0)
    merge(bench, "all", "out0", "out1").check(0)
    for name in ("0", "1", "2"):
        merged, one = (pq.read_table(bench.folder / f / f"{name}.parquet") for f in ("all", "one"))
        assert merged.equals(one)


def test_parts_that_make_no_whole(bench: Bench) -> None:
    """Each is said by name, with status 2, and nothing is written."""
    samples(bench, 12)
    flags = ("--rehearse", "--max-failed-share", 1)
    for index in range(2):
        bench.run("in.jsonl", f"s{index}.jsonl", "--shard", f"{index}/2", *flags).check(0)
    bench.run("in.jsonl", "other.jsonl", "--shard", "1/2", *flags, "--mode", "caption").check(0)
    bench.run("in.jsonl", "cut.jsonl", "--shard", "1/2", *flags, "--limit", 1).check(0)
    bench.run("in.jsonl", "one.jsonl", *flags).check(0)
    names = bench.names()
    for words, said in (
        (("s0.jsonl",), "shard 1/2 is missing"),
        (("s0.jsonl", "s0.jsonl"), "named twice"),
        (("s0.jsonl", "other.jsonl"), "other.jsonl was made with another mode than s0.jsonl"),
        (("s0.jsonl", "cut.jsonl"), "cut.jsonl holds 1 of"),
        (("s0.jsonl", "one.jsonl"), "one.jsonl is no shard"),
        (("s0.jsonl", "gone.jsonl"), "gone.jsonl has no summary"),
        (("s0.jsonl", "-"), "'-' is none"),
    ):
        merge(bench, "all.jsonl", *words).check(2, said)
    merge(bench, "one.jsonl", "s0.jsonl", "s1.jsonl").check(2, "one.jsonl exists")
    merge(bench, "all.csv", "s0.jsonl", "s1.jsonl").check(2, "must end in .jsonl")
    merge(bench, "one.ndjson", "s0.jsonl", "s1.jsonl").check(2, "of a run into another OUTPUT")
    with (bench.folder / "s1.jsonl").open("a") as file:
        file.write("{}\n")
    merge(bench, "all.jsonl", "s0.jsonl", "s1.jsonl").check(2, "s1.jsonl holds", "copy it anew")
    assert bench.names() == names
    for bad in ("2/2", "x"):
        bench.run("in.jsonl", "x.jsonl", "--shard", bad, *flags).check(2, "I/N")
    bench.run("-", "x.jsonl", "--shard", "0/2", *flags, given=b"").check(2, "save it to a file")


def test_shards_from_several_machines(bench: Bench) -> None:
    """Copies of the input elsewhere, at other endpoints: merged, and said."""
    samples(bench, 8)
    for index in range(2):
        served = bench.serve()
        folder = bench.folder / f"machine{index}"
        folder.mkdir()
        (folder / "copy.jsonl").write_bytes((bench.folder / "in.jsonl").read_bytes())
        words = ("copy.jsonl", f"s{index}.jsonl", "--shard", f"{index}/2", "--image-base", "..")
        bench.run(*words, "--base-url", served.base_url, "--max-failed-share", 1, cwd=folder).check(
            0
        )
    merge(bench, "all.jsonl", "machine0/s0.jsonl", "machine1/s1.jsonl").check(0, "2 endpoints")
    rows = [json.dumps(row) for row in bench.rows("all.jsonl")]
    assert len(rows) == 12
