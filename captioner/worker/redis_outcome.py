"""What became of an entry, as JSON in the streams of results, and read from there. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from captioner.formats.encode import encode_json
from captioner.formats.json_values import in_json
from captioner.samples.outcome import CaptionOutcome, Outcome, Usage, Verdict
from captioner.samples.reasons import REASONS
from captioner.samples.sample import BadRecord, Record, Sample
from captioner.worker.redis_entry import sample_of


def is_done(outcome: Outcome) -> bool:
    """Whether there is nothing in it that failed."""
    return not outcome.fault and all(one.caption is not None for one in outcome.captions)


def outcome_json(outcome: Outcome) -> bytes:
    """The field `outcome` of a result.

    `rows` are those of the output; null stands for the sample as it was given, which the field
    `sample` has. `captions` has an object a placeholder; `fault` is the reason where the sample as
    a whole is unusable.
    """
    record = outcome.record
    kept = record.fields if isinstance(record, Sample) else None
    rows = in_json(outcome).rows
    told: dict[str, Any] = {
        "rows": [
            None if whole is kept else row for whole, row in zip(outcome.rows, rows, strict=True)
        ],
        "captions": [_caption_json(caption) for caption in outcome.captions],
        "fault": outcome.fault,
        "fault_detail": outcome.fault_detail,
        "help": REASONS.get(outcome.fault, ""),
        "unused_images": outcome.unused_images,
        "met_images": outcome.met_images,
    }
    if isinstance(record, BadRecord):
        told |= {"where": record.where, "text": record.text}
    return encode_json(told)


def needs_sample(outcome: Outcome) -> bool:
    """Whether the sample itself is needed to write its rows or its failures."""
    record = outcome.record
    return isinstance(record, Sample) and (
        not is_done(outcome) or any(row is record.fields for row in outcome.rows)
    )


def outcome_of(position: int, fields: Mapping[bytes, bytes]) -> Outcome:
    """The outcome that a result tells, whose sample has this number in its batch.

    Raises ValueError for what is no result.
    """
    try:
        told = json.loads(fields[b"outcome"])
        if "where" in told:
            record: Record = BadRecord(
                position, told["where"], told["fault"], told["fault_detail"], told["text"]
            )
        elif b"sample" in fields:
            record = _sample(position, fields[b"sample"])
        else:
            record = Sample(position, {})
        kept = record.fields if isinstance(record, Sample) else {}
        return Outcome(
            record=record,
            rows=tuple(kept if row is None else row for row in told["rows"]),
            captions=tuple(
                _caption(position, index, each) for index, each in enumerate(told["captions"])
            ),
            fault=told["fault"],
            fault_detail=told["fault_detail"],
            unused_images=int(told["unused_images"]),
            met_images=bool(told["met_images"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _sample(position: int, text: bytes) -> Sample:
    from captioner.worker.redis_entry import FaultyEntry

    try:
        return sample_of(position, text)
    except FaultyEntry:  # it is in a result because it is none
        return Sample(position, {"sample": text.decode("utf-8", "backslashreplace")})


def _caption_json(caption: CaptionOutcome) -> dict[str, Any]:
    usage = caption.usage
    return {
        "image": caption.image,
        "caption": caption.caption,
        "verdict": caption.verdict.value,
        "reason": caption.reason,
        "detail": caption.detail,
        "help": REASONS.get(caption.reason, ""),
        "usage": usage
        and {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
        },
        "attempts": caption.attempts,
        "latency_s": round(caption.latency_s, 3),
        "reused": caption.reused,
    }


def _caption(position: int, index: int, told: Mapping[str, Any]) -> CaptionOutcome:
    usage = told["usage"]
    return CaptionOutcome(
        sample=position,
        index=index,
        image=told["image"],
        caption=told["caption"],
        verdict=Verdict(told["verdict"]),
        reason=told["reason"],
        detail=told["detail"],
        usage=usage and Usage(usage["prompt_tokens"], usage["completion_tokens"]),
        attempts=int(told["attempts"]),
        latency_s=float(told["latency_s"]),
        reused=bool(told["reused"]),
    )
