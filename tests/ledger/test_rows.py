"""What comes out of a row is what went in."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.ledger import Kept, Paid, Rejected
from captioner.ledger.rows import COLUMNS, Entry, kept_of, row_of
from captioner.samples.outcome import Usage
from captioner.vision.reply import Reply

_TEXTS = st.none() | st.text()
_NAMES = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
_TOKENS = st.integers(0, 2**63 - 1)
_PAID = st.builds(
    Paid,
    st.builds(
        Reply,
        _TEXTS,
        _TEXTS,
        _NAMES,
        st.none() | st.builds(Usage, _TOKENS, _TOKENS),
        _NAMES,
        _NAMES,
    ),
    st.integers(1, 100),
    st.integers(0, 10**6).map(lambda ms: ms / 1000),
    st.booleans(),
)
_REJECTED = st.builds(Rejected, st.sampled_from(["filtered", "rejected"]), st.text(), st.just(2))


@given(_PAID | _REJECTED, st.binary(min_size=16, max_size=16))
def test_an_entry_comes_back_as_it_was(kept: Kept, key: bytes) -> None:
    """Whatever the model wrote, half a surrogate pair and control characters too."""
    row = row_of(7, Entry(key, kept, "https://host/v1"), 1_700_000_000_123)
    assert len(row) == len(COLUMNS)
    assert (
        dict(zip(COLUMNS, row, strict=True)).items()
        >= {
            "id": 7,
            "key": key,
            "endpoint": "https://host/v1",
            "at_unix_ms": 1_700_000_000_123,
        }.items()
    )
    assert kept_of(row) == kept


def test_what_cannot_be_stored_is_cut_and_nothing_fails() -> None:
    """A server may send any number and any name."""
    reply = Reply("x", None, "\ud800", Usage(10**30, True), "m" * 10_000, None)
    row = row_of(1, Entry(b"k", Paid(reply, 1, 0.1), ""), 0)
    kept = kept_of(row)
    assert isinstance(kept, Paid)
    assert kept.reply == Reply("x", None, "?", Usage(2**63 - 1, 1), "m" * 200, None)
    json.dumps(row[2:])


def test_a_state_that_is_no_answer_keeps_nothing() -> None:
    """What was only submitted is not an answer."""
    row = row_of(1, Entry(b"k", Rejected("rejected", "no", 1), ""), 0)
    row[COLUMNS.index("state")] = "submitted"
    assert kept_of(row) is None
