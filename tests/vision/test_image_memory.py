"""Threads that decode large pictures wait for one another rather than fill the memory together."""

from __future__ import annotations

import threading

from captioner.vision.image_memory import Allowance


def test_no_more_is_held_than_there_is_and_nobody_is_left_behind() -> None:
    """Many threads, large and small: the sum stays within, and all get their turn."""
    allowance = Allowance(100)
    lock = threading.Lock()
    held, most, turns = 0, 0, 0

    def work(need_bytes: int) -> None:
        nonlocal held, most, turns
        for _ in range(50):
            with allowance.hold(need_bytes):
                with lock:
                    held += need_bytes
                    most = max(most, held)
                with lock:
                    held -= need_bytes
                    turns += 1

    threads = [threading.Thread(target=work, args=(need,)) for need in (10, 30, 60, 70, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert turns == 250
    assert most <= 100
    assert "100 of 100 bytes free" in repr(allowance)


def test_a_large_one_is_not_overtaken_for_ever() -> None:
    """Who asked first is served first, though a later one would fit."""
    allowance = Allowance(100)
    order: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def hold(name: str, need_bytes: int, then: threading.Event | None = None) -> None:
        with allowance.hold(need_bytes):
            order.append(name)
            inside.set()
            if then is not None:
                then.wait(20)

    first = threading.Thread(target=hold, args=("first", 60, leave))
    first.start()
    inside.wait(20)
    large = threading.Thread(target=hold, args=("large", 100))
    large.start()
    while len(allowance._waiting) < 1:
        pass
    small = threading.Thread(target=hold, args=("small", 10))
    small.start()
    while len(allowance._waiting) < 2:
        pass
    leave.set()
    for thread in (first, large, small):
        thread.join(20)
    assert order == ["first", "large", "small"]


def test_more_than_there_is_takes_all_there_is() -> None:
    """It does not wait for ever."""
    allowance = Allowance(10)
    with allowance.hold(1000):
        assert "0 of 10 bytes free" in repr(allowance)
