"""Judging replies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.outcome import Verdict
from captioner.samples.placeholders import SpecialTokens
from captioner.samples.rules import ACCEPTABLE
from captioner.samples.verdict import Judgement, judge

TOKENS = SpecialTokens()
LOOP = "and a tree next to a house, " * 20
REFUSAL = "I'm sorry, but I can't help with that."
PROMPT = "Write one plain sentence about the image."

contents = st.lists(
    st.sampled_from([*TOKENS.all, "<__dj__", "image>", "<think>", "</think>", " ", "a cat", "\n"])
    | st.text(max_size=5),
    max_size=12,
).map("".join)


def judged(
    content: str | None, *, refusal: str | None = None, finish_reason: str | None = "stop"
) -> Judgement:
    """Judge a reply to PROMPT."""
    return judge(
        content,
        refusal=refusal,
        finish_reason=finish_reason,
        system_prompt=PROMPT,
        user_prompt="",
        tokens=TOKENS,
    )


@pytest.mark.parametrize(
    ("content", "refusal", "finish_reason", "verdict", "text"),
    [
        ("A cat.", None, "stop", Verdict.OK, "A cat."),
        ("A cat.", "", None, Verdict.OK, "A cat."),
        (" \n A cat.\n\nIt sleeps. \n", None, "stop", Verdict.OK, " \n A cat.\n\nIt sleeps. \n"),
        ("a <__dj__image>cat<|__dj__eoc|>", None, "stop", Verdict.OK, "a cat"),
        ("<think>hm</think>\n\n A cat. ", None, "stop", Verdict.OK, "A cat. "),
        (" \n<think></think>A cat.", None, "stop", Verdict.OK, "A cat."),
        ("A cat. <think>hm</think>", None, "stop", Verdict.OK, "A cat. <think>hm</think>"),
        ("<think>a cat, I", None, "stop", Verdict.TRUNCATED, ""),
        ("<think>a cat, I", None, "length", Verdict.TRUNCATED, ""),
        ("A cat si", None, "length", Verdict.TRUNCATED, "A cat si"),
        ("", None, "length", Verdict.TRUNCATED, ""),
        (None, None, "stop", Verdict.EMPTY, ""),
        ("", None, "stop", Verdict.EMPTY, ""),
        (" \n\u200b\ufeff", None, "stop", Verdict.EMPTY, " \n\u200b\ufeff"),
        ("<__dj__image> <|__dj__eoc|>", None, "stop", Verdict.EMPTY, " "),
        ("<think>hm</think> ", None, "stop", Verdict.EMPTY, ""),
        (None, "I can't.", "stop", Verdict.REFUSED, "I can't."),
        ("A cat.", "I can't.", "stop", Verdict.REFUSED, "A cat."),
        (None, "I can't.", "content_filter", Verdict.REFUSED, "I can't."),
        (REFUSAL, None, "stop", Verdict.REFUSED, REFUSAL),
        (f"<think>hm</think>{REFUSAL}", None, "stop", Verdict.REFUSED, REFUSAL),
        ("A ca", None, "content_filter", Verdict.FILTERED, "A ca"),
        ("", None, "content_filter", Verdict.FILTERED, ""),
        (LOOP, None, "stop", Verdict.LOOPED, LOOP),
        (PROMPT, None, "stop", Verdict.ECHOED, PROMPT),
    ],
)
def test_verdicts(
    content: str | None,
    refusal: str | None,
    finish_reason: str | None,
    verdict: Verdict,
    text: str,
) -> None:
    """Each kind of reply has its verdict, and the text loses nothing but what it must."""
    judgement = judged(content, refusal=refusal, finish_reason=finish_reason)
    assert (judgement.verdict, judgement.text) == (verdict, text)
    assert bool(judgement.detail) == (verdict is not Verdict.OK)


@pytest.mark.parametrize(
    ("content", "verdict"),
    [(LOOP, Verdict.LOOPED), (REFUSAL, Verdict.REFUSED), (PROMPT, Verdict.ECHOED)],
)
def test_accepting_cut_texts_lets_nothing_worse_in(content: str, verdict: Verdict) -> None:
    """A loop, a refusal or an echo that was also cut is judged by the graver fault."""
    judgement = judged(content, finish_reason="length")
    assert judgement.verdict is verdict
    assert not judgement.accepted({Verdict.TRUNCATED})


@pytest.mark.parametrize(
    ("content", "refusal", "finish_reason"),
    [
        (None, "I can't.", "stop"),
        (REFUSAL, None, "stop"),
        (f"<think>hm</think>{REFUSAL}", None, "stop"),
        (f"Q: What is it?\nA: {REFUSAL}", None, "stop"),
        ("很抱歉，我无法描述这张图片。", None, "stop"),
        ("A ca", None, "content_filter"),
        ("", None, "content_filter"),
        (None, None, "stop"),
        (" \n<__dj__image>\u200b", None, "stop"),
        ("<think>hm</think>\n", None, "stop"),
        (LOOP, None, "stop"),
        (LOOP, None, "length"),
        ("<think>A cat, I think. It sleeps.", None, "stop"),
        ("<think>A cat, I think. It sleeps.", None, "length"),
        (PROMPT, None, "stop"),
        ("A cat that", None, "length"),
    ],
)
def test_nothing_bad_is_accepted_by_default(
    content: str | None, refusal: str | None, finish_reason: str
) -> None:
    """Refusals, filters, empty texts, loops, unclosed reasoning, echoes and cut texts stay out."""
    judgement = judged(content, refusal=refusal, finish_reason=finish_reason)
    assert judgement.verdict is not Verdict.OK
    assert not judgement.accepted(frozenset())


def test_a_prompt_that_reads_like_a_refusal_is_an_echo() -> None:
    """What is given back is told from what is refused by the prompt, whatever it says."""
    prompt = "You cannot identify people. Do not describe their faces."
    judgement = judge(
        prompt,
        refusal=None,
        finish_reason="stop",
        system_prompt=prompt,
        user_prompt="",
        tokens=TOKENS,
    )
    assert judgement.verdict is Verdict.ECHOED


@pytest.mark.parametrize("verdict", Verdict)
def test_accepted(verdict: Verdict) -> None:
    """`ok` is accepted always; others only if asked for, if they can have a text, and have one."""
    everything = frozenset(Verdict)
    assert Judgement(verdict, "A cat").accepted(frozenset()) == (verdict is Verdict.OK)
    lets_in = verdict is Verdict.OK or verdict in ACCEPTABLE
    assert Judgement(verdict, "A cat").accepted(everything) == lets_in
    assert Judgement(verdict, "A cat").accepted({verdict}) == lets_in
    if verdict is not Verdict.OK:
        assert not Judgement(verdict, " \u200b").accepted(everything)


@given(
    contents,
    st.none() | contents,
    st.sampled_from(["stop", "length", "content_filter", "tool_calls", None]),
)
def test_a_text_has_no_special_tokens(
    content: str, refusal: str | None, finish_reason: str | None
) -> None:
    """Whatever comes back, no caption carries a special token or begins with hidden reasoning."""
    text = judged(content, refusal=refusal, finish_reason=finish_reason).text
    assert not any(token in text for token in TOKENS.all)
    if refusal is None:
        assert not text.lstrip().startswith("<think>")


@given(st.text(st.characters(exclude_characters="<")))
def test_an_accepted_text_came_as_it_is(content: str) -> None:
    """A reply without tokens or reasoning is kept to the letter, outer blanks too."""
    assert judged(content).text == content


def test_details_are_one_short_line() -> None:
    """A long refusal is shortened in the detail, not in the text."""
    judgement = judged(None, refusal="I can't\n" * 200)
    assert "\n" not in judgement.detail
    assert len(judgement.detail) < 250
    assert judgement.text == "I can't\n" * 200
