"""Rows as record batches: the input's columns as they were, and typed ones for what is new."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from captioner.errors import ConfigError
from captioner.formats.arrow_row import ArrowRow
from captioner.formats.columns import Content, added_columns
from captioner.formats.table_row import TableRow
from captioner.samples.outcome import Outcome, Verdict
from captioner.samples.rules import Rules

_MESSAGE: Final = pa.struct([("from", pa.string()), ("value", pa.string())])
_TYPES: Final[dict[Content, Any]] = {
    "text": pa.string(),
    "sample": pa.int64(),
    "placeholder": pa.int32(),
    "texts": pa.list_(pa.string()),
    "messages": pa.list_(_MESSAGE),
}
_STRING: Final = {"dtype": "string", "_type": "Value"}
_FEATURES: Final[dict[Content, Any]] = {
    "text": _STRING,
    "sample": {"dtype": "int64", "_type": "Value"},
    "placeholder": {"dtype": "int32", "_type": "Value"},
    "texts": {"feature": _STRING, "_type": "List"},
    "messages": {"feature": {"from": _STRING, "value": _STRING}, "_type": "List"},
}
_HUGGINGFACE: Final = b"huggingface"


@dataclass(frozen=True, slots=True)
class _Cell:
    """A row that is to be written, and the record that it is of."""

    outcome: Outcome
    row: Mapping[str, Any]


class ArrowColumns:
    """The schema of an output, and how rows get it.

    All columns of `source` stay, with type and metadata. Their values are taken from the record
    batch that they came in, so that nothing passes through Python that need not. What rows have
    beyond them is added behind; with `rows=captions` such a column takes the place of one of the
    same name, but never that of the images (`image_column`). A sample without placeholders has a
    row too, so that the table keeps its rows.

    Raises ConfigError where an added list would go into a column of another type.
    """

    def __init__(self, source: Any, rules: Rules, image_column: str | None = None) -> None:
        added = added_columns(rules)
        if image_column is not None:
            added.pop(image_column, None)
        self._rules = rules
        self._image_column = image_column
        schema = source
        for name, content in added.items():
            number = source.get_field_index(name)
            if number < 0:
                schema = schema.append(pa.field(name, _TYPES[content]))
            elif rules.rows == "captions":
                schema = schema.set(number, pa.field(name, _TYPES[content]))
            elif content != "text" and source.field(number).type != _TYPES[content]:
                raise ConfigError(
                    f"column {name!r} is {source.field(number).type}, and would have to hold "
                    f"{_TYPES[content]}: choose another captions_key or conversations_key"
                )
        self.schema: Any = _told(schema, source, added)
        self.added = tuple(added)
        """The columns that rows have beyond the input's, or in the place of them."""
        self._source_names = frozenset(source.names)
        self._ours = frozenset(added if rules.rows == "captions" else ())

    def __repr__(self) -> str:
        return f"<ArrowColumns {', '.join(self.schema.names)}>"

    def batch(self, outcomes: Sequence[Outcome]) -> Any:
        """The rows of these outcomes as one record batch.

        Raises TypeError, naming the column, for a value that its type cannot hold.
        """
        cells = [_Cell(outcome, row) for outcome in outcomes for row in self._rows(outcome)]
        arrays = [self._column(field, cells) for field in self.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _rows(self, outcome: Outcome) -> Sequence[Mapping[str, Any]]:
        fields = getattr(outcome.record, "fields", None)
        if outcome.rows or fields is None or self._rules.rows != "captions":
            return outcome.rows
        verdict = Verdict.FAILED.value if outcome.fault else None
        return ({"sample": outcome.record.id, "verdict": verdict},)

    def _column(self, field: Any, cells: Sequence[_Cell]) -> Any:
        """Taken and new values side by side, then put into the order of the rows."""
        taken: dict[int, tuple[Any, list[int]]] = {}
        places: list[tuple[int, int]] = []  # batch (0: new value), and number in it
        new: list[Any] = []
        for cell in cells:
            origin = self._origin(field.name, cell)
            if origin is None:
                places.append((0, len(new)))
                new.append(self._value(field.name, cell))
            else:
                _, indices = taken.setdefault(id(origin.batch), (origin.batch, []))
                places.append((id(origin.batch), len(indices)))
                indices.append(origin.index)
        pieces = [_array(field, new)]
        starts = {0: 0}
        start = len(new)
        for key, (batch, indices) in taken.items():
            pieces.append(batch.column(field.name).take(pa.array(indices, pa.int64())))
            starts[key] = start
            start += len(indices)
        joined = pa.concat_arrays([piece for piece in pieces if len(piece)] or pieces[:1])
        order = [starts[key] + index for key, index in places]
        if order == list(range(len(order))):
            return joined
        return joined.take(pa.array(order, pa.int64()))

    def _origin(self, name: str, cell: _Cell) -> ArrowRow | None:
        """The row of the input that the value is to be taken from, None where it is a new one."""
        fields = getattr(cell.outcome.record, "fields", None)
        if not isinstance(fields, ArrowRow) or name not in self._source_names:
            return None
        if name in self._ours:
            return None
        kept = name == self._image_column or name not in cell.row or cell.row is fields
        return fields if kept or fields.is_own(name, cell.row[name]) else None

    def _value(self, name: str, cell: _Cell) -> Any:
        if name in cell.row and name != self._image_column:
            return cell.row[name]
        if name not in self._source_names or name in self._ours:
            return None
        fields = getattr(cell.outcome.record, "fields", {})
        return fields.given(name) if isinstance(fields, TableRow) else fields.get(name)


def _array(field: Any, values: list[Any]) -> Any:
    try:
        try:
            return pa.array(values, field.type)
        except UnicodeEncodeError:
            return pa.array([_in_unicode(value) for value in values], field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"column {field.name!r} of type {field.type}: {error}") from error


def _in_unicode(value: Any) -> Any:
    """Names of files may hold bytes in no known encoding, replies half a character: as escapes."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case Mapping():
            return {name: _in_unicode(part) for name, part in value.items()}
        case list():
            return [_in_unicode(part) for part in value]
        case _:
            return value


def _told(schema: Any, source: Any, added: Mapping[str, Content]) -> Any:
    """The schema with the source's metadata; what `datasets` keeps there knows the new columns."""
    metadata = dict(source.metadata or {})
    try:
        described = json.loads(metadata[_HUGGINGFACE])
        features = described["info"]["features"]
        for name, content in added.items():
            if schema.field(name) not in source:
                features[name] = _FEATURES[content]
        metadata[_HUGGINGFACE] = json.dumps(described).encode()
    except (KeyError, TypeError, ValueError):
        pass  # none there, or not in a form that is known: it stays as it is
    return schema.with_metadata(metadata or None)
