"""The official client against the rehearsal endpoint: captions, and its own error classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pytest
from pydantic import SecretStr

from captioner.endpoint.options import EndpointOptions, FaultKind
from captioner.endpoint.server import RehearsalEndpoint

MakeBody = Callable[..., dict[str, Any]]
KEY = "sk-rehearsal-0123456789"


async def create(options: EndpointOptions, body: dict[str, Any], *, turns: int = 1) -> Any:
    """Ask `turns` times through the official client, and return its last completion."""
    async with (
        RehearsalEndpoint(options) as endpoint,
        openai.AsyncOpenAI(base_url=endpoint.base_url, api_key=KEY, max_retries=0) as client,
    ):
        for _ in range(turns - 1):
            await client.chat.completions.create(**body)
        return await client.chat.completions.create(**body)


async def test_it_gets_a_caption(make_body: MakeBody) -> None:
    """The reply parses into the client's own types, usage included."""
    completion = await create(EndpointOptions(api_key=SecretStr(KEY)), make_body())
    assert "16 by 12 pixels" in completion.choices[0].message.content
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.prompt_tokens_details.cached_tokens == 0


async def test_it_lists_the_models() -> None:
    """`models.list` works as against the real API."""
    async with (
        RehearsalEndpoint(EndpointOptions(models=("a", "b"))) as endpoint,
        openai.AsyncOpenAI(base_url=endpoint.base_url, api_key=KEY, max_retries=0) as client,
    ):
        assert [model.id async for model in client.models.list()] == ["a", "b"]


async def test_azures_client_gets_a_caption(make_body: MakeBody) -> None:
    """Its deployment path, api-version and api-key header are understood."""
    async with RehearsalEndpoint(EndpointOptions(api_key=SecretStr(KEY))) as endpoint:
        client = openai.AsyncAzureOpenAI(
            azure_endpoint=endpoint.base_url.removesuffix("/v1"),
            api_key=KEY,
            api_version="2025-01-01",
            max_retries=0,
        )
        async with client:
            completion = await client.chat.completions.create(**make_body())
    assert completion.choices[0].message.content


@pytest.mark.parametrize(
    ("options", "changes", "error", "code"),
    [
        (
            EndpointOptions(api_key=SecretStr("sk-another")),
            {},
            openai.AuthenticationError,
            "invalid_api_key",
        ),
        (EndpointOptions(), {"model": "gpt-9"}, openai.NotFoundError, "model_not_found"),
        (
            EndpointOptions(),
            {"mime": "image/jpeg"},
            openai.BadRequestError,
            "invalid_image_format",
        ),
        (
            EndpointOptions(),
            {"extra_body": {"top_k": 1}},
            openai.BadRequestError,
            "unknown_parameter",
        ),
        (
            EndpointOptions(dialect="reasoning"),
            {},
            openai.BadRequestError,
            "unsupported_parameter",
        ),
        (
            EndpointOptions(tokens_per_minute=600),
            {},
            openai.RateLimitError,
            "rate_limit_exceeded",
        ),
        (EndpointOptions(quota_requests=0), {}, openai.RateLimitError, "insufficient_quota"),
        (
            EndpointOptions(max_request_bytes=300),
            {},
            openai.APIStatusError,
            "payload_too_large",
        ),
    ],
)
async def test_official_errors_are_its_own_classes(
    make_body: MakeBody,
    options: EndpointOptions,
    changes: dict[str, Any],
    error: type[openai.APIStatusError],
    code: str,
) -> None:
    """Each error body is read into the client's class with the official code."""
    with pytest.raises(error) as caught:
        await create(options, make_body(**changes))
    assert caught.value.code == code
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("500", openai.InternalServerError),
        ("502", openai.InternalServerError),
        ("503", openai.InternalServerError),
        ("504", openai.InternalServerError),
        ("sanitizer", openai.BadRequestError),
        ("content_policy", openai.BadRequestError),
        ("reset", openai.APIConnectionError),
    ],
)
async def test_faults_are_its_own_classes(
    make_body: MakeBody, kind: FaultKind, error: type[Exception]
) -> None:
    """What goes wrong on purpose looks to the client as it does in earnest."""
    options = EndpointOptions(fault_share=1, fault_kinds=(kind,))
    with pytest.raises(error):
        await create(options, make_body())


async def test_a_429_carries_its_hints(make_body: MakeBody) -> None:
    """The client sees how long to wait and what is left."""
    with pytest.raises(openai.RateLimitError) as caught:
        await create(EndpointOptions(requests_per_minute=6, burst_s=1), make_body(), turns=2)
    headers = caught.value.response.headers
    assert 9000 < float(headers["retry-after-ms"]) <= 10_000
    assert headers["retry-after"] == "10"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert "Please try again in 9." in str(caught.value) or "in 10s" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "finish", "refusal"),
    [
        ("refusal", "stop", True),
        ("content_filter", "content_filter", False),
        ("length", "length", False),
        ("empty", "stop", False),
    ],
)
async def test_replies_that_are_no_captions(
    make_body: MakeBody, kind: FaultKind, finish: str, *, refusal: bool
) -> None:
    """Refusals, filters, cut and empty texts come as well-formed completions."""
    options = EndpointOptions(fault_share=1, fault_kinds=(kind,))
    choice = (await create(options, make_body())).choices[0]
    assert choice.finish_reason == finish
    assert (choice.message.refusal is not None) == refusal
