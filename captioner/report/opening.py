"""What is about to happen, in one line before the first request."""

from __future__ import annotations

from typing import Final

from captioner.dollars import dollars_text
from captioner.events import RunPlanned
from captioner.report.wording import clean, counted, place_name, token_count

DESCRIPTION_HINT: Final = (
    "Mode description writes question and answer pairs; --mode caption writes captions."
)
"""Said once by a run over a folder of images with neither mode nor prompt set."""

REHEARSAL: Final = "no model looks at the images"


def opening_line(planned: RunPlanned) -> str:
    """Samples if known, model, endpoint, mode, and what an image and all of them should cost.

    The endpoint is shown without user, password and query.
    """
    samples = (
        "samples" if planned.total_samples is None else counted(planned.total_samples, "sample")
    )
    verb = f"Rehearsal ({REHEARSAL}): captioning" if planned.rehearsal else "Captioning"
    return (
        f"{verb} {samples} with {clean(planned.model)} at {place_name(planned.endpoint)}, "
        f"mode {clean(planned.mode)}; an image of 1024×1024 px costs about "
        f"{counted(planned.image_tokens, 'token')}, "
        f"a whole request about {planned.request_tokens:,}.{_in_all(planned)}"
    )


def _in_all(planned: RunPlanned) -> str:
    """Requests, tokens and dollars of the whole run, as far as they can be told."""
    parts = []
    if planned.requests is not None:
        parts.append(counted(planned.requests, "request"))
    if planned.total_tokens is not None:
        parts.append(token_count(planned.total_tokens))
    if planned.dollars is not None:
        parts.append(dollars_text(planned.dollars))
    return f" In all about {', '.join(parts)}." if parts else ""
