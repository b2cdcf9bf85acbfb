"""Parquet files put one behind the other, row group by row group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from captioner.errors import ConfigError
from captioner.formats.parquet import ParquetTable


def merge_parquet(parts: Sequence[Path], new: Path) -> None:
    """Write all row groups of the parts, each as it is; raises ConfigError and OSError.

    Empty ones are left out. Memory is that of one row group.
    """
    tables = [ParquetTable(part) for part in parts]
    schema = tables[0].schema
    for part, table in zip(parts, tables, strict=True):
        if not schema.equals(table.schema):
            raise ConfigError(f"{part} has other columns than {parts[0]}")
    with pq.ParquetWriter(new, schema) as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for number in range(file.num_row_groups):
                    try:
                        group = file.read_row_group(number, use_threads=False)
                    except pa.ArrowException as error:
                        raise ConfigError(f"{part}, row group {number}: {error}") from error
                    if group.num_rows:
                        writer.write_table(group, row_group_size=group.num_rows)
