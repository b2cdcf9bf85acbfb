"""What a reply is worth. In doubt it is `ok`: a fine caption thrown away was paid for as well.

The raw reply is what is stored; this judgement is made again whenever it is read, so a better
judge needs no new payment. The checks stand in one order, the gravest first: what comes earlier
is never let through by accepting what comes later.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Set
from typing import Final

from captioner.record import record
from captioner.samples.echo import echoed_prompt
from captioner.samples.outcome import Verdict
from captioner.samples.placeholders import SpecialTokens, strip_special
from captioner.samples.refusal import only_declines
from captioner.samples.repetition import loop_at_end
from captioner.samples.rules import ACCEPTABLE

JUDGE: Final = 1
"""The version of these rules: rises when a reply may be judged otherwise than before."""
_THINK_START: Final = "<think>"
_THINK_END: Final = "</think>"
_SHOWN_CHARS: Final = 200


@record
class Judgement:
    """A judged reply: `text` is what would be the caption, `detail` what was seen (empty if ok)."""

    verdict: Verdict
    text: str
    detail: str = ""

    def accepted(self, accept: Set[Verdict]) -> bool:
        """Say whether `text` becomes the caption, `accept` being let through besides `ok`.

        A verdict that is let through still needs a text: a blank one is never a caption.
        """
        if self.verdict is Verdict.OK:
            return True
        return self.verdict in ACCEPTABLE & accept and not _is_blank(self.text)


def judge(
    content: str | None,
    *,
    refusal: str | None,
    finish_reason: str | None,
    system_prompt: str,
    user_prompt: str,
    tokens: SpecialTokens,
) -> Judgement:
    """Judge a reply by its fields and by its text, given the prompts it answers.

    `content`, `refusal` and `finish_reason` are the API's. The text loses special tokens and a
    leading block of hidden reasoning with the blanks around that block, and nothing else.
    """
    text, reasoning_ended = without_reasoning(strip_special(content or "", tokens))
    cut = finish_reason == "length"
    if refusal:
        # Whoever accepts refusals gets its words, wherever the API put them.
        words = strip_special(refusal, tokens) if _is_blank(text) else text
        return Judgement(Verdict.REFUSED, words, f"the API's refusal: {_shown(refusal)}")
    if finish_reason == "content_filter":
        return Judgement(Verdict.FILTERED, text, "finish_reason is content_filter")
    if not reasoning_ended:
        return Judgement(Verdict.TRUNCATED, text, "the hidden reasoning never ended")
    if _is_blank(text):
        if cut:
            return Judgement(Verdict.TRUNCATED, text, "finish_reason is length, and no text came")
        return Judgement(Verdict.EMPTY, text, "the reply has no text")
    echoed = echoed_prompt(text, system_prompt=system_prompt, user_prompt=user_prompt)
    # A prompt may read like a refusal: "Do not describe people".
    if not echoed and only_declines(text):
        return Judgement(Verdict.REFUSED, text, f"the text only declines: {_shown(text)}")
    if loop := loop_at_end(text):
        detail = f"{loop.unit_chars} characters are repeated {loop.repeats} times until the end"
        return Judgement(Verdict.LOOPED, text, detail)
    if echoed:
        return Judgement(Verdict.ECHOED, text, f"the text is the {echoed}")
    if cut:
        return Judgement(
            Verdict.TRUNCATED, text, f"finish_reason is length after {len(text)} characters"
        )
    return Judgement(Verdict.OK, text)


def without_reasoning(text: str) -> tuple[str, bool]:
    """Return the text after its leading hidden reasoning, and whether that came to an end."""
    while (start := text.lstrip()).startswith(_THINK_START):
        _, end, rest = start.partition(_THINK_END)
        if not end:
            return "", False
        text = rest.lstrip()
    return text, True


def _is_blank(text: str) -> bool:
    if text[:1].isalnum():  # nearly every text: told at once
        return False
    # Zero-width and control characters (Unicode Cf and Cc) are as blank as spaces to a reader.
    return all(char.isspace() or unicodedata.category(char) in ("Cf", "Cc") for char in text)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARS else line[:_SHOWN_CHARS] + "…"
