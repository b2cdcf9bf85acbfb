"""From a text to its sentences and their clauses, in whatever language they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# The dot of "1." at the start of a line ends no sentence.
_SENTENCE_END: Final = re.compile(
    r"(?<!\n\d)[.!?…]+(?=\s|$)|[。！？।؟?!]|\n|\s(?=[¿¡])|[\u2600-\u27bf\U0001f300-\U0001faff](?=\s)"
)
_QUESTION_MARKS: Final = frozenset("?？؟")
_BULLET: Final = re.compile(r"\s*(?:[-*•–+]|\d+[.)、])\s")
# "A:" in front of an answer, "Question 2:" in front of a question.
_LABEL: Final = re.compile(r"\s*\w\s?[:：]")
_QUESTION_LABEL: Final = re.compile(r"\W*\w{1,8}\s?\d*\s?[:：]")
_CLAUSE_END: Final = re.compile(
    r"[,;:()،；、，：]|\s[–—-]+\s|—|(?<=지만|으나|는데)\s"
    r"|\s(?:but|pero|mais|mas|aber|doch|но|maar|لكن|लेकिन)\s"
)
_LETTER: Final = re.compile(r"[^\W\d_]")
# Ways of writing, most of them English, that would need two words for one, or mean what they do not
# say: "I cannot help but notice" is no refusal to help, nor is the sign "Do not open" one to open.
_REWRITTEN: Final = (
    (re.compile(r"^\s*(?:please )?do(?: not|n't) (?!have|see|feel)"), "sign "),
    (re.compile(r"\bcan(?:not|'t) help (?:but|falling|feeling|noticing|smiling|thinking)\b"), ""),
    (re.compile(r"\b(?:happy|glad|delighted) to\b"), "gladly to"),
    (re.compile(r"\btext-(?:only|based)\b"), "textonly"),
    (re.compile(r"\bno one\b"), "nobody"),
    (re.compile(r"\bcan't\b"), "cannot"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    # Korean "seems": in other words the verb means "shows".
    (re.compile(r"것으로 보[가-힣]+"), "듯"),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without its bullet or label, and what those and its end say of it."""

    text: str
    is_question: bool
    is_labelled_question: bool
    in_list: bool


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences that have a letter, one by one."""
    start = 0
    while start < len(text):
        stop = _SENTENCE_END.search(text, start)
        raw = text[start : stop.start() if stop else None]
        if _LETTER.search(raw):
            is_question = stop is not None and not _QUESTION_MARKS.isdisjoint(stop[0])
            bullet = _BULLET.match(raw)
            mark = bullet or _LABEL.match(raw)
            yield Sentence(
                raw[mark.end() if mark else 0 :],
                is_question=is_question,
                is_labelled_question=is_question and _QUESTION_LABEL.match(raw) is not None,
                in_list=bullet is not None,
            )
        start = stop.end() if stop else len(text)


def clauses(sentence: str) -> list[str]:
    """Return the clauses of a sentence that have a letter, folded."""
    plain = folded(sentence)
    for written, meant in _REWRITTEN:
        plain = written.sub(meant, plain)
    return [text for text in _CLAUSE_END.split(plain) if _LETTER.search(text)]


def folded(text: str) -> str:
    """Return a text in the one form in which lexicons know its words."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("’", "'")
    return text.casefold().replace("_", " ")
