from __future__ import annotations

from captioner.endpoint.stats import Stats


def test_paid_twice_counts_repeated_asks_not_repeated_images() -> None:
    """Two prompts on one image are two captions; the same ask again is paid twice."""
    stats = Stats()
    stats.paid(ask=1, image=9, prompt_tokens=10, completion_tokens=2)
    stats.paid(ask=2, image=9, prompt_tokens=10, completion_tokens=2)
    assert stats.paid_twice == 0
    stats.paid(ask=1, image=9, prompt_tokens=10, completion_tokens=2)
    snapshot = stats.snapshot()
    assert (snapshot["captions"], snapshot["paid_twice"]) == (3, 1)
    assert snapshot["captions_per_image"] == {"images": 1, "most": 3}
    assert (snapshot["prompt_tokens"], snapshot["completion_tokens"]) == (30, 6)


def test_most_in_flight_is_a_high_water_mark() -> None:
    """It stays when requests leave, and starts at those in flight after a reset."""
    stats = Stats()
    stats.arrived(0.0)
    stats.arrived(0.0)
    stats.left()
    assert (stats.in_flight, stats.most_in_flight) == (1, 2)
    stats.reset()
    assert (stats.requests, stats.in_flight, stats.most_in_flight) == (0, 1, 1)


def test_times_are_seconds_since_the_first_request() -> None:
    """Whatever the clock says, and anew after a reset, which the next request begins."""
    stats = Stats()
    stats.arrived(500.0)
    for at_s in (500.25, 500.75, 502.5):
        stats.admit(100, at_s)
    snapshot = stats.snapshot()
    assert (snapshot["first_admission_s"], snapshot["last_admission_s"]) == (0.25, 2.5)
    assert snapshot["admitted_each_s"] == [2, 0, 1]
    assert snapshot["tokens_each_s"] == [200, 0, 100]
    stats.reset()
    assert stats.snapshot()["admitted_each_s"] == []
    stats.arrived(600.0)
    stats.admit(100, 601.0)
    assert stats.snapshot()["first_admission_s"] == 1.0


def test_seconds_are_not_counted_for_ever() -> None:
    """A server that stands for days keeps an hour of them, and all of the sums."""
    stats = Stats()
    stats.arrived(0.0)
    for at_s in (3599.0, 3600.0, 10.0**6):
        stats.admit(1, at_s)
    snapshot = stats.snapshot()
    assert (len(snapshot["admitted_each_s"]), sum(snapshot["admitted_each_s"])) == (3600, 1)
    assert snapshot["admitted"] == 3


def test_captions_of_the_same_ask_are_told() -> None:
    """How many asks there were, and how often the most frequent was answered."""
    stats = Stats()
    for ask in (1, 1, 1, 2):
        stats.paid(ask=ask, image=9, prompt_tokens=10, completion_tokens=2)
    snapshot = stats.snapshot()
    assert snapshot["captions_per_ask"] == {"asks": 2, "most": 3}
    assert snapshot["paid_twice"] == 2
