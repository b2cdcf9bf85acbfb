"""A row of a table as the fields of a sample, its images wherever they stand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Layout:
    """What the rows of a table have in common: column → its number, and where the images are.

    A sample's images are asked for as `image_key`; they stand in `image_column`.
    """

    columns: Mapping[str, int]
    image_key: str
    image_column: str


class TableRow(Mapping[str, Any]):
    """The columns of one row; values are made when they are asked for, and then kept.

    `row[image_key]` is the images as samples have them: a string or a list, None where the cell is
    null or empty. It need not be among the row's own names: a table is given back with its columns.
    """

    __slots__ = ("_values", "layout")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._values: dict[str, Any] = {}

    @abstractmethod
    def given(self, name: str) -> Any:
        """The value of a column as it stands in the table."""

    def is_own(self, name: str, value: object) -> bool:
        """Whether `value` is what this row gave out for `name`, the same object."""
        return self._values.get(name, _MISSING) is value

    def __getitem__(self, name: str) -> Any:
        value = self._values.get(name, _MISSING)
        if value is _MISSING:
            if name == self.layout.image_key:
                value = _images(self.given(self.layout.image_column))
            elif name in self.layout.columns:
                value = self.given(name)
            else:
                raise KeyError(name)
            self._values[name] = value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.layout.columns)

    def __len__(self) -> int:
        return len(self.layout.columns)


def _images(cell: object) -> object:
    if cell is None or cell == "":
        return None
    if isinstance(cell, str) or (
        isinstance(cell, Sequence) and not isinstance(cell, bytes | bytearray | memoryview)
    ):
        return cell
    return [cell]
