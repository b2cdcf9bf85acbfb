"""From a placeholder to its request, and from reply or error to the placeholder's outcome. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.errors import PlaceholderError
from captioner.flow.ledger import Kept, Paid
from captioner.samples.outcome import CaptionOutcome, Verdict
from captioner.samples.plan import Placeholder
from captioner.samples.rules import Rules
from captioner.samples.verdict import judge
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import Request

_OWN_VERDICTS = {Verdict.REFUSED.value, Verdict.FILTERED.value}


def request_of(placeholder: Placeholder, image_base: str) -> Request:
    """The request that a placeholder asks for."""
    return Request(
        placeholder.sample,
        placeholder.index,
        ImageRef.of(placeholder.image, image_base),
        placeholder.system_prompt,
        placeholder.user_prompt,
    )


def settled(
    request: Request, kept: Sequence[Kept], rules: Rules, *, reused: bool
) -> CaptionOutcome:
    """What the ledger's entries for a request, oldest first, come to.

    The latest acceptable reply wins; without one, the latest entry says why there is no caption.
    """
    outcome = None
    for entry in reversed(kept):
        if isinstance(entry, Paid):
            judged = _judged(request, entry, rules, reused=reused)
            if judged.caption is not None:
                return judged
        else:
            error = PlaceholderError(entry.reason, entry.detail, attempts=entry.attempts)
            judged = failure(request, error)
        outcome = outcome or judged
    if outcome is None:
        raise ValueError("no entry to settle with")
    return outcome


def _judged(request: Request, paid: Paid, rules: Rules, *, reused: bool) -> CaptionOutcome:
    """A reply's outcome: its caption if its verdict is acceptable, else why it has none."""
    reply = paid.reply
    judgement = judge(
        reply.content,
        refusal=reply.refusal,
        finish_reason=reply.finish_reason,
        system_prompt=request.system_prompt,
        user_prompt=request.user_prompt,
        tokens=rules.tokens,
    )
    accepted = judgement.accepted(rules.accept)
    return CaptionOutcome(
        request.sample,
        request.index,
        request.image.row_value,
        judgement.text if accepted else None,
        judgement.verdict,
        "" if accepted else judgement.verdict.value,
        "" if accepted else judgement.detail,
        reply.usage,
        paid.attempts,
        0.0 if reused else paid.latency_s,
        reused,
        is_dialogue=rules.reads_turns,
    )


def failure(request: Request, error: PlaceholderError) -> CaptionOutcome:
    """The outcome of a placeholder without a reply; a filter's refusal keeps its own verdict."""
    own = error.reason in _OWN_VERDICTS
    return CaptionOutcome(
        sample=request.sample,
        index=request.index,
        image=request.image.row_value,
        caption=None,
        verdict=Verdict(error.reason) if own else Verdict.FAILED,
        reason=error.reason,
        detail=error.detail,
        attempts=error.attempts,
    )
