"""From captions to rows: rules 10 to 12 of what a sample means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from captioner.samples.outcome import CaptionOutcome, Outcome
from captioner.samples.plan import Plan
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord


def assemble(plan: Plan, captions: Sequence[CaptionOutcome], rules: Rules) -> Outcome:
    """Return what became of a planned sample; `captions` are one a placeholder, in their order.

    A kept original is the sample's own `fields`, the same object. A generated row is a new dict
    that shares its values with the sample. Raises ValueError if the captions are not as many as
    the placeholders.
    """
    if len(captions) != len(plan.placeholders):
        raise ValueError(f"{len(captions)} captions for {len(plan.placeholders)} placeholders")
    rows = _sample_rows if rules.rows == "samples" else _caption_rows
    return Outcome(
        record=plan.sample,
        rows=rows(plan, captions, rules),
        captions=tuple(captions),
        fault=plan.fault,
        fault_detail=plan.fault_detail,
        unused_images=plan.unused_images,
        met_images=plan.met_images,
    )


def bad_record_outcome(bad: BadRecord) -> Outcome:
    """Return the outcome of a record that is no sample: a fault, and no row."""
    return Outcome(record=bad, rows=(), fault=bad.reason, fault_detail=bad.detail)


def _sample_rows(
    plan: Plan, captions: Sequence[CaptionOutcome], rules: Rules
) -> tuple[Mapping[str, Any], ...]:
    rows: list[Mapping[str, Any]] = []
    if rules.keep_original_sample:
        rows.append(plan.sample.fields)
    texts = [outcome.caption for outcome in captions]
    if _is_generated(texts, rules):
        generated = {**plan.sample.fields, rules.text_key: _generated_text(plan, texts, rules)}
        if rules.captions_key is not None:
            generated[rules.captions_key] = texts
        rows.append(generated)
    return tuple(rows)


def _is_generated(texts: Sequence[str | None], rules: Rules) -> bool:
    enough = all if rules.any_or_all == "all" else any
    # all() of nothing is true, but a sample without placeholders has nothing to generate from.
    return bool(texts) and enough(text is not None for text in texts)


def _generated_text(plan: Plan, texts: Sequence[str | None], rules: Rules) -> str:
    parts: list[str] = []
    remaining = iter(texts)
    for chunk in plan.chunks:
        for token in chunk:
            parts.append(token)
            if token == rules.image_token and (caption := next(remaining)) is not None:
                parts.append(f" {caption} ")
        parts.append(rules.eoc_token)
    return "".join(parts)


def _caption_rows(
    plan: Plan, captions: Sequence[CaptionOutcome], rules: Rules
) -> tuple[Mapping[str, Any], ...]:
    theirs = {
        key: value
        for key, value in plan.sample.fields.items()
        if key not in (rules.text_key, rules.image_key)
    }
    rows: list[Mapping[str, Any]] = []
    for outcome in captions:
        ours = {
            "image": outcome.image,
            "caption": outcome.caption,
            "verdict": outcome.verdict.value,
            "sample": outcome.sample,
            "placeholder": outcome.index,
        }
        # Ours first for the order of columns, and once more to win where names clash.
        rows.append({**ours, **theirs, **ours})
    return tuple(rows)
