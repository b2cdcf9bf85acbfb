"""One placeholder: asked for, judged, and told of."""

from __future__ import annotations

from captioner.errors import PlaceholderError
from captioner.events import Observer, PlaceholderSettled
from captioner.flow.asking import Asker
from captioner.flow.drain import Drain
from captioner.flow.places import Place
from captioner.flow.settling import failure, request_of, settled
from captioner.samples.outcome import CaptionOutcome
from captioner.samples.plan import Placeholder
from captioner.samples.rules import Rules


async def captioned(
    placeholder: Placeholder,
    asker: Asker,
    rules: Rules,
    *,
    image_base: str,
    drain: Drain,
    observe: Observer,
    since: int = 0,
    name: str = "",
    place: Place | None = None,
) -> CaptionOutcome:
    """The caption or failure of a placeholder; for `since`, `name` and `place` see `Asker.ask`.

    Raises RunStopped where no request can succeed, and Abandoned once `drain` is requested.
    """
    request = request_of(placeholder, image_base)
    try:
        kept, reused = await asker.ask(request, drain, since=since, name=name, place=place)
    except PlaceholderError as error:
        outcome = failure(request, error)
    else:
        outcome = settled(request, kept, rules, reused=reused)
    observe(
        PlaceholderSettled(
            outcome.sample,
            outcome.index,
            request.image.label,
            outcome.verdict.value,
            outcome.reason,
            outcome.detail,
            outcome.attempts,
            outcome.reused,
            outcome.caption,
        )
    )
    return outcome
