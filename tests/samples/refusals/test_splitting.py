"""Sentences of a text."""

from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.refusals.splitting import sentences


@given(st.lists(st.sampled_from([*"aB3 \n\t.!?:-*)", "Q: ", "\n2. ", "..."])).map("".join))
def test_sentences_end_alike_in_every_text(text: str) -> None:
    """Whether there are letters beyond ASCII in a text does not change where its others end."""
    *before, last = sentences(text + "\né")
    assert before == list(sentences(text))
    assert last.raw == "é"


def test_what_stands_in_front_of_a_sentence_is_told_from_it() -> None:
    """Bullets and labels are no part of what is said, but say what it belongs to."""
    said = list(sentences("Question 2: Is it one?\nA: It is.\n- a cat\n3. a dog, 2.5 m away"))
    assert [sentence.text for sentence in said] == [
        "Question 2: Is it one",
        " It is",
        "a cat",
        "a dog, 2.5 m away",
    ]
    assert [sentence.is_labelled_question for sentence in said] == [True, False, False, False]
    assert [sentence.in_list for sentence in said] == [False, False, True, True]
