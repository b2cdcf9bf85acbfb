"""How many threads work is given to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from captioner.flow.threads import Threads


class HandClock:
    """Seconds that move by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now_s

    def work(self, seconds: float) -> int:
        """Take so long, and say which thread did."""
        self.now_s += seconds
        return threading.get_ident()


@pytest.fixture
def clock() -> HandClock:
    """A clock at 0."""
    return HandClock()


@pytest.fixture
def threads(clock: HandClock) -> Iterator[Threads]:
    """Up to three threads."""
    with Threads(3, "test", now_s=clock) as opened:
        yield opened


def test_quick_work_stays_in_one_thread(threads: Threads, clock: HandClock) -> None:
    """Several would only fight over the interpreter."""
    seen = {threads.submit(clock.work, 0.001).result() for _ in range(20)}

    assert len(seen) == 1
    assert threads.is_quick
    assert repr(threads) == "<Threads one>"


def test_slow_work_is_done_side_by_side(threads: Threads, clock: HandClock) -> None:
    """Three that wait for each other all come through, where one thread would hang."""
    threads.submit(clock.work, 0.1).result()
    assert not threads.is_quick
    together = threading.Barrier(3)

    waiting = [threads.submit(together.wait, 5) for _ in range(3)]

    assert sorted(one.result() for one in waiting) == [0, 1, 2]


def test_after_slow_work_it_is_quick_again(threads: Threads, clock: HandClock) -> None:
    """One large picture among small ones is soon forgotten."""
    threads.submit(clock.work, 0.1).result()

    for _ in range(10):
        threads.submit(clock.work, 0.001).result()

    assert threads.is_quick


def test_an_error_reaches_who_asked(threads: Threads) -> None:
    """As with any executor."""
    with pytest.raises(ValueError, match="invalid literal"):
        threads.submit(int, "x").result()
