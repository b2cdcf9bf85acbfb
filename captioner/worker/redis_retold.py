"""The events of a sample that another process captioned, from its outcome. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    PlaceholderSettled,
    RecordFaulty,
    SampleRead,
    SampleWritten,
)
from captioner.samples.outcome import Outcome


def retold(outcome: Outcome) -> Sequence[Event]:
    """What a run would have told of this sample, as far as its result says."""
    record = outcome.record
    events: list[Event] = [SampleRead(record.id, len(outcome.captions))]
    for caption in outcome.captions:
        if not caption.reused:
            events += [
                AttemptStarted(record.id, caption.index, attempt, 0)
                for attempt in range(1, caption.attempts + 1)
            ]
            if caption.usage is not None:  # of other attempts nothing is told
                events.append(
                    AttemptEnded(
                        record.id,
                        caption.index,
                        caption.attempts,
                        200,
                        caption.reason,
                        caption.latency_s,
                        caption.usage.prompt_tokens,
                        caption.usage.completion_tokens,
                    )
                )
        events.append(
            PlaceholderSettled(
                record.id,
                caption.index,
                caption.image,
                caption.verdict.value,
                caption.reason,
                caption.detail,
                caption.attempts,
                caption.reused,
            )
        )
    if outcome.fault:
        events.append(RecordFaulty(record.id, outcome.fault, outcome.fault_detail))
    events.append(SampleWritten(record.id, len(outcome.rows), outcome.unused_images))
    return events
