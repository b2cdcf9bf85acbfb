"""From replies and errors to outcomes."""

from __future__ import annotations

import pytest

from captioner.errors import PlaceholderError
from captioner.flow.ledger import Kept, Paid, Rejected
from captioner.flow.settling import failure, request_of, settled
from captioner.samples.outcome import Usage, Verdict
from captioner.samples.plan import Placeholder
from captioner.samples.rules import Rules
from captioner.vision.reply import Reply

REQUEST = request_of(Placeholder(3, 1, "a.png", "Be brief.", "What is it?"), "/photos")


def _paid(content: str | None, finish_reason: str = "stop") -> Paid:
    return Paid(Reply(content, None, finish_reason, Usage(10, 5)), attempts=2, latency_s=0.5)


def test_a_placeholder_becomes_its_request() -> None:
    """With its id, its prompts and its image, whose relative path starts at the base."""
    assert (REQUEST.sample, REQUEST.index) == (3, 1)
    assert (REQUEST.system_prompt, REQUEST.user_prompt) == ("Be brief.", "What is it?")
    assert (REQUEST.image.source, REQUEST.image.image_base) == ("a.png", "/photos")


def test_a_good_reply_is_a_caption() -> None:
    """It has no reason, and says what it took."""
    outcome = settled(REQUEST, [_paid("A dog.")], Rules(), reused=False)
    assert (outcome.caption, outcome.verdict, outcome.reason) == ("A dog.", Verdict.OK, "")
    assert (outcome.attempts, outcome.latency_s, outcome.image) == (2, 0.5, "a.png")
    assert outcome.usage == Usage(10, 5)


def test_a_reused_reply_took_no_time() -> None:
    """Somebody else waited for it. What it took to get it is told of every reply alike: which of
    equal requests was sent first is chance, and must not show in the failures file."""
    outcome = settled(REQUEST, [_paid("A dog.")], Rules(), reused=True)
    assert (outcome.reused, outcome.attempts, outcome.latency_s) == (True, 2, 0.0)


def test_a_bad_reply_is_none_unless_it_is_accepted() -> None:
    """The verdict stays what it is."""
    refused = settled(REQUEST, [_paid("A do", "length")], Rules(), reused=False)
    assert (refused.caption, refused.reason) == (None, "truncated")
    assert refused.detail
    rules = Rules(accept=frozenset({Verdict.TRUNCATED}))
    accepted = settled(REQUEST, [_paid("A do", "length")], rules, reused=False)
    assert (accepted.caption, accepted.verdict, accepted.reason) == ("A do", Verdict.TRUNCATED, "")


GOOD, ALSO_GOOD, CUT, EMPTY = (
    _paid("A dog."),
    _paid("A cat."),
    _paid("A do", "length"),
    _paid(""),
)
REJECTED = Rejected("filtered", "HTTP 400: no", 1)


@pytest.mark.parametrize(
    ("kept", "accept", "caption", "reason"),
    [
        ([GOOD, ALSO_GOOD], (), "A cat.", ""),
        ([CUT, GOOD], (), "A dog.", ""),
        ([GOOD, EMPTY], (), "A dog.", ""),
        ([GOOD, REJECTED], (), "A dog.", ""),
        ([REJECTED, GOOD], (), "A dog.", ""),
        ([CUT, EMPTY], (), None, "empty"),
        ([EMPTY, CUT], (), None, "truncated"),
        ([CUT, EMPTY], (Verdict.TRUNCATED,), "A do", ""),
        ([CUT, REJECTED], (), None, "filtered"),
        ([REJECTED], (), None, "filtered"),
    ],
)
def test_the_latest_acceptable_reply_wins(
    kept: list[Kept], accept: tuple[Verdict, ...], caption: str | None, reason: str
) -> None:
    """Without one, the latest entry says why; what is acceptable is decided on reading."""
    outcome = settled(REQUEST, kept, Rules(accept=frozenset(accept)), reused=False)
    assert (outcome.caption, outcome.reason) == (caption, reason)


def test_there_must_be_an_entry() -> None:
    """Nothing kept is nothing to settle with."""
    with pytest.raises(ValueError):
        settled(REQUEST, [], Rules(), reused=False)


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("refused", Verdict.REFUSED),
        ("filtered", Verdict.FILTERED),
        ("missing_image", Verdict.FAILED),
        ("rate_limited", Verdict.FAILED),
    ],
)
def test_an_error_keeps_its_reason(reason: str, verdict: Verdict) -> None:
    """What the endpoint refused or filtered has that verdict; all else has no reply."""
    outcome = failure(REQUEST, PlaceholderError(reason, "what was seen", attempts=4))
    assert (outcome.verdict, outcome.reason, outcome.detail) == (verdict, reason, "what was seen")
    assert (outcome.caption, outcome.attempts) == (None, 4)
