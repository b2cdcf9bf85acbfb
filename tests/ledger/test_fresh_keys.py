"""A key that was added is never taken for one that is not there."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from captioner.ledger.fresh_keys import FreshKeys


@given(st.sets(st.binary(max_size=32)))
def test_what_was_added_may_be_there(keys: set[bytes]) -> None:
    """Whatever a key looks like."""
    fresh = FreshKeys()
    for key in keys:
        fresh.add(key)

    assert all(fresh.may_have(key) for key in keys)


def test_what_was_not_added_is_mostly_known_not_to_be_there() -> None:
    """So that a run into a new ledger hardly ever asks it."""
    digests = [hashlib.blake2b(str(n).encode(), digest_size=16).digest() for n in range(20_000)]
    fresh = FreshKeys()
    for key in digests[:10_000]:
        fresh.add(key)

    assert sum(map(fresh.may_have, digests[10_000:])) < 300
