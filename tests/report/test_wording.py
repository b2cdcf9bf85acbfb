from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.report.wording import (
    byte_size,
    clean,
    counted,
    place_name,
    rate,
    shorten,
    shorten_front,
    span,
    token_count,
)


@given(st.text(st.characters()))
def test_cleaned_text_is_one_printable_line(text: str) -> None:
    """Whatever comes in, nothing comes out that a terminal would obey or an encoder refuse."""
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert cleaned.encode("utf-8").decode() == cleaned


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("grün 写真.jpg", "grün 写真.jpg"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb\r", r"a\nb\r"),
        ("x\u202egpj.exe", r"x\u202egpj.exe"),
        ("caf\udce9.jpg", r"caf\udce9.jpg"),
        ("[bold]a[/bold]", "[bold]a[/bold]"),
    ],
)
def test_control_characters_are_shown_not_obeyed(text: str, shown: str) -> None:
    """Letters of every script stay; escapes, line breaks, overrides and surrogates are spelt."""
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("photos/a b.jpg", "photos/a b.jpg"),
        ("C:\\photos\\a.jpg", "C:\\photos\\a.jpg"),
        ("https://u:p@host:8443/a.jpg?sig=SECRET#f", "https://host:8443/a.jpg?…"),
        ("https://host/openai/v1", "https://host/openai/v1"),
        ("data:image/png;base64,SECRETDATA", "data:image/png;base64,…"),
        ("http://[broken/a?SECRET", "http://…"),
        ("embedded", "embedded"),
    ],
)
def test_a_place_is_named_without_secrets(place: str, shown: str) -> None:
    """User, password, query and image data never reach a display."""
    assert place_name(place) == shown


@given(st.text(), st.integers(2, 40))
def test_shortened_text_fits(text: str, width: int) -> None:
    """Both ways of shortening keep to the width and leave what fits alone."""
    for short in (shorten(text, width), shorten_front(text, width)):
        assert len(short) <= width
        assert short == text or "…" in short


def test_a_path_keeps_its_end() -> None:
    """The end of a path tells more than its beginning."""
    assert shorten_front("/data/2021/holiday/a.jpg", 10) == "…day/a.jpg"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"),
        (-1, "0.0 s"),
        (4.24, "4.2 s"),
        (9.96, "10 s"),
        (59.7, "1 min 00 s"),
        (65, "1 min 05 s"),
        (7500, "2 h 05 min"),
        (90_000, "1 d 01 h"),
    ],
)
def test_spans(seconds: float, shown: str) -> None:
    """Two units at most."""
    assert span(seconds) == shown


def test_large_counts_of_tokens_are_rounded() -> None:
    """Seven digits and more are nothing to read in passing."""
    shown = [token_count(number) for number in (1, 812, 999_999, 12_340_000, 2_500_000_000)]
    assert shown == ["1 token", "812 tokens", "999,999 tokens", "12.3 M tokens", "2,500.0 M tokens"]


def test_numbers() -> None:
    """Counts are grouped and agree with their noun; rates and sizes have three digits or so."""
    assert [counted(n, "sample") for n in (0, 1, 1000)] == [
        "0 samples",
        "1 sample",
        "1,000 samples",
    ]
    assert [rate(r) for r in (0, 0.346, 9.84, 99.96, 1234.5)] == [
        "0.00",
        "0.35",
        "9.8",
        "100",
        "1,234",
    ]
    assert [byte_size(n) for n in (1, 999, 61_000, 999_960, 1_234_567_890, 5 * 10**15)] == [
        "1 byte",
        "999 bytes",
        "61.0 kB",
        "1.0 MB",
        "1.2 GB",
        "5,000.0 TB",
    ]
