"""The examples in the repository are what their script makes, and show what samples can be."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from captioner.vision.image import prepare
from captioner.vision.image_ref import ImageRef

EXAMPLES = Path(__file__).parents[1] / "examples"
IMAGES = sorted(path.name for path in (EXAMPLES / "images").iterdir())


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that draws the images."""
    spec = importlib.util.spec_from_file_location("make_examples", EXAMPLES / "make_examples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of freshly drawn images."""
    folder = tmp_path_factory.mktemp("examples")
    script.make(folder)
    return folder


@pytest.fixture(scope="module")
def samples() -> list[dict[str, Any]]:
    """The committed samples."""
    return [json.loads(line) for line in (EXAMPLES / "samples.jsonl").read_text().splitlines()]


def test_every_image_is_made_by_the_script(made: Path) -> None:
    """None is missing, none is left over."""
    assert sorted(path.name for path in made.iterdir()) == IMAGES


@pytest.mark.parametrize("name", IMAGES)
def test_committed_images_are_what_the_script_makes(name: str, made: Path) -> None:
    """The same picture in the same format; encoders may differ by a hair between versions."""
    with Image.open(EXAMPLES / "images" / name) as old, Image.open(made / name) as new:
        assert (old.format, old.size, old.getexif()) == (new.format, new.size, new.getexif())
        difference = ImageChops.difference(old.convert("RGB"), new.convert("RGB"))
    assert max(ImageStat.Stat(difference).mean) < 1


def test_one_image_lies_on_its_side() -> None:
    """It is sent upright; the others go through as they are."""
    for name in IMAGES:
        prepared = prepare((EXAMPLES / "images" / name).read_bytes(), name)
        assert prepared.converted == ("sideways" in name)
        if prepared.converted:
            assert prepared.height_px > prepared.width_px


def test_samples_use_every_image(samples: list[dict[str, Any]]) -> None:
    """Every path is right, seen from the folder of the samples."""
    used = set()
    for sample in samples:
        images = sample.get("images", [])
        for image in [images] if isinstance(images, str) else images:
            assert ImageRef.of(image, EXAMPLES).read(10**6)
            used.add(Path(image).name)
    assert used == set(IMAGES)


def test_samples_show_several_shapes(samples: list[dict[str, Any]]) -> None:
    """Two images in two chunks, plain text, a prompt of its own, no image, more fields."""
    images = [sample.get("images") for sample in samples]
    assert any(isinstance(given, list) and len(given) == 2 for given in images)
    assert any(isinstance(given, str) for given in images)
    assert None in images
    assert any("prompt" in sample for sample in samples)
    assert any(sample.keys() - {"text", "images", "prompt"} for sample in samples)
