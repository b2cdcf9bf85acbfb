"""Captions back from the rows that they went into, so that none needs to be asked for twice."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from captioner.samples.assemble import generated_text
from captioner.samples.failure import Failure
from captioner.samples.outcome import CaptionOutcome, Verdict
from captioner.samples.placeholders import strip_special
from captioner.samples.plan import Placeholder, Plan
from captioner.samples.rules import Rules


def captions_of_row(row: Mapping[str, Any], plan: Plan, rules: Rules) -> list[str | None]:
    """Return the captions of a generated row, one a placeholder, None where there is none.

    Raises ValueError if the row was not made from this plan by these rules, or was changed since.
    """
    text = row.get(rules.text_key)
    if not isinstance(text, str):
        raise ValueError(f"{rules.text_key!r} is no text")
    captions = captions_of_generated(text, plan, rules)
    if rules.captions_key is not None and row.get(rules.captions_key) != captions:
        raise ValueError(f"{rules.captions_key!r} has not the captions of {rules.text_key!r}")
    return captions


def captions_of_generated(text: str, plan: Plan, rules: Rules) -> list[str | None]:
    """Return the captions in a generated text, one a placeholder, None where it stayed bare.

    A generated text is the plan's special tokens in order, each caption between two blanks behind
    its own; captions hold no special tokens, so each ends where the next token begins.
    Raises ValueError if the text was not made from this plan by these rules.
    """
    tokens = [token for chunk in plan.chunks for token in (*chunk, rules.eoc_token)]
    captions: list[str | None] = []
    place = 0
    for token, following in pairwise(tokens):
        place += len(token)
        if token == rules.image_token:
            end = text.find(following, place)
            captions.append(text[place + 1 : end - 1] if end > place else None)
            place = max(place, end)
    has_tokens = any(
        caption != strip_special(caption, rules.tokens) for caption in captions if caption
    )
    # Whatever else was changed or misread does not give the text again.
    if has_tokens or generated_text(plan, captions, rules) != text:
        raise ValueError(f"{rules.text_key!r} is not as it was generated")
    return captions


def verdict_of(failure: Failure) -> Verdict:
    """Return how the reply was judged of which a failure tells; `failed` where there was none."""
    return Verdict(failure.reason) if failure.reason in set(Verdict) else Verdict.FAILED


def kept_outcome(placeholder: Placeholder, past: str | Failure, rules: Rules) -> CaptionOutcome:
    """Return the outcome of a placeholder that is not asked again: its past caption or failure.

    Of a caption only the text is known, not which of the accepted verdicts it had, nor its image.
    """
    if isinstance(past, str):
        return CaptionOutcome(
            placeholder.sample,
            placeholder.index,
            None,
            past,
            Verdict.OK,
            reused=True,
            is_dialogue=rules.reads_turns,
        )
    return CaptionOutcome(
        placeholder.sample,
        placeholder.index,
        past.image,
        None,
        verdict_of(past),
        past.reason,
        past.detail,
        attempts=past.attempts,
        reused=True,
    )
