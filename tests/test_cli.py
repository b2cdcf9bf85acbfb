"""The command line: what it understands, what it refuses, and what it keeps to itself."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import captioner
from captioner import cli
from captioner.commands import secrecy
from captioner.commands.arguments import RunArguments
from captioner.settings import Settings, secrets

Call = tuple[RunArguments, Settings]
ROOT = Path(__file__).parents[1]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Call]:
    """What `run` was called with, in a folder and an environment of its own."""
    made: list[Call] = []

    def run_command(arguments: RunArguments, settings: Settings) -> int:
        made.append((arguments, settings))
        return 1

    module: Any = types.ModuleType("captioner.commands.run")
    module.run_command = run_command
    monkeypatch.setitem(sys.modules, "captioner.commands.run", module)
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return made


def test_run_hands_over_words_and_settings(calls: list[Call]) -> None:
    """What is no setting comes as RunArguments; the command's status is the process's."""
    words = "run in out --limit 3 --state-dir s --restart --quiet --max-token 7 --no-reuse-captions"
    assert cli.main(words.split()) == 1
    arguments, settings = calls[0]
    assert arguments == RunArguments("in", "out", 3, Path("s"), None, True, True, False)
    assert (settings.max_token, settings.reuse_captions) == (7, False)


def test_what_is_not_given_is_the_default(calls: list[Call]) -> None:
    """A bare run has the settings of a bare Settings, and dashes stand for the streams."""
    cli.main(["run", "-", "-"])
    assert calls == [(RunArguments("-", "-"), Settings())]


def test_every_setting_has_a_flag(calls: list[Call]) -> None:
    """Each flag is the kebab-case of its field, and its value arrives verbatim."""
    Path("prompt").write_text("p")
    given = {
        "mode": "custom",
        "system_prompt": ' - "null", [1]\n',
        "user_prompt_file": "prompt",
        "user_prompt_key": "null",
        "max_token": "9",
        "temperature": "0.5",
        "detail": "high",
        "extra_body": '{"top_p": 1}',
        "base_url": "localhost:1",
        "model": "m",
        "endpoint_id": "e",
        "api_key": "k",
        "api_key_file": "f",
        "auth_header": "api-key",
        "extra_headers": '{"A": "b, c"}',
        "format": "csv",
        "output_format": "parquet",
        "image_bytes_key": "y",
        "resize": "never",
        "max_side": "500",
        "image_tokens": "400",
        "alpha_background": "black",
        "text_key": "t",
        "image_key": "i",
        "image_special_token": "<i>",
        "eoc_special_token": "<e>",
        "placeholders": "add",
        "image_base": "b",
        "rows": "captions",
        "any_or_all": "all",
        "captions_key": "c",
        "conversations_key": "d",
        "accept": "looped,truncated",
        "concurrency": "5",
        "max_concurrency": "6",
        "requests_per_minute": "7",
        "tokens_per_minute": "8",
        "max_attempts": "2",
        "request_timeout_s": "3",
        "connect_timeout_s": "4",
        "first_byte_timeout_s": "5",
        "fetch_concurrency": "7",
        "fetch_timeout_s": "8",
        "image_root": "s3://bucket/photos",
        "sample_deadline_s": "6",
        "patience_s": "7",
        "drain_timeout_s": "5",
        "sample_window": "6",
        "tokenizer": "t",
        "max_failed_share": "0.1",
        "max_cost": "1.5",
        "max_requests": "10",
        "max_total_tokens": "11",
        "price_input": "2",
        "price_output": "8",
        "durability": "normal",
    }
    words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    cli.main(
        [
            "run",
            *words,
            "--no-keep-original-sample",
            "--no-reuse-captions",
            "--no-allow-local-files",
            "--allow-private-urls",
            "--send-urls",
            "in",
            "out",
        ]
    )
    settings = calls[0][1]
    unset = {"system_prompt_file", "user_prompt"}
    switches: dict[str, Any] = {
        "keep_original_sample": False,
        "reuse_captions": False,
        "allow_local_files": False,
        "allow_private_urls": True,
        "send_urls": True,
    }
    assert given.keys() | switches.keys() | unset == set(Settings.model_fields)
    assert settings == Settings(**given, **switches)  # type: ignore[arg-type]
    assert settings.system_prompt == given["system_prompt"]
    assert settings.user_prompt_key == "null"


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ([], True),
        (["--keep-original-sample"], True),
        (["--no-keep-original-sample"], False),
        (["--keep-original-sample", "false"], False),
        (["--keep-original-sample=No"], False),
        (["--keep-original-sample", "true"], True),
        (["--no-keep-original-sample", "--keep-original-sample"], True),
    ],
)
def test_a_switch_can_be_written_in_every_usual_way(
    calls: list[Call], words: list[str], kept: bool
) -> None:
    """As --x, --no-x, --x true or --x=no, before the files as well as after them."""
    for line in (["run", *words, "in", "out"], ["run", "in", "out", *words]):
        cli.main(line)
        assert calls.pop()[1].keep_original_sample is kept


def test_flags_that_hold_many_can_be_repeated(calls: list[Call]) -> None:
    """Lists and objects of the same flag are joined."""
    words = ["--accept", "looped", "--accept", "refused"]
    words += ["--extra-headers", '{"A": "1"}', "--extra-headers", '{"B": "2"}']
    cli.main(["run", "in", "out", *words])
    assert calls[0][1].accept == {"looped", "refused"}
    assert calls[0][1].extra_headers.keys() == {"A", "B"}


def test_config_and_env_file_are_read(calls: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both flags reach the loading, below environment and flags; what is a worker's does not."""
    Path("c.toml").write_text("max_token = 1\nmax_attempts = 1\nsample_window = 1")
    Path("e.env").write_text("CAPTIONER_MAX_ATTEMPTS=2\n")
    monkeypatch.setenv("CAPTIONER_SAMPLE_WINDOW", "3")
    cli.main(["run", "in", "out", "--config", "c.toml", "--env-file", "e.env"])
    settings = calls[0][1]
    assert (settings.max_token, settings.max_attempts, settings.sample_window) == (1, 2, 3)
    Path("c.toml").write_text("max_token = 4\n[profiles.night]\nmax_token = 5\nnosuch = 1\n")
    monkeypatch.setenv("CAPTIONER_WORKER_QUEUE", "spool:x")
    cli.main(["run", "in", "out", "--config", "c.toml"])
    assert calls[1][1].max_token == 4


@pytest.mark.parametrize("words", [["--rehearse"], ["--base-url", "embedded"]])
def test_a_rehearsal_has_two_spellings(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Both win over the environment, and both say so in the arguments."""
    monkeypatch.setenv("CAPTIONER_BASE_URL", "https://h.example")
    cli.main(["run", "in", "out", *words])
    assert calls[0][0].rehearse
    assert calls[0][1].base_url == "embedded"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run in", "required: OUTPUT"),
        ("run in out more", "one word too many: 'more'"),
        ("run in out --max-tokens 5", "unknown flag --max-tokens; did you mean --max-token?"),
        ("run in out --max_token 5", "unknown flag --max_token; did you mean --max-token?"),
        ("run in out --api-kye=sk-1", "unknown flag --api-kye; did you mean --api-key?"),
        ("run in out --api-kye sk-1", "unknown flag --api-kye; did you mean --api-key?"),
        ("run in out --qui", "unknown flag --qui"),
        ("run in out --limit 0", "--limit: must be an integer of at least 1, not '0'"),
        ("run in out --limit x", "--limit: must be an integer of at least 1, not 'x'"),
        ("run in out --api-key", "--api-key: expected one argument"),
        ("run in out --max-token 0", "--max-token: must be an integer of at least 1, not '0'"),
        ("run in out --mode x", "--mode: must be reasoning, description,"),
        ("run in out --config no.toml", "no.toml cannot be read"),
        ("run in out --env-file no.env", "no.env cannot be read"),
        ("run in out --rehearse --base-url localhost:1", "--rehearse and --base-url"),
        ("run in out --extra-headers sk-1", "--extra-headers: must be a JSON object"),
        ("ran in out", "invalid choice: 'ran'"),
        ("endpoint --prot 1", "unknown flag --prot; did you mean --port?"),
        ("", "usage: captioner"),
    ],
)
def test_wrong_usage_exits_2_with_a_word_about_it(
    calls: list[Call], capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    """The message says what is wrong and where help is, on standard error, without secrets."""
    assert cli.main(line.split()) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert "sk-1" not in err
    assert not out
    assert not calls


def test_help_names_every_flag_and_default(
    calls: list[Call], capsys: pytest.CaptureFixture[str]
) -> None:
    """`run --help` is the reference of the settings."""
    assert cli.main(["run", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')}" in text
    assert "(an integer of at least 1; default: 500)" in text
    assert "Endpoint and key:" in text


def test_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on standard output."""
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"captioner {captioner.__version__}\n"


def test_endpoint_is_handed_its_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flags and command both come from the endpoint's own module."""
    import captioner.commands.endpoint as endpoint

    seen: list[argparse.Namespace] = []

    def command(args: argparse.Namespace) -> int:
        seen.append(args)
        return 0

    monkeypatch.setattr(endpoint, "endpoint_command", command)
    assert cli.main(["endpoint", "--port", "8123"]) == 0
    assert seen[0].port == 8123


def test_an_interruption_before_the_run_has_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C while settings are read ends without a traceback."""

    def interrupted(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_dispatch", interrupted)
    assert cli.main(["run"]) == 130


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    """`captioner --help` answers at once: what is heavy is not even imported."""
    code = (
        "import json, sys; from captioner.cli import main; main(sys.argv[1:]);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "captioner.cli" in loaded
    assert not loaded & {"aiohttp", "transformers", "PIL", "rich", "tokenizers", "pydantic"}


def test_the_settings_flags_import_nothing_heavy() -> None:
    """`captioner run --help` needs the settings, and nothing of the run itself."""
    code = (
        "import json, sys; from captioner.cli import main; main(['run', '--help']);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "pydantic_settings" in loaded
    assert not loaded & {"aiohttp", "transformers", "PIL", "rich", "tokenizers", "setproctitle"}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["--api-key", "sk-1"], "captioner run in out --api-key ***"),
        (["--api-key=sk-1"], "captioner run in out --api-key=***"),
        (["--extra-headers", '{"A": "sk-1"}'], "captioner run in out --extra-headers ***"),
        (
            ["--base-url", "https://h.example/v1?code=sk-1"],
            "captioner run in out --base-url https://h.example/v1?***",
        ),
    ],
)
def test_a_secret_flag_leaves_the_process_title(words: list[str], title: str) -> None:
    """Anyone on the machine can read the titles of processes; the key is not in it."""
    code = """if True:
        import pathlib, sys, types
        from captioner.cli import main
        module = types.ModuleType("captioner.commands.run")
        def run_command(arguments, settings):
            print(pathlib.Path("/proc/self/cmdline").read_text())
            return 0
        module.run_command = run_command
        sys.modules["captioner.commands.run"] = module
        main()
    """
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "in", "out", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip(" \0\n") == title


def test_without_a_secret_the_title_stays() -> None:
    """Only what has to be hidden is."""
    words = ["run", "in", "out", "--base-url", "localhost:1", "--api-key-file", "f"]
    assert secrecy.masked(words) == words


def test_the_password_of_a_queue_is_hidden() -> None:
    """What is in front of the host, and nothing else of it."""
    words = [
        "worker",
        "--queue",
        "redis://me:pw@host:6379/0?stream=s",
        "--queue=rediss://:pw@host/1",
    ]
    assert secrecy.masked(words) == [
        *("worker", "--queue", "redis://***@host:6379/0?stream=s", "--queue=rediss://***@host/1")
    ]
    plain = ["worker", "--queue", "redis://host/0", "--queue", "spool:a@b"]
    assert secrecy.masked(plain) == plain


def test_the_secret_flags_are_those_of_the_secret_settings() -> None:
    """The list stands in the command line, where the settings are not imported yet."""
    assert set(secrecy.SECRET_FLAGS) == {f"--{n.replace('_', '-')}" for n in secrets(Settings)}
