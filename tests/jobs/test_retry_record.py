"""What a retry finds in the record of a run, and what it adds to it."""

from __future__ import annotations

from typing import Any

import pytest

from captioner.errors import ConfigError
from captioner.jobs.retry_record import check_complete, check_input, retry_begun
from captioner.samples.selection import Selection
from captioner.settings import Settings

RUN: dict[str, Any] = {"input": "/in.jsonl", "complete": True, "identity": {"source": {"size": 1}}}


def test_only_a_complete_run_can_be_retried() -> None:
    """And only one whose input can be read again, and is the same."""
    check_complete(RUN, "out.jsonl")
    with pytest.raises(ConfigError, match=r"the run into out.jsonl is not complete"):
        check_complete(RUN | {"complete": False}, "out.jsonl")
    with pytest.raises(ConfigError, match="came over standard input"):
        check_complete(RUN | {"input": "-"}, "out.jsonl")
    check_input(RUN, {"size": 1}, "out.jsonl")
    with pytest.raises(ConfigError, match=r"^/in.jsonl has changed since out.jsonl was written"):
        check_input(RUN, {"size": 2}, "out.jsonl")


REFUSED = Selection(frozenset({"refused"}))
IDS = Selection(frozenset({"refused"}), {3: {None: 1, 0: 2}}, "ids.txt")


@pytest.mark.parametrize(
    ("selection", "settings", "model", "since"),
    [
        (IDS, Settings(max_token=7), "m", 100),
        (Selection(IDS.reasons, {3: {0: 9, None: 8}}, "x"), Settings(max_token=7), "m", 100),
        (IDS, Settings(max_token=7, concurrency=2, max_cost=1), "m", 100),
        (REFUSED, Settings(max_token=7), "m", 200),
        (Selection(IDS.reasons, {3: {0: 2}}, "ids.txt"), Settings(max_token=7), "m", 200),
        (IDS, Settings(max_token=8), "m", 200),
        (IDS, Settings(max_token=7), "other", 200),
    ],
)
def test_the_same_retry_keeps_its_mark(
    selection: Selection, settings: Settings, model: str, since: int
) -> None:
    """Where selection, requests and model are the same it goes on; any other begins anew."""
    first = retry_begun(RUN, IDS, Settings(max_token=7), model="m", mark=100)
    assert first["retry"]["since"] == 100
    assert first.items() >= RUN.items()
    again = retry_begun(first, selection, settings, model=model, mark=200)
    assert again["retry"]["since"] == since
