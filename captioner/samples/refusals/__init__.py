"""How models decline: the words they use, one lexicon for each language.

To extend: add words to a language's lexicon, and a text to the labelled ones of the tests.
"""

from __future__ import annotations

from typing import Final

from captioner.samples.refusals.arabic import ARABIC
from captioner.samples.refusals.chinese import CHINESE
from captioner.samples.refusals.dutch import DUTCH
from captioner.samples.refusals.english import ENGLISH
from captioner.samples.refusals.french import FRENCH
from captioner.samples.refusals.german import GERMAN
from captioner.samples.refusals.hindi import HINDI
from captioner.samples.refusals.italian import ITALIAN
from captioner.samples.refusals.japanese import JAPANESE
from captioner.samples.refusals.korean import KOREAN
from captioner.samples.refusals.lexicon import Lexicon
from captioner.samples.refusals.polish import POLISH
from captioner.samples.refusals.portuguese import PORTUGUESE
from captioner.samples.refusals.russian import RUSSIAN
from captioner.samples.refusals.spanish import SPANISH
from captioner.samples.refusals.turkish import TURKISH

LEXICONS: Final[dict[str, Lexicon]] = {
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "pt": PORTUGUESE,
    "it": ITALIAN,
    "de": GERMAN,
    "nl": DUTCH,
    "pl": POLISH,
    "tr": TURKISH,
    "ru": RUSSIAN,
    "zh": CHINESE,
    "ja": JAPANESE,
    "ko": KOREAN,
    "ar": ARABIC,
    "hi": HINDI,
}
"""ISO 639-1 code → lexicon."""
