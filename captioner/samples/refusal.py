"""Texts that only decline: every clause must decline, or speak of anything but the image.

Refusals have one subject, the writer and the request, so their words come from a small stock:
the writer, the reader, apologies, negations, abilities, services, rules, the image as a thing.
`refusals` holds that stock for each language; the grammar here is the same for all. A clause with
a word that the stock lacks describes something, unless it speaks of the writer or to the reader.
In doubt a text describes.
"""

from __future__ import annotations

import re
from typing import Final

from captioner.samples.refusals.lexicon import Lexicon, Part
from captioner.samples.refusals.reading import (
    Clause,
    lexicon_of,
    mostly_known,
    read,
    read_in_others,
)
from captioner.samples.refusals.splitting import Sentence, clauses, folded, sentences

# Refusals are short; the bounds also keep the work small on contrived texts.
_MAX_CHARS: Final = 1000
_MAX_SENTENCES: Final = 24
_MAX_HEAD_CHARS: Final = 120

_QUOTES: Final = '"“”„«»「」『』'
_QUOTE: Final = re.compile(f"[{_QUOTES}]")


def only_declines(text: str) -> bool:
    """Say whether `text` is short and does nothing but decline, in a language of the lexicons."""
    if len(text) > _MAX_CHARS:
        return False
    lexicon: Lexicon | None = None
    declined = offered = False
    for count, sentence in enumerate(sentences(text)):
        if sentence.is_labelled_question:
            continue
        if lexicon is None:
            if not mostly_known(folded(sentence.text)):
                if sentence.is_question:
                    continue
                return False
            # A refusal quotes nobody, unless it stands in quotes as a whole.
            if _QUOTE.search(text.strip().strip(_QUOTES)):
                return False
            lexicon = lexicon_of(folded(text[:_MAX_HEAD_CHARS]))
        if count >= _MAX_SENTENCES:
            return False
        weighed = _weigh(sentence, lexicon, offered=offered and sentence.in_list)
        if weighed is None:
            return False
        declines, offered = weighed
        declined = declined or declines
    return declined


def _weigh(sentence: Sentence, lexicon: Lexicon, *, offered: bool) -> tuple[bool, bool] | None:
    """Say whether a sentence declines and whether it offers; None if it describes.

    `offered` says that the sentence belongs to a list below an offer.
    """
    texts = clauses(sentence.text)
    read_clauses = [read(text, lexicon) for text in texts]
    # A list of what is offered may hold any words: before, after or below what offers them.
    offers = offered or any(map(_offers, read_clauses))
    sorry = any(clause.has(Part.APOLOGY) for clause in read_clauses)
    declines = _declines(_joined(read_clauses)) if len(texts) > 1 else False
    of_writer = False
    for text, clause in zip(texts, read_clauses, strict=True):
        of_writer = of_writer or clause.has(Part.SELF)
        if _declines(clause, of_writer=of_writer):
            declines = True
        elif not (
            sentence.is_question
            or _says_nothing(clause)
            or (sorry and clause.words == 1)  # the name of the reader, or a sigh
            or (offers and _is_listed(clause, in_list=sentence.in_list))
        ):
            # A part of a refusal may be in another language.
            others = read_in_others(text, lexicon)
            if any(map(_declines, others)):
                declines = True
            elif not any(other.has(Part.APOLOGY) for other in others):
                return None
    return declines, offers


def _declines(clause: Clause, *, of_writer: bool = False) -> bool:
    """Say whether the writer denies a service, or the request is said to be out of bounds.

    `of_writer` says that the sentence spoke of the writer before: "I decided not to describe it".
    """
    has, any_of = clause.has, clause.has_any
    denied = has(Part.NEGATION)
    if has(Part.SELF) and clause.unknown <= max(1, clause.words // 3):
        if has(Part.REFUSAL):
            return True
        if has(Part.BREACH) and (
            not clause.unknown or any_of(Part.RULE, Part.PICTURE, Part.SERVICE, Part.ABILITY)
        ):
            return True
        if (
            denied
            and not has(Part.PERCEPTION)
            and (has(Part.SERVICE) or clause.unknown <= max(1, clause.words // 4))
        ):
            return True
        if denied and has(Part.ARRIVAL) and any_of(Part.PICTURE, Part.WHOLE):
            return True
    if clause.unknown > clause.words // 6:
        return False
    if has(Part.REFUSAL) or has(Part.RULE, Part.BREACH):
        return any_of(Part.PICTURE, Part.SERVICE, Part.RULE)
    if not denied or has(Part.DEPICTION):
        return False
    if clause.unknown:
        return has(Part.ABILITY, Part.SERVICE) and not has(Part.PERCEPTION)
    if has(Part.PERCEPTION):
        if has(Part.WHOLE) or has(Part.ABILITY, Part.SERVICE):
            return True
        if has(Part.SELF) or of_writer:
            if has(Part.DETAIL):
                return has(Part.SERVICE)
            return any_of(Part.PICTURE, Part.ADDRESSEE)
        return has(Part.ARRIVAL, Part.PICTURE) and not has(Part.DETAIL)
    if has(Part.SELF) or of_writer or has(Part.SERVICE):
        return True
    return any_of(Part.ABILITY, Part.PICTURE) and not has(Part.DETAIL)


def _says_nothing(clause: Clause) -> bool:
    """Say whether a clause speaks of the writer, the reader or the rules, not of the image."""
    has, any_of = clause.has, clause.has_any
    to_reader = any_of(Part.ADDRESSEE, Part.OFFER)
    sees = has(Part.PERCEPTION) and not has(Part.NEGATION)
    if clause.unknown == 0:
        return to_reader or not (sees and has(Part.DETAIL)) or any_of(Part.RULE, Part.REFUSAL)
    if sees or has(Part.DEPICTION):
        return False
    if to_reader:
        return clause.unknown <= clause.words // 2
    if has(Part.SELF):
        return clause.unknown <= clause.words // 3
    if any_of(Part.APOLOGY, Part.RULE, Part.REFUSAL):
        return clause.unknown <= clause.words // 4
    meta = has(Part.NEGATION) or has(Part.ABILITY, Part.SERVICE)
    return meta and not has(Part.DETAIL) and clause.unknown <= clause.words // 6


def _offers(clause: Clause) -> bool:
    if clause.has(Part.SELF, Part.ABILITY, Part.SERVICE) and not clause.has(Part.NEGATION):
        return True
    return clause.has_any(Part.ADDRESSEE, Part.OFFER)


def _is_listed(clause: Clause, *, in_list: bool) -> bool:
    """Say whether a clause may be one of the things that are offered."""
    if in_list:
        return not clause.has(Part.DEPICTION)
    return clause.unknown <= 2 and not clause.has_any(Part.DEPICTION, Part.PERCEPTION, Part.DETAIL)


def _joined(parts: list[Clause]) -> Clause:
    """Return one clause of several, or an empty one if there is a word that is not known."""
    if any(clause.unknown for clause in parts):
        return Clause(frozenset(), 0, 0)
    played = frozenset[Part]().union(*(clause.parts for clause in parts))
    return Clause(played, sum(clause.words for clause in parts), 0)
