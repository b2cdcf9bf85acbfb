"""`captioner retry` where the output is no JSONL, or is none that can be retried."""

from __future__ import annotations

import hashlib
import io
import shutil
import signal
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.command.test_retry import KILL_AT, Model, retry

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Served

COUNT = 12
DECLINED = {2, 7}


def make_input(bench: Bench, name: str) -> None:
    """So many pictures, all different, in an input of this name."""
    folder = bench.photos(COUNT)
    images = [(folder / f"{number:03}.png").read_bytes() for number in range(COUNT)]
    path = bench.folder / name
    if name == "in.csv":
        rows = "".join(f"{n},photos/{n:03}.png\r\n" for n in range(COUNT))
        path.write_text(f"id,image\n{rows}")
    elif name == "in.tar":
        with tarfile.open(path, "w") as tar:
            for number, data in enumerate(images):
                for suffix, content in (("png", data), ("cls", b"7")):
                    info = tarfile.TarInfo(f"{number}.{suffix}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
    else:
        table = pa.table({"id": list(range(COUNT)), "image": images})
        if name == "shards":
            path.mkdir()
            for number in range(3):
                pq.write_table(table.slice(4 * number, 4), path / f"{number}.parquet")
        elif name == "set":
            datasets.Dataset(table).save_to_disk(str(path), num_shards=2)
        else:
            pq.write_table(table, path)


def words_for(served: Served, given: str, output: str) -> tuple[Any, ...]:
    """A run over it."""
    return (given, output, "--base-url", served.base_url, "--mode", "caption")


def digests(path: Path) -> dict[str, str]:
    """Of a file, or of all files in a folder."""
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file())
    return {str(f.relative_to(path)): hashlib.blake2b(f.read_bytes()).hexdigest() for f in files}


def left_behind(bench: Bench) -> set[str]:
    """Hidden and partial files."""
    return {name for name in bench.names() if name.startswith(".") or "partial" in name}


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ("in.parquet", "out.parquet"),
        ("in.csv", "out.csv"),
        ("in.tar", "out.tar"),
        ("shards", "out"),
        ("set", "out"),
    ],
)
def test_only_what_failed(bench: Bench, given: str, output: str) -> None:
    """It alone is requested, and the output is to the byte that of a run that had these answers;
    a retry killed at the swap is completed by whoever comes next."""
    make_input(bench, given)
    model = Model(declines=DECLINED)
    served = bench.serve(model)
    bench.run(*words_for(served, given, output)).check(1)
    model.again(words="First words")
    # Behind the first of the swap; of a folder in the middle of it.
    killed_at = "out.failures.jsonl" if "." in output else output
    code = f"exec({(KILL_AT + RENAME).format(name=killed_at)!r})"
    assert retry(bench, output, code=code).status == -signal.SIGKILL
    bench.run(*words_for(served, given, output)).check(0, "complete already")
    assert sorted(model.asked) == sorted(DECLINED)
    assert not left_behind(bench)
    assert "out.failures.jsonl" not in bench.names()
    counts = bench.summary()["counts"]
    assert (counts["samples"], counts["captions"], counts["failed"]) == (COUNT, COUNT, 0)
    whole = output.replace("out", "whole")
    bench.run(*words_for(bench.serve(Model()), given, whole)).check(0)
    assert digests(bench.folder / output) == digests(bench.folder / whole)
    model.again()
    bench.write("ids.txt", "3:0")
    retry(bench, output, "--ids", "ids.txt").check(0)
    assert model.asked == [3]
    assert digests(bench.folder / output) != digests(bench.folder / whole)
    assert not left_behind(bench)


RENAME = """
rename = Path.rename
Path.rename = lambda path, target: (check(path), rename(path, target))[1]
"""


def test_sidecars_are_asked_again_by_their_own_command(bench: Bench) -> None:
    """Which is said; what failed then is asked again, and so is what is removed."""
    bench.photos(3)
    model = Model(declines={1})
    served = bench.serve(model)
    words = ("photos", "photos", "--sidecar", "--base-url", served.base_url, "--mode", "caption")
    bench.run(*words).check(1)
    retry(bench, "photos").check(2, "give the command of its run again", "--no-reuse-captions")
    model.again()
    (bench.folder / "photos" / "000.txt").unlink()
    bench.run(*words, "--no-reuse-captions").check(0)
    assert sorted(model.asked) == [0, 1]


def test_a_merged_output_is_retried_by_its_parts(bench: Bench) -> None:
    """Which is said, with their names; merged again it is that of a run that had these answers."""
    make_input(bench, "in.parquet")
    model = Model(declines=DECLINED)
    served = bench.serve(model)
    parts = [f"part-{number}.parquet" for number in range(2)]
    for number, part in enumerate(parts):
        words = words_for(served, "in.parquet", part)
        bench.run(*words, "--shard", f"{number}/2").check(1)
    bench.end(bench.start("merge", "out.parquet", *parts)).check(0)
    retry(bench, "out.parquet").check(
        2, "was merged", "part-0.parquet, part-1.parquet", "remove out.parquet", "merge them again"
    )
    model.again(words="First words")
    for part in parts:
        retry(bench, part).check(0)
    (bench.folder / "out.parquet").unlink()
    bench.end(bench.start("merge", "out.parquet", *parts)).check(0)
    assert sorted(model.asked) == sorted(DECLINED)
    bench.run(*words_for(bench.serve(Model()), "in.parquet", "whole.parquet")).check(0)
    merged, whole = (pq.read_table(bench.folder / f"{n}.parquet") for n in ("out", "whole"))
    assert merged.equals(whole)
    shutil.rmtree(bench.folder / "photos")
