"""Outputs of shards put one behind the other. What is written takes its name when it is whole."""

from __future__ import annotations

import csv
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from captioner.errors import ConfigError
from captioner.formats.csv import allow_long_cells
from captioner.formats.durable import sync_folder
from captioner.formats.extras import needing
from captioner.formats.suffixes import suffix_of
from captioner.formats.tree import Kind, walk

_COPY_BYTES: Final = 4 * 1024 * 1024
_KINDS: Final = {
    ".jsonl": ".jsonl",
    ".ndjson": ".jsonl",
    ".csv": ".csv",
    ".tsv": ".tsv",
    ".parquet": ".parquet",
    ".tar": ".tar",
}
MERGED: Final = ", ".join(_KINDS)


def check_kinds(parts: Sequence[Path], output: Path) -> None:
    """Raise ConfigError where the parts are not all of OUTPUT's format, or that has no merging."""
    for part in parts:
        if not part.exists():
            raise ConfigError(f"{part}: no such file or folder: it was complete and is gone")
        if part.is_dir() != parts[0].is_dir() or (
            not part.is_dir() and _kind(part) != _kind(parts[0])
        ):
            raise ConfigError(f"{part} is of another format than {parts[0]}")
        if part.is_dir():
            _names(part)
    if parts[0].is_dir():
        if suffix_of(output.name) in _KINDS:
            raise ConfigError(f"{output}: the parts are folders, so OUTPUT must be a folder too")
    elif _kind(output) != _kind(parts[0]):
        raise ConfigError(f"{output}: OUTPUT must end in {suffix_of(parts[0].name)}, as the parts")


def merge_outputs(parts: Sequence[Path], output: Path, rows: Sequence[int]) -> None:
    """Put the parts, in this order, into `output`; a file is merged with its like of other folders.

    `rows` is how many each has: of JSONL every line is counted. Parquet goes by row groups, tars by
    members, CSV keeps one header line. Raises ConfigError where a part is not as a run left it, and
    OSError; `output` is then not there.
    """
    if not parts[0].is_dir():
        with _named_when_whole(output) as new:
            _merge_files(parts, new, _kind(output), rows)
        return
    new = output.with_name(f".{output.name}.merging")
    shutil.rmtree(new, ignore_errors=True)
    try:
        for name in dict.fromkeys(name for part in parts for name in _names(part)):
            theirs = [part / name for part in parts if (part / name).is_file()]
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            _merge_files(theirs, new / name, _kind(theirs[0]), ())
            _sync(new / name)
            sync_folder((new / name).parent)
        new.rename(output)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    sync_folder(output.parent)


def merge_failures(parts: Sequence[Path], output: Path) -> bool:
    """Put failures files one behind the other; whether there were any. Raises as `merge_outputs`.

    A part without failures has no such file; without any in all of them, there is none here.
    """
    theirs = [part for part in parts if part.exists()]
    if not theirs:
        output.unlink(missing_ok=True)
        return False
    with _named_when_whole(output) as new:
        _lines(theirs, new, ())
    return True


def _merge_files(parts: Sequence[Path], new: Path, kind: str, rows: Sequence[int]) -> None:
    if kind == ".parquet":
        with needing("parquet"):
            from captioner.formats.merge_parquet import merge_parquet
        merge_parquet(parts, new)
        return
    merge: dict[str, Callable[[], None]] = {
        ".jsonl": lambda: _lines(parts, new, rows),
        ".csv": lambda: _tables(parts, new, ","),
        ".tsv": lambda: _tables(parts, new, "\t"),
        ".tar": lambda: _tars(parts, new),
    }
    merge[kind]()


def _lines(parts: Sequence[Path], new: Path, rows: Sequence[int]) -> None:
    with new.open("wb") as out:
        for number, part in enumerate(parts):
            lines, end = 0, b"\n"
            with part.open("rb") as file:
                for chunk in _chunks(file):
                    out.write(chunk)
                    lines += chunk.count(b"\n")
                    end = chunk[-1:]
            if end != b"\n":
                raise ConfigError(f"{part} ends in the middle of a line: copy it anew")
            if rows and lines != rows[number]:
                raise ConfigError(
                    f"{part} holds {lines:,} rows where its run wrote {rows[number]:,}: copy it "
                    "anew, or put it back as it was"
                )


def _tables(parts: Sequence[Path], new: Path, delimiter: str) -> None:
    header = _header(parts[0], delimiter)
    with new.open("wb") as out:
        out.write(header)
        for part in parts:
            with part.open("rb") as file:
                if file.read(len(header)) != header:
                    raise ConfigError(f"{part} has other columns than {parts[0]}")
                end = b"\n"
                for chunk in _chunks(file):
                    out.write(chunk)
                    end = chunk[-1:]
            if end != b"\n":
                raise ConfigError(f"{part} ends in the middle of a line: copy it anew")


def _header(part: Path, delimiter: str) -> bytes:
    """The first row as it stands there: a column's name may hold a line break."""
    taken: list[bytes] = []

    def texts(file: BinaryIO) -> Iterator[str]:
        for line in file:
            taken.append(line)
            yield line.decode("utf-8", "surrogateescape")

    allow_long_cells()
    with part.open("rb") as file:
        if next(csv.reader(texts(file), delimiter=delimiter), None) is None:
            raise ConfigError(f"{part} has no header line: copy it anew")
    return b"".join(taken)


def _tars(parts: Sequence[Path], new: Path) -> None:
    with new.open("wb") as out:
        for part in parts:
            left = _members_end(part)
            with part.open("rb") as file:
                while left:
                    chunk = file.read(min(left, _COPY_BYTES))
                    if not chunk:
                        raise ConfigError(f"{part} is cut short: copy it anew")
                    out.write(chunk)
                    left -= len(chunk)
        size_bytes = out.tell()
        end = 2 * tarfile.BLOCKSIZE
        out.write(bytes(end + -(size_bytes + end) % tarfile.RECORDSIZE))


def _members_end(part: Path) -> int:
    """Where the last member ends; zeros behind it are the end of the archive."""
    try:
        with part.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            end = 0
            while tar.next() is not None:
                tar.members = []  # type: ignore[attr-defined] # they would all be kept otherwise
                end = tar.offset
            return end
    except tarfile.TarError as error:
        raise ConfigError(f"{part} cannot be read as a tar: {error}; copy it anew") from error


def _kind(path: Path) -> str:
    kind = _KINDS.get(suffix_of(path.name))
    if kind is None:
        raise ConfigError(f"{path}: only {MERGED} can be merged, and folders of such files")
    return kind


def _names(part: Path) -> list[str]:
    """The files of a folder that was written shard by shard."""
    if (part / "dataset_info.json").exists() or (part / "dataset_dict.json").exists():
        raise ConfigError(
            f"{part} is a saved data set: put such together with datasets.concatenate_datasets"
        )
    files = [entry.path for entry in walk(part) if entry.kind is Kind.FILE]
    names = [name for name in files if suffix_of(name) in (".parquet", ".tar")]
    if not names:
        raise ConfigError(f"{part} holds no .parquet or .tar file: there is nothing to merge")
    return names


@contextmanager
def _named_when_whole(output: Path) -> Iterator[Path]:
    new = output.with_name(f".{output.name}.merging")
    try:
        yield new
        _sync(new)
        new.replace(output)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync_folder(output.parent)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_COPY_BYTES):
        yield chunk
