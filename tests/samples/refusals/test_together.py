"""Several lexicons at once."""

from hypothesis import example, given
from hypothesis import strategies as st

from captioner.samples.refusals import LEXICONS
from captioner.samples.refusals.lexicon import words_of
from captioner.samples.refusals.splitting import folded
from captioner.samples.refusals.together import Together

TOGETHER = Together([lexicon for lexicon in LEXICONS.values() if lexicon.spaced])
WORDS = [
    "I",
    "cannot",
    "Perdón",
    "nicht.",
    "“the",
    "2024",
    "½",
    "dog",
    "dog,cat",
    "Ａ_cat",
    "ﬁ\u0301",
]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4)).map(" ".join))
@example("dog cat")
@example("dog cat cannot not no")
def test_counts_are_those_of_each_lexicon(text: str) -> None:
    """What is strange, or unknown to one, is what the lexicons say of the words one by one."""
    plain = folded(text)
    words = words_of(plain)
    lacking = [[lexicon.parts(word) is None for lexicon in TOGETHER.lexicons] for word in words]
    counts, count = TOGETHER.unknown(plain)
    assert list(counts) == [sum(one) for one in zip(*lacking, strict=True)] or not words
    assert count == len(words)
    strange = sum(map(all, lacking))
    if TOGETHER.is_strange(text):
        assert strange > max(1, count // 3)
    else:
        assert strange <= max(1, count // 2)
