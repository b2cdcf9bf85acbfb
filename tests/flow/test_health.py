"""When a run that only fails is given up."""

from __future__ import annotations

from captioner.flow.health import FirstFailures


def test_a_hundred_equal_failures_from_the_start_are_noticed_once() -> None:
    """At the hundredth, and never again."""
    first = FirstFailures()
    told = [first.all_alike("rejected") for _ in range(150)]
    assert told.index(True) == 99
    assert told.count(True) == 1


def test_one_caption_or_one_other_failure_is_enough_to_go_on() -> None:
    """Wherever among the first hundred it comes."""
    for other in ("", "timeout"):
        for at in (0, 50, 99):
            first = FirstFailures()
            told = [first.all_alike(other if n == at else "rejected") for n in range(300)]
            assert not any(told), (other, at)


def test_captions_are_never_failures_alike() -> None:
    """A hundred captions have the same empty reason."""
    first = FirstFailures()
    assert not any(first.all_alike("") for _ in range(200))
