"""From captions to rows: rules 10 to 12 of what a sample means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from captioner.samples.conversation import llava_conversation
from captioner.samples.outcome import CaptionOutcome, Outcome
from captioner.samples.plan import Plan
from captioner.samples.rows import RowKind, rows_of
from captioner.samples.rules import CAPTION_COLUMNS, Rules
from captioner.samples.sample import BadRecord


def assemble(plan: Plan, captions: Sequence[CaptionOutcome], rules: Rules) -> Outcome:
    """Return what became of a planned sample; `captions` are one a placeholder, in their order.

    A kept original is the sample's own `fields`, the same object. A generated row is a new dict
    that shares its values with the sample. With `conversations_key` a generated row has the turns
    of its captions as one conversation, a row of `rows=captions` those of its own; null where no
    caption could be read as a dialogue. Raises ValueError if the captions are not as many as the
    placeholders.
    """
    if len(captions) != len(plan.placeholders):
        raise ValueError(f"{len(captions)} captions for {len(plan.placeholders)} placeholders")
    failed = {index for index, outcome in enumerate(captions) if outcome.caption is None}
    return Outcome(
        plan.sample,
        tuple([_row(kind, plan, captions, rules) for kind in rows_of(plan, failed, rules)]),
        tuple(captions),
        plan.fault,
        plan.fault_detail,
        plan.unused_images,
        plan.met_images,
    )


def bad_record_outcome(bad: BadRecord) -> Outcome:
    """Return the outcome of a record that is no sample: a fault, and no row."""
    return Outcome(record=bad, rows=(), fault=bad.reason, fault_detail=bad.detail)


def generated_text(plan: Plan, texts: Sequence[str | None], rules: Rules) -> str:
    """Return the text of a generated row; `texts` are the captions, None where there is none."""
    parts: list[str] = []
    remaining = iter(texts)
    for chunk in plan.chunks:
        for token in chunk:
            parts.append(token)
            if token == rules.image_token and (caption := next(remaining)) is not None:
                parts.append(f" {caption} ")
        parts.append(rules.eoc_token)
    return "".join(parts)


def _row(
    kind: RowKind, plan: Plan, captions: Sequence[CaptionOutcome], rules: Rules
) -> Mapping[str, Any]:
    if kind.placeholder is not None:
        return _caption_row(plan, captions[kind.placeholder], rules)
    return plan.sample.fields if kind.name == "original" else _generated_row(plan, captions, rules)


def _generated_row(
    plan: Plan, captions: Sequence[CaptionOutcome], rules: Rules
) -> Mapping[str, Any]:
    texts = [outcome.caption for outcome in captions]
    row = {**plan.sample.fields, rules.text_key: generated_text(plan, texts, rules)}
    if rules.captions_key is not None:
        row[rules.captions_key] = texts
    return row | _conversation(captions, rules)


def _caption_row(plan: Plan, outcome: CaptionOutcome, rules: Rules) -> Mapping[str, Any]:
    values = (
        outcome.image,
        outcome.caption,
        outcome.verdict.value,
        outcome.sample,
        outcome.index,
    )
    row: dict[str, Any] = dict(zip(CAPTION_COLUMNS, values, strict=True))
    row.update(_conversation([outcome], rules))
    replaced = (rules.text_key, rules.image_key)
    for key, value in plan.sample.fields.items():
        # Ours come first, and win where names clash.
        if key not in row and key not in replaced:
            row[key] = value
    return row


def _conversation(captions: Sequence[CaptionOutcome], rules: Rules) -> dict[str, Any]:
    if rules.conversations_key is None:
        return {}
    return {rules.conversations_key: llava_conversation(outcome.turns for outcome in captions)}
