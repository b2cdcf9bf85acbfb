"""The rate that is found out by trial, against simulated servers whose 429s tell nothing."""

from __future__ import annotations

import functools
import heapq
import itertools
import math
import random
from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.concurrency import Concurrency
from captioner.flow.guessing import GuessedRate
from captioner.flow.retrying import RetryPolicy


class Limiter(Protocol):
    """Says yes or no, and nothing else."""

    rate_per_s: float

    def admits(self, now_s: float) -> bool:
        """Whether a request may pass."""


class BucketLimiter:
    """Refills evenly, and holds `burst_s` seconds' worth."""

    def __init__(self, rate_per_s: float, burst_s: float) -> None:
        self.rate_per_s = rate_per_s
        self._capacity = self._level = max(1.0, rate_per_s * burst_s)
        self._at_s = 0.0

    def admits(self, now_s: float) -> bool:
        """Whether there is one left."""
        grown = self._level + (now_s - self._at_s) * self.rate_per_s
        self._level, self._at_s = min(self._capacity, grown), now_s
        if self._level < 1:
            return False
        self._level -= 1
        return True


class MinuteLimiter:
    """Counts from each full minute on, as litellm's proxy does."""

    def __init__(self, rate_per_s: float) -> None:
        self.rate_per_s = rate_per_s
        self._minute, self._count = 0, 0

    def admits(self, now_s: float) -> bool:
        """Whether this minute has one left."""
        if int(now_s // 60) != self._minute:
            self._minute, self._count = int(now_s // 60), 0
        self._count += 1
        return self._count <= 60 * self.rate_per_s


class Run:
    """A client that is never out of work, for `seconds`, with the gate's rules."""

    def __init__(
        self, limiter: Limiter, seed: int, *, latency_p50_s: float = 0.4, seconds: float = 300.0
    ) -> None:
        self._limiter = limiter
        self._rng = random.Random(seed)
        self._latency_p50_s = latency_p50_s
        self._until_s = seconds
        self.guess = GuessedRate()
        self._concurrency = Concurrency(fixed=None, maximum=256)
        self._policy = RetryPolicy()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = itertools.count()
        self._in_flight = self._admissions = 0
        self._paused_until_s = 0.0
        self._failed = 0
        self._sleep: object = None
        self.answers: list[tuple[float, bool]] = []
        self._at(0.0, self._admit)
        while self._events:
            now_s, _, happen = heapq.heappop(self._events)
            happen(now_s)

    def after_the_first_minute(self) -> tuple[float, float]:
        """The share of the limit that was used, and the share of 429s."""
        late = [admitted for at_s, admitted in self.answers if at_s > 60]
        allowed = self._limiter.rate_per_s * (self._until_s - 60)
        return sum(late) / allowed, 1 - sum(late) / len(late)

    def _at(self, at_s: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (at_s, next(self._count), happen))

    def _admit(self, now_s: float, *, slept: bool = False) -> None:
        while self._in_flight < self._concurrency.limit and now_s < self._until_s:
            ready_s = max(self._paused_until_s, self.guess.ready_at_s(now_s))
            if ready_s > now_s and not slept:
                self._sleep = object()
                self._at(ready_s, functools.partial(self._woken, self._sleep))
                return
            slept = False
            self._sleep = None
            self._send(now_s)

    def _woken(self, sleep: object, now_s: float) -> None:
        if sleep is self._sleep:
            self._admit(now_s, slept=True)

    def _send(self, now_s: float) -> None:
        self.guess.start(now_s)
        self._in_flight += 1
        self._admissions += 1
        number = self._admissions

        def arrive(at_s: float) -> None:
            admitted = self._limiter.admits(at_s)
            self.answers.append((at_s, admitted))
            takes_s = self._latency_p50_s * math.exp(self._rng.gauss(0, 0.7)) if admitted else 0.01
            self._at(at_s + takes_s, lambda to_s: answer(admitted, to_s))

        def answer(admitted: bool, at_s: float) -> None:
            if admitted:
                self._failed = 0
                self.guess.clean_reply(sent_s=now_s, now_s=at_s)
                self._concurrency.clean_reply(in_flight=self._in_flight, told_rates=False)
            else:
                # Retries go first, so those in a row are attempts of the same few.
                self._failed = min(4, self._failed + 1)
                self.guess.refused(sent_s=now_s, now_s=at_s)
                self._concurrency.congested(admission=number, latest_admission=self._admissions)
                wait_s = self._policy.wait_s(self._failed, None, 0.5)
                self._paused_until_s = max(self._paused_until_s, at_s + wait_s)
            self._in_flight -= 1
            self._admit(at_s)

        self._at(now_s + 0.005, arrive)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("latency_p50_s", [0.4, 2.0])
@pytest.mark.parametrize(
    "limiter",
    [
        lambda: BucketLimiter(20.0, 5.0),
        lambda: BucketLimiter(20.0, 1.0),
        lambda: BucketLimiter(20.0, 60.0),
        lambda: BucketLimiter(2.0, 5.0),
        lambda: BucketLimiter(2.0, 0.0),
        lambda: BucketLimiter(80.0, 5.0),
        lambda: MinuteLimiter(20.0),
        lambda: MinuteLimiter(5.0),
    ],
)
def test_the_limit_is_found_where_nothing_tells_of_it(
    limiter: Callable[[], Limiter], latency_p50_s: float, seed: int
) -> None:
    """After the first minute at most 5 % of 429s, and within 15 % of the limit."""
    run = Run(limiter(), seed, latency_p50_s=latency_p50_s)
    used, refused = run.after_the_first_minute()
    assert used >= 0.85
    assert refused <= 0.05


def test_a_limit_that_is_raised_is_found() -> None:
    """Within minutes, for growth speeds up where nothing is refused."""
    limiter = BucketLimiter(5.0, 5.0)
    guess = Run(limiter, 1, seconds=120.0).guess
    assert guess.rate_per_s == pytest.approx(5.0, rel=0.25)
    now_s = 120.0
    while (guess.rate_per_s or 0.0) < 20.0:
        now_s += 0.2
        guess.clean_reply(sent_s=now_s - 0.1, now_s=now_s)
    assert now_s < 300.0


def test_nothing_is_limited_before_the_first_429() -> None:
    """An endpoint without limits is never paced."""
    guess = GuessedRate()
    for number in range(1000):
        guess.start(1.0)
        guess.clean_reply(sent_s=1.0, now_s=1.0 + number / 1000)
        assert guess.ready_at_s(2.0) == 2.0
    assert guess.rate_per_s is None


def test_429s_of_one_excess_cut_once() -> None:
    """Those of requests sent before the cut tell nothing new, nor do those before it recovers."""
    guess = GuessedRate()
    for number in range(100):
        guess.start(number / 10)
        guess.clean_reply(sent_s=number / 10, now_s=number / 10)
    guess.refused(sent_s=9.0, now_s=10.0)
    assert guess.rate_per_s == pytest.approx(9.0)
    for sent_s in (9.1, 9.9, 10.5, 11.0):
        guess.refused(sent_s=sent_s, now_s=11.2)
    assert guess.rate_per_s == pytest.approx(9.0)
    guess.clean_reply(sent_s=11.5, now_s=12.0)
    guess.refused(sent_s=12.0, now_s=12.1)
    assert guess.rate_per_s == pytest.approx(0.7 * 9.0, rel=0.05)


def test_a_server_that_refuses_for_long_is_sent_its_average() -> None:
    """Ten seconds of 60 a second and fifty of refusals are ten a second."""
    guess = GuessedRate()
    for number in range(600):
        guess.start(number / 60)
        guess.clean_reply(sent_s=number / 60, now_s=number / 60)
    guess.refused(sent_s=10.0, now_s=10.0)
    assert guess.rate_per_s == pytest.approx(54.0)
    guess.clean_reply(sent_s=59.0, now_s=60.0)
    assert guess.rate_per_s == pytest.approx(10.0, rel=0.05)


def test_starts_are_paced_at_the_guessed_rate() -> None:
    """One each 1/rate seconds, and a late one does not make the next ones late."""
    guess = GuessedRate()
    for number in range(100):
        guess.start(number / 10)
    guess.refused(sent_s=9.9, now_s=10.0)
    gap_s = 1 / 9.0
    guess.start(20.0)
    assert guess.ready_at_s(20.0) == pytest.approx(20.0 - 0.05 + gap_s)
    guess.start(guess.ready_at_s(20.0) + 0.03)
    assert guess.ready_at_s(20.0) == pytest.approx(20.0 - 0.05 + 2 * gap_s)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 30), st.sampled_from(["start", "clean", "refused"]), st.floats(0, 9)
        ),
        max_size=80,
    )
)
def test_no_sequence_of_answers_stops_it(steps: list[tuple[float, str, float]]) -> None:
    """Whatever comes in, the rate stays a number above nothing, and the wait within a minute."""
    guess, now_s = GuessedRate(), 0.0
    for after_s, what, age_s in steps:
        now_s += after_s
        if what == "start":
            now_s = max(now_s, guess.ready_at_s(now_s))
            guess.start(now_s)
        elif what == "clean":
            guess.clean_reply(sent_s=now_s - age_s, now_s=now_s)
        else:
            guess.refused(sent_s=now_s - age_s, now_s=now_s)
        assert guess.rate_per_s is None or 0.04 < guess.rate_per_s < math.inf
        assert guess.ready_at_s(now_s) - now_s <= 60
