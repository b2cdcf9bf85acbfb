"""Texts that only decline: every clause must decline, or speak of anything but the image.

Refusals have one subject, the writer and the request, so their words come from a small stock:
the writer, the reader, apologies, negations, abilities, services, rules, the image as a thing.
`refusals` holds that stock for each language; the grammar here is the same for all. A clause with
a word that the stock lacks describes something, unless it speaks of the writer or to the reader.
In doubt a text describes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from captioner.record import record
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
# "Access denied" may be all that a sign says.
_MIN_REFUSING_WORDS: Final = 4

_QUOTES: Final = '"“”„«»「」『』'
_QUOTE: Final = re.compile(rf"[{_QUOTES}]|(?<!\w)['‘][^'’]+['’]")
_MARK: Final = re.compile(rf"[{_QUOTES}'‘]")
"""Without one there is no quote; it is found ten times as fast."""
# What a program that wants JSON is told: quotes mark its strings.
_OBJECT: Final = re.compile(r"\s*\{[^{}]+\}\s*")


@record
class _Said:
    """A sentence with its clauses, as texts and as read."""

    sentence: Sentence
    texts: tuple[str, ...]
    clauses: tuple[Clause, ...]


def only_declines(text: str) -> bool:
    """Say whether `text` is short and does nothing but decline, in a language of the lexicons."""
    if len(text) > _MAX_CHARS:
        return False
    if _OBJECT.fullmatch(text):
        text = _QUOTE.sub(" ", text)
    lexicon: Lexicon | None = None
    all_said: list[_Said] = []
    is_dialogue = offered = False
    for sentence in sentences(text):
        if sentence.is_labelled_question:
            is_dialogue = True
            continue
        if lexicon is None:
            if not mostly_known(sentence.text):
                if sentence.is_question:
                    continue
                return False
            # A refusal quotes nobody, unless it stands in quotes as a whole.
            if _MARK.search(text) and _QUOTE.search(text.strip().strip(_QUOTES)):
                return False
            lexicon = lexicon_of(folded(text[:_MAX_HEAD_CHARS]))
        if len(all_said) >= _MAX_SENTENCES:
            return False
        texts = tuple(clauses(sentence.text))
        said = _Said(sentence, texts, tuple([read(text, lexicon) for text in texts]))
        # What describes even beside one who declines all settles it: few texts are read to the end.
        offered = offered and sentence.in_list
        weighed = _weigh(said, lexicon, offered=offered, wholly=not is_dialogue)
        if weighed is None:
            return False
        _, offered = weighed
        all_said.append(said)
    return lexicon is not None and _all_decline(all_said, lexicon, is_dialogue=is_dialogue)


def _all_decline(all_said: list[_Said], lexicon: Lexicon, *, is_dialogue: bool) -> bool:
    # Who declines all may explain it at length; who leaves a part open may describe the rest.
    wholly = not is_dialogue and any(
        _declines_wholly(clause) for said in all_said for clause in said.clauses
    )
    declined = offered = False
    for said in all_said:
        weighed = _weigh(said, lexicon, offered=offered and said.sentence.in_list, wholly=wholly)
        if weighed is None:
            return False
        declines, offered = weighed
        declined = declined or declines
    return declined


def _weigh(
    said: _Said, lexicon: Lexicon, *, offered: bool, wholly: bool
) -> tuple[bool, bool] | None:
    """Say whether a sentence declines and whether it offers; None if it describes.

    `offered` says that the sentence belongs to a list below an offer, `wholly` that a clause of
    the text declines all.
    """
    # A list of what is offered may hold any words: before, after or below what offers them.
    offers = offered or any(map(_offers, said.clauses))
    explains = wholly and any(map(_declines_wholly, said.clauses))
    declines = of_writer = False
    for text, clause in zip(said.texts, said.clauses, strict=True):
        of_writer = of_writer or clause.has(Part.SELF)
        if _declines(clause, of_writer=of_writer):
            declines = True
        elif not (
            said.sentence.is_question
            or _says_nothing(clause)
            or (wholly and _is_beside_it(clause, explains=explains))
            or (clause.words == 1 and _is_sorry(said))  # the name of the reader, or a sigh
            or (offers and _is_listed(clause, in_list=said.sentence.in_list))
        ):
            # A part of a refusal may be in another language.
            others = read_in_others(text, lexicon)
            if any(map(_declines, others)):
                declines = True
            elif not any(other.has(Part.APOLOGY) for other in others):
                return None
    if not declines and len(said.clauses) > 1:
        declines = _declines(_joined(said.clauses))
    return declines, offers


def _is_sorry(said: _Said) -> bool:
    return any(clause.has(Part.APOLOGY) for clause in said.clauses)


def _declines_wholly(clause: Clause) -> bool:
    """Say whether a clause declines to speak of the image at all, not just of a detail."""
    has = clause.has
    if _dislikes(clause):
        return True
    if has(Part.DETAIL) and not has(Part.RULE):
        return False
    if has(Part.PERCEPTION) and not clause.has_any(Part.WHOLE | Part.PICTURE):
        return False
    if not has(Part.SELF) and not (
        clause.has_any(Part.SERVICE | Part.ABILITY | Part.REFUSAL | Part.BREACH)
        and clause.has_any(Part.PICTURE | Part.RULE | Part.APOLOGY | Part.WHOLE)
    ):
        return False
    return _declines(clause)


def _declines(clause: Clause, *, of_writer: bool = False) -> bool:
    """Say whether the writer denies a service, or the request is said to be out of bounds.

    `of_writer` says that the sentence spoke of the writer before: "I decided not to describe it".
    """
    has, any_of = clause.has, clause.has_any
    denied = has(Part.NEGATION)
    if _dislikes(clause):
        return True
    if has(Part.SELF) and clause.unknown <= max(1, clause.words // 3):
        if has(Part.REFUSAL) and clause.unknown <= clause.words // 5:
            return True
        if has(Part.BREACH) and (
            not clause.unknown or any_of(Part.RULE | Part.PICTURE | Part.SERVICE | Part.ABILITY)
        ):
            return True
        if (
            denied
            and not has(Part.PERCEPTION)
            and (has(Part.SERVICE) or clause.unknown <= max(1, clause.words // 4))
        ):
            return True
        if denied and has(Part.ARRIVAL) and any_of(Part.PICTURE | Part.WHOLE):
            return True
        # "I have to respect the privacy of these people."
        if has(Part.RULE) and clause.unknown <= clause.words // 6 and not has(Part.PERCEPTION):
            return True
    if clause.unknown > clause.words // 6:
        return False
    if has(Part.RULE | Part.BREACH) or has(Part.RULE | Part.REFUSAL):
        return True
    if has(Part.REFUSAL | Part.SERVICE | Part.PICTURE):
        return not has(Part.DETAIL)
    if has(Part.REFUSAL) and not clause.unknown:
        if any_of(Part.PICTURE | Part.RULE):
            return True
        long_enough = clause.words >= _MIN_REFUSING_WORDS
        return long_enough and (has(Part.SERVICE) or not has(Part.DETAIL))
    if not denied or has(Part.DEPICTION):
        return False
    if clause.unknown:
        if has(Part.SELF | Part.PERCEPTION) and (
            has(Part.WHOLE) or has(Part.SERVICE | Part.ABILITY | Part.PICTURE)
        ):
            return not has(Part.DETAIL)
        return (
            has(Part.ABILITY | Part.SERVICE)
            and any_of(Part.SELF | Part.PICTURE | Part.ADDRESSEE | Part.APOLOGY | Part.OFFER)
            and not any_of(Part.PERCEPTION | Part.DETAIL)
        )
    if has(Part.PERCEPTION):
        if has(Part.WHOLE) or has(Part.ABILITY | Part.SERVICE):
            return True
        if has(Part.SELF) or of_writer:
            if has(Part.DETAIL):
                return has(Part.SERVICE)
            return any_of(Part.PICTURE | Part.ADDRESSEE)
        return has(Part.ARRIVAL | Part.PICTURE) and not has(Part.DETAIL)
    if has(Part.SELF) or of_writer or has(Part.SERVICE):
        return True
    if has(Part.APOLOGY):
        return not has(Part.DETAIL)
    return any_of(Part.ABILITY | Part.PICTURE) and not has(Part.DETAIL)


def _dislikes(clause: Clause) -> bool:
    """Say whether the writer is not willing or not allowed, whatever the object."""
    return (
        clause.has(Part.SELF | Part.NEGATION | Part.CONSENT)
        and clause.has_any(Part.SERVICE | Part.PERCEPTION)
        and clause.unknown <= clause.words // 2
    )


def _says_nothing(clause: Clause) -> bool:
    """Say whether a clause speaks of the writer, the reader or the rules, not of the image."""
    has, any_of = clause.has, clause.has_any
    to_reader = any_of(Part.ADDRESSEE | Part.OFFER)
    sees = has(Part.PERCEPTION) and not has(Part.NEGATION)
    if clause.unknown == 0:
        return to_reader or not (sees and has(Part.DETAIL)) or any_of(Part.RULE | Part.REFUSAL)
    if sees or has(Part.DEPICTION):
        return False
    if to_reader:
        return clause.unknown <= clause.words // 2
    if has(Part.SELF):
        return clause.unknown <= clause.words // 3
    if any_of(Part.APOLOGY | Part.RULE | Part.REFUSAL):
        return clause.unknown <= clause.words // 4
    meta = has(Part.NEGATION) or has(Part.ABILITY | Part.SERVICE)
    return meta and not has(Part.DETAIL) and clause.unknown <= clause.words // 6


def _is_beside_it(clause: Clause, *, explains: bool) -> bool:
    """Say whether a clause may stand beside one that declines all, having words that are not known.

    `explains` says that it is in one sentence with that.
    """
    has, any_of = clause.has, clause.has_any
    if not clause.unknown:
        return True
    if has(Part.DEPICTION) or (has(Part.PERCEPTION) and not has(Part.NEGATION)):
        if not has(Part.RULE):
            return has(Part.ADDRESSEE) and clause.unknown <= clause.words // 4
    elif any_of(
        Part.SELF | Part.ADDRESSEE | Part.APOLOGY | Part.REFUSAL | Part.BREACH | Part.OFFER
    ):
        return clause.unknown <= clause.words * 2 // 3
    elif has(Part.DETAIL) and not any_of(Part.RULE | Part.SERVICE):
        return explains and has(Part.CAUSE) and clause.unknown <= clause.words // 2
    if has(Part.RULE) or (explains and any_of(Part.CAUSE | Part.PICTURE)):
        return clause.unknown <= clause.words * 2 // 3
    return clause.unknown <= clause.words // 4


def _offers(clause: Clause) -> bool:
    if clause.has(Part.SELF | Part.ABILITY | Part.SERVICE) and not clause.has(Part.NEGATION):
        return True
    return clause.has_any(Part.ADDRESSEE | Part.OFFER)


def _is_listed(clause: Clause, *, in_list: bool) -> bool:
    """Say whether a clause may be one of the things that are offered."""
    if in_list:
        return not clause.has(Part.DEPICTION)
    return clause.unknown <= 2 and not clause.has_any(
        Part.DEPICTION | Part.PERCEPTION | Part.DETAIL
    )


def _joined(parts: Sequence[Clause]) -> Clause:
    """Return one clause of several, or an empty one if there is a word that is not known."""
    if any(clause.unknown for clause in parts):
        return Clause(0, 0, 0)
    played = words = 0
    for clause in parts:
        played |= clause.parts
        words += clause.words
    return Clause(played, words, 0)
