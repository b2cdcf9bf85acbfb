"""Small typed facts. The flow emits them; progress, log and summary fold them.

No counter lives in two places: what can be counted is counted by folding events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Literal, TypeAlias

from captioner.record import record

Cause: TypeAlias = Literal[
    "requests", "tokens", "concurrency", "server", "reading", "disk", "paused", "nothing"
]
"""What binds the speed right now."""


@record
class RunPlanned:
    """Known before the first request; `image_tokens` is the estimate for a 1024×1024 px image.

    `requests`, `total_tokens` and `dollars` are estimates for the whole run, None where they
    cannot be made. Prices are in dollars per million tokens, None where they are not known;
    `price_source` says where they are from.
    """

    endpoint: str
    model: str
    mode: str
    image_tokens: int
    request_tokens: int
    total_samples: int | None
    rehearsal: bool
    requests: int | None = None
    total_tokens: int | None = None
    dollars: float | None = None
    price_input: float | None = None
    price_output: float | None = None
    price_source: str = ""


@record
class InputCopied:
    """Of an input at a URL, so many bytes are here, of so many where the store tells."""

    url: str
    done_bytes: int
    total_bytes: int | None


@record
class SampleRead:
    """A record came from the source; `placeholders` requests may follow."""

    sample: int
    placeholders: int


@record
class ImagePrepared:
    """An image is ready to be sent; `converted` says that its bytes are not the source's.

    `tokens` is what it costs by the model's formula, `source_tokens` what it would cost as it came.
    `sample` and `index` are the placeholder's id, and `data` are the bytes that go out: whoever
    keeps them keeps them in memory.
    """

    width_px: int
    height_px: int
    sent_bytes: int
    converted: bool
    tokens: int = 0
    source_tokens: int = 0
    sample: int = field(default=-1, compare=False)
    index: int = field(default=-1, compare=False)
    data: bytes = field(default=b"", compare=False, repr=False)


@record
class AttemptStarted:
    """A request goes out; `tokens` is what it is estimated to cost the token rate.

    `attempt` counts the requests for this placeholder, the first is 1. `gate_s` is how long it
    waited at the gate.
    """

    sample: int
    index: int
    attempt: int
    tokens: int
    gate_s: float = 0.0


@record
class AttemptEnded:
    """A request is answered or given up.

    `lost_tokens` is the most that it may have cost where nobody will ever tell. `picodollars`
    (a million millionth of a dollar) is what it cost, lost tokens included, None where the price is
    not known. `status` is the HTTP status, None where there was none; `reason` is empty for a
    usable reply.
    """

    sample: int
    index: int
    attempt: int
    status: int | None
    reason: str
    latency_s: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    lost_tokens: int = 0
    picodollars: int | None = None


@record
class RetryScheduled:
    """An attempt failed and another follows after `wait_s`."""

    sample: int
    index: int
    attempt: int
    reason: str
    detail: str
    wait_s: float


@record
class RetryBegun:
    """A scheduled retry's wait is over: it goes to the gate, or is given up."""

    sample: int
    index: int


@record
class SlowedDown:
    """The server asked everyone to wait."""

    wait_s: float


@record
class EndpointDown:
    """The endpoint is not there since `since_unix_s`; it is probed until it is."""

    endpoint: str
    since_unix_s: float
    probe_every_s: float


@record
class EndpointUp:
    """The endpoint is there again, after so many seconds."""

    down_s: float


@record
class EstimateOff:
    """An image costs other than the table says by more than a quarter; told once."""

    table_tokens: float
    billed_tokens: float


@record
class BindingChanged:
    """From now on `cause` is what limits the speed."""

    cause: Cause


@record
class DialectLearned:
    """The endpoint's own answers taught how requests must be put."""

    lesson: str


@record
class PlaceholderSettled:
    """A placeholder has its `caption` (`reason` empty) or its failure."""

    sample: int
    index: int
    image: str | None
    verdict: str
    reason: str
    detail: str
    attempts: int
    reused: bool
    caption: str | None = field(default=None, compare=False, repr=False)


@record
class RecordFaulty:
    """A record as a whole is unusable (`malformed`, `not_json`)."""

    sample: int
    reason: str
    detail: str


@record
class SampleWritten:
    """A sample's rows are in the output."""

    sample: int
    rows: int
    unused_images: int


@record
class Warned:
    """Something a person should know; each text comes once a run."""

    text: str


@record
class Draining:
    """The run was asked to stop: nothing new starts, what is in flight is finished."""

    in_flight: int


Event: TypeAlias = (
    RunPlanned
    | InputCopied
    | SampleRead
    | ImagePrepared
    | AttemptStarted
    | AttemptEnded
    | RetryScheduled
    | RetryBegun
    | SlowedDown
    | EndpointDown
    | EndpointUp
    | EstimateOff
    | BindingChanged
    | DialectLearned
    | PlaceholderSettled
    | RecordFaulty
    | SampleWritten
    | Warned
    | Draining
)

Observer: TypeAlias = Callable[[Event], None]
