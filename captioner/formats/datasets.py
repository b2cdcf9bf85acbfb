"""Saved data sets of Hugging Face: what `save_to_disk` writes, a Dataset or a DatasetDict.

Reading needs Arrow only. Writing, and data sets by their hub name, need the library `datasets`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyarrow as pa

from captioner.errors import ConfigError
from captioner.formats.shard_files import identity_of
from captioner.formats.table import batch_rows

_STATE: Final = "state.json"
_INFO: Final = "dataset_info.json"
_DICT: Final = "dataset_dict.json"
_SIZES: Final = (
    "splits",
    "download_checksums",
    "download_size",
    "post_processing_size",
    "dataset_size",
    "size_in_bytes",
)


class DatasetTable:
    """The Arrow files of a saved data set, split by split; they are mapped, not read.

    Raises ConfigError where a file is missing, damaged or of another schema than the first.
    """

    what = "Arrow files of a saved data set"

    def __init__(self, path: str | Path, shards: Sequence[str] | None = None) -> None:
        self.path = Path(path).resolve()
        self.shards = tuple(saved_shards(self.path) if shards is None else shards)
        if not self.shards:
            raise ConfigError(f"{self.path} is a data set without any file: check INPUT")
        self.rows = 0
        self.row_bytes = 1
        group_rows: list[tuple[int, ...]] = []
        schema = None
        for name in self.shards:
            theirs, rows, row_bytes = _survey(self.path / name)
            group_rows.append(rows)
            if schema is None:
                schema = theirs
            elif not schema.equals(theirs):
                raise ConfigError(
                    f"{self.path / name} has other columns than {self.shards[0]}: give each split "
                    "as an INPUT of its own"
                )
            self.rows += sum(rows)
            self.row_bytes = max(self.row_bytes, row_bytes)
        self.schema: Any = schema
        self.group_rows = tuple(group_rows)

    def identity(self) -> dict[str, Any]:
        """The path, and a digest of all files' names, sizes and times."""
        return identity_of(self.path, self.shards)

    def batches(self, shard: int, group: int, row: int) -> Iterator[tuple[int, int, Any]]:
        """Yield the rows from `row` of record batch `group` on, a few MiB at a time."""
        step = batch_rows(self.row_bytes)
        for number, batch in enumerate(_batches(self.path / self.shards[shard])):
            if number < group:
                continue
            for first in range(row if number == group else 0, batch.num_rows, step):
                yield number, first, batch.slice(first, step)


class DatasetForm:
    """How rows become one Arrow file of a saved data set, and come back from it."""

    suffix = ".arrow"

    def write(self, path: Path, schema: Any, groups: Iterable[Any]) -> None:
        """Write a whole file, each table as one record batch."""
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as stream:
            for group in groups:
                stream.write_table(group)

    def read(
        self, path: Path, rows_at_once: int, columns: Sequence[str] | None = None
    ) -> Iterator[Any]:
        """Yield the rows of a file, all or some of its columns, as record batches."""
        for whole in _batches(path):
            batch = whole if columns is None else whole.select(columns)
            for first in range(0, batch.num_rows, rows_at_once):
                yield batch.slice(first, rows_at_once)


class Crown:
    """Writes what makes a folder of Arrow files a saved data set.

    `names` are its files; those in a folder of their own are a split. `like` is a saved data set
    whose description, licence and so on are kept. Raises ConfigError without `datasets`.
    """

    def __init__(self, names: Sequence[str], schema: Any, like: Path | None = None) -> None:
        self._features = library().Features.from_arrow_schema(schema).to_dict()
        self._folders: dict[str, list[str]] = {}
        for name in names:
            path = PurePosixPath(name)
            self._folders.setdefault(str(path.parent), []).append(path.name)
        # Now and not when all is paid for: these files are the user's, and may be broken.
        infos = {split: like / split / _INFO for split in self._folders} if like else {}
        self._infos = {split: _read_json(path) for split, path in infos.items() if path.exists()}

    def __call__(self, folder: Path) -> None:
        """Write them into `folder`; raises OSError."""
        for split, files in self._folders.items():
            inner = folder / split
            like = self._infos.get(split, {})
            kept = {name: value for name, value in like.items() if name not in _SIZES}
            empty = dict.fromkeys(("citation", "description", "homepage", "license"), "")
            _write_json(inner / _INFO, {**empty, **kept, "features": self._features})
            state: dict[str, Any] = {
                "_data_files": [{"filename": name} for name in files],
                "_fingerprint": _fingerprint(inner / name for name in files),
                "_format_columns": None,
                "_format_kwargs": {},
                "_format_type": None,
                "_output_all_columns": False,
                "_split": None if split == "." else split,
            }
            _write_json(inner / _STATE, state)
        if "." not in self._folders:
            _write_json(folder / _DICT, {"splits": list(self._folders)})


def saved_shards(folder: Path) -> list[str]:
    """The Arrow files of a saved data set in order, relative; raises ConfigError."""
    if (folder / _DICT).is_file():
        splits = _read_json(folder / _DICT).get("splits", [])
        return [f"{split}/{name}" for split in splits for name in _files_of(folder / split)]
    return _files_of(folder)


def shard_names(count: int, folder: str = "") -> list[str]:
    """The names that `save_to_disk` gives to so many files."""
    return [f"{folder}data-{number:05d}-of-{count:05d}.arrow" for number in range(count)]


def hub_table(name: str) -> DatasetTable:
    """All splits of a data set of the hub, downloaded into the cache of `datasets`.

    Raises ConfigError where it cannot be loaded.
    """
    try:
        loaded = library().load_dataset(name)
    except Exception as error:
        raise ConfigError(f"{name}: no such file or folder, and no data set: {error}") from error
    splits = loaded.values() if isinstance(loaded, Mapping) else [loaded]
    files = [Path(file["filename"]) for split in splits for file in split.cache_files]
    folder = files[0].parent if files else Path()
    if not files or any(file.parent != folder for file in files):
        raise ConfigError(f"{name}: load it with `datasets`, save_to_disk, and give that folder")
    return DatasetTable(folder, [file.name for file in files])


def library() -> Any:
    """The library `datasets`; raises ConfigError where it is not installed."""
    try:
        import datasets
    except ImportError as error:
        raise ConfigError(
            "saved data sets need one more library: pip install 'captioner[datasets]'"
        ) from error
    return datasets


def _files_of(folder: Path) -> list[str]:
    state = _read_json(folder / _STATE)
    if state.get("_indices_data_files"):
        raise ConfigError(
            f"{folder} was saved by an old version, as a selection: load it with `datasets` and "
            "save it anew"
        )
    try:
        return [str(file["filename"]) for file in state["_data_files"]]
    except (KeyError, TypeError):
        raise ConfigError(f"{folder / _STATE} names no data files: check INPUT") from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is no JSON: {error}") from error
    return value if isinstance(value, dict) else {}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _fingerprint(files: Iterable[Path]) -> str:
    """From the content: `datasets` takes equal fingerprints for equal data."""
    digest = blake2b(digest_size=8)
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
    return digest.hexdigest()


def _survey(path: Path) -> tuple[Any, tuple[int, ...], int]:
    """Schema, rows of each batch, and bytes of a row on average where they are largest."""
    try:
        with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as reader:
            rows: list[int] = []
            row_bytes = 1
            for batch in reader:
                rows.append(batch.num_rows)
                row_bytes = max(row_bytes, batch.nbytes // max(1, batch.num_rows))
            return reader.schema, tuple(rows), row_bytes
    except (pa.ArrowException, OSError) as error:
        raise ConfigError(f"{path} cannot be read as an Arrow stream: {error}") from error


def _batches(path: Path) -> Iterator[Any]:
    try:
        with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader
    except pa.ArrowException as error:
        raise OSError(f"{path} cannot be read on: {error}") from error
