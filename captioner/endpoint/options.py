"""Everything the rehearsal endpoint can be told, once. Light, as its flags are made from it."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

FaultKind: TypeAlias = Literal[
    "500",
    "502",
    "503",
    "504",
    "reset",
    "hang",
    "truncated",
    "empty_choices",
    "error_body",
    "sanitizer",
    "refusal",
    "content_filter",
    "content_policy",
    "empty",
    "length",
]
"""How a request can go wrong; `faults` says what each one looks like."""

ANY_MODEL = "*"
"""Among `models`: every name is known."""

LARGEST_BITE = 1.5
"""The largest request of the second client, relative to its mean."""


class EndpointOptions(BaseModel):
    """What a rehearsal endpoint does. The defaults answer at once, without limits or faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    # where and who
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(0, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    models: tuple[str, ...] = Field(
        ("rehearsal",), min_length=1, description="Models that are known; * knows every name."
    )
    require_key: bool = Field(False, description="Refuse requests that bring no key.")
    api_key: SecretStr | None = Field(
        None, description="The only key that is accepted (not set: any key, or none)."
    )

    # how strict
    dialect: Literal["classic", "reasoning"] = Field(
        "classic",
        description="classic takes max_tokens or max_completion_tokens and any temperature; "
        "reasoning takes only max_completion_tokens and temperature 1.",
    )
    cap_parameter: Literal["either", "max_tokens", "max_completion_tokens"] | None = Field(
        None, description="The name that the output cap must have (not set: as the dialect says)."
    )
    temperature_rule: Literal["any", "only_1", "never"] | None = Field(
        None, description="Which temperature may be sent (not set: as the dialect says)."
    )
    detail_rule: Literal["known", "ignored", "unknown"] = Field(
        "known",
        description="Whether an image's detail is heeded, taken for auto whatever it says, or an "
        "unknown parameter.",
    )
    text_rule: Literal["any", "string", "parts"] = Field(
        "any",
        description="Whether the content of a message without image must be a string, or every "
        "content a list of parts.",
    )
    unknown_parameters: Literal["reject", "ignore"] = Field(
        "reject", description="What happens to parameters that the API does not know."
    )
    accept_urls: bool = Field(
        False, description="Accept http(s) image addresses; they are never downloaded."
    )
    max_image_bytes: int = Field(20 * 2**20, ge=1, description="Largest image, decoded.")
    max_request_bytes: int = Field(50 * 2**20, ge=1, description="Largest request body.")
    context_window_tokens: int = Field(
        128_000, ge=1, description="Most tokens of prompt and maximum output together."
    )
    max_output_tokens: int = Field(
        16_384, ge=1, description="Largest maximum output that may be asked for."
    )

    # what it answers
    reply_content: Literal["string", "parts"] = Field(
        "string", description="Whether a reply's content is a string or a list of text parts."
    )
    decode: bool = Field(
        True, description="Decode the pixels and describe them; off, only headers are read."
    )
    reply_text: str | None = Field(
        None, description="The text of every reply (not set: what was measured, in words)."
    )
    image_token_multiplier: float = Field(
        1.0,
        ge=0.01,
        le=100,
        description="Image tokens that are charged and billed, relative to the formula.",
    )
    hidden_reasoning_tokens: int = Field(
        0, ge=0, description="Output tokens that are spent before the text begins."
    )

    # how fast
    latency_s: float = Field(
        0.0, ge=0, le=3600, description="Seconds until the reply; the median with latency_p99_s."
    )
    latency_p99_s: float | None = Field(
        None, gt=0, le=3600, description="Makes the latency log-normal with this 99th percentile."
    )

    # how much
    requests_per_minute: int | None = Field(
        None, ge=1, description="Request rate limit (not set: none)."
    )
    tokens_per_minute: int | None = Field(
        None,
        ge=1,
        description="Token rate limit; each request is charged its prompt and maximum output "
        "(not set: none).",
    )
    burst_s: float = Field(
        5.0, ge=0.05, le=60, description="Seconds of rate that a bucket holds at most."
    )
    rate_headers: Literal["official", "azure", "none"] = Field(
        "official",
        description="Rate limits told in headers: official durations, plain seconds as Azure "
        "sends them, or no hint at all.",
    )
    quota_requests: int | None = Field(
        None, ge=0, description="Admitted requests until the money is gone (not set: never)."
    )

    # who else spends it
    other_requests_per_minute: int | None = Field(
        None,
        ge=1,
        description="Requests that a second client makes within the same limits (not set: none, "
        "or with tokens alone, those are taken in small bites).",
    )
    other_tokens_per_minute: int | None = Field(
        None,
        ge=1,
        description="Tokens that a second client spends within the same limits (not set: none).",
    )
    other_after_requests: int = Field(
        0, ge=0, description="Admitted requests before the second client's clock starts."
    )
    other_after_s: float = Field(
        0.0,
        ge=0,
        le=86_400,
        description="Seconds on that clock, else since the first request, until it spends.",
    )

    # what goes wrong
    fault_share: float = Field(
        0.0, ge=0, le=1, description="Share of admitted requests that go wrong."
    )
    fault_kinds: tuple[FaultKind, ...] = Field(
        ("500", "502", "503", "reset", "truncated", "empty_choices"),
        min_length=1,
        description="How they go wrong, each kind equally often.",
    )
    hang_s: float = Field(
        600.0, gt=0, le=86_400, description="Longest time that a hanging request is held."
    )
    outage_s: float | None = Field(
        None, gt=0, le=86_400, description="Length of one outage (not set: none)."
    )
    outage_after_requests: int = Field(
        0, ge=0, description="Admitted requests before the outage's clock starts."
    )
    outage_after_s: float = Field(
        0.0,
        ge=0,
        le=86_400,
        description="Seconds on that clock, else since the first request, until the outage.",
    )
    outage_kind: Literal["refuse", "503"] = Field(
        "refuse",
        description="refuse breaks all connections and lets none in; 503 answers everything "
        "but the statistics with that.",
    )
    seed: int = Field(
        0,
        description="Makes faults, latencies, wording and the second client repeatable, in "
        "whatever order.",
    )

    @property
    def output_cap(self) -> Literal["either", "max_tokens", "max_completion_tokens"]:
        """The name that the output cap must have."""
        if self.cap_parameter is not None:
            return self.cap_parameter
        return "max_completion_tokens" if self.dialect == "reasoning" else "either"

    @property
    def temperatures(self) -> Literal["any", "only_1", "never"]:
        """Which temperature may be sent."""
        if self.temperature_rule is not None:
            return self.temperature_rule
        return "only_1" if self.dialect == "reasoning" else "any"

    @model_validator(mode="after")
    def _latency_fits(self) -> Self:
        if self.latency_p99_s is not None and not 0 < self.latency_s <= self.latency_p99_s:
            raise ValueError("latency_p99_s needs latency_s, the median, above 0 and not above it")
        return self

    @model_validator(mode="after")
    def _other_client_fits(self) -> Self:
        requests, tokens = self.other_requests_per_minute, self.other_tokens_per_minute
        if tokens is not None and self.tokens_per_minute is None:
            raise ValueError("other_tokens_per_minute needs tokens_per_minute")
        if requests is not None and self.requests_per_minute is None and tokens is None:
            raise ValueError(
                "other_requests_per_minute needs requests_per_minute or other_tokens_per_minute"
            )
        if requests and tokens and self.tokens_per_minute:
            most = self.tokens_per_minute / 60 * self.burst_s
            if LARGEST_BITE * tokens / requests > most:
                raise ValueError(
                    f"the second client's requests of {tokens / requests:.0f} tokens on average "
                    f"are too large for a bucket of {most:.0f}: raise other_requests_per_minute"
                )
        return self
