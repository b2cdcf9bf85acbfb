from __future__ import annotations

from dataclasses import replace

from captioner.events import RunPlanned
from captioner.report.opening import DESCRIPTION_HINT, opening_line

PLANNED = RunPlanned(
    endpoint="https://api.openai.com/v1",
    model="gpt-4o-mini",
    mode="description",
    image_tokens=2833,
    request_tokens=3400,
    total_samples=1000,
    rehearsal=False,
)


def test_the_opening_line_says_what_is_about_to_happen() -> None:
    """Samples, model, endpoint, mode and the cost of an image, in one line."""
    assert opening_line(PLANNED) == (
        "Captioning 1,000 samples with gpt-4o-mini at https://api.openai.com/v1, mode description; "
        "an image of 1024×1024 px costs about 2,833 tokens, a whole request about 3,400."
    )


def test_the_whole_run_is_told_as_far_as_it_is_known() -> None:
    """Requests, tokens, dollars; what is not known is left out, and never a $0."""
    whole = replace(PLANNED, requests=10_000, total_tokens=12_340_000, dollars=31.2)
    assert opening_line(whole).endswith(
        "about 3,400. In all about 10,000 requests, 12.3 M tokens, $31.20."
    )
    unpriced = opening_line(replace(whole, dollars=None))
    assert unpriced.endswith(" In all about 10,000 requests, 12.3 M tokens.")
    assert "$" not in unpriced
    assert opening_line(replace(PLANNED, requests=1)).endswith(" In all about 1 request.")


def test_an_unknown_number_is_not_invented() -> None:
    """Standard input has no total; one sample is singular."""
    assert opening_line(replace(PLANNED, total_samples=None)).startswith("Captioning samples with ")
    assert opening_line(replace(PLANNED, total_samples=1)).startswith("Captioning 1 sample with ")


def test_a_rehearsal_says_so() -> None:
    """Nobody takes a rehearsal for a run that a model looks at."""
    assert opening_line(replace(PLANNED, rehearsal=True)).startswith(
        "Rehearsal (no model looks at the images): captioning 1,000 samples with "
    )


def test_the_opening_line_shows_no_secret_and_obeys_nothing() -> None:
    """User, password and query of the endpoint are left out; the model's name cannot colour."""
    line = opening_line(
        replace(PLANNED, endpoint="https://me:pw@host/v1?key=SECRET", model="m\x1b[31m\n")
    )
    assert "at https://host/v1?…, mode" in line
    assert r"m\x1b[31m\n" in line
    assert "SECRET" not in line
    assert "pw" not in line
    assert line.isprintable()


def test_the_hint_names_both_modes() -> None:
    """A folder run without mode or prompt learns what it gets and what else there is."""
    assert DESCRIPTION_HINT == (
        "Mode description writes question and answer pairs; --mode caption writes captions."
    )
