"""Reading clauses with the lexicons: which language it is, and what part each word plays."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from captioner.samples.refusals import LEXICONS
from captioner.samples.refusals.lexicon import WORD, Lexicon, Part

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
_OTHER_LETTERS: Final = re.compile("[\u0400-\ud7af]")
_LATIN: Final = tuple(
    lexicon for lexicon in LEXICONS.values() if all(lexicon is not other for _, other in _SCRIPTS)
)
_NO_PARTS: Final[frozenset[Part]] = frozenset()
_CACHED_WORDS: Final = 8192


@dataclass(frozen=True, slots=True)
class Clause:
    """The parts that the words of a clause play, and how many words the lexicon does not know."""

    parts: frozenset[Part]
    words: int
    unknown: int

    def has(self, *parts: Part) -> bool:
        """Say whether all of `parts` are played."""
        return self.parts.issuperset(parts)

    def has_any(self, *parts: Part) -> bool:
        """Say whether one of `parts` is played."""
        return not self.parts.isdisjoint(parts)


def mostly_known(sentence: str) -> bool:
    """Say whether a lexicon knows two words in three of the first sentence of a text.

    Most captions are told by their first sentence already, so this has to be quick.
    """
    if lexicon := _by_script(sentence):
        clause = read(sentence, lexicon)
        words, unknown = clause.words, clause.unknown
    else:
        unknown, words = min(_latin_counts(sentence), default=(0, 0))
    return unknown <= max(1, words // 3)


def lexicon_of(text: str) -> Lexicon:
    """Return the lexicon of the language that a text seems to be in."""
    if lexicon := _by_script(text):
        return lexicon
    counts = _latin_counts(text)
    return _LATIN[counts.index(min(counts))] if counts else _LATIN[0]


def read(text: str, lexicon: Lexicon) -> Clause:
    """Read a clause with a lexicon."""
    parts: set[Part] = set()
    words = unknown = 0
    for weight, played in lexicon.words(text):
        words += weight
        if played is None:
            unknown += weight
        else:
            parts |= played
    # "My rules" are those of the writer; "my cat" is somebody else.
    if Part.OWN in parts and (not unknown or Part.RULE in parts):
        parts.add(Part.SELF)
    return Clause(frozenset(parts), words, unknown)


def read_in_others(text: str, lexicon: Lexicon) -> list[Clause]:
    """Read a clause with every other lexicon that knows all of its words."""
    if other := _by_script(text):
        clauses = [read(text, other)] if other is not lexicon else []
        return [clause for clause in clauses if not clause.unknown]
    columns = zip(*map(_latin_parts, WORD.findall(text)), strict=True)
    return [
        Clause(_NO_PARTS.union(*column), len(column), 0) for column in columns if None not in column
    ]


def _by_script(text: str) -> Lexicon | None:
    if text.isascii() or not _OTHER_LETTERS.search(text):
        return None
    return next((lexicon for script, lexicon in _SCRIPTS if script.search(text)), None)


def _latin_counts(text: str) -> list[tuple[int, int]]:
    """Return for each of the languages in Latin letters its unknown words, and all words."""
    return [(column.count(None), len(column)) for column in _latin_columns(text)]


def _latin_columns(text: str) -> Iterator[tuple[frozenset[Part] | None, ...]]:
    """Yield for each of the languages in Latin letters the parts of the words of a text."""
    return zip(*map(_latin_parts, WORD.findall(text)), strict=True)


@functools.lru_cache(_CACHED_WORDS)
def _latin_parts(word: str) -> tuple[frozenset[Part] | None, ...]:
    """The parts that a word plays in each of the languages in Latin letters."""
    return tuple(lexicon.parts(word) for lexicon in _LATIN)
