"""Hugging Face data sets get two columns, and nothing else about them changes."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import datasets
import pytest
from PIL import Image

from captioner import ConfigError, RunStopped
from captioner.endpoint import EndpointOptions, RehearsalEndpoint
from captioner.events import AttemptStarted, Event
from captioner.integrations.datasets import caption

SETTINGS: dict[str, Any] = {"base_url": "embedded", "mode": "caption"}
STRING = datasets.Value("string")


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    """An endpoint that stays, so that what was paid there can be found again."""
    async with RehearsalEndpoint(EndpointOptions()) as opened:
        yield opened.base_url


def _png(number: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (20, 20), (10 * number % 256, 90, number // 25)).save(content, "PNG")
    return content.getvalue()


def _rows(count: int) -> dict[str, list[Any]]:
    return {
        "id": list(range(count)),
        "image": [{"bytes": _png(n), "path": None} for n in range(count)],
        "text": ["alt <__dj__image> text"] * count,
    }


FEATURES = datasets.Features(
    {"id": datasets.Value("int32"), "image": datasets.Image(), "text": STRING}
)


def _dataset(count: int = 12) -> Any:
    return datasets.Dataset.from_dict(_rows(count), features=FEATURES)


def test_rows_and_order_stay() -> None:
    """Also of a selection; a row without an image has nulls, and a broken image says so."""
    rows = _rows(6)
    rows["image"][2] = None
    rows["image"][4] = {"bytes": b"no image", "path": None}
    given = datasets.Dataset.from_dict(rows, features=FEATURES).select([5, 4, 2, 0])
    captioned = caption(given, **SETTINGS)
    assert captioned.features == {**FEATURES, "caption": STRING, "verdict": STRING}
    assert captioned["id"][:] == [5, 4, 2, 0]
    assert captioned["verdict"][:] == ["ok", "failed", None, "ok"]
    captions = captioned["caption"][:]
    assert captions[1:3] == [None, None]
    assert isinstance(captions[0], str)
    assert captions[0] != captions[3]
    before, after = (ds.with_format("arrow")[:] for ds in (given, captioned))
    assert after.select(list(FEATURES)).equals(before)
    assert captioned[0]["image"].size == (20, 20)


async def test_it_works_inside_a_running_loop() -> None:
    """As in a notebook, whose cells run in one."""
    assert asyncio.get_running_loop().is_running()
    captioned = caption(_dataset(3), **SETTINGS)
    assert all(captioned["caption"])


def _sent(events: list[Event]) -> int:
    return sum(isinstance(event, AttemptStarted) for event in events)


async def test_a_stream_is_captioned_while_it_is_read(base_url: str) -> None:
    """The same captions as of the data set; a second pass asks for nothing."""
    given = _dataset()
    settings = {**SETTINGS, "base_url": base_url}
    whole = await asyncio.to_thread(lambda: caption(given, **settings))
    events: list[Event] = []
    stream = caption(given.to_iterable_dataset(num_shards=3), observer=events.append, **settings)
    assert events == []
    assert stream.features == whole.features
    first = await asyncio.to_thread(list, stream)
    assert [row["id"] for row in first] == list(range(12))
    assert [row["caption"] for row in first] == whole["caption"][:]
    assert [row["image"].tobytes() for row in first] == [row["image"].tobytes() for row in whole]
    assert _sent(events) == 12
    again = await asyncio.to_thread(list, stream)
    assert [row["caption"] for row in again] == whole["caption"][:]
    assert _sent(events) == 12


def test_leaving_early_leaves_nothing_behind() -> None:
    """The threads end with the loop that took the rows."""
    before = set(threading.enumerate())
    stream = caption(_dataset(40).to_iterable_dataset(), **SETTINGS)
    rows = list(stream.take(2))
    assert [row["id"] for row in rows] == [0, 1]
    left = [thread for thread in set(threading.enumerate()) - before if "captioner" in thread.name]
    for thread in left:
        thread.join(5)
    assert not any(thread.is_alive() for thread in left)


def test_a_stream_without_features() -> None:
    """Rows from a generator are given on as they came."""

    def rows() -> Any:
        for number in range(3):
            yield {"n": number, "image": _png(number)}

    stream = caption(datasets.IterableDataset.from_generator(rows), **SETTINGS)
    found = list(stream)
    assert [row["n"] for row in found] == [0, 1, 2]
    assert all(isinstance(row["caption"], str) for row in found)
    assert found[1]["image"] == _png(1)


async def test_a_dict_of_splits(base_url: str) -> None:
    """Each split is captioned; one image asked for twice is paid once."""
    events: list[Event] = []
    splits = datasets.DatasetDict({"train": _dataset(3), "test": _dataset(2)})
    settings = {**SETTINGS, "base_url": base_url, "observer": events.append}
    captioned = await asyncio.to_thread(lambda: caption(splits, **settings))
    assert isinstance(captioned, datasets.DatasetDict)
    assert captioned["test"]["caption"][:] == captioned["train"]["caption"][:2]
    assert _sent(events) == 3


def test_columns_that_do_not_fit() -> None:
    """Said before anything is paid."""
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: _dataset(1).rename_column("text", "caption"), "a column 'caption' already"),
        (lambda: _dataset(1).remove_columns("image"), "no column 'images'.*it has id, text"),
        (lambda: [1, 2], "not list"),
    ]
    for make, words in cases:
        with pytest.raises(ConfigError, match=words):
            caption(make(), **SETTINGS)
    with pytest.raises(ConfigError, match="no column 'x'; it has id"):
        caption(_dataset(1), image_column="x", **SETTINGS)


def test_a_run_that_cannot_go_on_says_so() -> None:
    """Nobody listens at this address."""
    with pytest.raises(RunStopped):
        caption(_dataset(1), base_url="http://127.0.0.1:9/v1", model="m", patience_s=0)
