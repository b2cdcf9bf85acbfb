"""A budget is a promise: over all lives of a run, whatever happens in them."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.command.conftest import Bench, Served


def words_for(served: Served, *more: object) -> tuple[object, ...]:
    """A run over the photos."""
    return ("photos", "out.jsonl", "--base-url", served.base_url, "--mode", "caption", *more)


def test_max_requests_is_never_passed(bench: Bench) -> None:
    """Status 3 with what is spent, and a higher cap goes on; what is done counts for it."""
    bench.photos(12)
    served = bench.serve(latency_s=0.02)
    ended = bench.run(*words_for(served, "--max-requests", 5))
    ended.check(3, "budget_reached", "max_requests of 5 is reached", "higher max_requests")
    assert served.stats.requests == 5
    assert bench.summary()["budget"] == {"max_requests": {"limit": 5, "spent": 5}}
    bench.run(*words_for(served, "--max-requests", 5)).check(3, "budget_reached")
    assert served.stats.requests == 5
    bench.run(*words_for(served, "--max-requests", 9)).check(3, "Going on after 5 samples")
    assert served.stats.requests == 9
    bench.run(*words_for(served)).check(0)
    assert served.stats.requests == 12
    assert len(bench.rows("out.jsonl")) == 12


def test_a_restart_does_not_begin_the_budget_anew(bench: Bench) -> None:
    """It is the output's, and what was paid for is used again without spending."""
    bench.photos(6)
    served = bench.serve()
    bench.run(*words_for(served, "--max-requests", 4)).check(3)
    bench.run(*words_for(served, "--max-requests", 4, "--restart")).check(3)
    assert served.stats.requests == 4


def test_a_cost_needs_a_price(bench: Bench) -> None:
    """A cap without one is a settings error; without a cap no cost is ever shown, not even $0."""
    bench.photos(3)
    served = bench.serve()
    ended = bench.run(*words_for(served, "--max-cost", 1))
    ended.check(2, "max_cost needs a price", "price_input")
    assert served.stats.requests == 0
    ended = bench.run(*words_for(served)).check(0)
    assert "$" not in ended.err
    assert bench.summary()["cost"] is None


def test_what_it_costs_is_told_before_and_after(bench: Bench) -> None:
    """Requests, tokens and dollars before the first request; the bill in summary and ending."""
    bench.photos(10)
    served = bench.serve()
    prices = ("--price-input", 1000, "--price-output", 4000)
    ended = bench.run(*words_for(served, *prices)).check(0, "In all about 10 requests", "Cost: $")
    assert "$" in ended.err.partition("Complete")[0]
    stats = served.stats
    dollars = (1000 * stats.prompt_tokens + 4000 * stats.completion_tokens) / 1e6
    assert abs(bench.summary()["cost"]["dollars"] - dollars) < 1e-9


def test_kills_do_not_break_the_promise(bench: Bench) -> None:
    """What was in flight when a process died counts as spent."""
    bench.photos(150)
    dice = random.Random(3)
    served = bench.serve(latency_s=0.2, latency_p99_s=0.8)
    cap = 60
    words = words_for(served, "--concurrency", 8, "--max-requests", cap)
    kills = 0
    while kills < 4:
        before = served.stats.requests
        process = bench.start("run", *words)
        bench.until(lambda: process.poll() is not None or served.stats.requests > before)  # noqa: B023
        try:
            process.wait(dice.uniform(0.1, 0.4))
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        if process.wait() >= 0:
            break
    assert kills
    bench.run(*words).check(3, "budget_reached")
    assert served.stats.captions <= cap
    assert served.stats.captions > 20
