from __future__ import annotations

import json
from collections import Counter
from typing import get_args

import pytest

from captioner.endpoint.faults import draw_fault, draw_latency_s, faulty, uniform
from captioner.endpoint.options import FaultKind
from captioner.endpoint.replies import Heading, Words

HEADING = Heading(id="chatcmpl-1", model="m", created_s=0, prompt_tokens=10)
WORDS = Words("A picture of nothing in particular.")
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


def test_faults_come_in_the_share_that_was_asked_for() -> None:
    """A tenth of 20,000 asks fails (within 5 sigma), each kind about equally often."""
    kinds: tuple[FaultKind, ...] = ("500", "reset")
    drawn = Counter(draw_fault(1, ask, 0, share=0.1, kinds=kinds) for ask in range(20_000))
    assert 1788 < drawn["500"] + drawn["reset"] < 2212
    assert 0.8 < drawn["500"] / drawn["reset"] < 1.25


def test_draws_depend_on_seed_ask_and_turn_alone() -> None:
    """The same ask at the same turn draws the same; another turn, seed or purpose does not."""
    drawn = uniform(1, "fault", 7, 0)
    assert uniform(1, "fault", 7, 0) == drawn
    others = {
        uniform(2, "fault", 7, 0),
        uniform(1, "latency", 7, 0),
        uniform(1, "fault", 8, 0),
        uniform(1, "fault", 7, 1),
    }
    assert drawn not in others
    assert len(others) == 4


def test_no_share_no_fault_and_all_share_all_faults() -> None:
    """The ends of the range are exact."""
    assert {draw_fault(0, ask, 0, share=0, kinds=KINDS) for ask in range(1000)} == {None}
    assert {draw_fault(0, ask, 0, share=1, kinds=KINDS) for ask in range(1000)} == set(KINDS)


def test_latency_has_the_median_and_percentile_asked_for() -> None:
    """Of 20,000 draws half are below the median and 99 % below the 99th percentile."""
    drawn = sorted(draw_latency_s(3, ask, 0, latency_s=0.4, p99_s=2.0) for ask in range(20_000))
    assert drawn[10_000] == pytest.approx(0.4, rel=0.05)
    assert drawn[19_800] == pytest.approx(2.0, rel=0.1)
    assert draw_latency_s(3, 1, 0, latency_s=0.7, p99_s=None) == 0.7


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_spoils_the_reply(kind: FaultKind) -> None:
    """None of the faults leaves the caption whole."""
    answer = faulty(kind, HEADING, WORDS, html=False, azure=False)
    if answer.manner == "send" and answer.status == 200:
        reply = json.loads(answer.body)
        choices = reply.get("choices")
        whole = choices and choices[0]["message"]["content"] == WORDS.content
        assert not whole
    else:
        assert answer.manner != "send" or answer.status >= 400


def test_a_proxy_answers_in_html() -> None:
    """Where a proxy would speak, the body can be a page."""
    answer = faulty("502", HEADING, WORDS, html=True, azure=False)
    assert (answer.status, answer.content_type) == (502, "text/html")
    assert answer.body.startswith(b"<html>")


def test_azure_names_its_own_filter() -> None:
    """The content policy has another code there."""
    official = faulty("content_policy", HEADING, WORDS, html=False, azure=False)
    azure = faulty("content_policy", HEADING, WORDS, html=False, azure=True)
    assert json.loads(official.body)["error"]["code"] == "content_policy_violation"
    assert json.loads(azure.body)["error"]["code"] == "content_filter"
