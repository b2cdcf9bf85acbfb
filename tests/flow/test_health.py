"""When an endpoint, or a run that only fails, is given up."""

from __future__ import annotations

from captioner.flow.health import EndpointHealth, FirstFailures


def test_an_endpoint_that_never_answered_is_given_up_soon() -> None:
    """Three failures in a row within a second or more: the address is probably wrong."""
    health = EndpointHealth()
    assert [health.gone(now_s) for now_s in (0.0, 0.5, 0.9, 1.0)] == [False, False, False, True]


def test_two_failures_are_not_enough_however_long() -> None:
    """The first connection may be unlucky twice."""
    health = EndpointHealth()
    assert not health.gone(0.0)
    assert not health.gone(60.0)
    assert health.gone(61.0)


def test_an_endpoint_that_has_answered_is_given_time() -> None:
    """Servers restart: twenty failures in a row and two minutes."""
    health = EndpointHealth()
    health.answered()
    assert not any(health.gone(100.0 + second) for second in range(100))
    assert health.gone(220.0)


def test_any_answer_starts_the_count_again() -> None:
    """Failures must be in a row."""
    health = EndpointHealth()
    health.answered()
    for second in range(119):
        assert not health.gone(float(second))
    health.answered()
    assert not health.gone(500.0)
    assert not any(health.gone(500.0 + second) for second in range(1, 120))
    assert health.gone(620.0)


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
