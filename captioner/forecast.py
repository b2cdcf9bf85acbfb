"""What a run will take, as far as that can be told before its first request."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import Any, Final

from captioner.connection import Connection
from captioner.dollars import PICODOLLARS
from captioner.events import RunPlanned
from captioner.formats.base import Source
from captioner.samples.plan import plan
from captioner.samples.prompts import system_prompt_for
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample

_TYPICAL_PX: Final = 1024
_LOOKED_AT: Final = 200
_PER_MILLION: Final = PICODOLLARS // 10**6


def planned(
    connection: Connection,
    rules: Rules,
    rehearsal: bool,
    total_samples: int | None,
    requests: int | None,
) -> RunPlanned:
    """The run ahead; an image is taken for 1024 px square, and a reply for as long as it may be."""
    costs, prices = connection.costs, connection.purse.prices
    cap_tokens = connection.parameters.cap_tokens
    image_tokens = costs.image_tokens(_TYPICAL_PX, _TYPICAL_PX)
    text_tokens = costs.text_tokens(system_prompt_for(rules), rules.user_prompt)
    prompt_tokens = text_tokens + image_tokens
    dollars = None
    if prices is not None and requests is not None:
        dollars = requests * prices.picodollars(prompt_tokens, cap_tokens) / PICODOLLARS
    return RunPlanned(
        endpoint=connection.road.name,
        model=connection.parameters.model,
        mode=rules.mode,
        image_tokens=image_tokens,
        request_tokens=prompt_tokens + cap_tokens,
        total_samples=total_samples,
        rehearsal=rehearsal,
        requests=requests,
        total_tokens=None if requests is None else requests * (prompt_tokens + cap_tokens),
        dollars=dollars,
        price_input=None if prices is None else prices.input_picodollars / _PER_MILLION,
        price_output=None if prices is None else prices.output_picodollars / _PER_MILLION,
        price_source="" if prices is None else prices.source,
    )


def expected_requests(source: Source, rules: Rules, samples: int | None, done: int) -> int | None:
    """How many requests a source of so many samples should take that are not done yet.

    None where nobody can tell.

    Looks at the first 200 and takes the others to be like them. Blocks.
    """
    if samples is None:
        return None
    records: Any = source.open()
    with closing(records):
        first = list(islice(records, min(samples, _LOOKED_AT)))
    found = sum(len(plan(one, rules).placeholders) for one in first if isinstance(one, Sample))
    return round(found / len(first) * max(0, samples - done)) if first else 0
