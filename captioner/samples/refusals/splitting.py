"""From a text to its sentences and their clauses, in whatever language they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from captioner.record import record

_EMOJI: Final = r"\u2600-\u27bf\U0001f300-\U0001faff"
# The dot of "1." at the start of a line ends no sentence. The set in front of all is what makes the
# search quick.
_SENTENCE_END: Final = re.compile(
    rf"[.!?…。！？।؟\n{_EMOJI}](?:(?<=[.!?…])(?<!\n\d.)[.!?…]*(?=\s|$)"
    rf"|(?<=[。！？।؟?!\n])|(?<=[{_EMOJI}])(?=\s))"
)
_ASCII_SENTENCE_END: Final = re.compile(r"[.!?\n](?:(?<!\n)(?<!\n\d.)[.!?]*(?=\s|$)|(?<=[?!\n]))")
"""What is left of it for texts in ASCII, which are the most."""
_BLANK_AND_OPENING: Final = re.compile(r"\s(?=[¿¡])")
_QUESTION_MARKS: Final = frozenset("?？؟")
# A bullet, or the "A:" in front of an answer; "Question 2:" in front of a question.
_MARK: Final = re.compile(r"\s*(?:(?P<bullet>(?:[-*•–+]|\d+[.)、])\s)|\w\s?[:：])")
_QUESTION_LABEL: Final = re.compile(r"\W*\w{1,8}\s?\d*\s?[:：]")
_CLAUSE_END: Final = re.compile(
    r"[,;:()،；、，：]|\s[–—-]+\s|—|(?<=지만|으나|는데)\s"
    r"|\s(?:but|pero|mais|mas|aber|doch|но|maar|لكن|लेकिन)\s"
)
_ASCII_CLAUSE_END: Final = re.compile(r"[,;:()]|\s(?:-+|but|pero|mais|mas|aber|doch|maar)\s")
"""As above, for texts in ASCII."""
_LETTER: Final = re.compile(r"[^\W\d_]")
# Ways of writing, most of them English, that would need two words for one, or mean what they do not
# say: "I cannot help but notice" is no refusal to help, nor is the sign "Do not open" one to open.
_REWRITTEN: Final = (
    ("do", re.compile(r"^\s*(?:please )?do(?: not|n't) (?!have|see|feel)"), "sign "),
    (
        " help ",
        re.compile(r"\bcan(?:not|'t) help (?:but|falling|feeling|noticing|smiling|thinking)\b"),
        "",
    ),
    (" to", re.compile(r"\b(?:happy|glad|delighted) to\b"), "gladly to"),
    ("text-", re.compile(r"\btext-(?:only|based)\b"), "textonly"),
    ("no one", re.compile(r"\bno one\b"), "nobody"),
    ("can't", re.compile(r"\bcan't\b"), "cannot"),
    ("won't", re.compile(r"\bwon't\b"), "will not"),
    ("n't", re.compile(r"n't\b"), " not"),
    # Korean "seems": in other words the verb means "shows".
    ("것으로 보", re.compile(r"것으로 보[가-힣]+"), "듯"),
)
"""What is in every text with the way of writing, that way, and what is written for it."""


@record
class Sentence:
    """A sentence, and what its bullet or label and its end say of it."""

    raw: str
    is_question: bool

    @property
    def text(self) -> str:
        """The sentence without its bullet or label."""
        mark = _MARK.match(self.raw)
        return self.raw[mark.end() :] if mark else self.raw

    @property
    def is_labelled_question(self) -> bool:
        """Whether a label tells it from what the writer says."""
        return self.is_question and _QUESTION_LABEL.match(self.raw) is not None

    @property
    def in_list(self) -> bool:
        """Whether it has a bullet."""
        mark = _MARK.match(self.raw)
        return mark is not None and mark["bullet"] is not None


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences that have a letter, one by one."""
    if "¿" in text or "¡" in text:
        # The blank in front is an end as well.
        text = _BLANK_AND_OPENING.sub("\n", text)
    start = 0
    for end in (_ASCII_SENTENCE_END if text.isascii() else _SENTENCE_END).finditer(text):
        raw = text[start : end.start()]
        if _LETTER.search(raw):
            yield Sentence(raw, not _QUESTION_MARKS.isdisjoint(end[0]))
        start = end.end()
    if _LETTER.search(text, start):
        yield Sentence(text[start:], is_question=False)


def clauses(sentence: str) -> list[str]:
    """Return the clauses of a sentence that have a letter, folded."""
    plain = folded(sentence)
    for hint, written, meant in _REWRITTEN:
        if hint in plain:
            plain = written.sub(meant, plain)
    end = _ASCII_CLAUSE_END if plain.isascii() else _CLAUSE_END
    return [text for text in end.split(plain) if _LETTER.search(text)]


def folded(text: str) -> str:
    """Return a text in the one form in which lexicons know its words."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("’", "'")
    return text.casefold().replace("_", " ")
