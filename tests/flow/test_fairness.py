"""Turns between shares: equal cost over time, whatever one turn costs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.fairness import Turns

_COSTS = st.lists(st.integers(1, 1000), min_size=2, max_size=5)


@given(costs=_COSTS)
def test_shares_that_always_want_turns_get_the_same_cost(costs: list[int]) -> None:
    """However unequal: at any time two of them differ by no more than their largest turns."""
    turns = Turns()
    given_cost = {f"share {number}": 0 for number in range(len(costs))}
    for _ in range(300):
        share = turns.next(given_cost)
        cost = costs[int(share.split()[1])]
        turns.given(share, cost)
        given_cost[share] += cost
        assert max(given_cost.values()) - min(given_cost.values()) <= 2 * max(costs)


@given(
    costs=st.lists(st.tuples(st.integers(1, 100), st.integers(1, 100)), min_size=80, max_size=80)
)
def test_costs_that_vary_are_shared_equally_too(costs: list[tuple[int, int]]) -> None:
    """It is the cost that counts, and not how many turns."""
    turns = Turns()
    given_cost = {"a": 0, "b": 0}
    for of_a, of_b in costs:
        share = turns.next(("a", "b"))
        cost = of_a if share == "a" else of_b
        turns.given(share, cost)
        given_cost[share] += cost
    assert abs(given_cost["a"] - given_cost["b"]) <= 200


@given(alone=st.integers(1, 500), cost=st.integers(1, 50))
def test_who_was_away_has_saved_nothing_up(alone: int, cost: int) -> None:
    """After any time it takes turns with those that stayed: no run of turns of its own."""
    turns = Turns()
    for share in ("a", "b"):
        turns.given(share, cost)
    for _ in range(alone):
        turns.given("a", cost)
    after = []
    for _ in range(20):
        share = turns.next(("a", "b"))
        turns.given(share, cost)
        after.append(share)
    assert abs(after.count("a") - after.count("b")) <= 2
    assert "bbb" not in "".join(after)
    assert "aaa" not in "".join(after)


@given(alone=st.integers(1, 500))
def test_who_had_all_alone_does_not_pay_for_it(alone: int) -> None:
    """What nobody else wanted is no debt: a newcomer and it go on as equals."""
    turns = Turns()
    for _ in range(alone):
        turns.given("a", 10)
    after = []
    for _ in range(10):
        share = turns.next(("a", "new"))
        turns.given(share, 10)
        after.append(share)
    assert after.count("a") == 5


def test_the_first_of_equals_goes_next() -> None:
    """Nothing is left to chance."""
    assert Turns().next(["b", "a"]) == "b"
