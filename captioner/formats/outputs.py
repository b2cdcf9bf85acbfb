"""Which format an OUTPUT is, and its sink; what cannot be is said before any request.

| OUTPUT                     | from INPUT                                                |
|----------------------------|-----------------------------------------------------------|
| `.jsonl`, `.ndjson`, `-`   | anything; bytes are left out                              |
| `.parquet`, `.csv`, `.tsv` | tables (parquet, CSV, data sets), images, tars: not JSONL |
| `.tar`                     | one tar or a folder of them                               |
| a folder                   | parquet shards, tars, data sets: of the same format;      |
|                            | with `format` any that a file of it could be from         |
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from captioner.errors import ConfigError, RunStopped
from captioner.formats.base import Sink
from captioner.formats.extras import needing
from captioner.formats.inputs import SourceChoice, folder
from captioner.formats.json_values import JsonRows
from captioner.formats.jsonl import JsonlSink
from captioner.formats.recognise import Format
from captioner.formats.shards import ShardSink, spool_of
from captioner.formats.state_files import StateFiles
from captioner.formats.stdio import StdoutSink
from captioner.formats.suffixes import suffix_of
from captioner.samples.rules import Rules

if TYPE_CHECKING:
    from captioner.formats.arrow_columns import ArrowColumns
    from captioner.formats.remote_output import Delivery
    from captioner.formats.table import TableSource

_FORMATS: Final[dict[str, Format]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".tar": "webdataset",
}
_FOLDERS: Final = ("parquet", "datasets", "webdataset")
_KEY: Final = "__key__"


@dataclass(frozen=True, slots=True)
class SinkChoice:
    """A sink, the paths of everything that belongs to it, and what a person should know of it.

    One that `begins_anew` knows by itself what an earlier run did: it takes no token but None, and
    neither that run's record nor an output that is there already has a say. `delivery` brings the
    output to its URL.
    """

    sink: Sink
    state: StateFiles
    notes: tuple[str, ...] = ()
    begins_anew: bool = False
    delivery: Delivery | None = None


def open_sink(
    output: str | Path,
    *,
    state_dir: str | Path | None = None,
    input: str | Path | None = None,  # noqa: A002 - the name it has on the command line
    source: SourceChoice | None = None,
    rules: Rules | None = None,
    format: Format | None = None,  # noqa: A002
) -> SinkChoice:
    """The sink that OUTPUT names, and its files; nothing is created or changed yet.

    `source` and `rules` decide the columns; without them OUTPUT can only be JSONL. `format` is that
    of a folder (default: the input's); a file's follows from its suffix.
    Raises ConfigError where OUTPUT is of another format, or of one that rows of this input cannot
    have, its folder or `state_dir` is missing, or one of the files that would be written is
    `input`; RunStopped (`output_unwritable`) where a folder may not be written.
    """
    state = StateFiles.of(output, state_dir)
    if state_dir:
        folder(state_dir, "state_dir")
    _check_apart(state, input, source)
    if state.output is None:
        _writable(state.failures.parent)
        return _lines(StdoutSink(), state, source)
    found = _format_of(state.output, source, format)
    is_file = suffix_of(state.output.name) in _FORMATS
    if is_file and state.output.is_dir():
        raise ConfigError(f"{output} is a folder: OUTPUT must be a file")
    if not is_file and state.output.is_file():
        raise ConfigError(f"{output} is a file: OUTPUT must be a folder")
    for where in (state.output.parent, state.partial.parent, state.failures.parent):
        _writable(where)
    if found == "jsonl":
        return _lines(JsonlSink(state.output, partial=state.partial), state, source)
    if source is None:
        raise ConfigError(f"{output}: without knowing the input, OUTPUT must end in .jsonl")
    rules = rules or Rules(rows="captions" if source.kind == "images" else "samples")
    if found == "webdataset":
        return _tars(state, source, is_file=is_file)
    if source.format == "jsonl":
        raise ConfigError(
            f"{output}: which columns JSONL has is known only when all of it is read: OUTPUT must "
            "end in .jsonl or .ndjson, or be '-'"
        )
    if found == "csv":
        return _csv(state, source, rules)
    return _arrow(state, source, rules, found, is_file=is_file)


def _format_of(output: Path, source: SourceChoice | None, forced: Format | None) -> Format:
    found = _FORMATS.get(suffix_of(output.name))
    if found is not None:
        return found
    of_input = source.format if source is not None else None
    if (forced or of_input) in _FOLDERS and not (suffix_of(output.name) and forced is None):
        return forced or of_input or "jsonl"
    raise ConfigError(
        f"{output}: OUTPUT must end in .jsonl or .ndjson, or be '-'; from tables, images and tars "
        "also in .parquet, .csv or .tsv, from tars in .tar, and for shards, tars and data sets it "
        "may be a folder, whose name has no dot"
    )


def _lines(sink: Sink, state: StateFiles, source: SourceChoice | None) -> SinkChoice:
    if source is None or source.format in ("jsonl", "images", "list"):
        return SinkChoice(sink, state)
    return SinkChoice(JsonRows(sink), state, _left_out(source, "JSON"))


def _csv(state: StateFiles, source: SourceChoice, rules: Rules) -> SinkChoice:
    from captioner.formats.csv import CsvSource
    from captioner.formats.csv_sink import CsvSink

    assert state.output is not None  # noqa: S101 - only standard output has none
    columns: tuple[str, ...] = (_KEY,) if source.format == "webdataset" else ()
    image_column: str | None = None
    given = source.whole
    tabbed = suffix_of(state.output.name) == ".tsv"
    if isinstance(given, CsvSource):
        columns, image_column = given.columns, given.image_column
    elif table := _table(source):
        from captioner.formats.arrow_row import holds_bytes

        kept = [field for field in table.table.schema if not holds_bytes(field.type)]
        columns = tuple(field.name for field in kept)
        image_column = table.image_column if table.image_column in columns else None
    sink = CsvSink(
        state.output,
        partial=state.partial,
        rules=rules,
        columns=columns,
        image_column=image_column,
        keeps_lines=isinstance(given, CsvSource) and (given.delimiter == "\t") == tabbed,
    )
    return SinkChoice(sink, state, _left_out(source, "CSV"))


def _arrow(
    state: StateFiles, source: SourceChoice, rules: Rules, found: Format, *, is_file: bool
) -> SinkChoice:
    with needing("parquet"):
        from captioner.formats.arrow_sink import ArrowSink, Form
        from captioner.formats.datasets import Crown, DatasetForm, shard_names
        from captioner.formats.parquet import ParquetForm
    assert state.output is not None  # noqa: S101
    columns = _columns(source, rules)
    table = _table(source)
    form: Form = ParquetForm() if found == "parquet" else DatasetForm()
    row_bytes = table.table.row_bytes if table else 1

    def open_file(path: Path, gathered: Path) -> Sink:
        return ArrowSink(path, partial=gathered, form=form, columns=columns, row_bytes=row_bytes)

    if is_file:
        return SinkChoice(open_file(state.output, state.partial), state)
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
    return SinkChoice(_shards(state, names, open_file, files.start, crown), state)


def _tars(state: StateFiles, source: SourceChoice, *, is_file: bool) -> SinkChoice:
    from captioner.formats.webdataset import WebDatasetSource
    from captioner.formats.webdataset_sink import WebDatasetSink

    assert state.output is not None  # noqa: S101
    if not isinstance(source.whole, WebDatasetSource):
        raise ConfigError(
            f"{state.output}: a tar can only be written from tars; OUTPUT may end in .jsonl"
        )
    if is_file:
        return SinkChoice(WebDatasetSink(state.output, partial=state.partial), state)

    def open_file(path: Path, gathered: Path) -> Sink:
        return WebDatasetSink(path, partial=gathered)

    files = source.files_of(len(source.whole.shards))
    names = list(source.whole.shards[files.start : files.stop])
    return SinkChoice(_shards(state, names, open_file, files.start), state)


def _shards(
    state: StateFiles,
    names: list[str],
    open_file: Callable[[Path, Path], Sink],
    first: int,
    crown: Callable[[Path], None] | None = None,
) -> ShardSink:
    assert state.output is not None  # noqa: S101
    return ShardSink(
        state.output,
        partial=state.partial,
        names=names,
        open_file=lambda path: open_file(path, spool_of(path)),
        first=first,
        crown=crown,
    )


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


def _left_out(source: SourceChoice, where: str) -> tuple[str, ...]:
    table = _table(source)
    if table is None:
        return ()
    from captioner.formats.arrow_row import holds_bytes

    names = [field.name for field in table.table.schema if holds_bytes(field.type)]
    if not names:
        return ()
    return (f"{where} holds no bytes: those of column {', '.join(names)} are left out",)


def _check_apart(state: StateFiles, given: str | Path | None, source: SourceChoice | None) -> None:
    """Refuse an input that the run itself would overwrite, or write into."""
    if given is None or str(given) == "-" or not Path(given).exists():
        return
    for path in state.all():
        if path.exists() and path.samefile(given):
            raise ConfigError(
                f"{given} would be overwritten by this run, as {path.name}: choose another OUTPUT"
            )
    is_folder = source is not None and source.format in _FOLDERS and Path(given).is_dir()
    if is_folder and state.output is not None:
        inside = Path(given).resolve() in state.output.resolve().parents
        if inside and suffix_of(state.output.name) not in (".jsonl", ".ndjson", ".csv", ".tsv"):
            raise ConfigError(
                f"{state.output} would be part of its own input {given}: choose another OUTPUT"
            )


def _writable(where: Path) -> None:
    if not where.is_dir():
        raise ConfigError(f"{where}: no such folder: create it, or choose another OUTPUT")
    if not os.access(where, os.W_OK | os.X_OK):
        raise RunStopped(
            "output_unwritable", f"{where} may not be written: choose another OUTPUT or --state-dir"
        )
