"""Names in a spool, and what is decided by them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.formats.state_files import StateFiles
from captioner.worker.spool_names import (
    Unchanged,
    Waiting,
    claim_of,
    fair,
    folder_format,
    is_ignored,
    output_name,
    profile_of,
    reason_name,
    relocated,
)

_NAMES = st.text(
    st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=60
).filter(lambda name: not is_ignored(name))
_PROFILES = st.from_regex(r"([a-z0-9][a-z0-9_-]{0,9})?", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "is_folder", "output"),
    [
        ("a.jsonl", False, "a.jsonl"),
        ("a.jsonl.gz", False, "a.jsonl"),
        ("a.NDJSON.zst", False, "a.NDJSON"),
        ("a.parquet", False, "a.parquet"),
        ("a.csv", False, "a.csv"),
        ("a.csv.gz", False, "a.csv.gz.jsonl"),
        ("a.tar", False, "a.tar"),
        ("list.txt", False, "list.txt.jsonl"),
        ("lake.jpg", False, "lake.jpg.jsonl"),
        ("photos.images", True, "photos.jsonl"),
        ("rows.parquet", True, "rows"),
        ("set.datasets", True, "set"),
        ("tars.webdataset", True, "tars"),
    ],
)
def test_what_an_output_is_called(name: str, is_folder: bool, output: str) -> None:
    """An output is called like what was dropped where its format can be written."""
    assert output_name(name, is_folder=is_folder) == output


@pytest.mark.parametrize("name", [".hidden", "a.jsonl.part", "b.TMP", "c.partial"])
def test_names_of_what_is_still_written(name: str) -> None:
    """What is hidden or half written is no work yet."""
    assert is_ignored(name)


def test_folders_that_are_work() -> None:
    """Only a folder whose suffix says its format is work; others hold what files name."""
    assert folder_format("photos.images") == "images"
    assert folder_format("photos") is None
    assert folder_format("a.jsonl") is None


@given(_PROFILES, _NAMES, _NAMES, st.booleans(), st.booleans())
def test_who_would_write_the_same_files_has_the_same_claim(
    profile: str, one: str, other: str, one_is_folder: bool, other_is_folder: bool
) -> None:
    """Two of which a file beside the output has one name can never be worked on at once."""
    beside = [
        StateFiles.of(f"/out/{output_name(name, is_folder=is_folder)}").failures
        for name, is_folder in ((one, one_is_folder), (other, other_is_folder))
    ]
    claims = [
        claim_of(profile, one, is_folder=one_is_folder),
        claim_of(profile, other, is_folder=other_is_folder),
    ]
    if beside[0] == beside[1]:
        assert claims[0] == claims[1]
    assert profile_of(claims[0]) == profile
    assert "/" not in claims[0]


@given(_PROFILES, st.text("äb", min_size=1, max_size=255))
def test_no_name_is_too_long_for_a_claim(profile: str, name: str) -> None:
    """Claims and reasons of the longest names still fit into 255 bytes."""
    assert len(claim_of(profile, name, is_folder=False).encode()) < 240
    assert len(reason_name(name).encode()) < 240


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 9)), max_size=9), st.integers(0, 9))
def test_claims_are_taken_fairly(drops: list[tuple[str, float]], most: int) -> None:
    """No profile has two more in hand than another that still waits, and the oldest goes first."""
    waiting = [
        Waiting(profile, str(number), False, "", since_s)
        for number, (profile, since_s) in enumerate(drops)
    ]
    chosen = fair(waiting, {}, most)
    assert len(chosen) == min(most, len(waiting))
    counts = Counter(each.profile for each in chosen)
    left = Counter(each.profile for each in waiting) - counts
    for profile in left:
        assert all(counts[profile] >= count - 1 for count in counts.values())
    for profile in "ab":
        ages = [each.since_s for each in chosen if each.profile == profile]
        assert (
            ages == sorted(each.since_s for each in waiting if each.profile == profile)[: len(ages)]
        )


def test_what_is_in_hand_counts() -> None:
    """A profile that a worker is busy with already waits for the others."""
    waiting = [Waiting(profile, "x", False, "", 0.0) for profile in ("a", "b")]
    assert [each.profile for each in fair(waiting, {"a": 1}, 1)] == ["b"]


def test_how_long_something_is_unchanged() -> None:
    """The time runs from when a state was first seen, anew with each change."""
    unchanged = Unchanged()
    assert unchanged.for_s("x", 1, 10.0) == 0
    assert unchanged.for_s("x", 1, 14.0) == 4
    assert unchanged.for_s("x", 2, 15.0) == 0
    unchanged.keep_only(())
    assert unchanged.for_s("x", 2, 20.0) == 0


@given(st.recursive(st.text("/ab", max_size=6) | st.integers(), st.lists))
def test_only_paths_below_move(value: Any) -> None:
    """What is no path below one that moved stays as it is."""
    moved = relocated(value, [("/spool/x/in", "/done")])
    assert moved == value
    assert relocated({"a": ["/spool/x/in/b", "/spool/x/inner"]}, [("/spool/x/in", "/done")]) == {
        "a": ["/done/b", "/spool/x/inner"]
    }
