"""`captioner endpoint` as a process, and the flags that are made from its options."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from captioner.commands.endpoint import add_arguments, endpoint_command
from captioner.endpoint.options import EndpointOptions
from captioner.errors import ConfigError

RUN = """
import argparse, sys
from captioner.commands.endpoint import add_arguments, endpoint_command
parser = argparse.ArgumentParser()
add_arguments(parser)
sys.exit(endpoint_command(parser.parse_args()))
"""
ROOT = Path(__file__).parents[2]


def parse(*words: str) -> argparse.Namespace:
    """The namespace of these words."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_every_option_is_a_flag() -> None:
    """Flags are the kebab-case of the options, and nothing given changes nothing."""
    given = vars(parse())
    assert given.keys() == EndpointOptions.model_fields.keys()
    assert set(given.values()) == {None}


def test_help_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Every flag is there with its explanation."""
    with pytest.raises(SystemExit):
        parse("--help")
    printed = capsys.readouterr().out
    assert "--tokens-per-minute" in printed
    assert "--no-decode" in printed


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--fault-share", "2"), "--fault-share"),
        (("--fault-kinds", "500,flood"), "--fault-kinds"),
        (("--latency-p99-s", "3"), "latency_s"),
        (("--port", "70000"), "--port"),
    ],
)
def test_what_makes_no_sense_is_a_config_error(words: tuple[str, ...], named: str) -> None:
    """The error names the flag, before anything is opened."""
    with pytest.raises(ConfigError, match=named):
        endpoint_command(parse(*words))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """It says where it is, answers with its options, and ends with 0 and no word more."""
    words = ["--models", "a,b", "--fault-kinds", "500,reset", "--no-decode"]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert process.stdout
        line = process.stdout.readline()
        base_url = line.rpartition(" ")[2].strip()
        with urllib.request.urlopen(f"{base_url}/models", timeout=10) as response:
            cards: dict[str, Any] = json.load(response)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert line == f"Rehearsal endpoint ready at {base_url}\n"
    assert [card["id"] for card in cards["data"]] == ["a", "b"]
    assert (process.returncode, out, err) == (0, "", "")
