"""Which format a path is, by its name or by what a folder holds.

A folder with `dataset_dict.json`, or with `dataset_info.json` and `state.json`, is a saved data
set. Any other is what the files below it are: images, parquet shards or tars. Where two of these
three are mixed, nobody but the user knows which are meant, and `--format` says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path, PurePath
from typing import Final, Literal, TypeAlias, get_args

from captioner.errors import ConfigError
from captioner.formats.suffixes import REMEDIES, SUPPORTED, suffix_of
from captioner.formats.tree import Kind, walk

Format: TypeAlias = Literal["jsonl", "images", "list", "parquet", "csv", "datasets", "webdataset"]
"""What `--format` may name; `images` is a folder of them or one, `list` a text file of paths, `csv`
also TSV."""

FORMATS: Final[tuple[Format, ...]] = get_args(Format)
INPUTS: Final = (
    "samples in .jsonl or .ndjson (also .gz or .zst), .parquet, .csv or .tsv, a WebDataset .tar, "
    "a folder of images, of parquet shards or of tars, a saved data set, one image, "
    "a .txt list of image paths, or '-' for JSONL on standard input; any but the last may be in a "
    "bucket"
)
_BY_SUFFIX: Final[dict[str, Format]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "list",
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".tar": "webdataset",
}
_SHARDS: Final[dict[str, Format]] = {".parquet": "parquet", ".tar": "webdataset"}
_TOLD: Final = {"images": "images", "parquet": "parquet files", "webdataset": "tars"}


def format_of(path: Path) -> Format:
    """The format of an INPUT; raises ConfigError where it cannot be told."""
    if path.is_dir():
        return format_of_folder(path)
    if _by_suffix(path.name) is None and not path.exists():
        raise ConfigError(f"{path}: no such file or folder: check INPUT")
    return format_of_file(str(path))


def format_of_file(path: str) -> Format:
    """The format of a file by its name, or by the end of its URL; raises as `format_of`."""
    given = PurePath(path)
    found = _by_suffix(given.name)
    if found is not None:
        return found
    suffix = suffix_of(given.name)
    if suffix in SUPPORTED or suffix in REMEDIES:
        return "images"
    if suffix == ".json":
        raise ConfigError(
            f"{path}: give the samples one a line, in a .jsonl file, for example with "
            f"`jq -c '.[]' {given.name} > {given.stem}.jsonl`"
        )
    if suffix == ".tgz" or ".tar" in given.suffixes:
        raise ConfigError(f"{path}: unpack it to a plain .tar first")
    raise ConfigError(f"{path}: this format is not known; INPUT may be {INPUTS}")


def _by_suffix(name: str) -> Format | None:
    bare = name.lower().removesuffix(".gz").removesuffix(".zst")
    found = _BY_SUFFIX.get(suffix_of(bare))
    return found if found in ("jsonl", "csv") or bare == name.lower() else None


def format_of_folder(folder: Path) -> Format:
    """The format of a folder by what is in it; one without anything known is one of images."""
    if is_saved_dataset(folder):
        return "datasets"
    try:
        paths = (entry.path for entry in walk(folder) if entry.kind is Kind.FILE)
        return _format_of_files(paths, str(folder))
    except OSError:
        return "images"  # whoever reads it says what is wrong


def format_of_listing(paths: Collection[str], folder: str) -> Format:
    """As `format_of_folder`, by the relative paths of all files below the folder at a URL."""
    if "dataset_dict.json" in paths or {"dataset_info.json", "state.json"} <= set(paths):
        return "datasets"
    return _format_of_files(paths, folder)


def _format_of_files(paths: Iterable[str], folder: str) -> Format:
    found: Counter[Format] = Counter()
    for path in paths:
        suffix = suffix_of(path)
        if suffix in SUPPORTED:
            found["images"] += 1
        elif suffix in _SHARDS:
            found[_SHARDS[suffix]] += 1
    if len(found) > 1:
        counts = " and ".join(f"{count:,} {_TOLD[name]}" for name, count in sorted(found.items()))
        raise ConfigError(
            f"{folder} holds {counts}: say which are meant with --format "
            f"{' or '.join(sorted(found))}"
        )
    return next(iter(found), "images")


def is_saved_dataset(folder: Path) -> bool:
    """Whether `save_to_disk` of Hugging Face datasets made this folder."""
    if (folder / "dataset_dict.json").is_file():
        return True
    return all((folder / name).is_file() for name in ("dataset_info.json", "state.json"))
