"""Saved data sets: what `datasets` saves is read, and what is written it loads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from captioner.errors import ConfigError
from captioner.formats.choose import open_sink, open_source
from captioner.formats.datasets import hub_table

Run = Callable[..., list[str]]
Jpeg = Callable[[int], bytes]

FEATURES = datasets.Features(
    {
        "image": datasets.Image(),
        "label": datasets.ClassLabel(names=["cat", "dog"]),
        "boxes": datasets.List({"x": datasets.Value("float32")}),
        "seen": datasets.Value("timestamp[ns]"),
    }
)


def _dataset(jpeg: Jpeg, rows: int, first: int = 0) -> Any:
    numbers = range(first, first + rows)
    return datasets.Dataset.from_dict(
        {
            "image": [{"bytes": jpeg(n), "path": None} for n in numbers],
            "label": [n % 2 for n in numbers],
            "boxes": [[{"x": n / 2}] * (n % 3) for n in numbers],
            "seen": [n * 10**9 + 1 for n in numbers],
        },
        features=FEATURES,
        info=datasets.DatasetInfo(description="pictures", features=FEATURES, license="CC0"),
    )


def _captions(jpeg: Jpeg, numbers: range) -> list[str | None]:
    return [
        None if at % 7 == 6 else f"seen {hashlib.md5(jpeg(number)).hexdigest()}"
        for at, number in enumerate(numbers)
    ]


def test_a_saved_dataset(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """`load_from_disk` has the old columns with their features, and the new ones behind."""
    given = _dataset(jpeg, 20)
    given.save_to_disk(tmp_path / "in", num_shards=3)
    notes = run(tmp_path / "in", tmp_path / "out")
    assert notes == [
        f"{tmp_path / 'in'}: 3 Arrow files of a saved data set",
        "images are taken from column 'image'",
    ]
    loaded: Any = datasets.load_from_disk(tmp_path / "out")
    new = {"caption": "string", "verdict": "string", "sample": "int64", "placeholder": "int32"}
    assert loaded.features == {
        **FEATURES,
        **{name: datasets.Value(kind) for name, kind in new.items()},
    }
    assert loaded.info.description == "pictures"
    assert loaded.info.license == "CC0"
    assert loaded["caption"][:] == _captions(jpeg, range(20))
    kept = loaded.select_columns(list(FEATURES)).with_format("arrow")[:]
    assert kept.equals(given.with_format("arrow")[:])
    assert loaded[0]["image"].size == (8, 8)
    names = [f"data-{n:05d}-of-00003.arrow" for n in range(3)]
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {*names, "dataset_info.json", "state.json"}
    rows = [len(datasets.Dataset.from_file(str(tmp_path / "out" / name))) for name in names]
    assert rows == [7, 7, 6]


def test_a_dict_of_splits(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """All splits are one input, and come out as splits, after kills too."""
    given = datasets.DatasetDict({"train": _dataset(jpeg, 10), "test": _dataset(jpeg, 4, 50)})
    given.save_to_disk(tmp_path / "in")
    run(tmp_path / "in", tmp_path / "whole")
    run(tmp_path / "in", tmp_path / "cut", kills=(7, 5), lost=1, batch=2)
    loaded: Any = datasets.load_from_disk(tmp_path / "cut")
    assert list(loaded) == ["train", "test"]
    assert loaded["test"].split == "test"
    assert loaded["test"]["label"][:] == [0, 1, 0, 1]
    assert loaded["test"]["sample"][:] == [10, 11, 12, 13]
    files = [p for p in (tmp_path / "whole").rglob("*") if p.is_file()]
    assert len(files) == 7
    for path in files:
        same = tmp_path / "cut" / path.relative_to(tmp_path / "whole")
        assert same.read_bytes() == path.read_bytes()


def test_a_finished_folder_is_taken_back(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """A longer run goes on from a shorter one's folder."""
    _dataset(jpeg, 6).save_to_disk(tmp_path / "in", num_shards=2)
    run(tmp_path / "in", tmp_path / "out")
    choice = open_source(tmp_path / "in")
    sink = open_sink(tmp_path / "out", source=choice).sink
    sink.resume({"shard": 1, "file": {"bytes": 1, "rows": 2}})
    assert not (tmp_path / "out").exists()
    sink.finish()
    loaded: Any = datasets.load_from_disk(tmp_path / "out")
    assert loaded["sample"][:] == [0, 1, 2, 3, 4]
    (tmp_path / "out").rename(tmp_path / "out.partial")
    (tmp_path / "out.partial" / "data-00000-of-00002.arrow").unlink()
    with pytest.raises(ConfigError, match=r"data-00000-of-00002\.arrow is gone"):
        sink.resume({"shard": 1, "file": {"bytes": 1, "rows": 2}})


def test_a_new_output_replaces_an_old_one(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """As `--restart` does; nothing of the old one is left among the new files."""
    _dataset(jpeg, 3).save_to_disk(tmp_path / "in")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "data-00007-of-00008.arrow").touch()
    run(tmp_path / "in", tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_from_and_to_parquet(tmp_path: Path, run: Run, jpeg: Jpeg) -> None:
    """Images stay images for `datasets` on both ways."""
    given = _dataset(jpeg, 5)
    given.to_parquet(tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", tmp_path / "saved", sink_with={"format": "datasets"})
    saved: Any = datasets.load_from_disk(tmp_path / "saved")
    assert saved.features["image"] == datasets.Image()
    assert saved.features["caption"] == datasets.Value("string")
    assert saved["caption"][:] == _captions(jpeg, range(5))
    run(tmp_path / "saved", tmp_path / "out.parquet", captions_key="all", rows="samples")
    described = json.loads(pq.read_schema(tmp_path / "out.parquet").metadata[b"huggingface"])
    features = datasets.Features.from_dict(described["info"]["features"])
    assert features["image"] == datasets.Image()
    assert features["all"] == datasets.List(datasets.Value("string"))
    loaded: Any = datasets.Dataset.from_parquet(
        str(tmp_path / "out.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert loaded.features == features
    assert loaded[0]["image"].size == (8, 8)


def test_positions_are_within_record_batches(tmp_path: Path, jpeg: Jpeg) -> None:
    """Reading goes on from any row."""
    _dataset(jpeg, 9).save_to_disk(tmp_path / "in", num_shards=2)
    source = open_source(tmp_path / "in").source
    assert source.total() == 9
    records = list(source.open())
    for number, record in enumerate(records):
        rest = [r.id for r in source.open(json.loads(json.dumps(record.position)))]
        assert rest == list(range(number + 1, 9))


def test_a_dataset_of_the_hub(tmp_path: Path, jpeg: Jpeg, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is no path is downloaded by `datasets`; its cached files are read."""
    _dataset(jpeg, 4).save_to_disk(tmp_path / "cache", num_shards=2)
    cached = datasets.load_from_disk(tmp_path / "cache")
    monkeypatch.setattr(datasets, "load_dataset", lambda name: {"train": cached})
    source = open_source("someone/pictures", format="datasets").source
    assert source.total() == 4
    assert len(list(source.open())) == 4

    def fails(name: str) -> None:
        raise FileNotFoundError(name)

    monkeypatch.setattr(datasets, "load_dataset", fails)
    with pytest.raises(ConfigError, match="someone/x: no such file or folder, and no data set"):
        hub_table("someone/x")


def test_what_is_damaged_is_refused(tmp_path: Path, jpeg: Jpeg) -> None:
    """The error names the file."""
    _dataset(jpeg, 4).save_to_disk(tmp_path / "in")
    choice = open_source(tmp_path / "in")
    (tmp_path / "in" / "dataset_info.json").write_text("{")
    with pytest.raises(ConfigError, match=r"dataset_info\.json is no JSON"):
        open_sink(tmp_path / "out", source=choice)
    (tmp_path / "in" / "state.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"state\.json names no data files"):
        open_source(tmp_path / "in")
    (tmp_path / "in" / "state.json").write_text("{")
    with pytest.raises(ConfigError, match=r"state\.json is no JSON"):
        open_source(tmp_path / "in")
    (tmp_path / "in" / "state.json").write_text('{"_data_files": [{"filename": "x.arrow"}]}')
    (tmp_path / "in" / "x.arrow").write_bytes(b"no arrow")
    with pytest.raises(ConfigError, match=r"x\.arrow cannot be read as an Arrow stream"):
        open_source(tmp_path / "in")
    with pa.OSFile(str(tmp_path / "in" / "x.arrow"), "wb"):
        pass
    with pytest.raises(ConfigError, match=r"x\.arrow cannot be read"):
        open_source(tmp_path / "in")
