"""A caption read as a dialogue: the `Q:` and `A:` pairs that some modes ask for.

Reading is tolerant of how models mark up what they were asked to leave bare, and never fails: a
text that is no such dialogue has no turns. The caption itself is not changed by it.
"""

from __future__ import annotations

import re
from typing import Final

from captioner.record import record

_MARKER: Final = re.compile(
    r"""
    ^[ \t]*
    (?:[-*+•>][ \t]+ | \#{1,6}[ \t]+ | \d{1,3}[.)][ \t]+)?      # of a list, quotation or heading
    (?P<emphasis>\*{1,3} | _{1,3})?
    (?: (?P<asks>Q | (?i:question)) | A | (?i:answer) )
    [ \t]?[.\#]?\d{0,3}[.)]?                                    # Q1, Q.1, Question 1, Q1)
    (?P<closed>(?P=emphasis))?
    [ \t]*[:\uFF1A]
    (?(closed)|(?P<closed_behind>(?P=emphasis))?)
    """,
    re.MULTILINE | re.VERBOSE,
)
_RULE_CHARS: Final = frozenset("-*_=")
_FENCE: Final = "```"


@record
class Turn:
    """One question and its answer, neither blank, without markers and outer blanks."""

    question: str
    answer: str


def parse_turns(text: str) -> tuple[Turn, ...]:
    """Return the turns of a text, in order; never raises.

    A turn begins at a line with `Q:` or `Question:` and its answer at one with `A:` or `Answer:`,
    bare, numbered, emphasised or as a list item, with an ASCII or a full-width colon. Both may
    have several lines. What stands before the first question belongs to no turn; a question
    without an answer, as at the end of a cut text, is left out, and so is an answer without a
    question. Several answers to one question become one, a line each.
    """
    turns: list[Turn] = []
    question = ""
    answers: list[str] = []
    markers = list(_MARKER.finditer(text))
    bounds = [*(marker.start() for marker in markers), len(text)]
    for marker, end in zip(markers, bounds[1:], strict=True):
        words = _without_markup(text[marker.end() : end], marker)
        if not marker["asks"]:
            answers += [words] if words else []
            continue
        turns += _turn(question, answers)
        question, answers = words, []
    return (*turns, *_turn(question, answers))


def _turn(question: str, answers: list[str]) -> list[Turn]:
    return [Turn(question, "\n".join(answers))] if question and answers else []


def _without_markup(words: str, marker: re.Match[str]) -> str:
    """`words` without what belongs to the marker, or stands between two turns."""
    emphasis = marker["emphasis"]
    if emphasis and not marker["closed"] and not marker["closed_behind"]:
        words = words.replace(emphasis, "", 1)  # the emphasis ends somewhere behind the marker
    words = words.strip()
    while words and words[-1] in _RULE_CHARS:
        before, _, last = words.rpartition("\n")
        if not _is_rule(last.strip()):
            break
        words = before.rstrip()
    if words.endswith(_FENCE) and words.count(_FENCE) % 2:
        words = words.removesuffix(_FENCE).rstrip()  # of a block around the whole dialogue
    return words


def _is_rule(line: str) -> bool:
    """Whether a line is a horizontal rule."""
    return len(line) >= 3 and len(set(line)) == 1
