"""Texts that only decline: every clause must decline or be a courtesy around it.

A caption that mentions an apology, or that says what cannot be seen and goes on to describe, has
a clause that is neither, and is left alone. The wordings stand in `refusals`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from captioner.samples.refusals import (
    BREAKS,
    CONTENT,
    COURTESIES,
    DECLINES,
    EXPANSIONS,
    OPENINGS,
)

# Refusals are short; the bounds also keep the patterns' work small on contrived texts.
_MAX_CHARS: Final = 1000
_MAX_CLAUSES: Final = 16
_MAX_CLAUSE_CHARS: Final = 300

_LABEL: Final = re.compile(r"\s*(?:a|answer|caption|description|response)\s*:")
_EDGES: Final = " ,،-–—¡¿"


def only_declines(text: str) -> bool:
    """Say whether `text` is short and does nothing but decline, in a language of the tables."""
    if len(text) > _MAX_CHARS:
        return False
    declined = False
    for count, clause in enumerate(_clauses(text)):
        if count >= _MAX_CLAUSES or len(clause) > _MAX_CLAUSE_CHARS:
            return False
        rest = _without_openings(clause)
        if not rest:
            continue
        if CONTENT.search(rest):
            return False
        if DECLINES.fullmatch(rest):
            declined = True
        elif not COURTESIES.fullmatch(rest):
            return False
    return declined


def _clauses(text: str) -> Iterator[str]:
    """Yield the clauses one by one: most captions are told by their first."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("*", "")
    label = _LABEL.match(plain)
    start = label.end() if label else 0
    while start < len(plain):
        stop = BREAKS.search(plain, start)
        clause = " ".join(plain[start : stop.start() if stop else None].split()).strip(_EDGES)
        if clause:
            for short, long in EXPANSIONS:
                clause = short.sub(long, clause)
            yield clause
        start = stop.end() if stop else len(plain)


def _without_openings(clause: str) -> str:
    # One at a time: repeated inside a pattern, their optional blanks would multiply.
    while opening := OPENINGS.match(clause):
        clause = clause[opening.end() :].lstrip(_EDGES)
    return clause
