"""What was done for the samples: requests, tokens, images, waits. It counts, whatever is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from captioner.dollars import PICODOLLARS
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    DialectLearned,
    EndpointDown,
    EndpointUp,
    EstimateOff,
    Event,
    RunPlanned,
    SlowedDown,
    Warned,
)
from captioner.report.image_sizes import ImageSizes

NO_ANSWER = "none"


def estimate_warning(event: EstimateOff) -> str:
    """What a person should know about an image that costs other than the table says."""
    return (
        f"An image costs about {event.billed_tokens:,.0f} tokens here, where the table for this "
        f"model says {event.table_tokens:,.0f}; estimates follow what is billed."
    )


@dataclass(slots=True)
class Work:
    """Counts of requests and what they cost.

    `requests` are placeholders that were asked for, `attempts` all HTTP requests sent for them,
    retries included. `statuses` counts the answers by HTTP status (`none`: there was no answer).
    `slow_down_s` is how long everyone was asked to wait, overlaps counted once. `lost_tokens` is
    the most that requests may have cost whose answers never came; `outages` counts how often the
    endpoint was down, `outage_s` for how long. `picodollars` is what was billed, with the worst
    case of what was lost, which is also in `lost_picodollars`; `unpriced_requests` are those that
    cost something of which no price was known. Prices are dollars per million tokens.
    """

    requests: int = 0
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    slow_downs: int = 0
    slow_down_s: float = 0.0
    lost_tokens: int = 0
    picodollars: int = 0
    lost_picodollars: int = 0
    unpriced_requests: int = 0
    price_input: float | None = None
    price_output: float | None = None
    price_source: str = ""
    outages: int = 0
    outage_s: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    dialect: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    images: ImageSizes = field(default_factory=ImageSizes)

    @property
    def retries(self) -> int:
        """Attempts beyond the first."""
        return self.attempts - self.requests

    @property
    def rate_limited(self) -> int:
        """Attempts answered with 429."""
        return self.statuses.get("429", 0)

    @property
    def dollars(self) -> float | None:
        """What all of it cost; None where that is not known, not even of a part."""
        if not self.picodollars and (self.unpriced_requests or not self.price_source):
            return None
        return self.picodollars / PICODOLLARS

    @property
    def lost_dollars(self) -> float:
        """The part of it that is a worst case."""
        return self.lost_picodollars / PICODOLLARS

    def started(self, event: AttemptStarted) -> None:
        """Count a request that goes out."""
        self.attempts += 1
        self.requests += event.attempt == 1

    def ended(self, event: AttemptEnded) -> None:
        """Count a request that came to an end."""
        status = NO_ANSWER if event.status is None else str(event.status)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.prompt_tokens += event.prompt_tokens
        self.completion_tokens += event.completion_tokens
        self.lost_tokens += event.lost_tokens
        if event.picodollars is not None:
            self.picodollars += event.picodollars
            self.lost_picodollars += event.picodollars if event.lost_tokens else 0
        elif event.prompt_tokens or event.completion_tokens or event.lost_tokens:
            self.unpriced_requests += 1

    def fold(self, event: Event) -> None:
        """Count an event of the whole run; those about samples or time are none of it."""
        match event:
            case RunPlanned():
                self.price_input, self.price_output = event.price_input, event.price_output
                self.price_source = event.price_source
            case SlowedDown():
                self.slow_downs += 1
            case EndpointDown():
                self.outages += 1
            case EndpointUp():
                self.outage_s += event.down_s
            case EstimateOff():
                self.warnings.append(estimate_warning(event))
            case DialectLearned() if event.lesson not in self.dialect:
                self.dialect.append(event.lesson)
            case Warned() if event.text not in self.warnings:
                self.warnings.append(event.text)
