from __future__ import annotations

import pytest

from captioner.endpoint.allowance import limit_report
from captioner.endpoint.bucket import Bucket
from captioner.endpoint.stats import Stats


def test_the_use_of_a_limit_is_what_was_admitted_of_what_was_allowed() -> None:
    """What the bucket held at the first attempt and its rate until the last admission, less what
    the second client had until then: 50 + 10 × 5 - 20 were allowed, and 60 were admitted."""
    buckets = {"tokens": Bucket(600, 50.0)}
    stats = Stats()
    stats.arrived(99.0)
    stats.opened({"tokens": 50.0}, 100.0)
    stats.admit(30, 100.0)
    stats.opened({"tokens": 7.0}, 101.0)  # only the first attempt opens the account
    stats.other_took(1, 20)
    stats.admit(30, 105.0)
    stats.other_took(1, 20)
    assert limit_report({"tokens": buckets["tokens"]}, stats) == {
        "tokens": {
            "per_minute": 600,
            "per_second": 10,
            "capacity": 50,
            "admitted": 60,
            "other": 20,
            "allowed": 80,
            "used_share": 0.75,
        }
    }


def test_before_the_first_admission_there_is_no_share() -> None:
    """The rate and capacity are told all the same."""
    report = limit_report({"requests": Bucket(60, 5.0)}, Stats())
    assert report["requests"]["used_share"] is report["requests"]["allowed"] is None
    assert (report["requests"]["capacity"], report["requests"]["per_second"]) == (5, 1)


def test_requests_are_counted_as_requests() -> None:
    """Each limit has its own account."""
    stats = Stats()
    stats.opened({"requests": 4.0, "tokens": 100.0}, 0.0)
    stats.admit(50, 0.0)
    report = limit_report({"requests": Bucket(60, 4.0), "tokens": Bucket(60, 100.0)}, stats)
    assert report["requests"]["used_share"] == pytest.approx(0.25)
    assert report["tokens"]["used_share"] == pytest.approx(0.5)
