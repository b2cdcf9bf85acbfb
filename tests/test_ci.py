"""What `.ci/run` promises: it runs the README's own commands, and no failure is masked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

STEPS = {
    "README: caption the examples": "readme try",
    "the installed package is whole": "python -I*",
    "Debian's Redis": "dpkg*redis-server|apt-get*redis-server",
    "Debian's browser": "dpkg*chromium|apt-get*chromium",
    "README: test": "readme test",
    "install the linters": "pip *",
    "ruff check": "ruff check *",
    "ruff format": "ruff format *",
    "mypy": "python -m mypy *",
    "import rules": "lint-imports*",
    "Debian's linters": "dpkg*shellcheck|apt-get*shellcheck",
    "deploy/": "lint.sh*",
}
"""Step, and how the stub is called in it."""

STUB = """#!/bin/sh
call="$(basename "$0") $*"
echo "$call" | head -n 1 >> log
case "$call" in {failing}) exit 1;; esac
"""

README = """
```sh
echo not this >> log
```

<!-- command: try -->
```sh
mkdir -p .venv/bin
for name in python pip ruff lint-imports readme; do cp stub .venv/bin/$name; done
.venv/bin/readme try
echo tried >> log
```

<!-- command: test -->
```sh
.venv/bin/readme test
echo "tested $CAPTIONER_NEEDS_REDIS $CAPTIONER_NEEDS_CHROMIUM" >> log
```

```sh
echo nor this >> log
```
"""


def _run(folder: Path, readme: str, failing: str = "none") -> subprocess.CompletedProcess[str]:
    """`.ci/run` in a tree whose README makes an environment of stubs; `failing` calls exit 1."""
    for name in (".ci", "captioner", "tests"):
        (folder / name).mkdir()
        (folder / name / "module.py").touch()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (folder / "stub").write_text(STUB.format(failing=failing))
    (folder / "stub").chmod(0o755)
    (folder / "README.md").write_text(readme)
    (folder / "deploy").mkdir()
    (folder / "bin").mkdir()
    for name in ("bin/dpkg", "bin/apt-get", "deploy/lint.sh"):
        shutil.copy(folder / "stub", folder / name)
    return subprocess.run(
        ["bash", ".ci/run"],
        cwd=folder,
        env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_runs_the_commands_of_the_readme(tmp_path: Path) -> None:
    """Exactly the two that are marked, taken from the README and not a copy; then the linters."""
    done = _run(tmp_path, README)
    assert done.returncode == 0, done.stdout + done.stderr
    log = (tmp_path / "log").read_text().splitlines()
    assert [line for line in log if not line.startswith("python -I")] == [
        "readme try",
        "tried",
        "dpkg --status redis-server",
        "dpkg --status chromium",
        "readme test",
        "tested 1 1",
        "pip install -q -e .[lint]",
        "ruff check .",
        "ruff format --check .",
        "python -m mypy captioner tests",
        "lint-imports ",
        "dpkg --status prometheus",
        "dpkg --status shellcheck",
        "lint.sh ",
    ]


def test_it_installs_what_is_missing_of_debian(tmp_path: Path) -> None:
    """And nothing else, asking nobody."""
    done = _run(tmp_path, README, failing=r"dpkg\ *shellcheck")
    assert done.returncode == 0, done.stdout + done.stderr
    log = (tmp_path / "log").read_text().splitlines()
    assert [line for line in log if line.startswith("apt-get")] == [
        "apt-get -qq update",
        "apt-get -qq install --no-install-recommends shellcheck",
    ]


@pytest.mark.parametrize("step", STEPS)
def test_it_fails_where_a_step_fails(step: str, tmp_path: Path) -> None:
    """Whichever it is: the others still run, it is named, and the exit status says so."""
    pattern = STEPS[step].replace(" ", r"\ ")
    done = _run(tmp_path, README, failing=pattern)
    assert done.returncode == 1
    assert re.findall("^FAILED: (.*)$", done.stdout, re.MULTILINE) == [step]
    assert re.findall("^== (.*)$", done.stdout, re.MULTILINE) == list(STEPS)


def test_it_fails_without_the_commands(tmp_path: Path) -> None:
    """A README whose marks were lost is no README whose commands pass."""
    done = _run(tmp_path, README.replace("<!--", "<!"))
    assert done.returncode == 1
    assert "has no command 'try'" in done.stderr
    assert "has no command 'test'" in done.stderr


def test_it_can_be_executed() -> None:
    """As it is called by hand."""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_real_readme_has_the_marks() -> None:
    """Each of them once, before a block of shell."""
    text = (ROOT / "README.md").read_text("utf-8")
    for name in ("try", "test"):
        assert text.count(f"<!-- command: {name} -->\n```sh\n") == 1
