"""Which format an INPUT is, and its source; what cannot be is said before any request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from captioner.errors import ConfigError
from captioner.formats.base import Source
from captioner.formats.extras import needing
from captioner.formats.folder import FolderSource, ImageFileSource
from captioner.formats.jsonl import JsonlSource
from captioner.formats.path_list import PathListSource
from captioner.formats.places import is_url
from captioner.formats.recognise import FORMATS, Format, format_of
from captioner.formats.sharded import Shard, Sharded
from captioner.formats.stdio import StdinSource

if TYPE_CHECKING:
    from captioner.formats.table import Table


Kind: TypeAlias = Literal["samples", "texts", "images"]


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A source, its format, and what its samples are: defaults follow it.

    `kind` says whether samples write where images are meant, have texts beside them, or are images
    and nothing else. Where the source reads a copy, `remote` is the identity of what was copied,
    and `remarks` tell of the copying.
    """

    source: Source
    kind: Kind
    format: Format = "jsonl"
    remote: Mapping[str, Any] | None = None
    remarks: tuple[str, ...] = ()

    def identity(self) -> dict[str, Any]:
        """What must be equal for a stopped run to go on; of a copy that of its origin."""
        if self.remote is None:
            return self.source.identity()
        shard = self.source.shard if isinstance(self.source, Sharded) else None
        return {**self.remote, **({} if shard is None else {"shard": str(shard)})}

    @property
    def whole(self) -> Source:
        """The source, of which `source` may be a shard."""
        return self.source.whole if isinstance(self.source, Sharded) else self.source

    def files_of(self, count: int) -> range:
        """The numbers of those of so many files of the input that `source` is of."""
        return self.source.files if isinstance(self.source, Sharded) else range(count)


def open_source(
    input: str | Path,  # noqa: A002 - the name it has on the command line
    *,
    image_base: str | Path | None = None,
    image_key: str = "images",
    image_bytes_key: str | None = None,
    text_key: str = "text",
    format: Format | None = None,  # noqa: A002
    shard: Shard | None = None,
) -> SourceChoice:
    """The source that INPUT names, or of the `format` that is forced; with `shard` a part of it.

    `image_base` is where relative image paths start, a folder or its URL (default: the input's
    folder, for standard input the working directory). `image_bytes_key` is the column of a table
    that holds the images' bytes. A table with a column `text_key` has samples, any other images.
    With `format="datasets"` an INPUT that does not exist is a data set's name on the hub.
    Raises ConfigError where INPUT is missing, unreadable or of a format that is not known, a
    library for it is missing, and where `image_base` is no folder.
    """
    whole = _open_whole(input, image_base, image_key, image_bytes_key, text_key, format)
    return whole if shard is None else replace(whole, source=Sharded(whole.source, shard))


def _open_whole(
    input: str | Path,  # noqa: A002
    image_base: str | Path | None,
    image_key: str,
    image_bytes_key: str | None,
    text_key: str,
    format: Format | None,  # noqa: A002
) -> SourceChoice:
    base = str(image_base) if image_base and is_url(str(image_base)) else None
    if image_base and base is None:
        base = folder(image_base, "image_base")
    if str(input) == "-":
        return SourceChoice(StdinSource(image_base=base), "samples")
    path = Path(input)
    found = format or format_of(path)
    if image_bytes_key is not None and found not in ("parquet", "datasets"):
        raise ConfigError(f"{path}: image_bytes_key is for parquet and data sets, not for {found}")
    match found:
        case "jsonl":
            return SourceChoice(JsonlSource(path, image_base=base), "samples", found)
        case "list":
            listed = PathListSource(path, image_base=base, image_key=image_key)
            return SourceChoice(listed, "images", found)
        case "images":
            kind = FolderSource if path.is_dir() else ImageFileSource
            return SourceChoice(kind(path, image_base=base, image_key=image_key), "images", found)
        case "csv":
            from captioner.formats.csv import CsvSource

            rows = CsvSource(path, image_base=base, image_key=image_key, text_key=text_key)
            return SourceChoice(rows, rows.kind, found)
        case "webdataset":
            from captioner.formats.webdataset import WebDatasetSource

            tars = WebDatasetSource(path, image_base=base, image_key=image_key)
            return SourceChoice(tars, "images", found)
        case "parquet" | "datasets":
            with needing("parquet"):
                from captioner.formats.table import TableSource
            rows_of = TableSource(
                _table(str(input), found),
                image_base=base,
                image_key=image_key,
                image_bytes_key=image_bytes_key,
                text_key=text_key,
            )
            return SourceChoice(rows_of, rows_of.kind, found)
    raise ConfigError(f"--format {found} is not known; there are {', '.join(FORMATS)}")


def _table(given: str, found: Format) -> Table:
    with needing("parquet"):
        from captioner.formats.datasets import DatasetTable, hub_table
        from captioner.formats.parquet import ParquetTable
    if found == "parquet":
        return ParquetTable(given)
    return DatasetTable(given) if Path(given).exists() else hub_table(given)


def folder(path: str | Path, setting: str) -> str:
    """The absolute path of a folder; raises ConfigError, naming the setting, where it is none."""
    if not Path(path).is_dir():
        raise ConfigError(f"{setting} {path}: no such folder")
    return str(Path(path).resolve())
