"""Sentences of a text."""

import pytest

from captioner.samples.refusals.splitting import sentences


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A cat. A dog.", ["A cat", " A dog"]),
        ("Really?! Yes… no", ["Really", " Yes", " no"]),
        ("No.2 at 3.5 m.", ["No.2 at 3.5 m"]),
        ("Two:\n1. a cat\n2. a dog", ["Two:", "a cat", "a dog"]),
        ("Sí ¿qué ¡no!", ["Sí", "¿qué", "¡no"]),
        ("犬。猫？", ["犬", "猫"]),
        ("A cat 😀 a dog😀!", ["A cat ", " a dog😀"]),
        ("... 12. !", []),
    ],
)
def test_where_sentences_end(text: str, said: list[str]) -> None:
    """At marks with a blank behind, at some without, at line ends; never within a number."""
    assert [sentence.text for sentence in sentences(text)] == said


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
