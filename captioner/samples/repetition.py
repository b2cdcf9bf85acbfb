"""Texts that got stuck: a phrase repeated until the end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# (phrase of at least so many characters, this many times): the longer the phrase, the less often
# a writer would repeat it. Chants, refrains and short lists of likes stay below.
_LIMITS: Final = ((200, 3), (60, 4), (20, 6), (1, 10))
_MIN_LOOP_CHARS: Final = 60
# Rows of dots, dashes and stars are ornament, unless they are most of the text.
_MIN_ORNAMENT_SHARE: Final = 0.5
# Every repetition holds this end of the text; longer than most words, shorter than most loops.
_TAIL_CHARS: Final = 12


@dataclass(frozen=True, slots=True)
class Loop:
    """A phrase of `unit_chars` characters that stands `repeats` times at the end of a text."""

    unit_chars: int
    repeats: int


def loop_at_end(text: str) -> Loop | None:
    """Return the loop that `text` ends in, if it does; the last round may have been cut.

    Blanks and case do not count. Linear in the text for all but contrived ones.
    """
    folded = text.casefold()
    # Every round ends in the end of the last word, which mostly stands nowhere else.
    last_word = (folded.rsplit(None, 1) or [""])[-1]
    if folded.count(last_word[-_TAIL_CHARS:]) < 2:
        return None
    # The blank in front lets the first round equal the others.
    plain = " " + " ".join(folded.split())
    if len(plain) < _MIN_LOOP_CHARS:
        return None
    size = len(plain)
    tail = plain[-_TAIL_CHARS:]
    longest_unit = size // _LIMITS[0][1]
    # Each earlier place of the tail is a candidate for "one round before the end".
    end = size - 1
    while (start := plain.rfind(tail, size - _TAIL_CHARS - longest_unit, end)) >= 0:
        unit_chars = size - _TAIL_CHARS - start
        loop = Loop(unit_chars, _repeats(plain, unit_chars))
        if _is_stuck(plain, loop):
            return loop
        end = start + _TAIL_CHARS - 1
    return None


def _repeats(plain: str, unit_chars: int) -> int:
    unit = plain[-unit_chars:]
    count, end = 0, len(plain)
    while end >= unit_chars and plain.endswith(unit, 0, end):
        count += 1
        end -= unit_chars
    return count


def _is_stuck(plain: str, loop: Loop) -> bool:
    loop_chars = loop.unit_chars * loop.repeats
    needed = next(repeats for chars, repeats in _LIMITS if loop.unit_chars >= chars)
    if loop.repeats < needed or loop_chars < _MIN_LOOP_CHARS:
        return False
    if re.search(r"\w", plain[-loop.unit_chars :]):
        return True
    return loop_chars >= _MIN_ORNAMENT_SHARE * len(plain)
