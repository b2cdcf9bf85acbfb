"""A table, in one file or many, as a source of samples; what its files are is not known here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from captioner.errors import ConfigError
from captioner.formats.arrow_row import ArrowRow
from captioner.formats.columns import column_notes, image_column
from captioner.formats.sharded_extent import Extent
from captioner.formats.table_row import Layout
from captioner.samples.sample import Position, Record, Sample

BATCH_BYTES: Final = 2 * 1024 * 1024
"""About how much of a table is decoded at once."""
GROUP_BYTES: Final = 32 * 1024 * 1024
"""About how large the row groups are that are written."""
_MOST_BATCH_ROWS: Final = 1024


class Table(Protocol):
    """Rows of one schema in one or more files, read in groups.

    `shards` are the files' names below `path`, with `/`, or the one file's own name; `row_bytes` is
    what a row takes in memory, on average where rows are largest. `group_rows` has the number of
    rows of each group of each file. `what` names the files of a folder for a person.
    """

    path: Path
    what: str
    shards: tuple[str, ...]
    schema: Any
    rows: int
    row_bytes: int
    group_rows: tuple[tuple[int, ...], ...]

    def identity(self) -> dict[str, Any]:
        """What tells this table from another, or from itself after a change."""

    def batches(self, shard: int, group: int, row: int) -> Iterator[tuple[int, int, Any]]:
        """Yield group, number of the first row in it, and a record batch, from `row` of `group` on.

        Raises OSError where the file is damaged.
        """


class TableSource:
    """The rows of a table.

    A position is `shard`, `group` (from 0 in the file), `row` (of the group, the next one) and
    `sample`. `kind` is `texts` where there is a column `text_key`, else `images`.
    Raises ConfigError where no column holds images.
    """

    def __init__(
        self,
        table: Table,
        *,
        image_base: str | None = None,
        image_key: str = "images",
        image_bytes_key: str | None = None,
        text_key: str = "text",
    ) -> None:
        self.table = table
        names = table.schema.names
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ConfigError(f"{table.path} has two columns {twice!r}: rename one")
        self.image_column = image_column(
            names, str(table.path), image_key=image_key, image_bytes_key=image_bytes_key
        )
        self.kind: Literal["texts", "images"] = "texts" if text_key in names else "images"
        self._image_key = image_key
        self._layout = Layout(
            {name: number for number, name in enumerate(names)}, image_key, self.image_column
        )
        folder = table.path if table.path.is_dir() else table.path.parent
        self.image_base = image_base or str(folder)

    def __repr__(self) -> str:
        return f"<TableSource {self.table.path}, {self.table.rows} rows>"

    def identity(self) -> dict[str, Any]:
        """The table's, and which column the images are in."""
        return {**self.table.identity(), "image_column": self.image_column}

    def total(self) -> int | None:
        """The number of rows."""
        return self.table.rows

    def extent(self) -> Extent:
        """Where its files and row groups begin."""
        groups = [
            (shard, group)
            for shard, rows in enumerate(self.table.group_rows)
            for group in range(len(rows))
        ]
        ends = accumulate((self.table.group_rows[shard][group] for shard, group in groups))
        starts = [0, *ends][: len(groups)]
        file_ends = accumulate(map(sum, self.table.group_rows))

        def position_at(sample: int) -> Position:
            number = bisect_right(starts, sample) - 1
            if number < 0:
                return None
            shard, group = groups[number]
            row = sample - starts[number]
            return {"shard": shard, "group": group, "row": row, "sample": sample}

        files = (0, *file_ends)[:-1]
        return Extent(self.table.rows, files, tuple(starts), position_at)

    def notes(self) -> list[str]:
        """What a folder was taken for, and which columns for images and text where not set."""
        notes = column_notes(self.image_column, self._image_key, self.kind)
        if not self.table.path.is_dir():
            return notes
        return [f"{self.table.path}: {len(self.table.shards):,} {self.table.what}", *notes]

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the rows after `position`; raises OSError if reading fails."""
        place = position or {"shard": 0, "group": 0, "row": 0, "sample": 0}
        sample, group, row = place["sample"], place["group"], place["row"]
        for shard in range(place["shard"], len(self.table.shards)):
            for number, first, batch in self.table.batches(shard, group, row):
                size_bytes = batch.nbytes // max(1, batch.num_rows)
                for index in range(batch.num_rows):
                    position = {
                        "shard": shard,
                        "group": number,
                        "row": first + index + 1,
                        "sample": sample + 1,
                    }
                    fields = ArrowRow(self._layout, batch, index)
                    yield Sample(sample, fields, position=position, size_bytes=size_bytes)
                    sample += 1
            group = row = 0


def batch_rows(row_bytes: int) -> int:
    """How many rows of this size are decoded at once."""
    return min(_MOST_BATCH_ROWS, max(1, BATCH_BYTES // max(1, row_bytes)))
