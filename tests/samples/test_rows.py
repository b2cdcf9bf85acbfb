"""Which rows there are, and the captions back from them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.assemble import assemble
from captioner.samples.failure import Failure
from captioner.samples.outcome import CaptionOutcome, Verdict
from captioner.samples.placeholders import SpecialTokens, strip_special
from captioner.samples.plan import Plan, plan
from captioner.samples.recovery import captions_of_generated, captions_of_row, kept_outcome
from captioner.samples.rows import GENERATED, ORIGINAL, RowKind, rows_of
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample
from captioner.samples.turns import Turn

TOKENS = [SpecialTokens(), SpecialTokens("<image>", "\n"), SpecialTokens("a", "b")]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Plan, list[str | None], Rules]:
    """A planned sample, malformed ones among them, its captions or failures, and the rules."""
    tokens = draw(st.sampled_from(TOKENS))
    rules = Rules(
        image_token=tokens.image,
        eoc_token=tokens.eoc,
        placeholders=draw(st.sampled_from(["require", "add"])),
        rows=draw(st.sampled_from(["samples", "captions"])),
        captions_key=draw(st.sampled_from([None, "caps"])),
        keep_original_sample=draw(st.booleans()),
        any_or_all=draw(st.sampled_from(["any", "all"])),
    )
    pieces = st.sampled_from([*tokens.all, "w", " "])
    fields: dict[str, Any] = {
        "text": "".join(draw(st.lists(pieces, max_size=10))),
        "images": [f"{number}.png" for number in range(draw(st.integers(0, 6)))],
    }
    planned = plan(Sample(7, fields), rules)
    texts: list[str | None] = [
        None if text is None else strip_special(text, tokens)
        for text in draw(
            st.lists(
                st.none() | st.sampled_from([" ", "\n", " x ", "\n\n"]) | st.text(),
                min_size=len(planned.placeholders),
                max_size=len(planned.placeholders),
            )
        )
    ]
    return planned, texts, rules


def outcomes(texts: list[str | None]) -> list[CaptionOutcome]:
    """Accepted texts, None for a failure."""
    return [
        CaptionOutcome(
            7, index, f"{index}.png", text, Verdict.FAILED if text is None else Verdict.OK
        )
        for index, text in enumerate(texts)
    ]


@given(cases())
def test_the_kinds_are_those_of_the_rows(case: tuple[Plan, list[str | None], Rules]) -> None:
    """Known from plan and failures alone, they describe exactly the rows that are made."""
    planned, texts, rules = case
    rows = assemble(planned, outcomes(texts), rules).rows
    failed = {index for index, text in enumerate(texts) if text is None}
    kinds = rows_of(planned, failed, rules)
    assert len(kinds) == len(rows)
    for kind, row in zip(kinds, rows, strict=True):
        assert (kind == ORIGINAL) == (row is planned.sample.fields)
        assert (kind == GENERATED) == (rules.rows == "samples" and kind != ORIGINAL)
        if kind.name == "caption":
            assert (row["sample"], row["placeholder"]) == (7, kind.placeholder)


@given(cases())
def test_captions_come_back_from_a_generated_row(
    case: tuple[Plan, list[str | None], Rules],
) -> None:
    """Exactly, with line breaks and outer blanks; a bare placeholder has none."""
    planned, texts, rules = case
    failed = {index for index, text in enumerate(texts) if text is None}
    rows = assemble(planned, outcomes(texts), rules).rows
    for kind, row in zip(rows_of(planned, failed, rules), rows, strict=True):
        if kind == GENERATED:
            assert captions_of_generated(row[rules.text_key], planned, rules) == texts
            assert captions_of_row(row, planned, rules) == texts


def test_kinds_of_captions_and_of_malformed_samples() -> None:
    """One row for each placeholder; of a malformed sample only the original, if kept."""
    rules = Rules(rows="captions")
    both = plan(Sample(0, {"text": "<__dj__image>" * 2, "images": ["a", "b"]}), rules)
    assert rows_of(both, {1}, rules) == (RowKind("caption", 0), RowKind("caption", 1))
    malformed = plan(Sample(0, {"text": "<__dj__image>" * 2, "images": ["a"]}), Rules())
    assert rows_of(malformed, set(), Rules()) == (ORIGINAL,)
    with pytest.raises(ValueError, match="no placeholder 2"):
        rows_of(both, {2}, rules)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<__dj__image> x ",
        "<__dj__image> x <|__dj__eoc|>",
        "<__dj__image> x <__dj__image> y <|__dj__eoc|> more",
        "<__dj__image>x<__dj__image><|__dj__eoc|>",
        "words <__dj__image> x <__dj__image><|__dj__eoc|>",
        "<__dj__image> <__dj__image><|__dj__eoc|>",
        "<__dj__image> x <__dj__image> y <__dj__image> z <|__dj__eoc|>",
    ],
)
def test_a_text_that_was_changed_is_noticed(text: str) -> None:
    """Rather no caption than a wrong one."""
    planned = plan(Sample(0, {"text": "<__dj__image>" * 2, "images": ["a", "b"]}), Rules())
    with pytest.raises(ValueError, match="'text' is not as it was generated"):
        captions_of_generated(text, planned, Rules())


def test_a_row_that_was_changed_is_noticed() -> None:
    """No text, or a list of captions that are not those of the text."""
    rules = Rules(captions_key="caps")
    planned = plan(Sample(0, {"text": "<__dj__image>", "images": ["a"]}), rules)
    row = {"text": "<__dj__image> x <|__dj__eoc|>", "caps": ["x"]}
    assert captions_of_row(row, planned, rules) == ["x"]
    with pytest.raises(ValueError, match="'caps' has not the captions"):
        captions_of_row(row | {"caps": ["y"]}, planned, rules)
    with pytest.raises(ValueError, match="'text' is no text"):
        captions_of_row({"text": 1}, planned, rules)


def test_what_is_kept_is_an_outcome_again() -> None:
    """A caption with its turns where the mode has them; a failure with all it was told."""
    planned = plan(Sample(7, {"text": "<__dj__image>", "images": ["a"]}), Rules())
    placeholder = planned.placeholders[0]
    kept = kept_outcome(placeholder, "Q: a\nA: b", Rules())
    assert (kept.sample, kept.index, kept.caption) == (7, 0, "Q: a\nA: b")
    assert kept.turns == (Turn("a", "b"),)
    assert kept_outcome(placeholder, "Q: a\nA: b", Rules(mode="caption")).turns == ()
    failed = kept_outcome(placeholder, Failure(7, 0, "timeout", "a", "slow", 3), Rules())
    assert (failed.caption, failed.verdict) == (None, Verdict.FAILED)
    assert (failed.reason, failed.detail, failed.attempts) == ("timeout", "slow", 3)
    refused = kept_outcome(placeholder, Failure(7, 0, "refused", "a"), Rules())
    assert refused.verdict is Verdict.REFUSED
