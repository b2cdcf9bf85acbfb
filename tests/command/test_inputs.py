"""What may be given as INPUT, and what each kind of it becomes."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from PIL import Image

from captioner.endpoint import AskedRequest, ScriptedReply

if TYPE_CHECKING:
    from tests.command.conftest import Bench

TOKEN = "<__dj__image>"
EOC = "<|__dj__eoc|>"


def by_size(asked: AskedRequest) -> ScriptedReply:
    """A caption that tells the pictures of a test apart: their width."""
    return ScriptedReply(f"{Image.open(io.BytesIO(asked.image_bytes)).width} wide")


def test_a_folder_of_photos(bench: Bench) -> None:
    """One row a photo, in sorted order, with image and caption and nothing that must be stripped;
    what is no photo is skipped, and said where it looks like one."""
    photos = bench.folder / "photos"
    for number, name in enumerate(["b.png", "a/z.png", "a/y.png", "c.png"]):
        bench.picture(f"photos/{name}", number)
    for name in (".hidden/x.png", "@eaDir/x.png", "__MACOSX/x.png", "._b.png"):
        bench.picture(f"photos/{name}")
    (photos / "raw.heic").write_bytes(b"x")
    (photos / "notes.md").write_text("x")
    ended = bench.run("photos", "captions.jsonl", "--rehearse", "--mode", "caption")
    ended.check(0, ".heic", "convert to JPEG", "Rehearsal", "captions.summary.json")
    assert ended.out == ""
    rows = bench.rows("captions.jsonl")
    assert [row["image"] for row in rows] == ["a/y.png", "a/z.png", "b.png", "c.png"]
    for row in rows:
        assert row["caption"].strip() == row["caption"] != ""
        assert "24 by 16" in row["caption"]
        for mark in ("Q:", "A:", TOKEN, EOC):
            assert mark not in row["caption"]
        assert {"image", "caption", "verdict", "sample", "placeholder"} == set(row)
    ledger = "captions.ledger.rehearsal.sqlite"
    assert bench.names() == {"photos", "captions.jsonl", "captions.summary.json", ledger}
    summary = bench.summary("captions.summary.json")
    assert summary["rehearsal"] is True
    assert summary["image_base"] == str(photos)


def test_the_hint_at_captions_comes_where_it_helps(bench: Bench) -> None:
    """A folder with neither mode nor prompt set: said once that pairs come, and how captions do."""
    bench.photos(1)
    bench.write("in.jsonl", {"text": TOKEN, "images": ["photos/000.png"]})
    plain, moded, prompted, samples = bench.run_all(
        ("photos", "1.jsonl", "--rehearse"),
        ("photos", "2.jsonl", "--rehearse", "--mode", "description"),
        ("photos", "3.jsonl", "--rehearse", "--user-prompt", "What is it?"),
        ("in.jsonl", "4.jsonl", "--rehearse"),
    )
    assert plain.check(0).err.count("--mode caption writes captions") == 1
    for ended in (moded, prompted, samples):
        assert "--mode caption" not in ended.check(0).err


@pytest.mark.parametrize("kind", ["plain", "gz", "zst"])
def test_samples_of_several_shapes(bench: Bench, kind: str) -> None:
    """Originals stand byte for byte before what was generated; compression changes nothing."""
    for width in (10, 20, 30):
        bench.picture(f"in/{width}.png", width, (width, 8))
    lines = [
        '{"text" : "<__dj__image> one", "images": ["10.png"], "own":  1.50}',
        f'{{"text": "{TOKEN}{EOC} {EOC}x {TOKEN}", "images": ["20.png", "30.png", "10.png"]}}',
        '{"text": "no images here"}',
        '{"images": "30.png", "text": "<__dj__image>"}',
    ]
    content = "".join(f"{line}\n" for line in lines).encode()
    if kind == "gz":
        content = gzip.compress(content)
    elif kind == "zst":
        content = zstandard.ZstdCompressor().compress(content)
    name = "in/s.jsonl" if kind == "plain" else f"in/s.jsonl.{kind}"
    (bench.folder / name).write_bytes(content)
    served = bench.serve(by_size)
    ended = bench.run(name, "out.jsonl", "--base-url", served.base_url, "--captions-key", "caps")
    ended.check(0)
    written = (bench.folder / "out.jsonl").read_text().splitlines()
    assert [written[0], written[2], written[4], written[5]] == lines
    generated = [json.loads(written[at]) for at in (1, 3, 6)]
    assert [row["text"] for row in generated] == [
        f"{TOKEN} 10 wide {EOC}",
        f"{TOKEN} 20 wide {EOC}{TOKEN} 30 wide {EOC}",
        f"{TOKEN} 30 wide {EOC}",
    ]
    assert [row["caps"] for row in generated] == [["10 wide"], ["20 wide", "30 wide"], ["30 wide"]]
    assert generated[0]["own"] == 1.5
    assert bench.summary()["counts"]["unused_images"] == 1


def test_a_list_of_paths(bench: Bench) -> None:
    """Relative paths start at the list's folder; one row a line, in its order."""
    bench.picture("lists/sub/a.png", 1)
    far = bench.picture("far/b.png", 2)
    (bench.folder / "lists/all.txt").write_text(f"{far}\n\nsub/a.png\n")
    bench.run("lists/all.txt", "out.jsonl", "--rehearse").check(0)
    assert [row["image"] for row in bench.rows("out.jsonl")] == [str(far), "sub/a.png"]
    assert all(row["caption"] for row in bench.rows("out.jsonl"))
    assert bench.summary()["image_base"] == str(bench.folder / "lists")


def test_one_photo(bench: Bench) -> None:
    """A single image is a folder of one."""
    photo = bench.picture("a.png")
    bench.run(photo, "out.jsonl", "--rehearse").check(0)
    assert [row["image"] for row in bench.rows("out.jsonl")] == ["a.png"]


def test_image_base_is_where_relative_paths_start(bench: Bench) -> None:
    """Set, it wins over the input's folder; summary and failures name it, absolute."""
    bench.picture("pool/a.png")
    bench.write(
        "lists/in.jsonl",
        {"text": TOKEN, "images": ["a.png"]},
        {"text": TOKEN, "images": ["gone.png"]},
    )
    ended = bench.run("lists/in.jsonl", "out.jsonl", "--rehearse", "--image-base", "pool")
    ended.check(1, "missing_image")
    base = str(bench.folder / "pool")
    assert bench.summary()["image_base"] == base
    failures = bench.rows("out.failures.jsonl")
    assert [failure["image_base"] for failure in failures] == [base]
    assert bench.summary()["counts"]["captions"] == 1


def test_rows_and_placeholders_follow_the_input(bench: Bench) -> None:
    """Samples: only written placeholders count, rows are samples; both can be set."""
    bench.photos(1)
    sample = {"text": "look", "images": ["photos/000.png"], "id": 7}
    bench.write("in.jsonl", sample)
    (bench.folder / "in.txt").write_text("photos/000.png\n")
    served = bench.serve(lambda _: ScriptedReply("seen"))
    at = ("--base-url", served.base_url)
    bare, added, captions, samples = bench.run_all(
        ("in.jsonl", "1.jsonl", *at),
        ("in.jsonl", "2.jsonl", *at, "--placeholders", "add"),
        ("in.jsonl", "3.jsonl", *at, "--placeholders", "add", "--rows", "captions"),
        ("in.txt", "4.jsonl", *at, "--rows", "samples"),
    )
    # Warned, because images without any placeholder are hardly ever meant.
    bare.check(0, "placeholders=add")
    assert bench.rows("1.jsonl") == [sample]
    assert any("placeholders=add" in text for text in bench.summary("1.summary.json")["warnings"])
    for ended in (added, captions, samples):
        assert "placeholders=add" not in ended.check(0).err
    assert bench.rows("2.jsonl") == [sample, {**sample, "text": f"{TOKEN} seen {EOC}"}]
    assert bench.rows("3.jsonl") == [
        {"image": "photos/000.png", "caption": "seen", "verdict": "ok", "sample": 0}
        | {"placeholder": 0, "id": 7}
    ]
    assert [row.get("text") for row in bench.rows("4.jsonl")] == [None, f"{TOKEN} seen {EOC}"]


def test_an_empty_input_is_a_finished_run(bench: Bench) -> None:
    """No sample: status 0, an empty output, and a note about it."""
    bench.write("empty.jsonl")
    bench.write("blank.jsonl", "", " ")
    bench.write("empty.txt")
    (bench.folder / "folder").mkdir()
    names = ("empty.jsonl", "blank.jsonl", "empty.txt", "folder")
    ends = bench.run_all(*((name, f"of-{name}.jsonl", "--rehearse") for name in names))
    for name, ended in zip(names, ends, strict=True):
        ended.check(0, "Complete: 0 captions for 0 samples")
        assert (bench.folder / f"of-{name}.jsonl").read_bytes() == b""
        assert bench.summary(f"of-{name}.summary.json")["counts"]["samples"] == 0
    assert "empty.jsonl is empty" in ends[0].err
    assert "no image found" in ends[3].err


def upright_photo(orientation: int) -> bytes:
    """A picture that is red on top and blue below once its orientation is obeyed."""
    upright = Image.new("RGB", (64, 48), "blue")
    upright.paste("red", (0, 0, 64, 16))
    # A green corner tells a mirrored picture from a turned one.
    upright.paste("lime", (0, 32, 16, 48))
    turned = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if turned is None else upright.transpose(turned)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = io.BytesIO()
    stored.save(content, "JPEG", exif=exif, quality=95)
    return content.getvalue()


def test_photos_arrive_upright(bench: Bench) -> None:
    """Each of the eight orientations: what the endpoint gets shows the scene the right way up."""
    photos = bench.folder / "photos"
    photos.mkdir()
    for orientation in range(1, 9):
        (photos / f"{orientation}.jpg").write_bytes(upright_photo(orientation))
    served = bench.serve()
    bench.run("photos", "out.jsonl", "--base-url", served.base_url, "--mode", "caption").check(0)
    assert len(served.asked) == 8
    for asked in served.asked:
        picture = Image.open(io.BytesIO(asked.image_bytes))
        assert picture.size == (64, 48)
        assert picture.getexif().get(0x0112, 1) == 1
        seen = [picture.convert("RGB").getpixel(at) for at in ((8, 4), (56, 4), (8, 44), (56, 44))]
        assert [_nearest(pixel) for pixel in seen] == ["red", "red", "lime", "blue"]
    # What lay right already goes as it is.
    assert upright_photo(1) in [asked.image_bytes for asked in served.asked]
    assert bench.summary()["images"]["converted"] == 7


def _nearest(pixel: Any) -> str:
    named = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255)}
    return min(
        named, key=lambda name: sum(abs(a - b) for a, b in zip(pixel, named[name], strict=True))
    )
