from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    BindingChanged,
    DialectLearned,
    Draining,
    EndpointDown,
    EndpointUp,
    EstimateOff,
    Event,
    ImagePrepared,
    PlaceholderSettled,
    RecordFaulty,
    RetryBegun,
    RetryScheduled,
    RunPlanned,
    SampleRead,
    SampleWritten,
    SlowedDown,
    Warned,
)
from captioner.report.tally import Tally


class _Clock:
    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def _started(attempt: int = 1) -> AttemptStarted:
    return AttemptStarted(sample=0, index=0, attempt=attempt, tokens=100)


def _ended(
    status: int | None = 200, reason: str = "", tokens: tuple[int, int] = (0, 0)
) -> AttemptEnded:
    return AttemptEnded(0, 0, 1, status, reason, 0.5, tokens[0], tokens[1])


def _life_of(sample: int, image: str = "a.jpg", reason: str = "") -> list[Event]:
    """A sample with one placeholder, from reading to writing."""
    verdict = "failed" if reason else "ok"
    return [
        SampleRead(sample, 1),
        AttemptStarted(sample, 0, 1, 100),
        AttemptEnded(sample, 0, 1, 200, reason, 0.5, 90, 10),
        PlaceholderSettled(sample, 0, image, verdict, reason, "detail", 1, reused=False),
        SampleWritten(sample, 1, 0),
    ]


def _feed(tally: Tally, *events: Event) -> Tally:
    for event in events:
        tally(event)
    return tally


def test_requests_retries_and_answers() -> None:
    """A request is a placeholder asked for, an attempt is one HTTP request; statuses add up."""
    tally = _feed(
        Tally(_Clock()),
        _started(1),
        _ended(429, "rate_limited"),
        RetryScheduled(0, 0, 1, "rate_limited", "", 2.0),
        RetryBegun(0, 0),
        _started(2),
        _ended(None, "timeout"),
        RetryScheduled(0, 0, 2, "timeout", "", 2.0),
        RetryBegun(0, 0),
        _started(3),
        _ended(200, "", (300, 40)),
        _started(1),
    )
    snapshot = tally.snapshot()
    work = snapshot.work
    assert (work.requests, work.attempts, work.retries, work.rate_limited) == (2, 4, 2, 1)
    assert work.statuses == {"429": 1, "none": 1, "200": 1}
    assert (work.prompt_tokens, work.completion_tokens) == (300, 40)
    assert (snapshot.in_flight, snapshot.waiting_to_retry) == (1, 0)


def test_what_waits_to_retry_is_not_in_flight() -> None:
    """Between two attempts a placeholder waits and nothing is under way."""
    tally = _feed(
        Tally(_Clock()),
        _started(),
        _ended(500, "server_error"),
        RetryScheduled(0, 0, 1, "server_error", "", 2.0),
    )
    snapshot = tally.snapshot()
    assert (snapshot.in_flight, snapshot.waiting_to_retry) == (0, 1)


def test_seconds_are_booked_to_what_binds() -> None:
    """Causes share out all seconds since the beginning; the running one grows until now."""
    clock = _Clock()
    tally = Tally(clock)
    clock.now_s += 2
    tally(BindingChanged("tokens"))
    clock.now_s += 5
    tally(BindingChanged("disk"))
    clock.now_s += 1
    tally(BindingChanged("tokens"))
    clock.now_s += 4
    snapshot = tally.snapshot()
    assert snapshot.bound_by_s == {"nothing": 2, "tokens": 9, "disk": 1}
    assert snapshot.binding == "tokens"
    assert snapshot.seconds == 12


def test_overlapping_slow_downs_count_their_seconds_once() -> None:
    """Three pauses, of which one lies within another and one reaches further: 10 and 5 seconds."""
    clock = _Clock()
    tally = _feed(Tally(clock), SlowedDown(10))
    clock.now_s += 4
    _feed(tally, SlowedDown(3), SlowedDown(11))
    clock.now_s += 100
    _feed(tally, SlowedDown(1))
    work = tally.snapshot().work
    assert (work.slow_downs, work.slow_down_s) == (4, 16)


def test_outages_lost_tokens_and_estimates_are_kept() -> None:
    """What went wrong at the endpoint is counted; a wrong table is said once, as a warning."""
    tally = _feed(
        Tally(_Clock()),
        _started(),
        AttemptEnded(0, 0, 1, None, "timeout", 10.0, lost_tokens=700),
        EndpointDown("http://e/v1", 0.0, 5.0),
        EndpointUp(21.5),
        EstimateOff(table_tokens=85, billed_tokens=255),
    )
    work = tally.snapshot().work
    assert (work.lost_tokens, work.outages, work.outage_s) == (700, 1, 21.5)
    assert len(work.warnings) == 1
    assert "about 255 tokens" in work.warnings[0]
    assert Tally.restore(tally.to_dict(), _Clock()).snapshot().work.lost_tokens == 700


def _planned(price: float | None) -> RunPlanned:
    planned = RunPlanned("http://x", "m", "caption", 85, 700, 10, rehearsal=False)
    if price is None:
        return planned
    return replace(planned, price_input=price, price_output=price, price_source="settings")


def _cost(picodollars: int | None, *, lost_tokens: int = 0) -> AttemptEnded:
    tokens = 0 if lost_tokens else 90
    return AttemptEnded(0, 0, 1, 200, "", 0.5, tokens, 0, lost_tokens, picodollars)


def test_money_is_counted_over_all_lives() -> None:
    """What was lost is in it at its worst, and told apart."""
    tally = _feed(
        Tally(_Clock()),
        _planned(1.0),
        _cost(10**12),
        _cost(5 * 10**11, lost_tokens=700),
        AttemptEnded(0, 0, 1, 429, "rate_limited", 0.1, picodollars=0),
    )
    assert tally.snapshot().dollars == 1.5
    later = _feed(Tally.restore(tally.to_dict(), _Clock()), _planned(2.0), _cost(10**12))
    work = later.snapshot().work
    assert (work.dollars, work.lost_dollars, work.unpriced_requests) == (2.5, 0.5, 0)
    assert (work.price_input, work.price_output, work.price_source) == (2.0, 2.0, "settings")


def test_an_unknown_price_is_no_price() -> None:
    """Nothing is told of the cost; where a part was priced, that and how much was not."""
    tally = _feed(Tally(_Clock()), _planned(None))
    assert tally.snapshot().dollars is None
    _feed(tally, _cost(None), _cost(None, lost_tokens=5), _ended(503, "server_error"))
    work = tally.snapshot().work
    assert (work.dollars, work.unpriced_requests) == (None, 2)
    _feed(tally, _planned(1.0))
    assert tally.snapshot().dollars is None
    _feed(tally, _cost(10**12))
    assert tally.snapshot().dollars == 1.0
    assert tally.snapshot(total=100).final_dollars is None
    assert _feed(Tally(_Clock()), _planned(1.0)).snapshot().dollars == 0.0


def test_what_the_whole_run_will_cost_is_told_from_what_is_settled() -> None:
    """Also while one straggler holds back the rows of all that come after it."""
    tally = _feed(Tally(_Clock()), _planned(1.0))
    assert tally.snapshot(total=100).final_dollars is None
    for sample in range(20):
        _feed(tally, SampleRead(sample, 2))
    for sample in range(1, 11):
        for index in range(2):
            settled = PlaceholderSettled(sample, index, "a", "ok", "", "", 1, reused=False)
            _feed(tally, _cost(10**10), settled)
    assert tally.snapshot(total=100).final_dollars == pytest.approx(2.0)
    assert tally.snapshot(total=10).final_dollars == pytest.approx(0.4)
    assert tally.snapshot().final_dollars is None


def test_rates_and_eta() -> None:
    """Two samples a second with a thousand tokens each: 60 s for the 120 that remain."""
    clock = _Clock()
    tally = Tally(clock)
    for sample in range(80):
        clock.now_s += 0.5
        _feed(
            tally,
            SampleRead(sample, 1),
            _started(),
            _ended(200, "", (900, 100)),
            PlaceholderSettled(sample, 0, "a", "ok", "", "", 1, reused=False),
            SampleWritten(sample, 1, 0),
        )
    snapshot = tally.snapshot(total=200)
    assert snapshot.captions_per_s == pytest.approx(2, rel=0.05)
    assert snapshot.tokens_per_minute == pytest.approx(120_000, rel=0.05)
    assert snapshot.eta_s == pytest.approx(60, rel=0.05)


def test_the_eta_is_only_told_when_it_can_be() -> None:
    """Without a total or without a sample written lately there is none; at the end it is 0."""
    tally = Tally(_Clock())
    assert tally.snapshot().eta_s is None
    assert tally.snapshot(total=5).eta_s is None
    _feed(tally, *_life_of(0))
    assert tally.snapshot(total=1).eta_s == 0


def test_lessons_and_warnings_come_once_and_draining_is_seen() -> None:
    """Each text once, in the order in which they came; the rest of the events harms nothing."""
    tally = _feed(
        Tally(_Clock()),
        RunPlanned("http://x", "m", "caption", 85, 700, 10, rehearsal=False),
        Warned("b"),
        Warned("a"),
        Warned("b"),
        DialectLearned("max_completion_tokens"),
        DialectLearned("max_completion_tokens"),
        ImagePrepared(640, 480, 1000, converted=True),
        Draining(3),
    )
    snapshot = tally.snapshot()
    assert snapshot.work.warnings == ["b", "a"]
    assert snapshot.work.dialect == ["max_completion_tokens"]
    assert snapshot.work.images.max_px == [640, 480]
    assert snapshot.draining


def test_a_snapshot_does_not_change_any_more() -> None:
    """What was taken stays as it was while the tally goes on."""
    tally = _feed(Tally(_Clock()), *_life_of(0), Warned("a"))
    before = tally.snapshot()
    _feed(tally, *_life_of(1, reason="timeout"), Warned("b"))
    assert before.results.captions == before.written.captions == 1
    assert before.results.failure_reasons == {}
    assert before.work.attempts == 1
    assert before.work.warnings == ["a"]


def test_written_agrees_with_the_output_and_results_with_the_moment() -> None:
    """What is settled shows at once, but belongs to the output only when its rows are in it."""
    tally = _feed(Tally(_Clock()), *_life_of(0), *_life_of(1, reason="timeout")[:-1])
    snapshot = tally.snapshot()
    assert (snapshot.results.samples_read, snapshot.written.samples_read) == (2, 1)
    assert (snapshot.results.failed, snapshot.written.failed) == (1, 0)
    _feed(tally, SampleWritten(1, 1, 0))
    snapshot = tally.snapshot()
    assert snapshot.results == snapshot.written


def test_a_continued_run_goes_on_counting() -> None:
    """Counts, seconds and causes add up over lives; what is under way begins anew."""
    clock = _Clock()
    first = _feed(
        Tally(clock),
        BindingChanged("requests"),
        ImagePrepared(640, 480, 1000, converted=False),
        Warned("a"),
        *_life_of(0, reason="timeout"),
        _started(),
    )
    clock.now_s += 7
    state = json.loads(json.dumps(first.to_dict()))

    clock = _Clock(5.0)
    second = Tally.restore(state, clock)
    clock.now_s += 3
    _feed(
        second,
        BindingChanged("requests"),
        ImagePrepared(800, 600, 500, converted=True),
        Warned("a"),
        *_life_of(1),
    )
    clock.now_s += 2
    snapshot = second.snapshot(total=2)
    assert snapshot.seconds == 12
    assert snapshot.bound_by_s == {"requests": 9, "nothing": 3}
    assert snapshot.in_flight == 0
    assert snapshot.work.attempts == 3
    assert snapshot.work.warnings == ["a"]
    assert snapshot.work.images.count == 2
    assert snapshot.work.images.max_px == [800, 600]
    assert (snapshot.results.captions, snapshot.results.failed) == (1, 1)
    assert snapshot.results.failure_examples == {"timeout": "a.jpg: detail"}
    assert snapshot.eta_s == 0


def test_a_state_of_another_version_is_taken_as_far_as_it_goes() -> None:
    """Unknown names are ignored and missing ones are zero."""
    tally = Tally.restore({"results": {"rows": 5, "novel": 1}, "novel": 2}, _Clock())
    assert tally.snapshot().results.rows == 5
    assert tally.snapshot().work.attempts == 0


@given(st.lists(st.sampled_from(["", "timeout", "refused", "malformed"]), max_size=12), st.data())
def test_a_kill_at_any_event_counts_no_sample_twice(
    reasons: list[str], data: st.DataObject
) -> None:
    """Saved when the last sample was written, restored, and the rest done again: as if unkilled."""
    lives: list[list[Event]] = [
        [SampleRead(n, 0), RecordFaulty(n, reason, "x"), SampleWritten(n, 1, 0)]
        if reason == "malformed"
        else _life_of(n, reason=reason)
        for n, reason in enumerate(reasons)
    ]
    whole = _feed(Tally(_Clock()), *(event for life in lives for event in life))
    written = data.draw(st.integers(0, len(lives)))
    killed = _feed(Tally(_Clock()), *(event for life in lives[:written] for event in life))
    if written < len(lives):
        begun = data.draw(st.integers(0, len(lives[written]) - 1))
        _feed(killed, *lives[written][:begun])
    again = Tally.restore(json.loads(json.dumps(killed.to_dict())), _Clock())
    _feed(again, *(event for life in lives[written:] for event in life))
    assert again.snapshot().results == whole.snapshot().results
    assert again.snapshot().written == whole.snapshot().written


def test_only_unwritten_samples_are_held() -> None:
    """Memory does not grow with the run: a written sample leaves nothing behind but counts."""
    tally = Tally(_Clock())
    for sample in range(500):
        _feed(tally, *_life_of(sample))
    assert len(tally._unwritten) == 0
