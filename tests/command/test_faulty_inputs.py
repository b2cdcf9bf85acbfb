"""Images and samples that are of no use: each costs itself, and nobody else a caption."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.command.conftest import Bench

TOKEN = "<__dj__image>"


def test_unusable_images_fail_alone(bench: Bench) -> None:
    """Missing, empty, cut, no image at all, a folder, an endless link, a pipe's place: each is
    recorded with its own reason, and every other photo has its caption."""
    whole = bench.picture("p/whole.png", 3, (200, 200))
    noise = bytes(range(256)) * 40
    (bench.folder / "p/cut.png").write_bytes(whole.read_bytes()[:-40])
    (bench.folder / "p/empty.jpg").write_bytes(b"")
    (bench.folder / "p/noise.jpg").write_bytes(noise)
    (bench.folder / "p/page.jpg").write_text("<!doctype html><html></html>")
    (bench.folder / "p/folder.jpg").mkdir()
    (bench.folder / "p/loop.jpg").symlink_to("loop.jpg")
    names = [
        ("missing.jpg", "missing_image", "no such file"),
        ("empty.jpg", "unreadable_image", "0 bytes"),
        ("cut.png", "unreadable_image", "cut.png"),
        ("noise.jpg", "unsupported_image", "noise.jpg"),
        ("page.jpg", "unsupported_image", "HTML"),
        ("folder.jpg", "unreadable_image", "is a folder"),
        ("loop.jpg", "unreadable_image", "loop.jpg"),
        ("/dev/null", "unreadable_image", "no regular file"),
        ("ftp://host/a.jpg", "image_refused", "--allow-private-urls"),
        ("", "missing_image", "path is empty"),
    ]
    images: list[str] = []
    for number, (name, _, _) in enumerate(names):
        bench.picture(f"p/good{number}.png", number)
        images += [f"good{number}.png", name]
    bench.write("p/in.jsonl", *({"text": TOKEN, "images": [image]} for image in images))
    ended = bench.run("p/in.jsonl", "out.jsonl", "--rehearse", "--rows", "captions")
    ended.check(1, "Failed: 10 placeholders", "missing_image", "Check the path")
    rows = bench.rows("out.jsonl")
    assert [row["image"] for row in rows] == images
    assert [bool(row["caption"]) for row in rows] == [True, False] * len(names)
    assert {row["verdict"] for row in rows if not row["caption"]} == {"failed"}
    failures = bench.rows("out.failures.jsonl")
    assert [failure["sample"] for failure in failures] == list(range(1, 20, 2))
    for failure, (name, reason, words) in zip(failures, names, strict=True):
        assert (failure["image"], failure["reason"]) == (name, reason), failure
        assert words in failure["detail"]
        assert failure["help"]
        assert failure["attempts"] == 0
        assert failure["record"] == {"text": TOKEN, "images": [name]}
        assert failure["image_base"] == str(bench.folder / "p")


def test_malformed_samples_fail_alone(bench: Bench) -> None:
    """Each keeps its row and is recorded; a line that is no JSON object has no row, and its
    number is told. Nothing of a malformed sample is sent."""
    bench.photos(2)
    good = {"text": TOKEN, "images": ["photos/000.png"]}
    malformed = [
        {"text": f"{TOKEN}{TOKEN}", "images": ["photos/001.png"]},
        {"text": 7, "images": ["photos/001.png"]},
        {"text": TOKEN, "images": 7},
        {"text": TOKEN, "images": {"path": "photos/001.png"}},
        {"images": ["photos/001.png"]},
    ]
    bench.write("in.jsonl", good, *malformed, '{"text": "cut', "[1, 2]", "", good)
    served = bench.serve()
    ended = bench.run("in.jsonl", "out.jsonl", "--base-url", served.base_url)
    ended.check(1, "malformed", "not_json", "5 malformed samples", "2 lines that are no JSON")
    rows = bench.rows("out.jsonl")
    assert [rows[0], *rows[2:8]] == [good, *malformed, good]
    assert len(rows) == 9
    failures = bench.rows("out.failures.jsonl")
    assert [failure["sample"] for failure in failures] == [1, 2, 3, 4, 5, 6, 7]
    assert [failure["reason"] for failure in failures] == ["malformed"] * 5 + ["not_json"] * 2
    assert [failure.get("record") for failure in failures[:5]] == malformed
    assert [failure["where"] for failure in failures[5:]] == ["line 7", "line 8"]
    assert failures[6]["text"] == "[1, 2]"
    assert served.stats.requests == 1
    counts = bench.summary()["counts"]
    assert (counts["malformed"], counts["not_json"], counts["captions"]) == (5, 2, 2)


def test_a_damaged_archive_gives_what_is_whole(bench: Bench) -> None:
    """A compressed file that was cut: the lines before the damage are captioned, and it is said."""
    import gzip

    bench.photos(40)
    rows = [{"text": TOKEN, "images": [f"photos/{n:03}.png"], "i": n * 7919} for n in range(40)]
    whole = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
    (bench.folder / "in.jsonl.gz").write_bytes(whole[: len(whole) * 3 // 4])
    bench.run("in.jsonl.gz", "out.jsonl", "--rehearse").check(1, "damaged")
    written = bench.rows("out.jsonl")
    assert 10 < len(written) < 80
    assert written[::2] == rows[: len(written) // 2]


def test_max_failed_share_decides_the_status(bench: Bench) -> None:
    """Half of the captions fail: that is fine only where it was allowed; the failures are told."""
    bench.photos(1)
    images = ["photos/000.png", "gone.png"]
    bench.write("in.jsonl", *({"text": TOKEN, "images": [image]} for image in images))
    statuses = {"0.5": 0, "0.49": 1, "0": 1}
    ends = bench.run_all(
        *(
            ("in.jsonl", f"{share}.jsonl", "--rehearse", "--max-failed-share", share)
            for share in statuses
        )
    )
    for ended, (share, status) in zip(ends, statuses.items(), strict=True):
        ended.check(status, "missing_image")
        assert bench.summary(f"{share}.summary.json")["exit_status"] == status
        assert len(bench.rows(f"{share}.failures.jsonl")) == 1


def test_a_run_in_which_everything_fails_stops(bench: Bench) -> None:
    """The first hundred placeholders all fail alike: stopped with a verdict, and once the cause
    is mended the same command begins anew and captions them too."""
    bench.write("in.jsonl", *({"text": TOKEN, "images": [f"p/{n:03}.png"]} for n in range(120)))
    words = ("in.jsonl", "out.jsonl", "--rehearse", "--rows", "captions")
    bench.run(*words).check(3, "all_failed", "first 100 placeholders", "missing_image")
    assert "out.jsonl" not in bench.names()
    summary = bench.summary()
    assert (summary["status"], summary["verdict"]) == ("stopped", "all_failed")
    assert {failure["help"] != "" for failure in bench.rows("out.failures.jsonl")} == {True}
    bench.photos(120, "p")
    bench.run(*words).check(0)
    assert all(row["caption"] for row in bench.rows("out.jsonl"))
    assert len(bench.rows("out.jsonl")) == 120
    assert "out.failures.jsonl" not in bench.names()
