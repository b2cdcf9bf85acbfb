"""From replies and errors to outcomes."""

from __future__ import annotations

import pytest

from captioner.errors import PlaceholderError
from captioner.flow.ledger import Paid
from captioner.flow.settling import failure, judged, request_of
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
    outcome = judged(REQUEST, _paid("A dog."), Rules(), reused=False)
    assert (outcome.caption, outcome.verdict, outcome.reason) == ("A dog.", Verdict.OK, "")
    assert (outcome.attempts, outcome.latency_s, outcome.image) == (2, 0.5, "a.png")
    assert outcome.usage == Usage(10, 5)


def test_a_reused_reply_took_nothing() -> None:
    """Somebody else sent the requests."""
    outcome = judged(REQUEST, _paid("A dog."), Rules(), reused=True)
    assert (outcome.reused, outcome.attempts, outcome.latency_s) == (True, 0, 0.0)


def test_a_bad_reply_is_none_unless_it_is_accepted() -> None:
    """The verdict stays what it is."""
    refused = judged(REQUEST, _paid("A do", "length"), Rules(), reused=False)
    assert (refused.caption, refused.reason) == (None, "truncated")
    assert refused.detail
    rules = Rules(accept=frozenset({Verdict.TRUNCATED}))
    accepted = judged(REQUEST, _paid("A do", "length"), rules, reused=False)
    assert (accepted.caption, accepted.verdict, accepted.reason) == ("A do", Verdict.TRUNCATED, "")


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
