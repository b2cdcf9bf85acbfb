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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from captioner.errors import ConfigError, RunStopped
from captioner.formats.base import Sink
from captioner.formats.inputs import SourceChoice, folder
from captioner.formats.json_values import JsonRows
from captioner.formats.layouts import (
    FOLDERS,
    format_of,
    holds_more_than_json,
    is_file,
    layout_of,
    left_out,
)
from captioner.formats.recognise import Format
from captioner.formats.state_files import StateFiles
from captioner.formats.stdio import StdoutSink
from captioner.formats.suffixes import suffix_of
from captioner.samples.rules import Rules

if TYPE_CHECKING:
    from captioner.formats.remote_output import Delivery


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
        lines = StdoutSink()
        sink: Sink = JsonRows(lines) if holds_more_than_json(source) else lines
        return SinkChoice(sink, state, left_out(source, "JSON"))
    format_of(state.output, source, format)
    if is_file(state.output) and state.output.is_dir():
        raise ConfigError(f"{output} is a folder: OUTPUT must be a file")
    if not is_file(state.output) and state.output.is_file():
        raise ConfigError(f"{output} is a file: OUTPUT must be a folder")
    for where in (state.output.parent, state.partial.parent, state.failures.parent):
        _writable(where)
    layout = layout_of(state.output, source, rules, format)
    return SinkChoice(layout.sink(state.output, state.partial), state, layout.notes)


def _check_apart(state: StateFiles, given: str | Path | None, source: SourceChoice | None) -> None:
    """Refuse an input that the run itself would overwrite, or write into."""
    if given is None or str(given) == "-" or not Path(given).exists():
        return
    for path in state.all():
        if path.exists() and path.samefile(given):
            raise ConfigError(
                f"{given} would be overwritten by this run, as {path.name}: choose another OUTPUT"
            )
    is_folder = source is not None and source.format in FOLDERS and Path(given).is_dir()
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
