"""Failures by reason, as a person or a script reads them."""

import json

from captioner.report.failures_table import FailureTable, failures_as_json, render_failures
from captioner.samples.failure import Failure
from captioner.samples.reasons import REASONS

RETRY = "captioner retry out.jsonl"


def table_of(*failures: Failure) -> FailureTable:
    """Failures, counted."""
    table = FailureTable()
    for failure in failures:
        table.add(failure)
    return table


def test_the_whole_table() -> None:
    """The most frequent first, each with its first example and what to do; then how to go on."""
    table = table_of(
        Failure(0, 0, "refused", "a.png", "the text only declines: I am sorry"),
        Failure(1, 0, "timeout", "b.png", "no answer in 600 s"),
        Failure(2, 0, "timeout", "c.png", "another"),
        Failure(3, None, "not_json", detail="Expecting value at column 1", where="line 4"),
    )
    assert (
        render_failures(table, "/x/out.failures.jsonl", RETRY)
        == f"""\
4 failures in /x/out.failures.jsonl

Reason    Count  Example, and what to do
timeout       2  b.png: no answer in 600 s
                 {REASONS["timeout"]}
not_json      1  line 4: Expecting value at column 1
                 {REASONS["not_json"]}
refused       1  a.png
                 {REASONS["refused"]}

Ask again: {RETRY}, or for one reason: {RETRY} --only timeout
"""
    )


def test_words_of_the_model_are_not_shown() -> None:
    """A judged reply's detail may hold them; why there was no reply never does."""
    for reason in ("refused", "filtered", "empty", "truncated", "looped", "echoed"):
        told = render_failures(table_of(Failure(0, 0, reason, "a.png", "SECRET")), "f", RETRY)
        assert "SECRET" not in told
        as_json = failures_as_json(table_of(Failure(0, 0, reason, "a", "SECRET")), "f", RETRY)
        assert "SECRET" not in json.dumps(as_json)
    assert "said" in render_failures(table_of(Failure(0, 0, "rejected", "a", "said")), "f", RETRY)


def test_examples_are_short_printable_and_without_secrets() -> None:
    """Whatever stands in the file, a line of the table is a line."""
    table = table_of(
        Failure(0, 0, "timeout", "https://u:SECRET@h/p.png?sig=SECRET", "x" * 500),
        Failure(0, 1, "rejected", "data:image/png;base64,AAAA", "\x1b[31mred\n"),
        Failure(0, 2, "connection", "d/" * 100 + "é\x1b.png"),
        Failure(7, None, "malformed", detail="no\ntext"),
        Failure(0, 3, "of a\nlater version" + "x" * 99),
    )
    told = render_failures(table, "f\n", RETRY)
    assert "SECRET" not in told
    assert "AAAA" not in told
    assert "\x1b" not in told
    assert told.count("\n") == 4 + 5 + 4 + 1
    assert "https://h/p.png?…: xxx" in told
    assert "sample 7: no\\ntext" in told
    assert max(map(len, told.splitlines())) < 200


def test_a_later_versions_reason_is_counted() -> None:
    """What this version has no help for is shown without."""
    told = render_failures(table_of(Failure(0, 0, "too_ugly", "a.png", "so ugly")), "f", RETRY)
    assert "too_ugly      1  a.png: so ugly\n\nAsk again" in told


def test_what_cannot_be_asked_again_is_not_offered() -> None:
    """Records that are unusable have nothing to ask for; rows on standard output are gone."""
    unusable = Failure(0, None, "malformed", detail="x")
    timeout = Failure(0, 0, "timeout", "a")
    told = render_failures(table_of(unusable), "f", RETRY)
    assert told.endswith("\n\nNone of these can be asked again: mend the input.\n")
    told = render_failures(table_of(unusable, unusable, timeout), "f", RETRY)
    assert told.endswith("--only timeout\n")
    told = render_failures(table_of(timeout), "f", None)
    assert told.endswith("the rows went to standard output.\n")
    assert failures_as_json(table_of(timeout), "f", None)["retry"] is None
    assert failures_as_json(table_of(unusable), "f", RETRY)["retry"] is None


def test_as_json() -> None:
    """The same, for scripts."""
    table = table_of(
        Failure(3, None, "malformed", detail="no text"),
        Failure(5, 1, "timeout", "b.png", "slow"),
        Failure(6, 0, "timeout", "c.png", "slow"),
    )
    told = failures_as_json(table, "/x/f", RETRY)
    assert list(told["reasons"]) == ["timeout", "malformed"]
    assert told == {
        "count": 3,
        "file": "/x/f",
        "reasons": {
            "timeout": {
                "count": 2,
                "example": "b.png: slow",
                "sample": 5,
                "placeholder": 1,
                "help": REASONS["timeout"],
                "retry": f"{RETRY} --only timeout",
            },
            "malformed": {
                "count": 1,
                "example": "sample 3: no text",
                "sample": 3,
                "placeholder": None,
                "help": REASONS["malformed"],
                "retry": None,
            },
        },
        "retry": RETRY,
    }
    assert failures_as_json(FailureTable(), "/x/f", RETRY) == {
        "count": 0,
        "file": "/x/f",
        "reasons": {},
        "retry": None,
    }
