"""A file's first bytes say what it is, and its marks how it must be decoded."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from captioner.vision.image_formats import (
    format_of,
    has_too_many_pieces,
    is_buffered_jpeg,
    slow_scans,
    stranger,
)

ROOT = Path(__file__).parents[2]


def encoded(form: str, **options: Any) -> bytes:
    """A small picture as a file of this format."""
    out = io.BytesIO()
    Image.effect_noise((40, 30), 50).convert("RGB").save(out, form, **options)
    return out.getvalue()


def brands(major: bytes, *others: bytes) -> bytes:
    """The start of a file of the family of MP4."""
    size_bytes = 16 + 4 * len(others)
    return struct.pack(">I", size_bytes) + b"ftyp" + major + bytes(4) + b"".join(others) + bytes(99)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_formats_are_told_by_their_bytes(form: str) -> None:
    """Whatever a file is called."""
    assert format_of(encoded(form)) == form


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (brands(b"heic", b"mif1", b"heic"), "HEIF"),
        (brands(b"mif1", b"heic"), "HEIF"),
        (brands(b"mif1"), "HEIF"),
        (brands(b"mif1", b"avif"), "AVIF"),
        (brands(b"avis", b"msf1"), "AVIF"),
        (brands(b"isom", b"mp42"), None),
        (b"", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"text", None),
    ],
)
def test_families_that_share_a_container_are_kept_apart(source: bytes, form: str | None) -> None:
    """HEIC, AVIF and films begin alike."""
    assert format_of(source) == form


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (brands(b"isom", b"mp42"), "a film"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b"  <!DOCTYPE html>", "an HTML page"),
        (b"<!-- drawn -->\n<svg/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"hello", None),
    ],
)
def test_strangers_have_names(source: bytes, name: str | None) -> None:
    """A message says what a file is rather than what it is not."""
    assert stranger(source) == name


def test_a_jpeg_in_several_scans_is_known_by_its_marks() -> None:
    """Its decoder keeps the whole picture in memory, which one scan does not need."""
    assert not is_buffered_jpeg(encoded("JPEG"))
    assert not is_buffered_jpeg(encoded("JPEG", exif=b"Exif\0\0" + encoded("JPEG")))
    assert is_buffered_jpeg(encoded("JPEG", progressive=True))
    assert is_buffered_jpeg(encoded("JPEG")[:30])
    assert not is_buffered_jpeg(encoded("PNG"))


def test_only_too_many_scans_for_the_pixels_are_slow() -> None:
    """A few hundred do no harm to a thumbnail."""
    source = encoded("JPEG", progressive=True) + b"\xff\xda" * 300
    assert slow_scans("JPEG", source, 100 * 100) is None
    assert slow_scans("JPEG", source, 12_000_000) == 310
    assert slow_scans("JPEG", encoded("JPEG", progressive=True), 170_000_000) is None


def test_ordinary_files_are_not_in_pieces() -> None:
    """Nor is one that is cut where a length should be."""
    for form in ("JPEG", "PNG"):
        source = encoded(form)
        assert not any(has_too_many_pieces(form, source[:length]) for length in range(len(source)))
        assert not has_too_many_pieces(form, source)


def test_the_page_about_images_has_the_costs_of_today() -> None:
    """Its table is the one that the formulas give."""
    command = [sys.executable, "-m", "benchmarks.image_costs"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told in (ROOT / "docs" / "images.md").read_text()
