"""How models decline: a table of wordings for each language, and all of them as patterns.

To extend: add a pattern to a language's table, and a text to the labelled ones of the tests.
"""

from __future__ import annotations

import re
from typing import Final

from captioner.samples.refusals.asian import ARABIC, CHINESE, HINDI, JAPANESE, KOREAN
from captioner.samples.refusals.english import ENGLISH
from captioner.samples.refusals.european import (
    FRENCH,
    GERMAN,
    ITALIAN,
    PORTUGUESE,
    RUSSIAN,
    SPANISH,
)
from captioner.samples.refusals.wordings import Wordings

LANGUAGES: Final[dict[str, Wordings]] = {
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "pt": PORTUGUESE,
    "it": ITALIAN,
    "de": GERMAN,
    "ru": RUSSIAN,
    "zh": CHINESE,
    "ja": JAPANESE,
    "ko": KOREAN,
    "ar": ARABIC,
    "hi": HINDI,
}
"""ISO 639-1 code → wordings."""

EXPANSIONS: Final = (
    (re.compile(r"\b(?:can't|cant)\b"), "cannot"),
    (re.compile(r"\bwon't\b"), "will not"),
    (
        re.compile(r"\b(do|does|did|is|are|was|were|has|have|could|would|should|must)n't\b"),
        r"\1 not",
    ),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\b(we|you|they)'re\b"), r"\1 are"),
    (re.compile(r"\b(i|we|you)'ll\b"), r"\1 will"),
    (re.compile(r"\b(i|we|you)'d\b"), r"\1 would"),
    (re.compile(r"\b(it|that|there|what)'s\b"), r"\1 is"),
)
"""English contractions → full forms, so that each wording stands once in the table."""

BREAKS: Final = re.compile(
    r"[.!?]+(?=\s|$)|[。؟।\n;]+|:\s|\s[–—-]\s|—|[、，]"
    # After a Chinese, Japanese or Korean letter no blank follows the sign.
    r"|(?<=[\u3000-\u9fff\uac00-\ud7af])[,!?]"
    r"|,?\s(?:but|however|though|although|yet|pero|sin embargo|mais|cependant|mas|porém|ma|tuttavia"
    r"|aber|jedoch|но|однако|لكن|लेकिन)[,\s]\s*"
)
"""Where one clause ends and the next begins."""

CONTENT: Final = re.compile(
    r"\b(?:(?:image|photo|picture|photograph|scene|it|which)"
    r" (?:shows|depicts|features|captures|displays)"
    r"|there (?:is|are) (?:an?|two|three|several|many|some)"
    r"|i (?:can )?(?:clearly )?see (?:an?|two|three|several|many|some)"
    r"|(?:he|she|they) (?:is|are|has|have|wears?|appears?))\b"
)
"""A clause with one of these says what the image shows: the text does more than decline."""

OPENINGS: Final = re.compile("|".join(f"(?:{lang.opening})" for lang in LANGUAGES.values()))
"""An apology or regret at the start of a clause; several may follow each other."""

DECLINES: Final = re.compile("|".join(way for lang in LANGUAGES.values() for way in lang.declines))
"""A whole clause, without its openings, that declines."""

COURTESIES: Final = re.compile(
    "|".join(way for lang in LANGUAGES.values() for way in lang.courtesies)
)
"""A whole clause, without its openings, that only softens a refusal."""
