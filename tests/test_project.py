"""What holds for the project as a whole: version, public names, sizes, and a true map of it."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import captioner

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "captioner"
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MAP = (ROOT / "docs" / "architecture.md").read_text("utf-8")
LONGEST_MODULE_LINES = 300


def _rooms() -> set[str]:
    """The modules and packages right below `captioner`."""
    return {
        path.stem
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__", "__main__"}


def test_the_version_is_said_once() -> None:
    """The package and its metadata agree."""
    assert captioner.__version__ == PYPROJECT["project"]["version"]


def test_the_public_names_are_sorted_and_there() -> None:
    """`__all__` is the surface: each name can be imported, and `dir` shows it."""
    assert captioner.__all__ == sorted(captioner.__all__)
    for name in captioner.__all__:
        assert getattr(captioner, name).__name__ == name
        assert name in dir(captioner)


def test_other_names_are_no_attributes() -> None:
    """A misspelt name fails at once, and says which."""
    with pytest.raises(AttributeError, match="Captionr"):
        captioner.Captionr  # noqa: B018


def test_modules_stay_short() -> None:
    """A module that outgrows the limit holds more than one idea."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert lengths
    assert not {path: n for path, n in lengths.items() if n > LONGEST_MODULE_LINES}


def test_every_room_has_its_layer() -> None:
    """The import rule knows every room, and no room that is gone."""
    (layers,) = (c for c in PYPROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    named = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    assert named == {f"captioner.{room}" for room in _rooms()}


def test_the_map_names_every_room() -> None:
    """docs/architecture.md has a line for each, in the order of the import rule."""
    (layers,) = (c for c in PYPROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    height = {
        name.strip().removeprefix("captioner."): -index
        for index, layer in enumerate(layers["layers"])
        for name in layer.split("|")
    }
    table = [Path(name).stem for name in re.findall(r"^\| `([\w/.]+)` \|", MAP, re.MULTILINE)]
    rooms = [name for name in table if name in height]
    assert set(rooms) == _rooms()
    assert [height[room] for room in rooms] == sorted(height[room] for room in rooms)


def test_the_map_names_no_file_that_is_gone() -> None:
    """Whatever looks like a path into the package is one."""
    paths = set(re.findall(r"`(\w+(?:/\w+)*(?:\.py|/))`", MAP))
    assert paths
    inside = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    names = {Path(path).name for path in inside}
    for path in paths:
        known = (PACKAGE / path).exists() or path in names
        assert known, path


def test_the_map_has_every_error_and_verdict() -> None:
    """Who dies of what, and what ends a run: the tables name all there are."""
    errors = importlib.import_module("captioner.errors")
    named = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and kind.__module__ == errors.__name__
    } - {"CaptionerError"}
    verdicts = re.findall(r"`(\w+)`", errors.RunStopped.__doc__.partition("`verdict`")[2])
    assert verdicts
    assert not [name for name in [*named, *verdicts] if f"`{name}`" not in MAP]


def test_the_changelog_is_kept() -> None:
    """What is not released yet stands on top, and every version after it has its heading."""
    headings = re.findall(
        r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE
    )
    assert headings[0] == "Unreleased"
    assert len(headings) == len(set(headings))
