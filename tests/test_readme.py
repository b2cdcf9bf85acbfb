"""The README says what is so: its commands, its Python and its examples are run as they stand.

They run in a folder that looks like a user's, with the interpreter of the tests, against rehearsal
endpoints: OPENAI_BASE_URL points to one that wants the README's key, and addresses of other
servers are replaced. The commands that install are run by `.ci/run`, and what it does is held here.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
KEY = "your-key"
OPEN_SERVERS = ("http://localhost:8000/v1", "http://localhost:11434/v1")
KEYED_SERVERS = ("https://your-resource.openai.azure.com/openai/v1",)

DOCKER = f"""#!{sys.executable}
import os, sys
command, words = sys.argv[1], sys.argv[2:]
if command == "build":
    sys.exit(not os.path.isfile(words[words.index("-f") + 1]) or words[-1] != ".")
assert command == "run", command
assert os.getcwd() + ":/data" in words, words
words = words[words.index("captioner"):]
os.execvp(words[0], words)
"""
"""Stands for docker: looks at what it is told, and runs the image's entry point in the folder."""


@dataclass(frozen=True)
class Block:
    """A fenced block, the comment that marks it (empty: none), and the heading it stands under."""

    section: str
    marker: str
    language: str
    text: str


def _blocks() -> list[Block]:
    found = []
    pattern = re.compile(
        r"^## (?P<section>[^\n]+)$"
        r"|(?:^<!-- (?P<marker>[^\n]+) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
        re.MULTILINE | re.DOTALL,
    )
    section = ""
    for match in pattern.finditer(README):
        section = match["section"] or section
        if match["language"]:
            found.append(Block(section, match["marker"] or "", match["language"], match["text"]))
    return found


BLOCKS = _blocks()
COMMANDS = [b for b in BLOCKS if b.language == "sh" and b.marker in ("", "docker")]
PYTHON = [b for b in BLOCKS if b.language == "python"]
SERVERS = {
    after: before for before, after in itertools.pairwise(BLOCKS) if before.marker == "background"
}


def _marked(marker: str) -> str:
    (block,) = (b for b in BLOCKS if b.marker == marker)
    return block.text


def _named(block: Block) -> str:
    return f"{block.section}-{[b for b in BLOCKS if b.section == block.section].index(block)}"


@contextmanager
def _serving(words: list[str]) -> Iterator[str]:
    """A rehearsal endpoint of its own process; gives its base URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "captioner", "endpoint", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """What stands for each address of the README; the empty one is OpenAI's."""
    with (
        _serving(["--models", "rehearsal,*"]) as opened,
        _serving(["--models", "gpt-4.1-mini,*", "--api-key", KEY]) as keyed,
    ):
        yield {
            "": keyed,
            **dict.fromkeys(OPEN_SERVERS, opened),
            **dict.fromkeys(KEYED_SERVERS, keyed),
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone in which captioner is installed, with photos in it."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(ROOT / "examples" / "images", tmp_path / "photos")
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    python = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}"'
    for name, script in {
        "python3": f'{python} "$@"\n',
        "captioner": f'{python} -m captioner "$@"\n',
        "docker": DOCKER,
    }.items():
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    return tmp_path


def _run(
    folder: Path, command: list[str], addresses: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": f"{folder}/.venv/bin:{os.defpath}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": addresses[""],
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def _lay_files(folder: Path, section: str) -> None:
    for block in BLOCKS:
        kind, _, name = block.marker.partition(": ")
        if kind == "file" and block.section == section:
            (folder / name).write_text(block.text, "utf-8")


def _lay_failures(folder: Path, addresses: dict[str, str]) -> None:
    """An earlier run with one failure, whose cause was mended since."""
    photo = folder / "photos" / "broken.jpg"
    photo.write_bytes(b"no image")
    words = "captioner run photos captions.jsonl --mode caption --model gpt-4.1-mini --quiet"
    assert _run(folder, words.split(), addresses).returncode == 1
    shutil.copy(folder / "photos" / "lake.jpg", photo)


def _lay_tables(folder: Path) -> None:
    """The photos as tables, and a part of them as samples."""
    paths = sorted(path.name for path in (folder / "photos").iterdir())
    lines = ["image", *(f"photos/{name}" for name in paths)]
    (folder / "photos.csv").write_text("\n".join(lines) + "\n", "utf-8")
    pyarrow.parquet.write_table(
        pyarrow.table({"image": [(folder / "photos" / name).read_bytes() for name in paths]}),
        folder / "photos.parquet",
    )
    if not (folder / "samples.jsonl").exists():
        samples = [{"text": "<__dj__image>", "images": [f"photos/{name}"]} for name in paths]
        rows = "".join(json.dumps(sample) + "\n" for sample in samples)
        (folder / "samples.jsonl").write_text(rows, "utf-8")


@pytest.mark.parametrize("block", COMMANDS, ids=_named)
def test_every_command_works(block: Block, folder: Path, addresses: dict[str, str]) -> None:
    """A user's folder, the command as written: it succeeds, and every image has a caption."""
    _lay_files(folder, block.section)
    if "captioner failures" in block.text or "captioner retry" in block.text:
        _lay_failures(folder, addresses)
    _lay_tables(folder)
    script = block.text
    for written, used in addresses.items():
        script = script.replace(written, used) if written else script
    if block in SERVERS:
        server = SERVERS[block].text.split()
        port = server[server.index("--port") + 1]
        words = ["0" if word == port else word for word in server[2:]]
        with _serving(words) as address:
            script = script.replace(f"http://localhost:{port}/v1", address)
            done = _run(folder, ["sh", "-e", "-c", script], addresses)
    else:
        done = _run(folder, ["sh", "-e", "-c", script], addresses)
    assert not re.search(r"https?://(?!127\.0\.0\.1)", script), "this would leave the machine"
    assert done.returncode == 0, done.stderr
    for output in re.findall(r"(?:captioner run \S+|>) (\S+\.jsonl)", script):
        rows = (folder / output).read_text("utf-8").splitlines()
        assert rows
        assert not [row for row in rows if json.loads(row).get("caption", "") is None]


@pytest.mark.parametrize("block", PYTHON, ids=_named)
def test_every_python_example_works(block: Block, folder: Path, addresses: dict[str, str]) -> None:
    """Run as a script from a folder with photos, it ends well and prints something."""
    (folder / "example.py").write_text(block.text, "utf-8")
    done = _run(folder, ["python3", "-W", "error", "example.py"], addresses)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not done.stderr


def test_the_first_command_may_be_run_again(folder: Path, addresses: dict[str, str]) -> None:
    """Apart from installing: captions for all examples, the second time at no cost."""
    command = _marked("command: try").split(" && ")[-1]
    first = _run(folder, ["sh", "-c", command], addresses)
    rows = (folder / "rehearsal.jsonl").read_text("utf-8").splitlines()
    assert first.returncode == 0, first.stderr
    assert len(rows) == len(list((ROOT / "examples" / "images").iterdir()))
    again = _run(folder, ["sh", "-c", command], addresses)
    assert again.returncode == 0
    assert "complete already" in again.stderr


@pytest.mark.parametrize("name", ["try", "test"])
def test_the_two_commands_make_their_own_environment(name: str) -> None:
    """One line each, independent of the other, and nothing is installed outside `.venv`."""
    command = _marked(f"command: {name}").rstrip("\n")
    assert "\n" not in command
    make, *rest = command.split(" && ")
    assert make == "python3 -m venv .venv"
    assert len(rest) == 2
    assert all(part.startswith(".venv/bin/") for part in rest)


def test_the_row_that_is_shown_is_one(folder: Path, addresses: dict[str, str]) -> None:
    """The README's example of a row has the fields of a real one, and names the same image."""
    examples = [b.text for b in BLOCKS if b.language == "json"]
    shown = json.loads(examples[0])
    words = "captioner run photos/lake.jpg row.jsonl --rehearse --mode caption --quiet"
    assert _run(folder, words.split(), addresses).returncode == 0
    real = json.loads((folder / "row.jsonl").read_text("utf-8"))
    assert list(shown) == list(real)
    assert {**shown, "caption": ""} == {**real, "caption": ""}


def test_every_flag_that_is_named_exists(folder: Path, addresses: dict[str, str]) -> None:
    """In text, tables and commands alike, those of other programs aside."""
    known = {"--rm", "--user", "--stop-timeout", "--read-only", "--tmpfs", "--cap-drop"}  # docker's
    for command in ("run", "worker", "endpoint", "failures", "retry", "merge"):
        shown = _run(folder, ["captioner", command, "--help"], addresses).stdout
        known |= set(re.findall(r"--[a-z0-9-]+", shown))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", re.sub("<!--|-->", "", README)))
    assert named
    assert named <= known


def test_every_link_leads_to_a_file() -> None:
    """Links within the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
