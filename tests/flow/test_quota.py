"""Learned quotas, against a simulated server: how much of the quota is used, and how many 429s.

Everything here is simulated time; a second of it costs milliseconds. What the server allows is
20 requests a second of 600 tokens each, and a bucket of five seconds' worth. The client is told
nothing beforehand.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.concurrency import Concurrency
from captioner.flow.quota import LearnedQuota
from captioner.flow.rate_account import RateAccount
from captioner.vision.rate_headers import RateReading

SEEDS = range(5)


class Server:
    """A bucket that charges at admission and tells how it stands, as the headers do."""

    def __init__(self, rate_per_s: float, burst_s: float) -> None:
        self.rate_per_s = rate_per_s
        self.capacity = self._level = rate_per_s * burst_s
        self._at_s = self._first_s = self._last_s = math.nan
        self.admitted = self.others = self._others_by_last = 0.0
        self.requests = self.refused = 0

    def ask(self, amount: float, now_s: float) -> tuple[RateReading, float | None]:
        """What the headers say, and how long to wait where it is refused."""
        level = self._refill(now_s)
        self.requests += 1
        wait_s = None
        if amount <= level + 1e-6:
            self._level -= amount
            self.admitted += amount
            self._last_s, self._others_by_last = now_s, self.others
        else:
            self.refused += 1
            wait_s = _whole_ms((amount - level) / self.rate_per_s)
        reset_s = _whole_ms((self.capacity - self._level) / self.rate_per_s)
        return RateReading(60 * self.rate_per_s, math.floor(self._level), reset_s), wait_s

    def take(self, amount: float, now_s: float) -> None:
        """Somebody else takes this much, if it is there."""
        if amount <= self._refill(now_s):
            self._level -= amount
            self.others += amount

    def _refill(self, now_s: float) -> float:
        if math.isnan(self._at_s):
            self._at_s = self._first_s = now_s
        grown = self._level + (now_s - self._at_s) * self.rate_per_s
        self._level, self._at_s = min(self.capacity, grown), now_s
        return self._level

    @property
    def used(self) -> float:
        """Share used of all that was allowed until the last admission, and left by others."""
        allowed = self.capacity + self.rate_per_s * (self._last_s - self._first_s)
        return self.admitted / (allowed - self._others_by_last)

    @property
    def refused_share(self) -> float:
        """Share of 429s among the answers."""
        return self.refused / self.requests


def _whole_ms(seconds: float) -> float:
    return math.ceil(round(seconds * 1000, 6)) / 1000


@dataclass(frozen=True)
class Scenario:
    """How much there is to do, and under which circumstances."""

    requests: int = 1000
    clients: int = 1
    mean_tokens: float = 600.0
    spread: float = 0.2
    requests_per_s: float = 20.0
    burst_s: float = 5.0
    latency_p50_s: float = 0.4
    latency_p99_s: float = 2.0
    set_per_minute: float | None = None
    second_client_from_s: float | None = None
    estimate_off: float = 0.0
    starts_within_s: float = 0.01


class Simulation:
    """A server and clients, as events in the order of their times."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.rng = random.Random(seed)
        rate_per_s = scenario.requests_per_s * scenario.mean_tokens
        self.server = Server(rate_per_s, scenario.burst_s)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = itertools.count()
        self.clients = [Client(self) for _ in range(scenario.clients)]
        for client in self.clients:
            self.at(self.rng.uniform(0, scenario.starts_within_s), client.admit)
        if scenario.second_client_from_s is not None:
            self.at(scenario.second_client_from_s, self._second_client)

    def run(self) -> Server:
        """Until nothing more happens; nothing may be lost."""
        while self._events:
            now_s, _, happen = heapq.heappop(self._events)
            happen(now_s)
        assert all(client.is_done for client in self.clients)
        return self.server

    def at(self, at_s: float, happen: Callable[[float], None]) -> None:
        """Let something happen then."""
        heapq.heappush(self._events, (at_s, next(self._count), happen))

    def tokens(self) -> float:
        """The size of a request."""
        spread = self.rng.uniform(-self.scenario.spread, self.scenario.spread)
        return self.scenario.mean_tokens * (1 + spread)

    def latency_s(self) -> float:
        """How long an answer takes: log-normal."""
        scenario = self.scenario
        sigma = math.log(scenario.latency_p99_s / scenario.latency_p50_s) / 2.3263
        return scenario.latency_p50_s * math.exp(self.rng.gauss(0, sigma))

    def _second_client(self, now_s: float) -> None:
        """Takes half of the quota, unevenly, and has no regard for anybody."""
        self.server.take(self.scenario.mean_tokens, now_s)
        if not all(client.is_done for client in self.clients):
            gap_s = 2 / self.scenario.requests_per_s
            self.at(now_s + gap_s * self.rng.uniform(0.5, 1.5), self._second_client)


class Client:
    """The gate's rules without a gate: one head, places, the account, and pauses after a 429."""

    def __init__(self, simulation: Simulation) -> None:
        scenario = simulation.scenario
        self._simulation = simulation
        self.account = RateAccount(scenario.set_per_minute, now_s=0.0)
        self._concurrency = Concurrency(fixed=None, maximum=256)
        self._left = scenario.requests // scenario.clients
        self._retries: list[float] = []
        self._head: float | None = None
        self._sleep: object = None
        self._in_flight = self._admissions = 0
        self._paused_until_s = 0.0

    @property
    def is_done(self) -> bool:
        """Whether every request has its reply."""
        return not (self._left or self._retries or self._in_flight or self._head)

    def admit(self, now_s: float, *, slept: bool = False) -> None:
        """Send what may be sent now; else sleep until it may."""
        while self._in_flight < self._concurrency.limit:
            if self._head is None:
                if not self._next_head():
                    return
                assert self._head is not None
                self.account.book(self._head, now_s)
            ready_s = max(self.account.ready_at_s(self._head, now_s), self._paused_until_s)
            if ready_s > now_s and not slept:
                self._sleep = object()
                self._simulation.at(ready_s, functools.partial(self._woken, self._sleep))
                return
            slept = False
            self._send(self._head, now_s)
            self._head = self._sleep = None

    def _woken(self, sleep: object, now_s: float) -> None:
        if sleep is self._sleep:
            self.admit(now_s, slept=True)

    def _next_head(self) -> bool:
        if self._retries:
            self._head = self._retries.pop()
        elif self._left:
            self._left -= 1
            self._head = self._simulation.tokens()
        return self._head is not None

    def _send(self, amount: float, now_s: float) -> None:
        self.account.start(amount, now_s)
        self._in_flight += 1
        self._admissions += 1
        number, simulation = self._admissions, self._simulation

        def arrive(at_s: float) -> None:
            charged = amount * (1 + simulation.scenario.estimate_off)
            reading, wait_s = simulation.server.ask(charged, at_s)
            takes_s = 0.01 if wait_s is not None else simulation.latency_s()
            simulation.at(at_s + takes_s, lambda to_s: answer(reading, wait_s, to_s))

        def answer(reading: RateReading, wait_s: float | None, at_s: float) -> None:
            self.account.observe(
                reading, sent_s=now_s, amount=amount, admitted=wait_s is None, now_s=at_s
            )
            if wait_s is None:
                self._concurrency.clean_reply(
                    in_flight=self._in_flight,
                    told_rates=True,
                    idle_quota=self.account.learned.is_idle(at_s),
                )
            else:
                self._concurrency.congested(admission=number, latest_admission=self._admissions)
                self._paused_until_s = max(self._paused_until_s, at_s + wait_s)
                self.account.pause_until(self._paused_until_s, at_s)
                self._retries.append(amount)
            self._in_flight -= 1
            self.admit(at_s)

        simulation.at(now_s + simulation.rng.uniform(0.001, 0.01), arrive)


ALONE = Scenario()
LIMIT = 20 * 600 * 60


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "scenario",
    [
        ALONE,
        replace(ALONE, set_per_minute=3 * LIMIT),
        replace(ALONE, set_per_minute=LIMIT),
        replace(ALONE, mean_tokens=1.0, spread=0.0),
        replace(ALONE, estimate_off=0.02),
        replace(ALONE, estimate_off=-0.02),
        replace(ALONE, burst_s=1.0),
        replace(ALONE, requests_per_s=1.0, requests=200),
    ],
    ids=[
        "nothing told",
        "limits set too high",
        "limits set right",
        "request-bound",
        "estimates too low",
        "estimates too high",
        "a bucket of a second",
        "a slow quota",
    ],
)
def test_alone_all_of_the_quota_and_no_429s(scenario: Scenario, seed: int) -> None:
    """At least 97 % of what was allowed, and below 0.5 % of 429s, nothing lost."""
    server = Simulation(scenario, seed).run()
    assert server.used >= 0.97
    assert server.refused_share < 0.005 + (scenario.requests < 1000) * 0.005


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("from_s", [0.0, 25.0])
def test_beside_a_client_that_takes_half(from_s: float, seed: int) -> None:
    """From the beginning or from the middle on: at most 1 % of 429s, and the other half is used."""
    server = Simulation(replace(ALONE, second_client_from_s=from_s), seed).run()
    assert server.others > 0.2 * server.admitted
    assert server.used >= 0.97
    assert server.refused_share <= 0.01


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("clients", [2, 4, 10])
@pytest.mark.parametrize("starts_within_s", [0.01, 10.0])
def test_several_share_a_quota_without_knowing_of_each_other(
    clients: int, starts_within_s: float, seed: int
) -> None:
    """At least 95 % used and below 1 % of 429s, started together or one after another."""
    scenario = replace(ALONE, clients=clients, starts_within_s=starts_within_s)
    server = Simulation(scenario, seed).run()
    assert server.used >= 0.95
    assert server.refused_share < 0.01


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("clients", [1, 4])
def test_slow_answers_cost_little(clients: int, seed: int) -> None:
    """With a median latency of 2 s news is old: 93 % used, and no more than 0.3 % of 429s.

    What is lost is lost at the start, while the concurrency grows from four.
    """
    slow = replace(ALONE, clients=clients, latency_p50_s=2.0, latency_p99_s=6.0)
    server = Simulation(slow, seed).run()
    assert server.used >= 0.93
    assert server.refused_share <= 0.003


@pytest.mark.parametrize("seed", SEEDS)
def test_a_latecomer_gets_its_part(seed: int) -> None:
    """Two at equal work, one of them ten seconds late, come to equal shares in minutes."""
    scenario = replace(ALONE, clients=2, requests=8000, starts_within_s=10.0)
    simulation = Simulation(scenario, seed)
    shares: list[float] = []

    def look(_now_s: float) -> None:
        shares.extend(client.account.learned.share for client in simulation.clients)

    simulation.at(300.0, look)
    simulation.run()
    assert shares == [pytest.approx(0.5, abs=0.15)] * 2


# --- single rules


def _reading(remaining: float, *, capacity: float = 100.0, rate_per_s: float = 10.0) -> RateReading:
    return RateReading(60 * rate_per_s, remaining, (capacity - remaining) / rate_per_s)


def _told(quota: LearnedQuota, remaining: float, sent_s: float, now_s: float) -> None:
    quota.observe(_reading(remaining), sent_s=sent_s, amount=10.0, admitted=True, now_s=now_s)


def test_nothing_is_limited_before_the_first_reading() -> None:
    """Whatever is sent: nothing is known."""
    quota = LearnedQuota()
    for _ in range(100):
        assert quota.ready_at_s(1e6, 5.0) <= 5.0
        quota.start(1e6, 5.0)
    assert not quota.is_known
    assert quota.is_idle(5.0)


def test_what_is_free_is_the_remainder_and_the_refill_less_what_was_sent_since() -> None:
    """The reading is of the moment of sending, not of the moment it comes in."""
    quota = LearnedQuota()
    quota.start(10.0, 0.0)
    quota.start(10.0, 1.0)
    quota.start(10.0, 2.0)
    _told(quota, 50.0, sent_s=1.0, now_s=4.0)
    assert (quota.rate_per_s, quota.capacity, quota.burst_s) == (10.0, 100.0, 10.0)
    assert quota.free(2.0) == pytest.approx(50 + 10 - 10)
    assert quota.free(4.0) == pytest.approx(50 + 30 - 10)
    assert quota.free(1000.0) == 100.0


def test_the_reading_of_what_was_sent_last_holds() -> None:
    """An answer that comes late tells of a moment that is over."""
    quota = LearnedQuota()
    for at_s in (0.0, 1.0, 2.0):
        quota.start(10.0, at_s)
    _told(quota, 70.0, sent_s=2.0, now_s=2.5)
    before = quota.free(5.0)
    _told(quota, 5.0, sent_s=0.0, now_s=5.0)
    assert quota.free(5.0) == before


def test_a_twentieth_stays_in_hand() -> None:
    """A request starts when after it 5 % of the capacity are left."""
    quota = LearnedQuota()
    quota.start(10.0, 0.0)
    _told(quota, 10.0, sent_s=0.0, now_s=0.0)
    assert quota.ready_at_s(25.0, 0.0) == pytest.approx(2.0)


def test_more_than_there_ever_is_waits_until_all_is_there() -> None:
    """No request waits for ever: the server says whether it can pass."""
    quota = LearnedQuota()
    quota.start(10.0, 0.0)
    _told(quota, 60.0, sent_s=0.0, now_s=0.0)
    assert quota.ready_at_s(500.0, 0.0) == pytest.approx(4.0)


def test_a_refused_request_was_not_charged() -> None:
    """It is taken out of what was sent; twice told, it is taken out once."""
    quota = LearnedQuota()
    quota.start(10.0, 0.0)
    _told(quota, 50.0, sent_s=0.0, now_s=0.5)
    quota.start(40.0, 1.0)
    quota.start(5.0, 2.0)
    before = quota.free(2.0)
    quota.observe(_reading(59.0), sent_s=0.0, amount=10.0, admitted=False, now_s=2.0)
    assert quota.free(2.0) == before
    for _ in range(2):
        quota.observe(_reading(59.0), sent_s=1.0, amount=40.0, admitted=False, now_s=2.0)
        assert quota.free(2.0) == pytest.approx(59 + 10 - 5, abs=1)


def test_a_full_bucket_overflows_and_nobody_else_is_blamed_for_it() -> None:
    """Who sends slower than the rate sees less than rate and time promise: it ran over."""
    quota = LearnedQuota()
    for number in range(50):
        quota.start(10.0, 4.0 * number)
        _told(quota, 90.0, sent_s=4.0 * number, now_s=4.0 * number + 1)
    assert quota.others_per_s == 0.0
    assert quota.share == 1.0


def test_others_are_seen_by_what_they_take() -> None:
    """A bucket that neither fills nor empties while we send at a fifth of its rate."""
    quota = LearnedQuota()
    for number in range(50):
        quota.start(2.0, float(number))
        _told(quota, 50.0, sent_s=float(number), now_s=number + 0.3)
    assert quota.others_per_s == pytest.approx(8.0, rel=0.05)
    assert quota.share == pytest.approx(0.2, rel=0.05)


def test_a_pause_leaves_nothing_to_burst_with() -> None:
    """A minute's wait gives no more than a tenth of the capacity, whatever comes in late."""
    quota = LearnedQuota()
    for number in range(10):
        quota.start(10.0, number / 10)
    _told(quota, 90.0, sent_s=0.0, now_s=1.0)
    quota.pause_until(61.0)
    for number in range(1, 10):
        late = _reading(5.0)
        quota.observe(late, sent_s=number / 10, amount=10.0, admitted=False, now_s=1.0)
    assert quota.ready_at_s(1.0, 2.0) == 61.0
    assert quota.free(61.0) <= 10.0
    assert _sent_within(quota, 2.0, from_s=61.0, amount=1.0) <= 10 + 2 * 10


def test_an_endpoint_that_tells_only_in_its_429s_is_not_starved() -> None:
    """Requests whose answers tell nothing must not add up for ever."""
    quota = LearnedQuota()
    quota.start(10.0, 0.0)
    quota.observe(_reading(5.0), sent_s=0.0, amount=10.0, admitted=False, now_s=0.1)
    assert _sent_within(quota, 1000.0, from_s=0.1, amount=10.0) >= 0.8 * 10 * 1000


def test_memory_does_not_grow_with_requests_that_tell_nothing() -> None:
    """Of an endpoint without such headers, or one that has ceased to send them."""
    for known in (False, True):
        quota = LearnedQuota()
        if known:
            quota.start(10.0, 0.0)
            _told(quota, 50.0, sent_s=0.0, now_s=0.1)
        for second in range(1, 5000):
            quota.start(1.0, float(second))
        assert int(repr(quota).rsplit(" ", 3)[1]) <= 901


def _sent_within(quota: LearnedQuota, seconds: float, *, from_s: float, amount: float) -> float:
    """How much goes out when everything goes as soon as it may."""
    now_s, sent = from_s, 0.0
    while True:
        now_s = max(now_s, quota.ready_at_s(amount, now_s))
        if now_s > from_s + seconds:
            return sent
        quota.start(amount, now_s)
        sent += amount


_STEPS = st.lists(
    st.tuples(
        st.floats(0, 5),
        st.floats(0.1, 300),
        st.sampled_from(["start", "answer", "refuse", "pause"]),
        st.floats(0, 100),
        st.floats(0, 20),
    ),
    max_size=60,
)


@given(_STEPS)
def test_no_sequence_of_answers_stops_it_for_ever(
    steps: list[tuple[float, float, str, float, float]],
) -> None:
    """Whatever headers say, the next start is finite, and the estimates stay in their bounds."""
    quota = LearnedQuota()
    now_s = 0.0
    open_: list[tuple[float, float]] = []
    for after_s, amount, what, remaining, reset_s in steps:
        now_s += after_s
        if what == "pause":
            quota.pause_until(now_s + reset_s)
        elif what == "start" or not open_:
            quota.start(amount, now_s)
            open_.append((now_s, amount))
        else:
            sent_s, sent = open_.pop(int(remaining) % len(open_))
            reading = RateReading(600.0, remaining, reset_s + 0.1)
            quota.observe(
                reading, sent_s=sent_s, amount=sent, admitted=what == "answer", now_s=now_s
            )
        assert math.isfinite(quota.ready_at_s(amount, now_s))
        assert quota.free(now_s) <= quota.capacity + 1e-6
        assert 0 <= quota.others_per_s <= quota.rate_per_s
        assert 0 < quota.share <= 1
