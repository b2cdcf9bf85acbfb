"""Rows become lines that any JSON reader gets the same values from."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.formats.encode import encode_json, encode_outcome, plain_or_named
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


class Number:
    """Like a number of numpy."""

    def tolist(self) -> float:
        """Its plain form."""
        return 0.5


@given(JSON)
def test_json_values_survive_on_one_line(value: Any) -> None:
    """Whatever JSON can say is read back the same, lone surrogates too; a row is one line."""
    data = encode_json(value)
    assert b"\n" not in data
    assert json.loads(data) == value


def test_text_stays_readable_unless_it_is_no_unicode() -> None:
    """Letters are written as themselves; only a row with half a character is escaped."""
    assert encode_json({"a": "Ä猫"}) == '{"a": "Ä猫"}'.encode()
    assert encode_json({"a": "Ä\udcff"}) == b'{"a": "\\u00c4\\udcff"}'


def test_only_the_original_itself_is_written_raw() -> None:
    """The very object of the record is the original; an equal one is written anew."""
    sample = Sample(0, {"a": 1}, raw=b'{ "a":1 }')
    assert encode_outcome(Outcome(sample, (sample.fields, {"a": 1}))) == b'{ "a":1 }\n{"a": 1}\n'
    without_raw = Sample(0, {"a": 1})
    assert encode_outcome(Outcome(without_raw, (without_raw.fields,))) == b'{"a": 1}\n'


def test_values_from_python_that_have_a_plain_form_get_it() -> None:
    """Paths become strings, mappings objects, numpy's values numbers and lists."""
    row = MappingProxyType({"p": PurePosixPath("a/b"), "n": Number(), "t": (1, 2)})
    assert json.loads(encode_outcome(Outcome(Sample(0, row), (row,)))) == {
        "p": "a/b",
        "n": 0.5,
        "t": [1, 2],
    }


def test_other_values_are_refused_by_name() -> None:
    """The error says which sample and field, and does not show the value."""
    loop: list[Any] = []
    loop.append(loop)
    for value in (b"secret", object(), {1, 2}, loop, {("a", "b"): 1}, memoryview(b"secret")):
        with pytest.raises(TypeError, match="sample 7, field 'bad'") as caught:
            encode_outcome(Outcome(Sample(7, {}), ({"good": 1, "bad": value},)))
        assert "secret" not in str(caught.value)


def test_what_is_only_shown_is_named_instead() -> None:
    """Where a record must be written whatever it holds, a foreign value is named by its type."""
    assert encode_json({"a": b"xyz"}, plain_or_named) == b'{"a": "<bytes>"}'
