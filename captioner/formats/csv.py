"""CSV and TSV: a table of texts, one column with the path or URL of an image.

UTF-8 with a header line, also `.gz` and `.zst`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from captioner.errors import ConfigError
from captioner.formats.columns import column_notes, image_column
from captioner.formats.lines import START, DamagedError, Line, LineFile
from captioner.formats.table_row import Layout, TableRow
from captioner.samples.sample import BadRecord, Position, Record, Sample

FIELD_CHARACTERS: Final = 64 * 1024 * 1024
"""The longest cell: an image as a data URL has to fit; a quote that never ends must not."""
_SHOWN: Final = 500
_CRLF: Final = (2, 5)
"""How much longer than its text a line that ends so is, without and with a byte order mark."""


class CsvRow(TableRow):
    """The cells of one row, all text, and the row as it stood in the file, with its line end."""

    __slots__ = ("cells", "raw")

    def __init__(self, layout: Layout, cells: list[str], raw: bytes) -> None:
        super().__init__(layout)
        self.cells = cells
        self.raw = raw

    def given(self, name: str) -> str:
        """The cell of a column."""
        return self.cells[self.layout.columns[name]]


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, how it stood in the file from line `first` on, and its last line."""

    cells: list[str]
    raw: bytes
    first: int
    last: Line
    fault: str = ""


class CsvSource:
    """The rows of a CSV file, or of a TSV file (`delimiter` a tab).

    A position is that of `JsonlSource`. A row with more or fewer cells than the header is a bad
    record. Raises ConfigError where the file is missing, unreadable, without a header of different
    names, or has no column of images.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        image_base: str | None = None,
        image_key: str = "images",
        text_key: str = "text",
    ) -> None:
        self._file = LineFile(path)
        name = self._file.path.name.lower().removesuffix(".gz").removesuffix(".zst")
        self.delimiter = "\t" if name.endswith(".tsv") else ","
        self.header, self._start = self._read_header()
        self.image_column = image_column(
            self.header.cells, str(self._file.path), image_key=image_key
        )
        self.columns = tuple(self.header.cells)
        self.kind: Literal["texts", "images"] = "texts" if text_key in self.columns else "images"
        self._image_key = image_key
        numbers = {column: number for number, column in enumerate(self.columns)}
        self._layout = Layout(numbers, image_key, self.image_column)
        self.image_base = image_base or str(self._file.path.parent)

    def __repr__(self) -> str:
        return f"<CsvSource {self._file.path}>"

    def identity(self) -> dict[str, Any]:
        """Path, size in bytes and time of last change, and which column the images are in."""
        return {**self._file.identity(), "image_column": self.image_column}

    def total(self) -> int | None:
        """The number of rows; None for large and for compressed files."""
        if self._file.count() is None:
            return None
        return sum(1 for _ in self.open())

    def notes(self) -> list[str]:
        """Which columns were taken for images and text, where that was not set."""
        return column_notes(self.image_column, self._image_key, self.kind)

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the rows after `position`; raises OSError if reading fails."""
        place = position or self._start
        sample = place["sample"]
        if place.get("damaged"):
            return
        last = Line(b"", place["line"], place["offset"])
        try:
            for row in csv_rows(self._file, self.delimiter, place["offset"], place["line"]):
                last = row.last
                yield self._record(row, sample)
                sample += 1
        except DamagedError as damage:
            after = {"offset": last.end, "line": last.number, "sample": sample + 1, "damaged": True}
            detail = f"{self._file.path.name} is damaged behind line {last.number}: {damage.detail}"
            where = f"line {last.number + 1}"
            yield BadRecord(sample, where, "malformed", detail, "", after)

    def _record(self, row: Row, sample: int) -> Record:
        position = {"offset": row.last.end, "line": row.last.number, "sample": sample + 1}
        fault = row.fault
        if not fault and len(row.cells) != len(self.columns):
            fault = f"{len(row.cells)} cells where the header has {len(self.columns)}"
        if fault:
            text = row.raw[: 4 * _SHOWN].decode("utf-8", "backslashreplace")[:_SHOWN]
            return BadRecord(sample, f"line {row.first}", "malformed", fault, text, position)
        fields = CsvRow(self._layout, row.cells, row.raw)
        return Sample(sample, fields, position=position, size_bytes=len(row.raw))

    def _read_header(self) -> tuple[Row, dict[str, int]]:
        try:
            header = next(
                csv_rows(self._file, self.delimiter, START["offset"], START["line"]), None
            )
        except DamagedError as error:
            raise ConfigError(f"{self._file.path} is damaged: {error.detail}") from error
        if header is None or header.fault:
            raise ConfigError(f"{self._file.path} has no header line with the names of its columns")
        names = header.cells
        if len(set(names)) < len(names) or "" in names:
            raise ConfigError(
                f"{self._file.path}: every column needs a name of its own in the first line"
            )
        return header, {"offset": header.last.end, "line": header.last.number, "sample": 0}


def allow_long_cells() -> None:
    """Let the csv module read cells of the length that is allowed here."""
    # The module has one limit for everyone in the process: it is only ever raised.
    csv.field_size_limit(max(FIELD_CHARACTERS, csv.field_size_limit()))


def csv_rows(file: LineFile, delimiter: str, offset: int, number: int) -> Iterator[Row]:
    """Rows that are not blank, each from as many lines as its quotes hold together.

    They are those behind `offset`, where line `number` ends. Raises OSError and DamagedError.
    """
    taken: list[bytes] = []
    last = Line(b"", number, offset)

    def texts() -> Iterator[str]:
        nonlocal last
        for line in file.lines(offset, number):
            # A line's end is not in its text, but how long it was can be told.
            crlf = line.end - last.end - len(line.text) in _CRLF
            raw = line.text + (b"\r\n" if crlf else b"\n")
            taken.append(raw)
            last = line
            yield raw.decode("utf-8", "surrogateescape")

    allow_long_cells()
    lines = texts()
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        first = last.number + 1
        taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row([], b"".join(taken), first, last, str(error))
            reader = csv.reader(lines, delimiter=delimiter)
            continue
        if cells:
            yield Row(cells, b"".join(taken), first, last)
