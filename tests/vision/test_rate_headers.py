"""Rate-limit headers: every form and sentinel that was seen, and nothing made of nonsense."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from captioner.vision.rate_headers import KINDS, RateReading, read_rates


def _headers(limit: str, remaining: str, reset: str, name: str = "tokens") -> CIMultiDict[str]:
    return CIMultiDict(
        {
            f"x-ratelimit-limit-{name}": limit,
            f"x-ratelimit-remaining-{name}": remaining,
            f"x-ratelimit-reset-{name}": reset,
        }
    )


@pytest.mark.parametrize(
    ("reset", "reset_s"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("120ms", 0.12),
        ("1h2m3.5s", 3723.5),
        ("1d2h", 93_600.0),
        ("12", 12.0),
        ("0.25", 0.25),
        ("0s", 0.0),
    ],
)
def test_every_form_of_a_duration(reset: str, reset_s: float) -> None:
    """Durations as the official API writes them, and plain seconds as Azure does."""
    (reading,) = read_rates(_headers("6000", "40", reset)).values()
    assert (reading.per_minute, reading.remaining) == (6000.0, 40.0)
    assert reading.reset_s == pytest.approx(reset_s)


def test_both_kinds_and_names_without_regard_to_case() -> None:
    """Requests and tokens are told side by side."""
    headers = CIMultiDict(
        {
            "X-RateLimit-Limit-Requests": "60",
            "X-RateLimit-Remaining-Requests": "59",
            "X-RateLimit-Reset-Requests": "1s",
            "X-RateLimit-Limit-Tokens": "150000",
            "X-RateLimit-Remaining-Tokens": "149984",
            "X-RateLimit-Reset-Tokens": "6s",
        }
    )
    assert read_rates(headers) == {
        "requests": RateReading(60.0, 59.0, 1.0),
        "tokens": RateReading(150_000.0, 149_984.0, 6.0),
    }


def test_what_a_reading_means() -> None:
    """A rate a second, and a capacity: what is left and what refills until all is there."""
    reading = RateReading(per_minute=600.0, remaining=30.0, reset_s=2.0)
    assert reading.rate_per_s == 10.0
    assert reading.capacity == 50.0


@pytest.mark.parametrize(
    ("limit", "remaining", "reset"),
    [
        ("-1", "-1", "0"),
        ("0", "0", "0"),
        ("-1", "5", "1"),
        ("0", "100", "1s"),
        ("6000", "-1", "0"),
        ("6000", "0", "0"),
        ("6000", "-1", "5"),
        ("6000", "40", ""),
        ("6000", "40", "soon"),
        ("6000", "40", "-1"),
        ("6000", "", "1s"),
        ("", "40", "1s"),
        ("many", "40", "1s"),
        ("nan", "40", "1s"),
        ("1e999", "40", "1s"),
        ("6000", "nan", "1s"),
    ],
)
def test_what_is_unknown_or_nonsense_tells_nothing(limit: str, remaining: str, reset: str) -> None:
    """A limit of 0 or less is unknown, and a remainder of 0 with nothing to wait for is none."""
    assert read_rates(_headers(limit, remaining, reset)) == {}


def test_no_headers_tell_nothing() -> None:
    """vLLM and others send none; half of a set is none either."""
    assert read_rates(CIMultiDict()) == {}
    assert read_rates(CIMultiDict({"x-ratelimit-limit-tokens": "6000"})) == {}


def test_a_used_up_limit_is_a_reading() -> None:
    """Nothing left and a time to wait for."""
    assert read_rates(_headers("6000", "0", "1.5s")) == {"tokens": RateReading(6000.0, 0.0, 1.5)}


@pytest.mark.parametrize("kind", KINDS)
def test_of_organisation_and_project_the_tighter_one_counts(kind: str) -> None:
    """Either may be told alone; of both, the one with less left."""
    project = _headers("60000", "10", "1s", f"project-{kind}")
    assert read_rates(project) == {kind: RateReading(60_000.0, 10.0, 1.0)}
    both = project.copy()
    both.update(_headers("6000", "40", "2s", kind))
    assert read_rates(both) == {kind: RateReading(60_000.0, 10.0, 1.0)}
    both.update(_headers("6000", "5", "2s", kind))
    assert read_rates(both) == {kind: RateReading(6000.0, 5.0, 2.0)}
    both.update(_headers("-1", "-1", "0", kind))
    assert read_rates(both) == {kind: RateReading(60_000.0, 10.0, 1.0)}


_VALUES = st.one_of(
    st.text(max_size=20),
    st.integers(-10, 10**12).map(str),
    st.floats().map(str),
    st.from_regex(r"[0-9]{1,4}(\.[0-9]+)?(ms|s|m|h|d)?", fullmatch=True),
)


@given(_VALUES, _VALUES, _VALUES)
@example("1e155", "0", "1e155")
@example("5e-324", "0", "1s")
def test_whatever_is_sent_a_reading_is_usable(limit: str, remaining: str, reset: str) -> None:
    """Its rate is above nothing, and all of it is finite."""
    for reading in read_rates(_headers(limit, remaining, reset)).values():
        assert 0 < reading.rate_per_s < math.inf
        assert 0 < reading.capacity < math.inf
        assert reading.remaining >= 0
