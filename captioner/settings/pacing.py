"""Settings of how a run goes, which no row shows."""

from __future__ import annotations

from pydantic import BaseModel

from captioner.settings.declare import FLOW, setting
from captioner.settings.kinds import (
    Above0,
    AtLeast0,
    Concurrency,
    Count,
    OptionalAbove0,
    Share,
    Trimmed,
)


class Pacing(BaseModel):
    """Speed and patience."""

    concurrency: Concurrency = setting(
        "auto",
        "Requests in flight; a number holds from the first request.",
        affects="flow",
        group=FLOW,
    )
    max_concurrency: Count = setting(
        256, "The most that concurrency auto grows to.", affects="flow", group=FLOW
    )
    requests_per_minute: OptionalAbove0 = setting(
        None, "Ceiling on requests. Unset: as the endpoint says.", affects="flow", group=FLOW
    )
    tokens_per_minute: OptionalAbove0 = setting(
        None, "Ceiling on tokens. Unset: as the endpoint says.", affects="flow", group=FLOW
    )
    max_attempts: Count = setting(
        8, "How often a request is tried before its caption fails.", affects="flow", group=FLOW
    )
    request_timeout_s: Above0 = setting(
        120.0, "Seconds from sending a request to the end of its reply.", affects="flow", group=FLOW
    )
    connect_timeout_s: Above0 = setting(
        10.0, "Seconds to connect to the endpoint.", affects="flow", group=FLOW
    )
    first_byte_timeout_s: OptionalAbove0 = setting(
        None, "Seconds until a reply must begin (not set: no limit).", affects="flow", group=FLOW
    )
    fetch_concurrency: Count = setting(
        16, "How many images with an address are fetched at once.", affects="flow", group=FLOW
    )
    fetch_timeout_s: Above0 = setting(
        60.0, "Seconds to fetch an image, with all its redirects.", affects="flow", group=FLOW
    )
    sample_deadline_s: Above0 = setting(
        900.0,
        "Seconds that one caption may spend in flight and between retries; not at the gate.",
        affects="flow",
        group=FLOW,
    )
    patience_s: AtLeast0 = setting(
        1800.0, "Seconds to wait for an endpoint that is down.", affects="flow", group=FLOW
    )
    drain_timeout_s: AtLeast0 = setting(
        30.0,
        "Seconds to finish what is in flight once asked to stop.",
        affects="flow",
        group=FLOW,
    )
    sample_window: Count = setting(
        2048, "How many samples may be unfinished at once.", affects="flow", group=FLOW
    )
    tokenizer: Trimmed = setting(
        "builtin:o200k_base",
        "Counts prompt tokens: builtin:o200k_base, a folder, a file or a hub name.",
        affects="flow",
        group=FLOW,
    )
    max_failed_share: Share = setting(
        0.0, "Share of captions that may fail with exit status 0.", affects="flow", group=FLOW
    )
