"""Outcomes without an endpoint: every image has a caption that tells which it was."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from captioner.formats.choose import SourceChoice, open_sink, open_source
from captioner.samples.assemble import assemble, bad_record_outcome
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.plan import Placeholder, plan
from captioner.samples.rules import Rules
from captioner.samples.sample import BadRecord, Position
from captioner.vision.image_ref import ImageRef

Run = Callable[..., list[str]]
Outcomes = Callable[..., Iterator[Outcome]]


def _caption(placeholder: Placeholder) -> CaptionOutcome:
    """The caption is a digest of the image's bytes, or its name; every seventh sample fails."""
    image = ImageRef.of(placeholder.image, "")
    seen = hashlib.md5(image.read(2**40)).hexdigest() if image.kind == "bytes" else image.row_value
    failed = placeholder.sample % 7 == 6
    return CaptionOutcome(
        placeholder.sample,
        placeholder.index,
        image.row_value,
        None if failed else f"seen {seen}",
        Verdict.REFUSED if failed else Verdict.OK,
        "refused" if failed else "",
    )


def _outcomes(choice: SourceChoice, rules: Rules, position: Position = None) -> Iterator[Outcome]:
    for record in choice.source.open(position):
        if isinstance(record, BadRecord):
            yield bad_record_outcome(record)
        else:
            planned = plan(record, rules)
            yield assemble(planned, [_caption(one) for one in planned.placeholders], rules)


def rules_for(choice: SourceChoice, **parameters: object) -> Rules:
    """The rules as they follow from the input where nothing else is set."""
    defaults: dict[str, object] = {
        "rows": "captions" if choice.kind == "images" else "samples",
        "placeholders": "require" if choice.kind == "samples" else "add",
    }
    return Rules(**{**defaults, **parameters})  # type: ignore[arg-type]


@pytest.fixture
def outcomes() -> Outcomes:
    """`outcomes(choice, **rules)`: what becomes of every record."""

    def make(choice: SourceChoice, **parameters: object) -> Iterator[Outcome]:
        return _outcomes(choice, rules_for(choice, **parameters))

    return make


@pytest.fixture
def run() -> Run:
    """`run(input, output)`: all of it, and the notes.

    `kills` are counts of outcomes: after each the sink is abandoned, as a killed process does, with
    a checkpoint `lost` outcomes before, and opened again at that.
    """

    def go(
        given: Path | str,
        output: Path,
        *,
        kills: tuple[int, ...] = (),
        lost: int = 2,
        batch: int = 3,
        open_with: dict[str, object] | None = None,
        sink_with: dict[str, object] | None = None,
        **parameters: object,
    ) -> list[str]:
        token: object = None
        position: Position = None
        notes: list[str] = []
        for kill in (*kills, None):
            choice = open_source(given, **(open_with or {}))  # type: ignore[arg-type]
            rules = rules_for(choice, **parameters)
            chosen = open_sink(output, input=given, source=choice, rules=rules, **(sink_with or {}))  # type: ignore[arg-type]
            notes = [*choice.source.notes(), *chosen.notes]
            sink = chosen.sink
            sink.resume(token)
            waiting: list[Outcome] = []
            for count, outcome in enumerate(_outcomes(choice, rules, position), 1):
                waiting.append(outcome)
                if len(waiting) == batch:
                    sink.write(waiting)
                    waiting = []
                if kill is not None and count == kill - lost:
                    sink.write(waiting)
                    waiting = []
                    token, at = sink.checkpoint(), outcome.record.position
                if kill is not None and count == kill:
                    sink.write(waiting)
                    position = at
                    break
            else:
                sink.write(waiting)
                sink.finish()
                assert sink.checkpoint() is not None
            sink.close()
        return notes

    return go


@pytest.fixture
def jpeg() -> Callable[[int], bytes]:
    """`jpeg(n)`: a small picture, another for each n."""

    def make(number: int) -> bytes:
        content = io.BytesIO()
        Image.new("RGB", (8, 8), (number % 256, number // 256 % 256, 99)).save(content, "JPEG")
        return content.getvalue()

    return make
