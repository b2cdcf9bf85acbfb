"""Captions in text files beside the images, as a real process."""

from __future__ import annotations

import io
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from captioner.endpoint import AskedRequest, ScriptedReply

if TYPE_CHECKING:
    from tests.command.conftest import Bench

SUFFIXES = ("jpg", "png", "webp", "gif", "bmp", "tiff", "jpeg")


def by_colour(asked: AskedRequest) -> ScriptedReply:
    """Two lines that tell the pictures apart; those with much blue in them are refused."""
    picture = Image.open(io.BytesIO(asked.image_bytes)).convert("RGB")
    red, green, blue = picture.getpixel((1, 1))  # type: ignore[misc]
    if blue > 150:
        return ScriptedReply(refusal="No.")
    return ScriptedReply(f"a field\nof {red // 8} and {green}")


def mixed(bench: Bench, count: int, first: int = 0) -> Path:
    """Photos of mixed formats in three folders, each of a size of its own."""
    for number in range(first, first + count):
        suffix = SUFFIXES[number % len(SUFFIXES)]
        size = (16 + number % 30, 16 + number // 30)
        bench.picture(f"photos/{number % 3}/{number:04}.{suffix}", number, size)
    return bench.folder / "photos"


def texts(folder: Path, suffix: str = ".txt") -> dict[str, str]:
    """All sidecars below a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob(f"*{suffix}")}


def test_five_hundred_photos_and_ten_more(bench: Bench) -> None:
    """A folder of mixed formats, run twice with ten new ones in between: ten requests. Nothing of
    what was there is touched, and nothing else is in the way of who trains on it."""
    photos = mixed(bench, 500)
    served = bench.serve()
    words = (photos, photos, "--sidecar", "--base-url", served.base_url, "--mode", "caption")
    bench.run(*words).check(0, "Complete: 500 captions")
    assert served.stats.requests == 500
    first = texts(photos)
    times = {path: path.stat().st_mtime_ns for path in photos.rglob("*.txt")}
    assert len(first) == 500
    assert all(text and "\n" not in text for text in first.values())
    mixed(bench, 10, first=500)
    bench.run(*words).check(0, "500 of 510 have a sidecar: skipped", "Complete: 10 captions")
    assert served.stats.requests == 510
    assert len(texts(photos)) == 510
    assert texts(photos).items() >= first.items()
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert bench.names() == {"photos"}
    assert {path.name for path in photos.iterdir()} == {"0", "1", "2", ".captioner"}
    names = {path.suffix for path in photos.rglob("*/*") if ".captioner" not in path.parts}
    assert names == {".txt", *(f".{suffix}" for suffix in SUFFIXES)}
    bench.run(*words).check(0)
    assert served.stats.requests == 510


def test_one_line_with_words_around_it(bench: Bench) -> None:
    """Another folder is a mirror; a failure has no file, is in the failures, and asked for again
    where that may help."""
    bench.picture("photos/a.png", 1, (16, 16))
    blue = bench.folder / "photos/b.png"
    Image.new("RGB", (16, 16), (8, 8, 200)).save(blue)
    (bench.folder / "photos/c.png").write_bytes(b"no image")
    served = bench.serve(by_colour)
    words = ("photos", "texts", "--base-url", served.base_url, "--max-failed-share", 1)
    around = ("--prefix", "ohwx,", "--suffix", ", by me", "--sidecar-ext", ".caption")
    bench.run("--sidecar", *words, *around).check(0, "1 caption for 3 samples")
    assert texts(bench.folder / "texts", ".caption") == {
        "a.caption": "ohwx, a field of 0 and 0, by me"
    }
    ended = bench.end(bench.start("failures", "texts"))
    assert "unsupported_image" in ended.check(0).out
    failures = bench.rows("texts/.captioner/failures.jsonl")
    assert [(line["image"], line["reason"]) for line in failures] == [
        ("b.png", "refused"),
        ("c.png", "unsupported_image"),
    ]
    bench.picture("photos/c.png", 251, (16, 16))
    bench.run(*words, *around, "--sidecar=skip").check(0, "1 of 3 has a sidecar")
    assert texts(bench.folder / "texts", ".caption")["c.caption"] == (
        "ohwx, a field of 0 and 1, by me"
    )
    assert len(bench.rows("texts/.captioner/failures.jsonl")) == 1


def test_two_images_of_one_name(bench: Bench) -> None:
    """Both are named, with status 2; nothing was sent, and nothing made."""
    bench.picture("photos/sub/a.png")
    bench.picture("photos/sub/a.jpg")
    served = bench.serve()
    words = ("photos", "photos", "--sidecar", "--base-url", served.base_url)
    bench.run(*words).check(2, "sub/a.jpg", "sub/a.png", "rename")
    assert served.stats.requests == 0
    assert {path.name for path in (bench.folder / "photos").iterdir()} == {"sub"}


def test_what_cannot_be_said(bench: Bench) -> None:
    """Companions without --sidecar, a mode that is none, an input without images."""
    bench.photos(1)
    bench.write("in.jsonl", {"text": "x"})
    for words, said in (
        (("photos", "o.jsonl", "--prefix", "x"), "--prefix is for sidecars: add --sidecar"),
        (("photos", "photos", "--sidecar=all"), "skip, overwrite, append, prepend"),
        (("photos", "photos", "--sidecar", "--sidecar-ext", ".png"), "that of images"),
        (("in.jsonl", "photos", "--sidecar"), "folder of images"),
        (("photos", "-", "--sidecar"), "must be a folder"),
    ):
        bench.run(*words, "--rehearse").check(2, said)


def test_killed_and_started_again(bench: Bench) -> None:
    """After kill -9 in the middle: each file is whole or not there, what was written is not paid
    again, and the second run completes it."""
    photos = bench.photos(60)
    served = bench.serve(latency_s=0.02)
    words = ("photos", "photos", "--sidecar", "--base-url", served.base_url, "--concurrency", 4)
    process = bench.start("run", *words)
    bench.until(lambda: len(list(photos.glob("*.txt"))) >= 20)
    process.send_signal(signal.SIGKILL)
    bench.end(process)
    first = texts(photos)
    assert 20 <= len(first) < 60
    paid = served.stats.requests
    bench.run(*words).check(0, f"{len(first)} of 60 have a sidecar")
    assert texts(photos).items() >= first.items()
    assert len(texts(photos)) == 60
    assert served.stats.requests <= 60 + 4
    assert served.stats.requests - paid <= 60 - len(first)


def test_adding_is_done_once(bench: Bench) -> None:
    """Killed in the middle of adding, and started again: every text has the new words once; what
    was paid for is not asked again."""
    photos = bench.photos(40)
    for number in range(0, 40, 2):
        (photos / f"{number:03}.txt").write_text("1girl, hat")
    served = bench.serve(lambda _: ScriptedReply("a sight"), latency_s=0.02)
    words = ("photos", "photos", "--sidecar", "prepend", "--base-url", served.base_url)
    process = bench.start("run", *words, "--concurrency", 4)
    bench.until(
        lambda: (
            "a sight" in (photos / "015.txt").read_text()
            if (photos / "015.txt").exists()
            else False
        )
    )
    process.send_signal(signal.SIGKILL)
    bench.end(process)
    bench.run(*words, "--concurrency", 4).check(0, "were added to already")
    for number in range(40):
        wanted = "a sight, 1girl, hat" if number % 2 == 0 else "a sight"
        assert (photos / f"{number:03}.txt").read_text() == wanted
    assert served.stats.requests <= 44
    bench.run(*words).check(0)
    assert (photos / "001.txt").read_text() == "a sight, a sight"


def test_overwriting_pays_for_nothing_again(bench: Bench) -> None:
    """The same captions once more come from the ledger."""
    photos = bench.photos(5)
    served = bench.serve()
    words = ("photos", "photos", "--base-url", served.base_url)
    bench.run(*words, "--sidecar").check(0)
    before = texts(photos)
    bench.run(*words, "--sidecar", "overwrite", "--prefix", "x").check(0)
    assert served.stats.requests == 5
    assert texts(photos) == {name: f"x {text}" for name, text in before.items()}
