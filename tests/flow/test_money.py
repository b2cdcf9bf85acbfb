"""What is paid for: usage where it came, the worst case where it did not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.money import Money
from captioner.samples.outcome import Usage

tokens = st.integers(0, 10_000)
endings = st.sampled_from(["billed", "abandoned", "free", "open"])


def test_a_reply_is_settled_by_its_usage() -> None:
    """Not by the estimate it was sent with."""
    money = Money()
    booking = money.reserve(100, 500)
    assert (money.reserved, money.settled) == (Usage(100, 500), Usage(0, 0))
    assert money.settle(booking, Usage(120, 30)) == Usage(120, 30)
    assert (money.reserved, money.settled) == (Usage(0, 0), Usage(120, 30))


def test_an_abandoned_attempt_is_booked_at_its_worst() -> None:
    """Nobody knows what became of it: the endpoint may have written all it was allowed."""
    money = Money()
    assert money.settle(money.reserve(100, 500), None) == Usage(100, 500)
    assert money.settled == Usage(100, 500)


def test_an_answer_that_costs_nothing_is_released() -> None:
    """Such as a 429."""
    money = Money()
    money.release(money.reserve(100, 500))
    assert money.settled == money.reserved == Usage(0, 0)


def test_a_booking_ends_once() -> None:
    """Twice would be paid twice."""
    money = Money()
    booking = money.reserve(1, 1)
    money.settle(booking, None)
    with pytest.raises(KeyError):
        money.settle(booking, None)
    with pytest.raises(KeyError):
        money.release(booking)
    assert money.settled == Usage(1, 1)


@given(st.lists(st.tuples(tokens, tokens, endings)))
def test_totals_are_the_sums_of_what_was_booked(
    requests: list[tuple[int, int, str]],
) -> None:
    """Whatever ends in which way, nothing is counted twice or lost."""
    money = Money()
    spent = [0, 0]
    held = [0, 0]
    for prompt, cap, ending in requests:
        booking = money.reserve(prompt, cap)
        match ending:
            case "billed":
                money.settle(booking, Usage(prompt + 1, cap // 2))
                spent = [spent[0] + prompt + 1, spent[1] + cap // 2]
            case "abandoned":
                money.settle(booking, None)
                spent = [spent[0] + prompt, spent[1] + cap]
            case "free":
                money.release(booking)
            case _:
                held = [held[0] + prompt, held[1] + cap]
    assert money.settled == Usage(*spent)
    assert money.reserved == Usage(*held)
