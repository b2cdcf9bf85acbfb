"""Reading clauses with the lexicons: which language it is, and what part each word plays."""

from __future__ import annotations

import functools
import operator
import re
from typing import Final

from captioner.record import record
from captioner.samples.refusals import LEXICONS
from captioner.samples.refusals.lexicon import Lexicon, Part, words_of
from captioner.samples.refusals.splitting import folded
from captioner.samples.refusals.together import Together

# The script tells the language, or leaves those in Latin letters to choose from.
_SCRIPTS: Final = tuple(
    (re.compile(letters), LEXICONS[code])
    for letters, code in (
        ("[\u3040-\u30ff]", "ja"),
        ("[\uac00-\ud7af]", "ko"),
        ("[\u4e00-\u9fff]", "zh"),
        ("[\u0400-\u04ff]", "ru"),
        ("[\u0600-\u06ff]", "ar"),
        ("[\u0900-\u097f]", "hi"),
    )
)
_OTHER_LETTERS: Final = re.compile("[^\u0000-\u03ff\u1e00-\u2e7f\ufe0f\U0001f300-\U0001faff]")
"""What may be a letter of those scripts once it is folded: no Latin one, no sign, no emoji."""
_LATIN: Final = Together(
    [lexicon for lexicon in LEXICONS.values() if all(lexicon is not other for _, other in _SCRIPTS)]
)
_AT: Final = {lexicon: at for at, lexicon in enumerate(_LATIN.lexicons)}


@record
class Clause:
    """The parts that the words of a clause play, and how many words the lexicon does not know."""

    parts: int
    words: int
    unknown: int

    def has(self, parts: int) -> bool:
        """Say whether all of `parts` are played."""
        return self.parts & parts == parts

    def has_any(self, parts: int) -> bool:
        """Say whether one of `parts` is played."""
        return self.parts & parts != 0


def mostly_known(sentence: str) -> bool:
    """Say whether a lexicon knows two words in three of the first sentence of a text.

    Most captions are told by their first sentence already, so this has to be quick.
    """
    if not _has_other_letters(sentence) and _LATIN.is_strange(sentence):
        return False
    plain = folded(sentence)
    if lexicon := _by_script(plain):
        clause = read(plain, lexicon)
        words, unknown = clause.words, clause.unknown
    else:
        counts, words = _LATIN.unknown(plain)
        unknown = min(counts)
    return unknown <= max(1, words // 3)


def lexicon_of(text: str) -> Lexicon:
    """Return the lexicon of the language that a folded text seems to be in."""
    if lexicon := _by_script(text):
        return lexicon
    counts, _ = _LATIN.unknown(text)
    return _LATIN.lexicons[counts.index(min(counts))]


def read(text: str, lexicon: Lexicon) -> Clause:
    """Read a folded clause with a lexicon."""
    parts = words = unknown = 0
    if (at := _AT.get(lexicon)) is not None:
        meanings = _LATIN.meanings
        found = words_of(text)
        words = len(found)
        for word in found:
            if (played := meanings[word][1][at]) is None:
                unknown += 1
            else:
                parts |= played
    else:
        for weight, played in lexicon.words(text):
            words += weight
            if played is None:
                unknown += weight
            else:
                parts |= played
    # "My rules" are those of the writer; "my cat" is somebody else.
    if parts & Part.OWN and (not unknown or parts & Part.RULE):
        parts |= Part.SELF
    return Clause(parts, words, unknown)


def read_in_others(text: str, lexicon: Lexicon) -> list[Clause]:
    """Read a folded clause with every other lexicon that knows all of its words."""
    if other := _by_script(text):
        clauses = [read(text, other)] if other is not lexicon else []
        return [clause for clause in clauses if not clause.unknown]
    counts, words = _LATIN.unknown(text)
    if not words or all(counts):
        return []
    meanings = [_LATIN.meanings[word][1] for word in words_of(text)]
    return [
        Clause(functools.reduce(operator.or_, column), words, 0)
        for column in zip(*meanings, strict=True)
        if None not in column
    ]


def _by_script(plain: str) -> Lexicon | None:
    if not _has_other_letters(plain):
        return None
    return next((lexicon for script, lexicon in _SCRIPTS if script.search(plain)), None)


def _has_other_letters(text: str) -> bool:
    return not text.isascii() and _OTHER_LETTERS.search(text) is not None
