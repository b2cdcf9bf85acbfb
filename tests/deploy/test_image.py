"""What the container image promises, as far as its Dockerfile tells without building it.

`deploy/build_image.sh` really builds it, and runs it.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, TypeAlias

from captioner.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

Stage: TypeAlias = list[tuple[str, str]]
"""Instructions and what follows them, the first being FROM."""


def _stages() -> list[Stage]:
    lines = [line for line in TEXT.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    stages: list[Stage] = []
    for line in filter(str.strip, joined.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest.strip()))
    return stages


STAGES = _stages()
FINAL = STAGES[-1]


def _last(word: str) -> str:
    return [rest for instruction, rest in FINAL if instruction == word][-1]


def test_it_does_not_run_as_root() -> None:
    """The user is a number that is not 0, so that a cluster can tell; nothing comes after it."""
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", _last("USER"))
    after = [word for word, _ in FINAL[FINAL.index(("USER", _last("USER"))) :]]
    assert not {"RUN", "COPY", "ADD"} & set(after)


def test_the_command_is_the_entry_point() -> None:
    """Without a shell in between, which would keep SIGTERM from it; alone it shows its help."""
    assert json.loads(_last("ENTRYPOINT")) == list(PYPROJECT["project"]["scripts"])
    assert json.loads(_last("CMD")) == ["--help"]
    assert _last("STOPSIGNAL") == "SIGTERM"


def test_its_health_is_asked_without_a_shell() -> None:
    """By captioner itself: there is no curl in it."""
    _, _, command = _last("HEALTHCHECK").partition(" CMD ")
    assert json.loads(command) == ["captioner", "ctl", "health"]


def test_the_base_is_slim_and_fits() -> None:
    """All stages stand on one slim image, of a Python that the package takes."""
    bases = {stage[0][1].split()[0] for stage in STAGES}
    (base,) = bases
    version = re.fullmatch(r"python:3\.(\d+)-slim", base)
    assert version
    least = re.fullmatch(r">=3\.(\d+)", PYPROJECT["project"]["requires-python"])
    assert least
    assert int(version[1]) >= int(least[1])
    classifiers = PYPROJECT["project"]["classifiers"]
    assert f"Programming Language :: Python :: 3.{version[1]}" in classifiers


def test_any_builder_can_build_it() -> None:
    """Nothing that only BuildKit knows."""
    assert "# syntax" not in TEXT
    assert not re.search(r"--mount|--link|--chmod|--security|--network|<<", TEXT)


def test_no_cache_is_left() -> None:
    """Neither pip's nor a package list's, and no build tool comes along."""
    runs = [rest for stage in STAGES for word, rest in stage if word == "RUN"]
    assert runs
    for run in runs:
        for install in re.findall(r"pip install.*?(?=&&|$)", run):
            assert "--no-cache-dir" in install
        assert "apt-get" not in run
    copied = [rest for word, rest in FINAL if word == "COPY"]
    assert copied
    assert all(rest.startswith("--from=build /install ") for rest in copied)


def test_it_is_pinned() -> None:
    """Nothing is installed but what a lock names with its hash, and the clone itself, which looks
    for nothing else: neither at run time nor to be built."""
    installs = [
        install
        for stage in STAGES
        for word, rest in stage
        if word == "RUN"
        for install in re.findall(r"pip install.*?(?=&&|$)", rest)
    ]
    *locked, itself = installs
    assert {re.search(r"-r (\S+)", install)[1] for install in locked} == {  # type: ignore[index]
        "build.lock",
        "requirements.lock",
    }
    assert all("--require-hashes" in install for install in locked)
    assert {"--no-deps", "--no-build-isolation", "."} <= set(itself.split())


def test_what_is_copied_is_let_through() -> None:
    """The builder is given what the package is made of, and nothing else: no key, no history."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_through = {line[1:] for line in rules if line.startswith("!")}
    copied = {
        name
        for word, rest in STAGES[0]
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)
    project = PYPROJECT["project"]
    needed = {"captioner", "pyproject.toml", project["readme"], *project["license-files"]}
    assert {name.partition("/")[0] for name in needed} <= copied
    assert not {name for name in copied if name.startswith("deploy/") and ".lock" not in name}


def test_it_says_what_it_is() -> None:
    """By the labels that registries show."""
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]+)"', _last("LABEL")))
    assert labels["title"] == PYPROJECT["project"]["name"]
    assert labels["licenses"] == PYPROJECT["project"]["license"]
    assert labels["description"]


def test_the_readme_gives_it_time_to_drain() -> None:
    """The time-out of the stop is longer than what a drain may take."""
    readme = (ROOT / "README.md").read_text("utf-8")
    times = [int(time) for time in re.findall(r"--stop-timeout (\d+)", readme)]
    assert times
    assert min(times) > Settings().drain_timeout_s
