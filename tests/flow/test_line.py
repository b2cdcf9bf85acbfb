"""A line: who goes next among shares, and within one."""

from __future__ import annotations

from captioner.flow.line import Line, Waiter


def _called(line: Line[None], count: int) -> list[Waiter[None]]:
    return [line.call() for _ in range(count)]


async def test_shares_that_wait_are_served_the_same_cost() -> None:
    """Not the same number of turns, and not the older first: one that costs four waits for four."""
    line: Line[None] = Line()
    for number in range(40):
        line.join((1000 + number, 0), "cheap", 1)
    for number in range(10):
        line.join((number, 0), "dear", 4)
    assert (len(line), line.shares) == (50, 2)
    order = [waiter.share for waiter in _called(line, 50)]
    for length in range(5, 51, 5):
        served = order[:length]
        assert abs(served.count("cheap") - 4 * served.count("dear")) <= 8
    assert (len(line), line.shares, bool(line)) == (0, 0, False)


async def test_a_share_that_comes_late_is_neither_owed_nor_owes() -> None:
    """It takes turns with who was there, from its first request on, whether those waited or not."""
    line: Line[None] = Line()
    for _ in range(20):
        line.passed("early", 3)
    for number in range(40):
        line.join((number, 0), "early")
    _called(line, 20)
    for number in range(10):
        line.join((number, 0), "late")
    order = [waiter.share for waiter in _called(line, 12)]
    with_both = order[order.index("late") :][:10]
    assert abs(with_both.count("late") - with_both.count("early")) <= 2


async def test_what_costs_nothing_takes_turns_too() -> None:
    """Else whose requests cost nothing would go before all others, for ever."""
    line: Line[None] = Line()
    for number in range(10):
        line.join((number, 0), "free", 0)
        line.join((number, 0), "other", 1)
    order = [waiter.share for waiter in _called(line, 10)]
    assert order.count("free") == order.count("other") == 5


async def test_who_left_is_not_called_and_a_share_that_all_left_is_gone() -> None:
    """The other has every turn."""
    line: Line[None] = Line()
    leaving = [line.join((number, 0), "a") for number in range(3)]
    staying = line.join((9, 0), "b")
    for waiter in leaving:
        line.leave(waiter)
    assert (line.shares, len(line), repr(line)) == (1, 1, "<Line of 1 in 1 shares>")
    assert line.call() is staying


async def test_within_a_share_the_oldest_goes_first() -> None:
    """And those of one age in the order in which they came, also when one of them left."""
    line: Line[None] = Line()
    waiters = [line.join(age) for age in [(5, 1), (9, 0), (5, 0), (5, 1), (1, 0)]]
    line.leave(waiters[1])
    assert _called(line, 4) == [waiters[4], waiters[2], waiters[0], waiters[3]]
