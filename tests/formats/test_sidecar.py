"""What stands in a sidecar: one line, with the words around it, added to what was there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.errors import ConfigError
from captioner.formats.sidecar import SIDECAR_MODES, SidecarMode, Sidecars, one_line


@given(st.text(), st.text(), st.text(), st.text(), st.sampled_from(SIDECAR_MODES))
def test_it_is_always_one_line(
    caption: str, before: str, prefix: str, suffix: str, mode: SidecarMode
) -> None:
    """Whatever a model, a person or another program wrote; nothing but line breaks and outer blanks
    is lost of the caption."""
    text = Sidecars(mode, prefix, suffix).text(caption, before)
    assert len(text.splitlines()) <= 1
    assert text == text.strip()
    assert one_line(caption).strip() in text


@pytest.mark.parametrize(
    ("prefix", "suffix", "text"),
    [
        ("", "", "a cat on a mat"),
        ("ohwx", "", "ohwx a cat on a mat"),
        ("ohwx, ", ", 4k", "ohwx, a cat on a mat, 4k"),
        ("photo of\n", " by me", "photo of a cat on a mat by me"),
        ("  ", "\n", "a cat on a mat"),
        ("x:\t", "best", "x:\ta cat on a mat best"),
    ],
)
def test_words_around_a_caption(prefix: str, suffix: str, text: str) -> None:
    """One blank apart, unless they bring their own or begin with a mark."""
    how = Sidecars("skip", prefix, suffix)
    assert how.text("  a cat\r\n\n on a mat \u2028") == text


@pytest.mark.parametrize(
    ("mode", "before", "text"),
    [
        ("append", "1girl, hat", "1girl, hat, x a cat"),
        ("prepend", "1girl, hat", "x a cat, 1girl, hat"),
        ("append", "A dog.\nRuns!\n", "A dog. Runs! x a cat"),
        ("append", "", "x a cat"),
        ("prepend", " \n", "x a cat"),
        ("overwrite", "old", "x a cat"),
        ("skip", "old", "x a cat"),
    ],
)
def test_adding_to_what_was_there(mode: SidecarMode, before: str, text: str) -> None:
    """By a comma, as tags are, or by a blank behind a sentence's end; the words around go with the
    caption."""
    assert Sidecars(mode, "x").text("a cat", before) == text


@pytest.mark.parametrize(
    "ext", ["", ".", "..", ".png", "JPG", ".a.webp", ".heic", "/x", ".t/xt", ". txt", ".\0", "*"]
)
def test_a_suffix_that_is_none_is_refused(ext: str) -> None:
    """That of images above all: they would be overwritten."""
    with pytest.raises(ConfigError, match="sidecar-ext"):
        Sidecars(ext=ext)


def test_a_suffix_needs_no_dot() -> None:
    """`caption` is as good as `.caption`."""
    assert Sidecars(ext="caption") == Sidecars(ext=".caption")
    assert Sidecars(ext=".en.txt").ext == ".en.txt"


def test_another_mode_is_refused() -> None:
    """The message names those there are."""
    with pytest.raises(ConfigError, match="skip, overwrite, append, prepend"):
        Sidecars("merge")  # type: ignore[arg-type]
