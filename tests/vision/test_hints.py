"""What servers say about waiting, in every form that was seen."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from captioner.vision.hints import duration_s, wait_s

_NOW_UNIX_S = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def _wait(message: str = "", **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return wait_s(CIMultiDict(named), message, now_unix_s=_NOW_UNIX_S)


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("1s", 1.0),
        ("120ms", 0.12),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("1d", 86_400.0),
        (" 2 s ", 2.0),
        ("20", 20.0),
        ("1.5", 1.5),
        ("20s.", 20.0),
        ("0", 0.0),
    ],
)
def test_durations_of_every_form(text: str, expected_s: float) -> None:
    """Go's durations, and plain seconds as Azure sends them."""
    assert duration_s(text) == pytest.approx(expected_s)


@pytest.mark.parametrize("text", ["", "-1", "soon", "nan", "inf", "1e999", "9" * 400 + "s", "5x"])
def test_what_is_no_duration_says_nothing(text: str) -> None:
    """Nonsense never becomes a wait without end."""
    assert duration_s(text) is None


def test_milliseconds_come_before_seconds() -> None:
    """`retry-after-ms` is the finer of two that are usually sent together."""
    assert _wait(Retry_After_Ms="250.5", Retry_After="1") == pytest.approx(0.2505)
    assert _wait(Retry_After_Ms="nonsense", Retry_After="3") == 3.0


def test_a_date_is_a_wait_until_then() -> None:
    """HTTP dates are UTC, with or without a zone; one that is past means now."""
    assert _wait(Retry_After="Tue, 14 Nov 2023 22:14:20 GMT") == 60.0
    assert _wait(Retry_After="Tue, 14 Nov 2023 22:14:20 -0000") == 60.0
    assert _wait(Retry_After="Tue, 14 Nov 2023 22:00:00 GMT") == 0.0


def test_only_resets_of_limits_that_are_used_up_count() -> None:
    """The longest of them; what has something left does not make anyone wait."""
    spent = {
        "x_ratelimit_limit_requests": "60",
        "x_ratelimit_remaining_requests": "0",
        "x_ratelimit_reset_requests": "1s",
        "x_ratelimit_remaining_tokens": "12",
        "x_ratelimit_reset_tokens": "6m0s",
    }
    assert _wait(**spent) == 1.0
    assert _wait(**{**spent, "x_ratelimit_remaining_tokens": "0"}) == 360.0
    assert (
        _wait(x_ratelimit_remaining_project_tokens="0", x_ratelimit_reset_project_tokens="3s")
        == 3.0
    )


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_limit_that_is_unknown_says_nothing(limit: str) -> None:
    """Azure sends such limits with a remaining of 0."""
    assert (
        _wait(
            x_ratelimit_limit_tokens=limit,
            x_ratelimit_remaining_tokens="0",
            x_ratelimit_reset_tokens="7",
        )
        is None
    )


def test_a_reset_of_zero_says_nothing() -> None:
    """It would let everybody come back at once."""
    assert _wait(x_ratelimit_remaining_tokens="0", x_ratelimit_reset_tokens="0") is None


@pytest.mark.parametrize(
    ("message", "expected_s"),
    [
        ("Limit 3, Used 3. Please try again in 6ms. Visit https://x.example", 0.006),
        ("Please try again in 20s. Details below", 20.0),
        ("Please try again in 1m30.5s.", 90.5),
        ("Please retry after 10 seconds.", 10.0),
        ("Try again in 2 minutes", 120.0),
        ("try again in 500 milliseconds", 0.5),
        ("try again in 1h 5m", 3900.0),
    ],
)
def test_words_of_a_message_are_the_last_resort(message: str, expected_s: float) -> None:
    """Where no header tells; a header wins over them."""
    assert _wait(message) == pytest.approx(expected_s)
    assert _wait(message, Retry_After="4") == 4.0


@pytest.mark.parametrize("message", ["", "slow down", "try again in a while", "try again in 9"])
def test_vague_words_say_nothing(message: str) -> None:
    """A number without a unit might be anything."""
    assert _wait(message) is None


_TEXTS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[0-9]{1,4}(\.[0-9]+)?(ms|s|m|h|d)?", fullmatch=True),
    st.from_regex(
        r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,5} [0-9:]{1,8} ([A-Z]{3}|[+-][0-9]{1,5})",
        fullmatch=True,
    ),
)


@given(
    headers=st.dictionaries(
        st.sampled_from(
            [
                "retry-after",
                "retry-after-ms",
                "x-ratelimit-remaining-tokens",
                "x-ratelimit-reset-tokens",
                "x-ratelimit-limit-tokens",
            ]
        ),
        _TEXTS,
    ),
    message=st.one_of(_TEXTS, _TEXTS.map(lambda text: f"try again in {text}")),
)
def test_whatever_is_sent_gives_a_finite_wait_or_none(
    headers: dict[str, str], message: str
) -> None:
    """No header of a broken server ends or hangs a run."""
    wait = wait_s(CIMultiDict(headers), message, now_unix_s=_NOW_UNIX_S)
    assert wait is None or 0 <= wait < math.inf
