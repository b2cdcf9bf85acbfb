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
    stats.arrived()
    stats.arrived()
    stats.left()
    assert (stats.in_flight, stats.most_in_flight) == (1, 2)
    stats.reset()
    assert (stats.requests, stats.in_flight, stats.most_in_flight) == (0, 1, 1)
