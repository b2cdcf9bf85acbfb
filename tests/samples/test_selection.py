"""What is asked for once more."""

import pytest

from captioner.errors import ConfigError
from captioner.samples.failure import Failure
from captioner.samples.plan import Plan, plan
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample
from captioner.samples.selection import Selection, parse_id

FAILURES = [Failure(4, 0, "timeout"), Failure(4, 2, "refused")]


def planned(sample: int = 4, placeholders: int = 3) -> Plan:
    """A sample with so many placeholders."""
    fields = {"text": "<__dj__image>" * placeholders, "images": ["a"] * placeholders}
    return plan(Sample(sample, fields), Rules())


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        (Selection(), {0, 2}),
        (Selection(frozenset({"timeout"})), {0}),
        (Selection(frozenset({"timeout", "refused"})), {0, 2}),
        (Selection(frozenset({"empty"})), set()),
        (Selection(ids={4: {1: 1}}, ids_file="f"), {1}),
        (Selection(ids={4: {None: 1}}, ids_file="f"), {0, 1, 2}),
        (Selection(ids={5: {None: 1}}, ids_file="f"), set()),
        (Selection(frozenset({"refused"}), {4: {1: 1}}, "f"), {1, 2}),
    ],
)
def test_who_is_selected(selection: Selection, selected: set[int]) -> None:
    """By reason, by id, both together, or every failure where nothing is said."""
    assert selection.placeholders_of(planned(), FAILURES) == selected


def test_a_record_as_a_whole_is_never_selected() -> None:
    """It has nothing that could be asked for, whatever is said."""
    malformed = plan(Sample(4, {"text": "<__dj__image>" * 2, "images": ["a"]}), Rules())
    assert malformed.fault
    failures = [Failure(4, None, "malformed")]
    for selection in (
        Selection(),
        Selection(frozenset({"malformed"})),
        Selection(ids={4: {None: 1}}, ids_file="f"),
    ):
        assert selection.placeholders_of(malformed, failures) == frozenset()


def test_ids_that_are_not_there_are_named() -> None:
    """With file, line, and what there is."""
    with pytest.raises(ConfigError, match=r"f, line 9: sample 4 has no placeholder 3; it has 3"):
        Selection(ids={4: {3: 9}}, ids_file="f").placeholders_of(planned(), ())
    with pytest.raises(ConfigError, match=r"f, line 9: .* 4 has no placeholder 0; it has none"):
        Selection(ids={4: {0: 9}}, ids_file="f").placeholders_of(planned(placeholders=0), ())
    selection = Selection(ids={4: {3: 9, None: 8}}, ids_file="f")
    selection.check_samples(5)
    with pytest.raises(ConfigError, match="f, line 8: there is no sample 4; the run has 4"):
        selection.check_samples(4)


def test_reasons_that_are_not_there_are_named() -> None:
    """With those that are."""
    selection = Selection(frozenset({"timeout"}))
    selection.check_reasons({"timeout", "refused"})
    Selection().check_reasons(set())
    with pytest.raises(ConfigError, match=r"--only timeout: .*; it has empty, refused"):
        selection.check_reasons({"refused", "empty"})
    with pytest.raises(ConfigError, match="there are no failures"):
        selection.check_reasons(set())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("17", (17, None)),
        (" 17:0\r\n", (17, 0)),
        ("17 : 3", (17, 3)),
        ('{"image": "a", "caption": "c", "sample": 17, "placeholder": 0}', (17, 0)),
        ('{"sample": 17, "placeholder": null, "reason": "x"}', (17, None)),
        ('{"sample": 17}', (17, None)),
        ("", None),
        (" \n", None),
        ("# 17", None),
    ],
)
def test_lines_of_ids(line: str, named: tuple[int, int | None] | None) -> None:
    """Numbers, pasted rows, comments."""
    assert parse_id(line) == named


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("x", "SAMPLE or SAMPLE:PLACEHOLDER"),
        ("17:", "SAMPLE or SAMPLE:PLACEHOLDER"),
        (":1", "SAMPLE or SAMPLE:PLACEHOLDER"),
        ("-1", "SAMPLE or SAMPLE:PLACEHOLDER"),
        ("1:2:3", "SAMPLE or SAMPLE:PLACEHOLDER"),
        ("1.5", "SAMPLE or SAMPLE:PLACEHOLDER"),
        ("²", "SAMPLE or SAMPLE:PLACEHOLDER"),
        ("9" * 5000, "SAMPLE or SAMPLE:PLACEHOLDER"),
        ('{"sample": 17', "no JSON object"),
        ('{"sample": ' + "9" * 5000 + "}", "no JSON object"),
        ('{"text": "x"}', "no 'sample'"),
        ('{"sample": "17"}', "whole numbers"),
        ('{"sample": true}', "whole numbers"),
        ('{"sample": 1, "placeholder": -1}', "whole numbers"),
    ],
)
def test_lines_that_are_no_ids(line: str, wrong: str) -> None:
    """Are told apart from ids, whatever they are."""
    with pytest.raises(ValueError, match=wrong):
        parse_id(line)
