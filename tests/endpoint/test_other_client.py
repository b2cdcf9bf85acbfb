from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.bucket import RateLimits
from captioner.endpoint.options import EndpointOptions
from captioner.endpoint.other_client import OtherClient
from captioner.endpoint.stats import Stats


def world(**changes: Any) -> tuple[OtherClient, RateLimits, Stats]:
    """A limit of 100 tokens a second for 5 s, of which the other client wants half, by tens."""
    options = EndpointOptions(
        **{
            "tokens_per_minute": 6000,
            "other_tokens_per_minute": 3000,
            "other_requests_per_minute": 300,
            **changes,
        }
    )
    limits = RateLimits(
        options.requests_per_minute, options.tokens_per_minute, burst_s=options.burst_s
    )
    stats = Stats()
    return OtherClient(options, limits, stats), limits, stats


def test_it_spends_at_its_rate() -> None:
    """300 requests and 3000 tokens in a minute, give or take what is uneven about it."""
    other, limits, stats = world()
    limits.levels(0.0)
    other.start(0.0)
    other.settle(60.0)
    assert stats.other_requests == 300
    assert stats.other_tokens == pytest.approx(3000, rel=0.05)
    assert stats.other_turned_away == 0


def test_it_waits_for_its_start() -> None:
    """Nothing is taken before, and told again it does not start anew."""
    other, _, stats = world()
    other.settle(5.0)
    other.start(10.0)
    other.start(0.0)
    other.settle(9.99)
    assert stats.other_requests == 0
    other.settle(20.0)
    assert stats.other_requests == 50


def test_what_it_takes_is_in_the_headers() -> None:
    """A client of the same quota sees less remaining than it left."""
    other, limits, stats = world()
    limits.admit("m", 500, now_s=0.0)
    other.start(0.0)
    other.settle(2.0)
    assert stats.other_tokens > 50
    remaining = int(limits.headers(2.0)["x-ratelimit-remaining-tokens"])
    assert 199 <= remaining + stats.other_tokens <= 200


def test_it_takes_what_it_wants_as_far_as_there_is_something() -> None:
    """Of an empty bucket it gets what comes in; the rest it drops, and saves up no backlog."""
    other, limits, stats = world(other_tokens_per_minute=12_000, other_requests_per_minute=1200)
    limits.admit("m", 500, now_s=0.0)
    other.start(0.0)
    other.settle(30.0)
    assert stats.other_tokens == pytest.approx(3000, rel=0.02)
    assert stats.other_turned_away == pytest.approx(300, rel=0.2)
    assert limits.levels(30.0)["tokens"] < 15


def test_tokens_alone_are_taken_in_small_bites() -> None:
    """Without a rate of requests there are ten a second, and no request is charged."""
    other, limits, stats = world(
        other_requests_per_minute=None, requests_per_minute=60, other_tokens_per_minute=3000
    )
    other.start(0.0)
    other.settle(60.0)
    assert stats.other_requests == 0
    assert stats.other_tokens == pytest.approx(3000, rel=0.05)
    assert limits.levels(60.0)["requests"] == 5


def test_requests_alone_are_requests_alone() -> None:
    """A quota of requests is shared without a word of tokens."""
    other, limits, stats = world(
        requests_per_minute=600,
        other_requests_per_minute=300,
        tokens_per_minute=None,
        other_tokens_per_minute=None,
    )
    other.start(0.0)
    other.settle(60.0)
    assert (stats.other_requests, stats.other_tokens) == (300, 0)
    assert limits.levels(60.0)["requests"] >= 48


def test_without_a_second_client_nothing_is_taken() -> None:
    """The default."""
    other, limits, stats = world(other_requests_per_minute=None, other_tokens_per_minute=None)
    other.start(0.0)
    other.settle(1e9)
    assert (stats.other_tokens, limits.levels(1e9)["tokens"]) == (0, 500)


def test_a_seed_makes_it_repeatable() -> None:
    """The same seed takes the same, another one something else."""
    taken = []
    for seed in (1, 1, 2):
        other, _, stats = world(seed=seed)
        other.start(0.0)
        other.settle(10.0)
        taken.append(stats.other_tokens)
    assert taken[0] == taken[1] != taken[2]


@given(
    st.lists(st.tuples(st.floats(0, 1.5), st.integers(1, 60)), min_size=1, max_size=40),
    st.lists(st.floats(0, 30), max_size=40),
)
def test_whoever_looks_changes_nothing(asks: list[tuple[float, int]], looks: list[float]) -> None:
    """However often it is settled in between, we are admitted the same and it takes the same."""
    outcomes = []
    for looked in ([], sorted(looks)):
        other, limits, stats = world(seed=3)
        other.start(0.0)
        now_s, waiting, admitted = 0.0, list(looked), []
        for gap_s, tokens in asks:
            now_s += gap_s
            while waiting and waiting[0] <= now_s:
                other.settle(waiting.pop(0))
            other.settle(now_s)
            try:
                limits.admit("m", tokens, now_s)
            except ApiError:
                admitted.append(False)
            else:
                admitted.append(True)
        outcomes.append((admitted, stats.other_tokens, stats.other_turned_away))
    assert outcomes[0] == outcomes[1]


@given(st.lists(st.tuples(st.floats(0, 1.5), st.integers(1, 200)), min_size=1, max_size=40))
def test_together_never_more_than_the_quota(asks: list[tuple[float, int]]) -> None:
    """Both clients' tokens stay within the burst and the rate."""
    other, limits, stats = world()
    other.start(0.0)
    now_s, ours = 0.0, 0
    limits.levels(0.0)
    for gap_s, tokens in asks:
        now_s += gap_s
        other.settle(now_s)
        try:
            limits.admit("m", tokens, now_s)
        except ApiError:
            continue
        ours += tokens
        assert ours + stats.other_tokens <= 500 + 100 * now_s + 1e-3
