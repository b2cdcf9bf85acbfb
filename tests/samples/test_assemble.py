"""From captions to rows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.assemble import assemble, bad_record_outcome
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.placeholders import SpecialTokens, split_chunks, strip_special
from captioner.samples.plan import plan
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord, Sample
from captioner.samples.turns import Turn

TOKENS = SpecialTokens()
IMAGE, EOC, AUDIO, _ = TOKENS.all


def assembled(fields: dict[str, Any], texts: Sequence[str | None], rules: Rules) -> Outcome:
    """Assemble sample 3 from accepted texts, None for a failure."""
    captions = [
        CaptionOutcome(
            3, index, f"{index}.png", text, Verdict.FAILED if text is None else Verdict.OK
        )
        for index, text in enumerate(texts)
    ]
    return assemble(plan(Sample(3, fields), rules), captions, rules)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("any_or_all", "texts", "generated"),
    [
        ("any", [], False),
        ("all", [], False),
        ("any", [None, None], False),
        ("all", [None, None], False),
        ("any", ["x", None], True),
        ("all", ["x", None], False),
        ("any", [None, "y"], True),
        ("all", [None, "y"], False),
        ("any", ["x", "y"], True),
        ("all", ["x", "y"], True),
        ("any", ["", None], True),
    ],
)
def test_which_rows_there_are(
    keep: bool, any_or_all: Literal["any", "all"], texts: list[str | None], generated: bool
) -> None:
    """Keep decides on the original, any and all on the generated; the original comes first."""
    fields = {"text": IMAGE * len(texts), "images": ["a"] * len(texts), "id": 1}
    rules = Rules(keep_original_sample=keep, any_or_all=any_or_all)
    rows = assembled(fields, texts, rules).rows
    assert len(rows) == keep + generated
    if keep:
        assert rows[0] is fields
    if generated:
        assert rows[-1] is not fields
        assert rows[-1]["id"] == 1


def test_the_generated_text() -> None:
    """Of each chunk the tokens stay, a caption stands between blanks, and every chunk ends."""
    fields = {"text": f"w{IMAGE}w{IMAGE}{EOC}w{EOC} {EOC}{AUDIO}w{IMAGE}", "images": ["a"] * 3}
    row = assembled(fields, ["x", None, " z\n"], Rules(keep_original_sample=False)).rows[0]
    assert row["text"] == f"{IMAGE} x {IMAGE}{EOC}{EOC}{AUDIO}{IMAGE}  z\n {EOC}"


@given(
    st.lists(st.sampled_from([IMAGE, EOC, AUDIO, "w", " "]), max_size=12).map("".join),
    st.data(),
)
def test_captions_bring_no_tokens(text: str, data: st.DataObject) -> None:
    """Reading a generated text again gives the same chunks, whatever the captions say."""
    count = text.count(IMAGE)
    texts = data.draw(st.lists(st.none() | st.text(), min_size=count, max_size=count))
    clean = [None if text is None else strip_special(text, TOKENS) for text in texts]
    rows = assembled(
        {"text": text, "images": ["a"] * count}, clean, Rules(keep_original_sample=False)
    ).rows
    assert len(rows) == any(text is not None for text in clean)
    for row in rows:
        # A chunk of words alone leaves a bare eoc, which a second reading drops.
        kept = [chunk for chunk in split_chunks(text, TOKENS) if chunk]
        assert list(split_chunks(row["text"], TOKENS)) == kept
        assert row["text"].endswith(EOC)


def test_the_generated_row_differs_in_its_text_alone() -> None:
    """Columns keep their order and values, and the sample is not changed."""
    meta = {"deep": [1]}
    fields = {"z": 1, "text": IMAGE, "meta": meta, "images": ["a"], "a": None}
    before = dict(fields)
    original, generated = assembled(fields, ["x"], Rules()).rows
    assert list(generated) == list(fields)
    assert {**generated, "text": IMAGE} == before == fields
    assert original is fields


@pytest.mark.parametrize("keep", [True, False])
def test_captions_key(keep: bool) -> None:
    """The generated row gains the list of its captions, null where there is none."""
    fields = {"text": IMAGE * 2, "images": ["a", "b"]}
    rules = Rules(captions_key="caps", keep_original_sample=keep)
    rows = assembled(fields, ["x", None], rules).rows
    assert rows[-1]["caps"] == ["x", None]
    assert list(rows[-1]) == ["text", "images", "caps"]
    assert "caps" not in fields


def talked(index: int, *turns: Turn) -> CaptionOutcome:
    """A caption that is a dialogue, or with no turns just a text."""
    text = "\n".join(f"Q: {turn.question}\nA: {turn.answer}" for turn in turns) or "text"
    return CaptionOutcome(3, index, f"{index}.png", text, Verdict.OK, is_dialogue=True)


def test_conversations_key() -> None:
    """The generated row has its captions' turns, one after another; the original has none."""
    fields = {"text": IMAGE * 3, "images": ["a", "b", "c"], "id": 1}
    rules = Rules(conversations_key="conversations", captions_key="caps")
    captions = [talked(0, Turn("q", "a")), talked(1), talked(2, Turn("r", "b"))]
    original, generated = assemble(plan(Sample(3, fields), rules), captions, rules).rows
    assert original is fields
    assert list(generated) == ["text", "images", "id", "caps", "conversations"]
    assert generated["conversations"] == [
        {"from": "human", "value": "<image>\nq"},
        {"from": "gpt", "value": "a"},
        {"from": "human", "value": "<image>\nr"},
        {"from": "gpt", "value": "b"},
    ]
    captions = [talked(0), talked(1), talked(2)]
    assert (
        assemble(plan(Sample(3, fields), rules), captions, rules).rows[1]["conversations"] is None
    )


def test_conversations_in_rows_of_captions() -> None:
    """Each row has its own, null where there is none; it wins over the sample's field."""
    fields = {"text": IMAGE * 2, "images": ["a", "b"], "talk": "old", "id": 1}
    rules = Rules(conversations_key="talk", rows="captions")
    captions = [talked(0, Turn("q", "a")), talked(1)]
    first, second = assemble(plan(Sample(3, fields), rules), captions, rules).rows
    assert [message["value"] for message in first["talk"]] == ["<image>\nq", "a"]
    assert second["talk"] is None
    assert list(first) == ["image", "caption", "verdict", "sample", "placeholder", "talk", "id"]


def test_without_the_key_turns_are_in_no_row() -> None:
    """Turns alone change nothing in the output."""
    fields = {"text": IMAGE, "images": ["a"]}
    for rules in (Rules(rows="samples"), Rules(rows="captions")):
        planned = plan(Sample(3, fields), rules)
        dialogue = talked(0, Turn("q", "a"))
        with_turns = assemble(planned, [dialogue], rules)
        assert (
            with_turns.rows == assemble(planned, [replace(dialogue, is_dialogue=False)], rules).rows
        )


def test_a_text_that_was_not_there_is_added() -> None:
    """With added placeholders the generated row gains the text field, the original does not."""
    fields = {"images": ["a", "b"], "id": 1}
    original, generated = assembled(fields, ["x", "y"], Rules(placeholders="add")).rows
    assert original == {"images": ["a", "b"], "id": 1}
    assert generated == {
        "images": ["a", "b"],
        "id": 1,
        "text": f"{IMAGE} x {IMAGE} y {EOC}",
    }


@pytest.mark.parametrize(
    "rules",
    [
        Rules(rows="captions"),
        Rules(rows="captions", keep_original_sample=False, any_or_all="all", captions_key="caps"),
    ],
)
def test_rows_of_captions(rules: Rules) -> None:
    """One row for each placeholder, with or without a caption; our names win over the sample's."""
    fields = {"id": 9, "text": IMAGE * 2, "images": ["a", "b"], "caption": "old", "sample": "old"}
    rows = assembled(fields, ["x", None], rules).rows
    assert [list(row.items()) for row in rows] == [
        [("image", "0.png"), ("caption", "x"), ("verdict", "ok"), ("sample", 3),
         ("placeholder", 0), ("id", 9)],
        [("image", "1.png"), ("caption", None), ("verdict", "failed"), ("sample", 3),
         ("placeholder", 1), ("id", 9)],
    ]  # fmt: skip
    assert type(rows[0]["verdict"]) is str


@pytest.mark.parametrize(
    ("rules", "count"),
    [(Rules(), 1), (Rules(keep_original_sample=False), 0), (Rules(rows="captions"), 0)],
)
def test_malformed_samples(rules: Rules, count: int) -> None:
    """The original of a malformed sample is kept like any other; nothing is generated."""
    fields = {"text": IMAGE * 2, "images": ["a"]}
    outcome = assembled(fields, [], rules)
    assert len(outcome.rows) == count
    assert all(row is fields for row in outcome.rows)
    assert (outcome.fault, outcome.met_images) == ("malformed", True)
    assert outcome.fault_detail


def test_the_outcome_carries_what_was_counted() -> None:
    """Captions and unused images go on to whoever counts them."""
    outcome = assembled({"text": IMAGE, "images": ["a", "b", "c"]}, ["x"], Rules())
    assert (outcome.unused_images, outcome.met_images) == (2, True)
    assert [caption.caption for caption in outcome.captions] == ["x"]
    assert isinstance(outcome.record, Sample)


def test_captions_must_be_one_a_placeholder() -> None:
    """A caller that lost a caption is told at once."""
    with pytest.raises(ValueError, match="0 captions for 1 placeholders"):
        assembled({"text": IMAGE, "images": ["a"]}, [], Rules())


def test_bad_records_give_no_row() -> None:
    """A line that is no sample is a fault with its reason."""
    bad = BadRecord(4, "line 5", "not_json", "not JSON", "{oops")
    assert bad_record_outcome(bad) == Outcome(
        record=bad, rows=(), fault="not_json", fault_detail="not JSON"
    )
