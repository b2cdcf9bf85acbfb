"""What became of samples: a fold of the events about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from captioner.events import PlaceholderSettled, RecordFaulty, SampleRead, SampleWritten
from captioner.report.wording import clean, place_name, shorten, shorten_front

ResultEvent: TypeAlias = SampleRead | PlaceholderSettled | RecordFaulty | SampleWritten

IMAGE_WIDTH: Final = 48
DETAIL_WIDTH: Final = 80
NOT_SENT_BACK: Final = "failed"
"""The verdict that stands for no reply: only then is a detail surely not the model's words."""


@dataclass(slots=True)
class Results:
    """Counts of samples, placeholders and captions. All fields are JSON values.

    `captions` were accepted, `failed` are placeholders without one. `faults` are records that are
    unusable as a whole, by reason. `failure_reasons` counts both, so that its sum is the number of
    lines in the failures file; `failure_examples` has the first of each reason: the image and a
    short detail, never a reply's text.
    """

    samples_read: int = 0
    samples_written: int = 0
    rows: int = 0
    placeholders: int = 0
    captions: int = 0
    reused_captions: int = 0
    failed: int = 0
    unused_images: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    failure_reasons: dict[str, int] = field(default_factory=dict)
    failure_examples: dict[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """Placeholders without a caption and unusable records together."""
        return self.failed + sum(self.faults.values())

    @property
    def failed_share(self) -> float:
        """Failures as a share of all that was asked for."""
        asked = self.placeholders + sum(self.faults.values())
        return self.failures / asked if asked else 0.0

    @property
    def images_without_placeholders(self) -> bool:
        """There were images, but nowhere a placeholder for one."""
        return self.unused_images > 0 and self.placeholders == 0

    def fold(self, event: ResultEvent) -> None:
        """Count one event."""
        match event:
            case SampleRead():
                self.samples_read += 1
                self.placeholders += event.placeholders
            case PlaceholderSettled():
                self._settled(event)
            case SampleWritten():
                self.samples_written += 1
                self.rows += event.rows
                self.unused_images += event.unused_images
            case RecordFaulty():
                self.faults[event.reason] = self.faults.get(event.reason, 0) + 1
                self._failure(event.reason, f"sample {event.sample}", event.detail)

    def _settled(self, event: PlaceholderSettled) -> None:
        self.verdicts[event.verdict] = self.verdicts.get(event.verdict, 0) + 1
        if not event.reason:
            self.captions += 1
            self.reused_captions += event.reused
            return
        self.failed += 1
        name = place_name(event.image) if event.image else f"sample {event.sample}"
        detail = event.detail if event.verdict == NOT_SENT_BACK else ""
        self._failure(event.reason, name, detail)

    def _failure(self, reason: str, name: str, detail: str) -> None:
        self.failure_reasons[reason] = self.failure_reasons.get(reason, 0) + 1
        if reason not in self.failure_examples:
            example = shorten_front(name, IMAGE_WIDTH)
            if detail:
                example += ": " + shorten(clean(detail), DETAIL_WIDTH)
            self.failure_examples[reason] = example
