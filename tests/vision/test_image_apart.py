"""A rare format is decoded in a process of its own, and whatever becomes of that is one failure."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from captioner.errors import PlaceholderError
from captioner.vision import image_apart
from captioner.vision.image import ImagePolicy, prepare
from captioner.vision.image_apart import prepare_apart

POLICY = ImagePolicy(max_side_px=20)


def rare(form: str = "SGI") -> bytes:
    """A red picture in a format that few have."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["SGI", "JPEG2000", "ICNS", "DDS"])
def test_it_is_prepared_as_here(form: str) -> None:
    """Size, policy and colours are the same as for any other image."""
    prepared = prepare(rare(form), "a", policy=POLICY)
    assert prepared.mime == "image/jpeg"
    assert prepared.converted
    assert max(prepared.width_px, prepared.height_px) == 20
    with Image.open(io.BytesIO(prepared.data)) as picture:
        assert picture.size == (prepared.width_px, prepared.height_px)


def test_a_damaged_tiff_says_nothing_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    """libtiff complains there of its own accord, which would tear up the progress display."""
    out = io.BytesIO()
    Image.effect_noise((60, 60), 50).save(out, "TIFF", compression="tiff_lzw")
    prepare(out.getvalue(), "whole.tiff", policy=POLICY)
    source = bytearray(out.getvalue())
    source[40:2000] = bytes(1960)
    with pytest.raises(PlaceholderError, match="unreadable_image"):
        prepare(bytes(source), "odd.tiff", policy=POLICY)
    assert capfd.readouterr().err == ""


def test_an_error_there_is_the_same_error_here() -> None:
    """With its reason and the file's name."""
    with pytest.raises(PlaceholderError, match=r"cut\.sgi cannot be decoded") as caught:
        prepare_apart(rare()[:600], "cut.sgi", None, None, POLICY)
    assert caught.value.reason == "unreadable_image"


def test_one_that_takes_too_long_is_ended() -> None:
    """No image holds up a run."""
    with pytest.raises(PlaceholderError, match=r"slow\.sgi takes more than 0\.01 s") as caught:
        prepare_apart(rare(), "slow.sgi", None, None, POLICY, deadline_s=0.01)
    assert caught.value.reason == "too_large"


def test_one_that_crashes_costs_one_placeholder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that asked goes on."""
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\ncat > /dev/null\nkill -SEGV $$\n")
    crashing.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(crashing))
    with pytest.raises(PlaceholderError, match=r"odd\.sgi cannot be decoded: its decoder ended"):
        prepare_apart(rare(), "odd.sgi", None, None, POLICY)


def test_it_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process gets no key from the environment."""
    spy, seen = tmp_path / "python", tmp_path / "seen"
    spy.write_text(f"#!/bin/sh\nenv > {seen}\ncat > /dev/null\n")
    spy.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(spy))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with pytest.raises(PlaceholderError):
        prepare_apart(rare(), "a.sgi", None, None, POLICY)
    assert "PYTHONPATH" in seen.read_text()
    assert "sk-secret" not in seen.read_text()


def test_what_is_no_image_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder full of other files is gone through quickly."""

    def start(*_: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(image_apart, "prepare_apart", start)
    for source in (b"text", b"\0" * 5000, b"PK\3\4" + bytes(60), bytes(range(256)) * 40):
        with pytest.raises(PlaceholderError, match="unsupported_image"):
            prepare(source, "a")
