"""Special tokens and chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.samples.placeholders import SpecialTokens, split_chunks, strip_special

TOKENS = SpecialTokens()
IMAGE, EOC, AUDIO, VIDEO = TOKENS.all
NESTED = SpecialTokens(image="<i>", eoc="<i><e>")

texts = st.lists(
    st.sampled_from([*TOKENS.all, "<__dj__", "im", "age>", "<|__dj__", "eoc|>", " ", "a"])
    | st.text(max_size=3),
    max_size=20,
).map("".join)


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("", ()),
        (" \n\t", ()),
        (EOC, ()),
        (EOC * 3, ()),
        ("words", ((),)),
        (f"words{EOC}", ((),)),
        (f"{IMAGE}a{EOC}", ((IMAGE,),)),
        (f"a{IMAGE}b{AUDIO}c{IMAGE}", ((IMAGE, AUDIO, IMAGE),)),
        (f"{IMAGE}{EOC} \u2003{EOC}b{EOC}{VIDEO}", ((IMAGE,), (), (VIDEO,))),
        ("<__dj__im<__dj__image>age>", ((IMAGE,),)),
        ("<__DJ__image> <image>", ((),)),
    ],
)
def test_chunks(text: str, chunks: tuple[tuple[str, ...], ...]) -> None:
    """A chunk keeps its special tokens in order; a blank one disappears with its eoc."""
    assert split_chunks(text, TOKENS) == chunks


def test_the_longest_token_wins_where_several_start() -> None:
    """A token that begins like another is not cut short by it."""
    assert split_chunks("<i>a<i><e>b", NESTED) == (("<i>",), ())


def test_tokens_are_taken_literally() -> None:
    """Signs of regular expressions in a token mean themselves."""
    assert split_chunks("axb a.b$", SpecialTokens(image="a.b", eoc="$")) == (("a.b",),)


def test_tokens_that_were_replaced_are_plain_text() -> None:
    """With other tokens set, the usual ones mean nothing."""
    assert split_chunks(f"{IMAGE}{EOC}<i>", NESTED) == (("<i>",),)
    assert strip_special(IMAGE, NESTED) == IMAGE


@given(texts)
def test_chunks_are_what_stands_between_eocs(text: str) -> None:
    """Splitting agrees with the plain reading: cut at eocs, drop blanks, keep the other tokens."""
    pieces = [piece for piece in text.split(EOC) if piece.strip()]
    chunks = split_chunks(text, TOKENS)
    assert len(chunks) == len(pieces)
    for chunk, piece in zip(chunks, pieces, strict=True):
        assert {token: chunk.count(token) for token in (IMAGE, AUDIO, VIDEO)} == {
            token: piece.count(token) for token in (IMAGE, AUDIO, VIDEO)
        }


@given(texts)
def test_stripped_text_has_no_token(text: str) -> None:
    """None is left, not even one that removing another would have made."""
    stripped = strip_special(text, TOKENS)
    assert not any(token in stripped for token in TOKENS.all)
    assert strip_special(stripped, TOKENS) == stripped


@given(st.text().filter(lambda text: not any(token in text for token in TOKENS.all)))
def test_text_without_tokens_is_untouched(text: str) -> None:
    """Nothing but tokens is removed."""
    assert strip_special(text, TOKENS) == text


def test_deeply_nested_tokens_go() -> None:
    """Halves around a token join when it goes; that goes on to the end."""
    assert strip_special("<__dj__im" * 50 + "age>" * 50, TOKENS) == ""
