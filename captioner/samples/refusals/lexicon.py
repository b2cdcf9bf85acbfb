"""What a language's lexicon of refusals holds: words by the part that they play in one."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final, TypeAlias


class Part:
    """The parts that a word may play in a refusal, each a bit: what plays several is their sum.

    Plain integers: sets of members cost ten times as much, and every reply is judged.
    """

    SELF: Final = 1 << 0
    OWN: Final = 1 << 1
    ADDRESSEE: Final = 1 << 2
    APOLOGY: Final = 1 << 3
    NEGATION: Final = 1 << 4
    ABILITY: Final = 1 << 5
    CONSENT: Final = 1 << 6
    SERVICE: Final = 1 << 7
    PERCEPTION: Final = 1 << 8
    PICTURE: Final = 1 << 9
    WHOLE: Final = 1 << 10
    DETAIL: Final = 1 << 11
    REFUSAL: Final = 1 << 12
    RULE: Final = 1 << 13
    BREACH: Final = 1 << 14
    CAUSE: Final = 1 << 15
    ARRIVAL: Final = 1 << 16
    OFFER: Final = 1 << 17
    DEPICTION: Final = 1 << 18


FIELDS: Final[dict[str, int]] = {
    "selves": Part.SELF,
    "owns": Part.OWN,
    "addressees": Part.ADDRESSEE,
    "apologies": Part.APOLOGY,
    "negations": Part.NEGATION,
    "abilities": Part.ABILITY,
    "consents": Part.CONSENT,
    "services": Part.SERVICE,
    "perceptions": Part.PERCEPTION,
    "pictures": Part.PICTURE,
    "wholes": Part.WHOLE,
    "details": Part.DETAIL,
    "refusals": Part.REFUSAL,
    "rules": Part.RULE,
    "breaches": Part.BREACH,
    "causes": Part.CAUSE,
    "arrivals": Part.ARRIVAL,
    "offers": Part.OFFER,
    "depictions": Part.DEPICTION,
}
"""Field of a `Lexicon` → the part that its words play; `fillers` play none."""

_WORD: Final = re.compile(r"[\w\u064b-\u065f\u0900-\u0963]+")
"""A word: vowel signs of Arabic and Devanagari belong to it, and \\w does not hold them all."""
_ASCII_WORD: Final = re.compile("[a-zA-Z0-9_]+")

# Words of all languages: names of models and of their makers, file types, what programs write.
_INTERNATIONAL: Final = """
ai alibaba anthropic api app base64 bing bot bytes captcha captchas chatbot chatgpt claude copilot
deepseek false gemini gif google gpt heic heif html http https id image internlm internvl jpeg jpg
json llama llava llm meta microsoft mime mistral none null ocr openai pdf phi pixtral png qwen
server svg tiff true txt url urls webp xml
"""
_ASCII_RUN: Final = re.compile("[a-z0-9]+")
_LETTERS_PER_WORD: Final = 2
_CACHED_WORDS: Final = 8192
_NOTHING: Final = 0

_Table: TypeAlias = dict[str, int]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Casefolded words of one language, separated by blanks; a word may play several parts.

        `selves`: the writer ("I", verbs in the first person where those stand alone). `owns`: "my".
        `addressees`: the reader, and what only speaks to one ("please", "if"). `apologies`.
        `negations`. `abilities`: can, may, be able or allowed.
        `consents`: willing, allowed, rather. `services`: what a writer could do for
        the reader. `perceptions`: seeing, knowing, telling. `pictures`: the image and what else is
    asked or sent. `wholes`: anything, nothing. `details`: people, faces, text and other things
    that
    a description may leave open. `refusals`: decline, denied, blocked. `rules`: policies, reasons.
    `breaches`: violates, prevents. `causes`: because, as. `arrivals`: attached, loads, access.
    `offers`: glad, instead.
        `depictions`: shows, features. `fillers` play no part, and describe nothing either.

        With `spaced`, `word*` stands for all words that begin so; else words are found anywhere.
    """

    selves: str
    addressees: str
    apologies: str
    negations: str
    abilities: str
    consents: str
    services: str
    perceptions: str
    pictures: str
    wholes: str
    details: str
    refusals: str
    rules: str
    breaches: str
    causes: str
    arrivals: str
    offers: str
    depictions: str
    fillers: str
    owns: str = ""
    spaced: bool = True

    @functools.cached_property
    def tables(self) -> tuple[_Table, _Table, tuple[int, ...]]:
        """Whole words, beginnings, and the lengths of these."""
        whole: _Table = {}
        stems: _Table = {}
        for field in fields(self):
            words = getattr(self, field.name)
            for word in _normal(words).split() if isinstance(words, str) else ():
                stem = word.removesuffix("*")
                table = whole if stem == word else stems
                table[stem] = table.get(stem, _NOTHING) | FIELDS.get(field.name, _NOTHING)
        for word in _INTERNATIONAL.split():
            whole.setdefault(word, _NOTHING)
        return whole, stems, tuple(sorted(set(map(len, stems))))

    @functools.cached_property
    def _by_head(self) -> dict[str, tuple[str, ...]]:
        """First letter → the words that begin so, the longest first."""
        by_head: dict[str, list[str]] = {}
        for word in sorted(self.tables[0], key=len, reverse=True):
            by_head.setdefault(word[0], []).append(word)
        return {head: tuple(words) for head, words in by_head.items()}

    @functools.lru_cache(_CACHED_WORDS)  # noqa: B019 - the lexicons live as long as the process
    def parts(self, word: str) -> int | None:
        """Return the parts that a word plays, by itself and by its beginnings; None: unknown."""
        whole, stems, lengths = self.tables
        found = whole.get(word)
        for length in lengths:
            if (more := stems.get(word[:length])) is not None:
                found = more if found is None else found | more
        return _NOTHING if found is None and word.isdecimal() else found

    def words(self, clause: str) -> Iterator[tuple[int, int | None]]:
        """Yield the words of a clause, each as its weight in words and its parts."""
        if self.spaced:
            for word in words_of(clause):
                yield 1, self.parts(word)
            return
        whole, by_head = self.tables[0], self._by_head
        start = end = 0
        while start < len(clause):
            if run := _ASCII_RUN.match(clause, start):
                yield from _unknown(clause[end:start])
                yield 1, self.parts(run[0])
                start = end = run.end()
                continue
            for word in by_head.get(clause[start], ()):
                if clause.startswith(word, start):
                    yield from _unknown(clause[end:start])
                    yield 1, whole[word]
                    start = end = start + len(word)
                    break
            else:
                start += 1
        yield from _unknown(clause[end:])


def words_of(text: str) -> list[str]:
    """The words of a text, in its order."""
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


def _unknown(letters: str) -> Iterator[tuple[int, None]]:
    for word in words_of(letters):
        yield (len(word) + 1) // _LETTERS_PER_WORD, None


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
