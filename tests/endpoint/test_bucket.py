from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.bucket import LimitReachedError, RateLimits, duration


def limits(**changes: object) -> RateLimits:
    """A limit of 600 tokens a minute that holds 5 s of it: 50 tokens."""
    given_: dict[str, object] = {
        "requests_per_minute": None,
        "tokens_per_minute": 600,
        "burst_s": 5.0,
        **changes,
    }
    return RateLimits(**given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.12, "120ms"),
        (0.0001, "1ms"),
        (1, "1s"),
        (1.5, "1.5s"),
        (59.9996, "1m0s"),
        (360, "6m0s"),
        (3723.5, "1h2m3.5s"),
        (3600, "1h0m0s"),
    ],
)
def test_durations_are_written_as_the_api_writes_them(seconds: float, text: str) -> None:
    """Hours, minutes, seconds and milliseconds, rounded up to a millisecond."""
    assert duration(seconds) == text


def test_headers_describe_the_moment_of_admission() -> None:
    """Remaining is what is left after the charge, reset the time until the bucket is full."""
    both = limits(requests_per_minute=60)
    assert both.admit("m", 20, now_s=100.0) == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "600",
        "x-ratelimit-remaining-tokens": "30",
        "x-ratelimit-reset-tokens": "2s",
    }


def test_a_429_says_when_to_come_back() -> None:
    """What was refused at 0 s and told to wait 3 s passes at 3 s, and not before."""
    tokens = limits()
    tokens.admit("m", 50, now_s=0.0)
    with pytest.raises(ApiError) as caught:
        tokens.admit("m", 30, now_s=0.0)
    error = caught.value
    assert (error.status, error.type_, error.code) == (429, "tokens", "rate_limit_exceeded")
    assert error.headers["retry-after"] == "3"
    assert error.headers["retry-after-ms"] == "3000"
    assert "Limit 600, Used 600, Requested 30. Please try again in 3s." in error.message
    with pytest.raises(ApiError):
        tokens.admit("m", 30, now_s=2.99)
    assert tokens.admit("m", 30, now_s=3.0)["x-ratelimit-remaining-tokens"] == "0"


@pytest.mark.parametrize(("style", "reset"), [("official", "500ms"), ("azure", "1")])
def test_a_429_tells_the_rates_of_its_moment(style: str, reset: str) -> None:
    """What is left when it is turned away, of both limits, as with an admitted request."""
    both = limits(requests_per_minute=60, style=style)
    both.admit("m", 45, now_s=0.0)
    with pytest.raises(LimitReachedError) as caught:
        both.admit("m", 30, now_s=0.5)
    headers = caught.value.headers
    assert caught.value.kind == "tokens"
    assert headers["x-ratelimit-limit-tokens"] == "600"
    assert headers["x-ratelimit-remaining-tokens"] == "10"
    assert headers["x-ratelimit-remaining-requests"] == "4"
    assert headers["x-ratelimit-reset-requests"] == reset


@pytest.mark.parametrize("asked", [51, 601])
def test_what_can_never_pass_says_so(asked: int) -> None:
    """More than the bucket ever holds: requested is above the limit named, and no time is."""
    with pytest.raises(ApiError) as caught:
        limits().admit("m", asked, now_s=0.0)
    numbers = re.search(r"Request too large.*Limit (\d+), Requested (\d+)", caught.value.message)
    assert numbers
    assert int(numbers[2]) == asked > int(numbers[1])
    assert "retry-after" not in caught.value.headers


def test_one_request_always_fits() -> None:
    """A request limit whose burst is below one request still lets single requests pass."""
    requests = limits(requests_per_minute=6, tokens_per_minute=None)
    requests.admit("m", 10**6, now_s=0.0)
    with pytest.raises(ApiError, match="requests per min"):
        requests.admit("m", 1, now_s=9.9)
    requests.admit("m", 1, now_s=10.0)


def test_azure_sends_plain_seconds() -> None:
    """Azure's resets are numbers of seconds, and it has no milliseconds."""
    azure = limits(style="azure")
    assert azure.admit("m", 50, now_s=0.0)["x-ratelimit-reset-tokens"] == "5"
    with pytest.raises(ApiError) as caught:
        azure.admit("m", 5, now_s=0.0)
    assert caught.value.headers["retry-after"] == "1"
    assert "retry-after-ms" not in caught.value.headers


def test_no_hint_is_no_hint() -> None:
    """A server that tells nothing: no headers, no time to wait in the words."""
    silent = limits(style="none")
    assert silent.admit("m", 50, now_s=0.0) == {}
    with pytest.raises(ApiError) as caught:
        silent.admit("m", 5, now_s=0.0)
    assert caught.value.headers == {}
    assert "try again" not in caught.value.message
    assert not re.search(r"\d", caught.value.message)


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 50)), min_size=1, max_size=60),
    st.integers(60, 100_000),
)
def test_never_more_than_burst_plus_rate(asks: list[tuple[float, int]], per_minute: int) -> None:
    """From the start to any moment at most the burst plus the rate's share is admitted."""
    tokens = limits(tokens_per_minute=per_minute, burst_s=60.0)
    now_s, admitted = 0.0, 0
    for gap_s, amount in asks:
        now_s += gap_s
        try:
            tokens.admit("m", amount, now_s)
        except ApiError:
            continue
        admitted += amount
        assert admitted <= per_minute + per_minute / 60 * now_s + 1e-3


@given(
    st.lists(st.tuples(st.floats(0, 2), st.integers(1, 50)), min_size=1, max_size=40),
    st.integers(60, 6000),
)
def test_waiting_as_told_is_enough(asks: list[tuple[float, int]], per_minute: int) -> None:
    """Whoever alone waits the milliseconds that a 429 names is admitted next."""
    tokens = limits(tokens_per_minute=per_minute, burst_s=60.0)
    now_s = 0.0
    for gap_s, amount in asks:
        now_s += gap_s
        try:
            tokens.admit("m", amount, now_s)
        except ApiError as error:
            now_s += float(error.headers["retry-after-ms"]) / 1000
            tokens.admit("m", amount, now_s)
