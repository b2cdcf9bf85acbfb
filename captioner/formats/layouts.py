"""How the rows of an output are laid out: which sink writes them, and what reads them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from captioner.errors import ConfigError
from captioner.formats.base import Sink
from captioner.formats.extras import needing
from captioner.formats.inputs import SourceChoice
from captioner.formats.json_values import JsonRows
from captioner.formats.jsonl import JsonlSink
from captioner.formats.past_cells import CellsRemade, PastCells
from captioner.formats.past_lines import PastLines
from captioner.formats.past_rows import PastRows, Remaking
from captioner.formats.recognise import Format
from captioner.formats.shards import ShardSink, spool_of
from captioner.formats.suffixes import suffix_of
from captioner.samples.rules import Rules

if TYPE_CHECKING:
    from captioner.formats.arrow_columns import ArrowColumns
    from captioner.formats.table import TableSource

_FORMATS: Final[dict[str, Format]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".tar": "webdataset",
}
FOLDERS: Final = ("parquet", "datasets", "webdataset")
"""Formats that an OUTPUT may have which is a folder."""
_KEY: Final = "__key__"


@dataclass(frozen=True, slots=True)
class Layout:
    """`sink(output, partial)` writes the rows, `past(output)` reads those of a complete run.

    Where they are no lines that can be copied, `remaking` makes outcomes of them for such a sink.
    `notes` tell a person what the format cannot hold.
    """

    sink: Callable[[Path, Path], Sink]
    past: Callable[[Path], PastRows]
    remaking: Remaking | None = None
    notes: tuple[str, ...] = ()


def is_file(output: Path) -> bool:
    """Whether an OUTPUT of this name is one file, and no folder."""
    return suffix_of(output.name) in _FORMATS


def format_of(output: Path, source: SourceChoice | None, forced: Format | None) -> Format:
    """The format of an OUTPUT; raises ConfigError where it can be none."""
    found = _FORMATS.get(suffix_of(output.name))
    if found is not None:
        return found
    of_input = source.format if source is not None else None
    if (forced or of_input) in FOLDERS and not (suffix_of(output.name) and forced is None):
        return forced or of_input or "jsonl"
    raise ConfigError(
        f"{output}: OUTPUT must end in .jsonl or .ndjson, or be '-'; from tables, images and tars "
        "also in .parquet, .csv or .tsv, from tars in .tar, and for shards, tars and data sets it "
        "may be a folder, whose name has no dot"
    )


def layout_of(
    output: Path,
    source: SourceChoice | None,
    rules: Rules | None,
    forced: Format | None = None,
) -> Layout:
    """The layout of an OUTPUT with this name; nothing is created or changed yet.

    `source` and `rules` decide the columns. Raises ConfigError where OUTPUT is of a format that
    rows of this input cannot have.
    """
    found = format_of(output, source, forced)
    if found == "jsonl":
        return _lines(source)
    if source is None:
        raise ConfigError(f"{output}: without knowing the input, OUTPUT must end in .jsonl")
    rules = rules or Rules(rows="captions" if source.kind == "images" else "samples")
    if found == "webdataset":
        return _tars(output, source)
    if source.format == "jsonl":
        raise ConfigError(
            f"{output}: which columns JSONL has is known only when all of it is read: OUTPUT must "
            "end in .jsonl or .ndjson, or be '-'"
        )
    if found == "csv":
        return _csv(output, source, rules)
    return _arrow(output, source, rules, found)


def holds_more_than_json(source: SourceChoice | None) -> bool:
    """Whether its rows have to be made fit for JSON."""
    return source is not None and source.format not in ("jsonl", "images", "list")


def left_out(source: SourceChoice | None, where: str) -> tuple[str, ...]:
    """A note on the columns that `where` cannot hold."""
    table = _table(source) if source is not None else None
    if table is None:
        return ()
    from captioner.formats.arrow_row import holds_bytes

    names = [field.name for field in table.table.schema if holds_bytes(field.type)]
    if not names:
        return ()
    return (f"{where} holds no bytes: those of column {', '.join(names)} are left out",)


def _lines(source: SourceChoice | None) -> Layout:
    def sink(output: Path, partial: Path) -> Sink:
        lines = JsonlSink(output, partial=partial)
        return JsonRows(lines) if holds_more_than_json(source) else lines

    return Layout(sink, PastLines, notes=left_out(source, "JSON"))


def _csv(output: Path, source: SourceChoice, rules: Rules) -> Layout:
    from captioner.formats.csv import CsvSource
    from captioner.formats.csv_sink import CsvSink, written_cells

    columns: tuple[str, ...] = (_KEY,) if source.format == "webdataset" else ()
    image_column: str | None = None
    given = source.whole
    tabbed = suffix_of(output.name) == ".tsv"
    if isinstance(given, CsvSource):
        columns, image_column = given.columns, given.image_column
    elif table := _table(source):
        from captioner.formats.arrow_row import holds_bytes

        kept = [field for field in table.table.schema if not holds_bytes(field.type)]
        columns = tuple(field.name for field in kept)
        image_column = table.image_column if table.image_column in columns else None

    def sink(output: Path, partial: Path) -> Sink:
        return CsvSink(
            output,
            partial=partial,
            rules=rules,
            columns=columns,
            image_column=image_column,
            keeps_lines=isinstance(given, CsvSource) and (given.delimiter == "\t") == tabbed,
        )

    def past(output: Path) -> PastRows:
        cells = written_cells(output, rules, image_column)
        return PastCells(output, cells, each=rules.rows == "captions")

    return Layout(sink, past, CellsRemade(), left_out(source, "CSV"))


def _arrow(output: Path, source: SourceChoice, rules: Rules, found: Format) -> Layout:
    with needing("parquet"):
        from captioner.formats.arrow_sink import ArrowSink, Form, written_cells
        from captioner.formats.datasets import Crown, DatasetForm, shard_names
        from captioner.formats.parquet import ParquetForm
    form: Form = ParquetForm() if found == "parquet" else DatasetForm()
    columns = _columns(source, rules)
    table = _table(source)
    row_bytes = table.table.row_bytes if table else 1

    def open_file(path: Path, gathered: Path) -> Sink:
        return ArrowSink(path, partial=gathered, form=form, columns=columns, row_bytes=row_bytes)

    def read(output: Path, names: list[str] | None) -> PastRows:
        files = [output] if names is None else [output / name for name in names]
        cells = written_cells(files, form, columns.added)
        return PastCells(output, cells, each=rules.rows == "captions")

    if is_file(output):
        return Layout(open_file, lambda path: read(path, None), CellsRemade())
    shards = table.table.shards if table else ("data",)
    keeps_names = source.format == found or source.format == "datasets"
    if found == "datasets" and not keeps_names:
        names = shard_names(len(shards))
    else:
        names = [str(PurePosixPath(name).with_suffix(form.suffix)) for name in shards]
    files = source.files_of(len(names))
    names = names[files.start : files.stop]
    crown: Callable[[Path], None] | None = None
    if found == "datasets":
        like = table.table.path if table and source.format == "datasets" else None
        crown = Crown(names, columns.schema, like)
    return Layout(
        _shards(names, open_file, files.start, crown), lambda path: read(path, names), CellsRemade()
    )


def _tars(output: Path, source: SourceChoice) -> Layout:
    from captioner.formats.past_tars import PastTars, TarsRemade
    from captioner.formats.webdataset import WebDatasetSource
    from captioner.formats.webdataset_sink import WebDatasetSink

    if not isinstance(source.whole, WebDatasetSource):
        raise ConfigError(
            f"{output}: a tar can only be written from tars; OUTPUT may end in .jsonl"
        )

    def open_file(path: Path, gathered: Path) -> Sink:
        return WebDatasetSink(path, partial=gathered)

    if is_file(output):
        return Layout(open_file, lambda path: PastTars(path, [path]), TarsRemade())
    files = source.files_of(len(source.whole.shards))
    names = list(source.whole.shards[files.start : files.stop])
    return Layout(
        _shards(names, open_file, files.start),
        lambda path: PastTars(path, [path / name for name in names], files.start),
        TarsRemade(),
    )


def _shards(
    names: list[str],
    open_file: Callable[[Path, Path], Sink],
    first: int,
    crown: Callable[[Path], None] | None = None,
) -> Callable[[Path, Path], Sink]:
    def sink(output: Path, partial: Path) -> Sink:
        return ShardSink(
            output,
            partial=partial,
            names=names,
            open_file=lambda path: open_file(path, spool_of(path)),
            first=first,
            crown=crown,
        )

    return sink


def _columns(source: SourceChoice, rules: Rules) -> ArrowColumns:
    import pyarrow as pa

    from captioner.formats.arrow_columns import ArrowColumns
    from captioner.formats.csv import CsvSource

    if table := _table(source):
        return ArrowColumns(table.table.schema, rules, table.image_column)
    names: tuple[str, ...] = (_KEY,) if source.format == "webdataset" else ()
    image_column = None
    if isinstance(source.whole, CsvSource):
        names, image_column = source.whole.columns, source.whole.image_column
    return ArrowColumns(pa.schema([(name, pa.string()) for name in names]), rules, image_column)


def _table(source: SourceChoice) -> TableSource | None:
    if source.format not in ("parquet", "datasets"):
        return None
    from captioner.formats.table import TableSource

    return source.whole if isinstance(source.whole, TableSource) else None
