"""The locks of the image fit to the project: what they pin is enough, and is what it asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("requirements.lock", "build.lock")
PLATFORMS = [{"sys_platform": "linux", "platform_machine": name} for name in ("x86_64", "aarch64")]

ENTRY = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[\w.+!]+)(?: ; (?P<marker>[^\\\n]+?))? \\\n"
    r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


def _text(lock: str) -> str:
    return (DEPLOY / lock).read_text("utf-8")


def _pinned(lock: str, platform: dict[str, str]) -> dict[str, str]:
    """Name and version of what is installed there."""
    return {
        canonicalize_name(entry["name"]): entry["version"]
        for entry in ENTRY.finditer(_text(lock))
        if entry["marker"] is None or Marker(entry["marker"]).evaluate(dict(platform))
    }


def _extras() -> list[str]:
    """Those that the image has, as the lock itself says."""
    words = re.search(r"^#    deploy/lock.sh (.+)$", _text("requirements.lock"), re.MULTILINE)
    assert words
    return words[1].split()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_with_hashes(lock: str) -> None:
    """And nothing else: no address, no option, no range of versions."""
    rest = ENTRY.sub("", _text(lock))
    assert all(line.startswith("#") for line in rest.splitlines()), rest
    assert "://" not in _text(lock)


def test_the_image_has_what_it_is_for() -> None:
    """Workers, tables and buckets."""
    assert {"worker", "parquet", "s3"} <= set(_extras())


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform["platform_machine"])
def test_the_project_is_satisfied(platform: dict[str, str]) -> None:
    """Every requirement of the project and of the image's extras has a pin within its range; after
    a change there, run deploy/lock.sh."""
    project = PYPROJECT["project"]
    wanted = [*project["dependencies"]]
    for extra in _extras():
        wanted += project["optional-dependencies"][extra]
    pinned = _pinned("requirements.lock", platform)
    for requirement in map(Requirement, wanted):
        assert pinned.get(canonicalize_name(requirement.name), "0") in requirement.specifier


def test_the_builder_is_satisfied() -> None:
    """Also what makes captioner's own wheel is pinned."""
    for requirement in map(Requirement, PYPROJECT["build-system"]["requires"]):
        assert _pinned("build.lock", PLATFORMS[0])[requirement.name] in requirement.specifier
