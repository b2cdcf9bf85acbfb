"""The vectors of the contract, through plan, judge and assemble alone: no file, no network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from captioner.samples.assemble import assemble
from captioner.samples.outcome import CaptionOutcome, Verdict
from captioner.samples.plan import Placeholder, Plan, plan
from captioner.samples.prompts import MODE_PROMPTS
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample
from captioner.samples.verdict import judge

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "conformance" / "vectors.json").read_text(encoding="utf-8")
)
FLOW_SETTINGS = {"max_token", "temperature", "reuse_captions"}


def test_all_vectors_are_here() -> None:
    """Nothing of the contract is left out."""
    assert len(VECTORS) == 83


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    """The rows, in order and with their columns in order, and the requests are as written."""
    settings = vector["settings"]
    rules = Rules(**{key: settings[key] for key in settings.keys() - FLOW_SETTINGS})
    plans = [plan(Sample(id, fields), rules) for id, fields in enumerate(vector["samples"])]  # noqa: A001
    replies = iter(vector["replies"])
    rows: list[Any] = []
    for planned in plans:
        captions = [_settled(one, next(replies), rules) for one in planned.placeholders]
        _skip_unsent(planned, replies)
        rows.extend(assemble(planned, captions, rules).rows)
    assert next(replies, "none left") == "none left"
    assert json.dumps(rows) == json.dumps(vector["rows"])
    if vector["requests"] is not None:
        assert [
            (one.system_prompt or None, one.user_prompt or None, one.image)
            for planned in plans
            for one in planned.placeholders
        ] == [
            (_system(wanted["system"]), wanted["user"], wanted["image"])
            for wanted in vector["requests"]
        ]


def _settled(placeholder: Placeholder, reply: str | None, rules: Rules) -> CaptionOutcome:
    caption, verdict = None, Verdict.FAILED
    if reply is not None:
        judged = judge(
            reply,
            refusal=None,
            finish_reason="stop",
            system_prompt=placeholder.system_prompt,
            user_prompt=placeholder.user_prompt,
            tokens=rules.tokens,
        )
        verdict = judged.verdict
        caption = judged.text if judged.accepted(rules.accept) else None
    image = str(placeholder.image)
    return CaptionOutcome(placeholder.sample, placeholder.index, image, caption, verdict)


def _skip_unsent(planned: Plan, replies: Iterator[str | None]) -> None:
    # The vectors hold a reply for each placeholder that has an image, sent or not.
    if planned.fault:
        for _ in planned.sample.fields["images"]:
            next(replies)


def _system(wanted: str | dict[str, Any] | None) -> str | None:
    if isinstance(wanted, dict):
        mode = wanted["prompt_of_mode"]
        assert isinstance(mode, str)
        return {str(name): prompt for name, prompt in MODE_PROMPTS.items()}[mode]
    return wanted
