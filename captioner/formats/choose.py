"""Which format an INPUT or OUTPUT is, by its name; what cannot be is said before any request."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from captioner.errors import ConfigError
from captioner.formats.base import Sink, Source
from captioner.formats.folder import FolderSource, ImageFileSource
from captioner.formats.jsonl import JsonlSink, JsonlSource
from captioner.formats.path_list import PathListSource
from captioner.formats.state_files import StateFiles
from captioner.formats.stdio import StdinSource, StdoutSink
from captioner.formats.suffixes import REMEDIES, SUPPORTED, suffix_of

INPUTS: Final = (
    "samples in .jsonl or .ndjson (also .gz or .zst), a folder of images, one image, "
    "a .txt list of image paths, or '-' for JSONL on standard input"
)
_LINES: Final = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A source, and whether it holds samples with a text or bare images: defaults follow it."""

    source: Source
    kind: Literal["samples", "images"]


@dataclass(frozen=True, slots=True)
class SinkChoice:
    """A sink, and the paths of everything that belongs to it."""

    sink: Sink
    state: StateFiles


def open_source(
    input: str | Path,  # noqa: A002 - the name it has on the command line
    *,
    image_base: str | Path | None = None,
    image_key: str = "images",
) -> SourceChoice:
    """The source that INPUT names.

    `image_base` is where relative image paths start (default: the input's folder, for standard
    input the working directory). Raises ConfigError where INPUT is missing, unreadable or of a
    format that is not known, and where `image_base` is no folder.
    """
    base = _folder(image_base, "image_base") if image_base else None
    if str(input) == "-":
        return SourceChoice(StdinSource(image_base=base), "samples")
    path = Path(input)
    if path.is_dir():
        folder = FolderSource(path, image_base=base, image_key=image_key)
        return SourceChoice(folder, "images")
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    if name.endswith(_LINES):
        return SourceChoice(JsonlSource(path, image_base=base), "samples")
    suffix = suffix_of(path.name)
    if suffix == ".txt":
        listed = PathListSource(path, image_base=base, image_key=image_key)
        return SourceChoice(listed, "images")
    if not path.exists():
        raise ConfigError(f"{path}: no such file or folder: check INPUT")
    if suffix in SUPPORTED or suffix in REMEDIES:
        image = ImageFileSource(path, image_base=base, image_key=image_key)
        return SourceChoice(image, "images")
    if suffix == ".json":
        raise ConfigError(
            f"{path}: give the samples one a line, in a .jsonl file, for example with "
            f"`jq -c '.[]' {path.name} > {path.stem}.jsonl`"
        )
    raise ConfigError(f"{path}: this format is not known; INPUT may be {INPUTS}")


def open_sink(
    output: str | Path,
    *,
    state_dir: str | Path | None = None,
    input: str | Path | None = None,  # noqa: A002 - the name it has on the command line
) -> SinkChoice:
    """The sink that OUTPUT names, and its files; nothing is created or changed yet.

    Raises ConfigError where OUTPUT is of another format, its folder or `state_dir` is missing or
    may not be written, or one of the files that would be written is `input`.
    """
    state = StateFiles.of(output, state_dir)
    if state_dir:
        _folder(state_dir, "state_dir")
    if state.output is None:
        _writable(state.failures.parent)
        _check_apart(state, input)
        return SinkChoice(StdoutSink(), state)
    if suffix_of(state.output.name) not in _LINES:
        raise ConfigError(f"{output}: OUTPUT must end in .jsonl or .ndjson, or be '-'")
    if state.output.is_dir():
        raise ConfigError(f"{output} is a folder: OUTPUT must be a file")
    for folder in (state.output.parent, state.partial.parent):
        _writable(folder)
    _check_apart(state, input)
    return SinkChoice(JsonlSink(state.output, partial=state.partial), state)


def _check_apart(state: StateFiles, given: str | Path | None) -> None:
    """Refuse an input that the run itself would overwrite."""
    if given is None or str(given) == "-" or not Path(given).exists():
        return
    for path in state.all():
        if path.exists() and path.samefile(given):
            raise ConfigError(
                f"{given} would be overwritten by this run, as {path.name}: choose another OUTPUT"
            )


def _writable(folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder: create it, or choose another OUTPUT")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder} may not be written: choose another OUTPUT or --state-dir")


def _folder(path: str | Path, setting: str) -> str:
    if not Path(path).is_dir():
        raise ConfigError(f"{setting} {path}: no such folder")
    return str(Path(path).resolve())
