"""Rows of Arrow tables as samples, their bytes seen and not copied."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from captioner.formats.table_row import Layout, TableRow


class ArrowRow(TableRow):
    """One row of a record batch, which stays in memory as long as one of its rows does.

    Bytes are memoryviews of the batch. What Python has no type for (times to the nanosecond, dates
    beyond the year 9999) is text here; in the batch it stays what it is.
    """

    __slots__ = ("batch", "index")

    def __init__(self, layout: Layout, batch: Any, index: int) -> None:
        super().__init__(layout)
        self.batch = batch
        self.index = index

    def given(self, name: str) -> Any:
        """The value of a column as Python has it."""
        return value_of(self.batch.column(self.layout.columns[name])[self.index])


def value_of(scalar: Any) -> Any:
    """An Arrow scalar as a Python value, bytes as a memoryview of it."""
    if not scalar.is_valid:
        return None
    kind = scalar.type
    if is_bytes(kind):
        return memoryview(scalar.as_buffer())
    if holds_bytes(kind):
        if pa.types.is_struct(kind):
            return {field.name: value_of(scalar[number]) for number, field in enumerate(kind)}
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return [value_of(item) for item in scalar.values]
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, pa.ArrowException):
        return pc.cast(scalar, pa.string()).as_py()


def is_bytes(kind: Any) -> bool:
    """Whether values of this type are bytes."""
    types = pa.types
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def holds_bytes(kind: Any) -> bool:
    """Whether there are bytes somewhere in values of this type."""
    if is_bytes(kind):
        return True
    return any(holds_bytes(kind.field(number).type) for number in range(kind.num_fields))
