"""All counters of a run, folded from its events; a continued run goes on from an earlier life's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, TypeVar

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    BindingChanged,
    Cause,
    Draining,
    Event,
    ImagePrepared,
    PlaceholderSettled,
    RecordFaulty,
    RetryBegun,
    RetryScheduled,
    SampleRead,
    SampleWritten,
    SlowedDown,
)
from captioner.report.image_sizes import ImageSizes
from captioner.report.rate import Rate
from captioner.report.results import ResultEvent, Results
from captioner.report.work import Work

RATE_SPAN_S: Final = 30
# Rows come out in order, so behind a straggler in bursts: the ETA needs a longer look.
ETA_SPAN_S: Final = 120

_Counts = TypeVar("_Counts", Results, Work, ImageSizes)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment. The counts in it are copies.

    `results` is everything settled so far, `written` only what belongs to samples whose rows are
    in the output: the one for a live display, the other for what must agree with the files.
    `bound_by_s` is seconds by cause. `eta_s` is None while it cannot be told. Counts and seconds
    include earlier lives of the run; rates are of the last half minute. `dollars` is what was
    spent so far and `final_dollars` what it should come to, None where that cannot be told.
    """

    results: Results
    written: Results
    work: Work
    seconds: float
    bound_by_s: dict[str, float]
    binding: Cause
    in_flight: int
    waiting_to_retry: int
    draining: bool
    captions_per_s: float
    tokens_per_minute: float
    eta_s: float | None
    dollars: float | None
    final_dollars: float | None


class Tally:
    """Folds events; call it with each, in the order in which they happen.

    `clock` gives seconds that never go back. What is read or settled is counted at once, but
    saved by `to_dict` only when its sample is written: a life that goes on from a checkpoint
    meets the unwritten samples again, and must not count them twice. Work is counted for good.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        now_s = clock()
        self._clock = clock
        self._written = Results()
        self._unwritten: dict[int, list[ResultEvent]] = {}
        self._work = Work()
        self._earlier_s = 0.0
        self._began_s = now_s
        self._bound_by_s: dict[str, float] = {}
        self._binding: Cause = "nothing"
        self._binding_since_s = now_s
        self._paused_until_s = now_s
        self._in_flight = 0
        self._waiting_to_retry = 0
        self._draining = False
        self._captions = Rate(now_s, RATE_SPAN_S)
        self._tokens = Rate(now_s, RATE_SPAN_S)
        self._samples = Rate(now_s, ETA_SPAN_S)
        # Found by its type: a caption has six, and trying one kind after the other adds up.
        self._of_every_caption: dict[type[Event], Callable[[Any], None]] = {
            SampleRead: self._keep,
            ImagePrepared: self._image_prepared,
            AttemptStarted: self._attempt_started,
            AttemptEnded: self._attempt_ended,
            PlaceholderSettled: self._placeholder_settled,
            SampleWritten: self._sample_written,
        }

    def __call__(self, event: Event) -> None:
        """Count one event."""
        count = self._of_every_caption.get(type(event))
        if count is not None:
            count(event)
        else:
            self._seldom(event)

    @property
    def samples_written(self) -> int:
        """How many samples have their rows in the output."""
        return self._written.samples_written

    @property
    def failed_share(self) -> float:
        """Failures as a share of all that was asked for, in what is written."""
        return self._written.failed_share

    def snapshot(self, total: int | None = None) -> Snapshot:
        """The run now; with the `total` of samples it says when it should be done."""
        now_s = self._clock()
        results = self._results()
        return Snapshot(
            results=results,
            written=deepcopy(self._written),
            work=deepcopy(self._work),
            seconds=self._seconds(now_s),
            bound_by_s=self._bound_until(now_s),
            binding=self._binding,
            in_flight=self._in_flight,
            waiting_to_retry=self._waiting_to_retry,
            draining=self._draining,
            captions_per_s=self._captions.per_second(now_s),
            tokens_per_minute=60 * self._tokens.per_second(now_s),
            eta_s=self._eta_s(now_s, total),
            dollars=self._work.dollars,
            final_dollars=self._final_dollars(results, total),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON values from which a continued run goes on.

        They agree with a checkpoint of the output when they are taken at it: after
        `SampleWritten` for what it holds and before the next.
        """
        now_s = self._clock()
        return {
            "results": asdict(self._written),
            "work": asdict(self._work),
            "seconds": self._seconds(now_s),
            "bound_by_s": self._bound_until(now_s),
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any], clock: Callable[[], float]) -> Tally:
        """Go on counting from what `to_dict` gave; what it does not know is left out."""
        tally = cls(clock)
        tally._written = _from_dict(Results, state.get("results", {}))
        tally._work = _from_dict(Work, state.get("work", {}))
        tally._work.images = _from_dict(ImageSizes, state.get("work", {}).get("images", {}))
        tally._earlier_s = float(state.get("seconds", 0.0))
        tally._bound_by_s = dict(state.get("bound_by_s", {}))
        return tally

    def _results(self) -> Results:
        """All that is settled: what is written, and what belongs to unwritten samples."""
        results = deepcopy(self._written)
        for events in self._unwritten.values():
            for event in events:
                results.fold(event)
        return results

    def _keep(self, event: ResultEvent) -> None:
        self._unwritten.setdefault(event.sample, []).append(event)

    def _placeholder_settled(self, event: PlaceholderSettled) -> None:
        self._keep(event)
        if not event.reason:
            self._captions.add(self._clock(), 1)

    def _sample_written(self, event: SampleWritten) -> None:
        self._samples.add(self._clock(), 1)
        for earlier in self._unwritten.pop(event.sample, ()):
            self._written.fold(earlier)
        self._written.fold(event)

    def _image_prepared(self, event: ImagePrepared) -> None:
        self._work.images.add(event)

    def _attempt_started(self, event: AttemptStarted) -> None:
        self._in_flight += 1
        self._work.started(event)

    def _attempt_ended(self, event: AttemptEnded) -> None:
        self._in_flight -= 1
        self._tokens.add(self._clock(), event.prompt_tokens + event.completion_tokens)
        self._work.ended(event)

    def _seldom(self, event: Event) -> None:
        match event:
            case RecordFaulty():
                self._keep(event)
                return
            case RetryScheduled():
                self._waiting_to_retry += 1
            case RetryBegun():
                self._waiting_to_retry -= 1
            case BindingChanged():
                now_s = self._clock()
                self._bound_by_s = self._bound_until(now_s)
                self._binding, self._binding_since_s = event.cause, now_s
            case SlowedDown():
                now_s = self._clock()
                until_s = max(now_s + event.wait_s, self._paused_until_s)
                self._work.slow_down_s += until_s - max(now_s, self._paused_until_s)
                self._paused_until_s = until_s
            case Draining():
                self._draining = True
        self._work.fold(event)

    def _seconds(self, now_s: float) -> float:
        return self._earlier_s + now_s - self._began_s

    def _bound_until(self, now_s: float) -> dict[str, float]:
        bound_by_s = dict(self._bound_by_s)
        passed_s = now_s - self._binding_since_s
        if passed_s > 0:
            bound_by_s[self._binding] = bound_by_s.get(self._binding, 0.0) + passed_s
        return bound_by_s

    def _eta_s(self, now_s: float, total: int | None) -> float | None:
        if total is None:
            return None
        remaining = max(total - self._written.samples_written, 0)
        per_second = self._samples.per_second(now_s)
        if not remaining:
            return 0.0
        return remaining / per_second if per_second else None

    def _final_dollars(self, results: Results, total: int | None) -> float | None:
        """What the whole run should cost, if the rest costs as much as what is settled.

        By placeholders, of which there are so many a sample: rows wait for the oldest sample, so
        that of those written there may be far fewer than of those paid for.
        """
        dollars = self._work.dollars
        settled = results.captions + results.failed
        if dollars is None or total is None or not settled or self._work.unpriced_requests:
            return None
        expected = results.placeholders / results.samples_read * max(total, results.samples_read)
        return dollars * max(expected / settled, 1.0)


def _from_dict(kind: type[_Counts], state: Mapping[str, Any]) -> _Counts:
    known = {
        field.name: deepcopy(state[field.name]) for field in fields(kind) if field.name in state
    }
    return kind(**known)
