"""How well replies are judged, measured on the labelled corpus.

    python -m pytest tests/samples/test_corpus.py -s

prints the tables of docs/verdicts.md. Nothing here prints a text: those of the part set aside are
measured, never read.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from captioner.samples.outcome import Verdict
from captioner.samples.placeholders import SpecialTokens
from captioner.samples.verdict import judge

CORPUS = Path(__file__).parent / "corpus"
PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"
PARTS = {"tuning": "tuning.jsonl", "set aside": "set_aside.jsonl"}
LABELS = ("refused", "ok", "looped", "echoed", "truncated", "empty")
MAIN_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ko")

# Measured; `refused` is promised as well, see below.
FLOORS = {
    ("tuning", "refused"): (1.0, 0.99),
    ("tuning", "ok"): (0.99, 1.0),
    ("tuning", "looped"): (1.0, 1.0),
    ("tuning", "echoed"): (1.0, 1.0),
    ("tuning", "truncated"): (1.0, 1.0),
    ("tuning", "empty"): (1.0, 1.0),
    ("set aside", "refused"): (1.0, 0.97),
    ("set aside", "ok"): (0.95, 1.0),
    ("set aside", "looped"): (1.0, 1.0),
    ("set aside", "echoed"): (1.0, 1.0),
    ("set aside", "truncated"): (1.0, 1.0),
    ("set aside", "empty"): (1.0, 0.58),
}
PROMISED_PRECISION, PROMISED_RECALL = 0.99, 0.95

Counts = Counter[tuple[str, str, str]]


@cache
def judged(part: str) -> Counts:
    """Count the replies of a part by language, label and verdict."""
    counts: Counts = Counter()
    for line in (CORPUS / PARTS[part]).read_text("utf-8").splitlines():
        reply = json.loads(line)
        judgement = judge(
            reply["text"],
            refusal=None,
            finish_reason=reply["finish_reason"],
            system_prompt=reply["system_prompt"],
            user_prompt=reply["user_prompt"],
            tokens=SpecialTokens(),
        )
        counts[reply["language"], reply["label"], judgement.verdict.value] += 1
        assert judgement.accepted(frozenset()) == (judgement.verdict is Verdict.OK)
    return counts


def total(counts: Counts, *, label: str | None = None, verdict: str | None = None) -> int:
    """Add up the counts of a label, of a verdict, or of both."""
    return sum(
        count
        for (_, its_label, its_verdict), count in counts.items()
        if label in (None, its_label) and verdict in (None, its_verdict)
    )


def precision_and_recall(part: str, label: str) -> tuple[float, float]:
    """Return the shares of right ones among those judged so, and of found ones among those so."""
    counts = judged(part)
    right = total(counts, label=label, verdict=label)
    return right / total(counts, verdict=label), right / total(counts, label=label)


def share_found(part: str, language: str) -> str:
    """Say how many of the refusals in a language are found, "others" being all small ones."""
    found: Counter[bool] = Counter()
    for (its, label, verdict), count in judged(part).items():
        if label == "refused" and (its if its in MAIN_LANGUAGES else "others") == language:
            found[verdict == "refused"] += count
    return f"{found[True]} of {found.total()}"


def table() -> str:
    """Return the confusion table and the refusals by language, in Markdown."""
    lines = [
        f"| part, label | {' | '.join(LABELS)} | precision | recall |",
        f"|---|{'---:|' * (len(LABELS) + 2)}",
    ]
    for part in PARTS:
        for label in LABELS:
            row = [total(judged(part), label=label, verdict=verdict) for verdict in LABELS]
            cells = " | ".join(str(count or "·") for count in row)
            precision, recall = precision_and_recall(part, label)
            lines.append(f"| {part}, {label} | {cells} | {precision:.3f} | {recall:.3f} |")
    lines += ["", "| refusals in | tuning: found | set aside: found |", "|---|---:|---:|"]
    for language in (*MAIN_LANGUAGES, "others"):
        found = (share_found(part, language) for part in PARTS)
        lines.append(f"| {language} | {' | '.join(found)} |")
    return "\n".join(lines)


@pytest.mark.parametrize(("part", "label"), FLOORS)
def test_every_verdict_is_judged_as_well_as_measured(part: str, label: str) -> None:
    """No change of the rules makes a verdict worse unseen."""
    precision, recall = precision_and_recall(part, label)
    assert (precision >= FLOORS[part, label][0], recall >= FLOORS[part, label][1]) == (True, True)


def test_a_fine_caption_is_hardly_ever_called_a_refusal() -> None:
    """On the part set aside, at least 99 of 100 texts judged to be refusals are some."""
    assert precision_and_recall("set aside", "refused")[0] >= PROMISED_PRECISION


def test_hardly_a_refusal_gets_through() -> None:
    """On the part set aside, at least 95 of 100 refusals are found."""
    assert precision_and_recall("set aside", "refused")[1] >= PROMISED_RECALL


def test_the_page_tells_what_is_measured() -> None:
    """docs/verdicts.md has the tables as they come out."""
    print(f"\n{table()}")
    assert table() in PAGE.read_text("utf-8")
