"""A caption read as a dialogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.rules import PAIR_MODES, Rules
from captioner.samples.turns import Turn, parse_turns

ONE = (Turn("a?", "b"),)
TWO = (Turn("a?", "b"), Turn("c?", "d"))


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("Q: a?\nA: b", ONE),
        ("Q: a?\nA: b\nQ: c?\nA: d", TWO),
        ("\n\nQ:a?\n\n\nA:b\n\nQ:c?\nA:d\n\n", TWO),
        ("Q: a?\r\nA: b\r\nQ: c?\r\nA: d\r\n", TWO),
        ("Question: a?\nAnswer: b", ONE),
        ("question: a?\nANSWER: b", ONE),
        ("Q1: a?\nA1: b\nQ2: c?\nA2: d", TWO),
        ("Question 1: a?\nAnswer 1: b\nQuestion #2: c?\nAnswer #2: d", TWO),
        ("1. Q: a?\n   A: b\n2. Q: c?\n   A: d", TWO),
        ("- Q: a?\n- A: b", ONE),
        ("### Question 1: a?\n### Answer: b", ONE),
        ("> Q: a?\n> A: b", ONE),
        ("**Q:** a?\n**A:** b", ONE),
        ("**Q**: a?\n**A**: b", ONE),
        ("__Q1:__ a?\n*A1:* b", ONE),
        ("**Q: a?**\nA: b", ONE),
        ("**Q: a?**\n**A: b**", ONE),
        ("Q:a?\nA:b", ONE),
        ("Q : a?\nA : b", ONE),
        ("Q:\na?\nA:\nb", ONE),
        ("Of course! Here it is:\n\nQ: a?\nA: b", ONE),
        ("```\nQ: a?\nA: b\n```", ONE),
        ("Q: a?\nA: b\n\n---\n\nQ: c?\nA: d\n\n***\n", TWO),
        ("Q: a?\nA: b\nQ: cut off", ONE),
        ("Q: a?\nA: b\nQ: cut off\nA: ", ONE),
        ("Q: never answered\nQ: a?\nA: b", ONE),
        ("A: to nothing\nQ: a?\nA: b", ONE),
        ("Q:\nA: to nothing\nQ: a?\nA: b", ONE),
        ("Q: a?\nA: b\nA: d", (Turn("a?", "b\nd"),)),
        ("Q: a?\nA: b\n\n- x\n- y\n\nAll: z", (Turn("a?", "b\n\n- x\n- y\n\nAll: z"),)),
        ("Q: **Who?**\nA: *He*", (Turn("**Who?**", "*He*"),)),
        ("Q: a?\nA: see `Q: x`, A: y", (Turn("a?", "see `Q: x`, A: y"),)),
        ("Q: a?\nA: ```\nx = 1\n```", (Turn("a?", "```\nx = 1\n```"),)),
        ("Q\uff1a a?\nA\uff1ab", ONE),
    ],
)
def test_dialogues(text: str, turns: tuple[Turn, ...]) -> None:
    """However models mark up their pairs, the bare question and answer come out."""
    assert parse_turns(text) == turns


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "A cat sits on a mat.",
        "Q: a? A: b",
        "Q: only a question?",
        "A: only an answer.",
        "A: first\nQ: last?",
        "Quiet: yes\nAll: no",
        "a: one\nq: two\na: three",
        "FAQ: x\nUSA: y",
        "Q and A\nA and Q",
        "Q&A: the sign says so",
    ],
)
def test_what_is_no_dialogue_has_no_turns(text: str) -> None:
    """Prose, lists and half a dialogue are not taken for one."""
    assert parse_turns(text) == ()


pieces = st.sampled_from(
    ["Q:", "A:", "Question 1:", "**A:**", "**Q", "```", "---", "\n", "\r", " ", "*", "word", "_"]
)


@given(st.lists(pieces, max_size=30).map("".join) | st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Nothing raises; turns have both sides, and say nothing that the text does not."""
    for turn in parse_turns(text):
        for words in (turn.question, turn.answer):
            assert words == words.strip() != ""
            assert all(line.strip() in text for line in words.replace("*", "\n").split("\n"))


plain = st.lists(st.text("abc ?.,é漢", min_size=1).filter(str.strip), min_size=1, max_size=3).map(
    lambda lines: "\n".join(lines).strip()
)


@given(st.lists(st.builds(Turn, plain, plain), max_size=4), st.sampled_from(["\n", "\n\n"]))
def test_what_was_asked_for_comes_back_exactly(turns: list[Turn], between: str) -> None:
    """A reply in the form of the prompts gives the very turns that it was written from."""
    text = between.join(f"Q: {turn.question}\nA: {turn.answer}" for turn in turns)
    assert parse_turns(text) == tuple(turns)


def test_long_texts_are_read_in_no_time() -> None:
    """Time grows with the text alone, whatever stands in it."""
    for piece in ("*" * 9, "Q", "Q: ", "\t", "Q1: **", "```", "1. ", "\n-"):
        assert len(parse_turns(piece * 100_000)) == 0


def test_the_modes_whose_captions_are_dialogues() -> None:
    """Those that ask for pairs, and custom where a field for them is named."""
    assert {"description", "reasoning", "conversation"} == PAIR_MODES
    for mode in PAIR_MODES:
        assert Rules(mode=mode).reads_turns
    assert not Rules(mode="caption").reads_turns
    assert not Rules(mode="custom").reads_turns
    assert Rules(mode="custom", conversations_key="c").reads_turns
