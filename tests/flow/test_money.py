"""The account: usage where it came, the worst case where it did not, and never above the caps."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioner.flow.money import HEADROOM_REQUESTS, Account, Booking
from captioner.flow.spend import NOTHING, Caps, Spend

amounts = st.integers(0, 10_000)
endings = st.sampled_from(["billed", "abandoned", "free", "open"])
WORST = Spend(1, 600, 900)


def test_a_reply_is_settled_by_its_usage() -> None:
    """Not by the estimate it was sent with."""
    account = Account()
    booking = account.reserve(WORST)
    assert (account.reserved, account.settled) == (WORST, NOTHING)
    assert account.settle(booking, Spend(1, 150, 200)) == Spend(1, 150, 200)
    assert (account.reserved, account.settled) == (NOTHING, Spend(1, 150, 200))


def test_an_abandoned_attempt_is_booked_at_its_worst() -> None:
    """Nobody knows what became of it: the endpoint may have written all it was allowed."""
    account = Account()
    assert account.settle(account.reserve(WORST), None) == WORST
    assert account.settled == WORST


def test_an_answer_that_costs_nothing_is_released() -> None:
    """Such as a 429; it is no request that was paid for."""
    account = Account()
    account.release(account.reserve(WORST))
    assert account.settled == account.reserved == NOTHING


def test_a_booking_ends_once() -> None:
    """Twice would be paid twice."""
    account = Account()
    booking = account.reserve(WORST)
    account.settle(booking, None)
    with pytest.raises(KeyError):
        account.settle(booking, None)
    with pytest.raises(KeyError):
        account.release(booking)
    assert account.settled == WORST


def test_usage_beyond_its_reservation_is_counted_as_it_is() -> None:
    """Even above the cap: then nothing more is sent, and the record tells the truth."""
    account = Account(Caps(tokens=1000))
    account.recorded(account.ceiling_for(WORST, WORST))
    account.settle(account.reserve(WORST), Spend(1, 5000, 0))
    assert account.settled == Spend(1, 5000, 0)
    assert account.step(Spend(1, 0, 0)) == "stop"
    assert account.ceiling_at_rest().tokens == account.ceiling_at_end().tokens == 5000


def test_what_is_not_covered_is_raised_first() -> None:
    """By a block for sixteen more, so that not every request waits for the disk."""
    account = Account(Caps(tokens=10**6))
    assert account.step(WORST) == "raise"
    with pytest.raises(ValueError, match="not covered"):
        account.reserve(WORST)
    ceiling = account.ceiling_for(WORST, WORST)
    assert ceiling == WORST.times(1 + HEADROOM_REQUESTS)
    account.recorded(ceiling)
    for _ in range(1 + HEADROOM_REQUESTS):
        account.reserve(WORST)
    assert account.step(WORST) == "raise"


def test_the_ceiling_never_passes_a_cap() -> None:
    """Near the cap the block is as large as there is room."""
    account = Account(Caps(requests=3, picodollars=5000))
    assert account.ceiling_for(WORST, WORST) == Spend(3, 17 * 600, 5000)


def test_what_others_spend_is_gone_from_the_caps() -> None:
    """And is there again where they give it back."""
    account = Account(Caps(requests=20, tokens=10_000))
    account.learn(Spend(17, 1000))
    assert account.ceiling_for(WORST, WORST) == Spend(3, 9000, 17 * 900)
    account.recorded(account.ceiling_for(WORST, WORST))
    for _ in range(3):
        account.settle(account.reserve(WORST), Spend(1, 100, 0))
    assert account.step(WORST) == "stop"
    account.learn(Spend(16, 1000))
    assert account.step(WORST) == "raise"
    account.learn(Spend(30, 1000))
    assert account.ceiling_at_rest() == Spend(3, 9000, 16 * 900)


def test_what_does_not_fit_waits_and_then_stops() -> None:
    """It waits for what is open to be settled for less; when nothing is, there is nothing left."""
    account = Account(Caps(requests=9, tokens=1000))
    account.recorded(account.ceiling_for(WORST, WORST))
    first = account.reserve(WORST)
    assert account.step(WORST) == "wait"
    account.settle(first, Spend(1, 400, 0))
    assert account.step(WORST) == "go"
    account.settle(account.reserve(WORST), None)
    assert account.step(WORST) == "stop"


def test_without_caps_everything_goes() -> None:
    """Nothing is taken as a block; what is spent is counted and recorded all the same."""
    account = Account()
    account.settle(account.reserve(WORST), None)
    account.reserve(WORST)
    assert account.step(WORST) == "go"
    assert account.ceiling_at_rest() == account.ceiling_at_end() == WORST + WORST


def test_a_later_life_begins_with_the_ceiling_as_spent() -> None:
    """The block that the dead process had not used is lost."""
    first = Account(Caps(tokens=20_000))
    first.recorded(first.ceiling_for(WORST, WORST))
    first.reserve(WORST)
    second = Account(Caps(tokens=20_000), spent=first.ceiling)
    assert second.settled == second.ceiling == WORST.times(17)


def test_an_end_in_order_leaves_what_was_spent() -> None:
    """Nothing of the block is lost then, and at rest not much."""
    account = Account(Caps(tokens=10**6))
    account.recorded(account.ceiling_for(WORST, WORST.times(50)))
    account.settle(account.reserve(WORST), Spend(1, 100, 100))
    assert account.ceiling_at_rest() == Spend(1, 100, 100) + WORST.times(HEADROOM_REQUESTS)
    assert account.ceiling_at_end() == Spend(1, 100, 100)


def test_while_a_lower_ceiling_is_recorded_it_counts_already() -> None:
    """Were the old one used meanwhile, a crash after the record would forget what was sent."""
    account = Account(Caps(tokens=10**6))
    account.recorded(WORST.times(3))
    account.recording(WORST)
    account.reserve(WORST)
    assert account.step(WORST) == "raise"
    account.recording(WORST.times(9))
    assert account.step(WORST) == "raise"
    account.recorded(WORST.times(9))
    assert account.step(WORST) == "go"


@given(st.lists(st.tuples(amounts, amounts, endings)))
def test_totals_are_the_sums_of_what_was_booked(requests: list[tuple[int, int, str]]) -> None:
    """Whatever ends in which way, nothing is counted twice or lost."""
    account = Account()
    spent = held = NOTHING
    for tokens, cost, ending in requests:
        worst = Spend(1, tokens, cost)
        booking = account.reserve(worst)
        match ending:
            case "billed":
                billed = Spend(1, tokens + 1, cost // 2)
                account.settle(booking, billed)
                spent += billed
            case "abandoned":
                account.settle(booking, None)
                spent += worst
            case "free":
                account.release(booking)
            case _:
                held += worst
    assert (account.settled, account.reserved) == (spent, held)


@dataclass
class World:
    """An endpoint that bills, and a disk, over the lives of a run."""

    caps: Caps
    rng: random.Random
    record: Spend = NOTHING
    truth: Spend = NOTHING
    open: list[tuple[Booking, Spend]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account = Account(self.caps)

    def request(self) -> None:
        """Send one if it may go; the ceiling may be recorded and the process die just then."""
        tokens = self.rng.randint(1, 50)
        worst = Spend(1, tokens, tokens * 7)
        step = self.account.step(worst)
        if step == "raise":
            self.write(self.account.ceiling_for(worst, worst))
            step = self.account.step(worst)
        if step == "go":
            tokens = self.rng.randint(0, tokens)
            bill = Spend(self.rng.randint(0, 1), tokens, self.rng.randint(0, tokens * 7))
            self.open.append((self.account.reserve(worst), bill))
            self.truth += bill

    def answer(self) -> None:
        """One of those in flight is answered: by its usage, or not at all."""
        if self.open:
            booking, bill = self.open.pop(self.rng.randrange(len(self.open)))
            if bill == NOTHING:
                self.account.release(booking)
            else:
                self.account.settle(booking, self.rng.choice([bill, None]))

    def write(self, ceiling: Spend) -> None:
        """Record a ceiling; the process may die before or after it stands."""
        self.account.recording(ceiling)
        dies = self.rng.random()
        if dies < 0.1:
            self.die()
        else:
            self.record = ceiling
            if dies < 0.2:
                self.die()
            else:
                self.account.recorded(ceiling)

    def die(self) -> None:
        """Kill -9 and the next life."""
        self.open.clear()
        self.account = Account(self.caps, spent=self.record)

    def check(self) -> None:
        """What must hold at every moment."""
        account = self.account
        assert self.caps.passed_by(self.truth) is None
        assert self.caps.passed_by(account.ceiling) is None
        assert account.ceiling.covers(account.settled + account.reserved)
        assert self.record.covers(account.ceiling)


limits = st.none() | st.integers(0, 400)


@settings(max_examples=1000, deadline=None)
@given(limits, limits, limits, st.integers(0, 2**32), st.lists(st.integers(0, 9), max_size=60))
def test_whatever_happens_no_cap_is_passed(
    requests: int | None, tokens: int | None, cost: int | None, seed: int, steps: list[int]
) -> None:
    """True bills of all lives, at any concurrency, with kills at any moment."""
    caps = Caps(requests and requests // 10, tokens, cost and cost * 7)
    if not caps.any:
        caps = Caps(requests=5)
    world = World(caps, random.Random(seed))
    for step in steps:
        match step:
            case 0:
                world.die()
            case 1:
                world.write(world.account.ceiling_at_rest())
            case 2:
                world.write(world.account.ceiling_at_end())
            case 3 | 4 | 5:
                world.answer()
            case _:
                world.request()
        world.check()


def test_without_kills_the_budget_is_used_to_the_last_request() -> None:
    """A promise to stop in time is no reason to stop early."""
    account = Account(Caps(tokens=600 * 100 + 599))
    sent = 0
    while (step := account.step(WORST)) != "stop":
        if step == "raise":
            account.recorded(account.ceiling_for(WORST, WORST))
        else:
            account.settle(account.reserve(WORST), None)
            sent += 1
    assert sent == 100
