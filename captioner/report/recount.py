"""The counts of a run once a part of it was asked for again: of what its files hold now. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from captioner.events import PlaceholderSettled, RecordFaulty
from captioner.report.results import ResultEvent, Results
from captioner.samples.failure import Failure
from captioner.samples.outcome import Verdict
from captioner.samples.recovery import verdict_of


def recounted(
    before: Results, again: Results, failures: Iterable[Failure], *, rows: int
) -> Results:
    """Return the counts, given those of `before` and of what was asked `again`.

    `failures` and `rows` are those that there are now. Of captions that others took the place of,
    the verdict is not known: they are taken as `ok`.
    """
    now = Results(
        samples_read=before.samples_read,
        samples_written=before.samples_written,
        rows=rows,
        placeholders=before.placeholders,
        unused_images=before.unused_images,
    )
    for failure in failures:
        now.fold(_event(failure))
    now.captions = now.placeholders - now.failed
    now.reused_captions = min(before.reused_captions + again.reused_captions, now.captions)
    accepted = _let_through(before) + _let_through(again)
    ok = max(0, now.captions - accepted.total())
    now.verdicts = dict(Counter(now.verdicts) + accepted + Counter({Verdict.OK.value: ok}))
    return now


def _event(failure: Failure) -> ResultEvent:
    """What a run tells when it meets such a failure."""
    if failure.placeholder is None:
        return RecordFaulty(failure.sample, failure.reason, failure.detail)
    return PlaceholderSettled(
        failure.sample,
        failure.placeholder,
        failure.image,
        verdict_of(failure).value,
        failure.reason,
        failure.detail,
        failure.attempts,
        reused=False,
    )


def _let_through(results: Results) -> Counter[str]:
    """How many captions there are by verdict, those that are simply `ok` left out."""
    captions = Counter(results.verdicts) - Counter(results.failure_reasons)
    return Counter({v: n for v, n in captions.items() if v not in (Verdict.OK, Verdict.FAILED)})
