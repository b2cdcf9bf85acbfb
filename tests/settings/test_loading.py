"""Where settings come from, which one wins, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from captioner.errors import ConfigError
from captioner.settings import load_settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_later_wins() -> None:
    """Defaults, TOML, .env, environment, flags: each layer overrides those before it."""
    Path("c.toml").write_text("max_token = 1\nmax_attempts = 1\nsample_window = 1\nmode='caption'")
    Path(".env").write_text(
        "CAPTIONER_MAX_TOKEN=2\nCAPTIONER_MAX_ATTEMPTS=2\nCAPTIONER_SAMPLE_WINDOW=2\n"
    )
    environ = {"CAPTIONER_MAX_TOKEN": "3", "CAPTIONER_MAX_ATTEMPTS": "3"}
    settings = load_settings({"max_token": "4"}, config="c.toml", environ=environ)
    assert settings.max_token == 4
    assert settings.max_attempts == 3
    assert settings.sample_window == 2
    assert settings.mode == "caption"
    assert settings.max_concurrency == 256


def test_toml_brings_its_own_types() -> None:
    """Tables, lists, numbers and truth values need no quoting."""
    Path("c.toml").write_text(
        'accept = ["looped"]\nreuse_captions = false\nconcurrency = 4\n'
        '[extra_body]\ntop_p = 0.5\n[extra_headers]\nX-Team = "a"\n'
    )
    settings = load_settings({}, config=Path("c.toml"), environ={})
    assert settings.accept == {"looped"}
    assert settings.reuse_captions is False
    assert settings.concurrency == 4
    assert settings.extra_body == {"top_p": 0.5}
    assert settings.extra_headers["X-Team"].get_secret_value() == "a"


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_captioner_config_names_the_toml_file(where: str) -> None:
    """A container can be configured without flags; --config wins."""
    Path("c.toml").write_text("max_token = 1")
    Path("d.toml").write_text("max_token = 2")
    environ = {"CAPTIONER_CONFIG": "c.toml"} if where == "environment" else {}
    if where == ".env":
        Path(".env").write_text("CAPTIONER_CONFIG=c.toml\n")
    assert load_settings({}, environ=environ).max_token == 1
    assert load_settings({}, config="d.toml", environ=environ).max_token == 2


def test_another_env_file_can_be_named() -> None:
    """It replaces .env, and None reads none."""
    Path(".env").write_text("CAPTIONER_MAX_TOKEN=1\n")
    Path("job.env").write_text("CAPTIONER_MAX_TOKEN=2\n")
    assert load_settings({}, environ={}).max_token == 1
    assert load_settings({}, env_file="job.env", environ={}).max_token == 2
    assert load_settings({}, env_file=None, environ={}).max_token == 500


def test_a_virtual_environment_called_dot_env_is_no_mistake() -> None:
    """Such folders are common."""
    Path(".env").mkdir()
    assert load_settings({}, environ={}).max_token == 500


def test_openai_base_url_is_taken_where_nobody_set_another() -> None:
    """It is the weakest of all that can be set."""
    environ = {"OPENAI_BASE_URL": "gateway.example"}
    assert load_settings({}, environ=environ).base_url == "https://gateway.example/v1"
    environ["CAPTIONER_BASE_URL"] = "localhost:1"
    assert load_settings({}, environ=environ).base_url == "http://localhost:1/v1"
    assert load_settings({"base_url": "embedded"}, environ=environ).base_url == "embedded"
    assert load_settings({}, environ={"OPENAI_BASE_URL": ""}).base_url.endswith("openai.com/v1")
    with pytest.raises(ConfigError, match=r"OPENAI_BASE_URL: .* expected an address"):
        load_settings({}, environ={"OPENAI_BASE_URL": "ftp://x"})


def test_unrelated_entries_are_ignored() -> None:
    """A .env is shared with other programs, and Kubernetes adds variables of its own."""
    Path(".env").write_text("DATABASE_URL=x\nMAX_TOKEN=7\nOPENAI_BASE_URL=evil.example\nBARE\n")
    environ = {
        "PATH": "/bin",
        "CAPTIONER_SERVICE_HOST": "10.0.0.1",
        "CAPTIONER_SERVICE_PORT_HTTP": "80",
        "CAPTIONER_PORT": "tcp://10.0.0.1:80",
        "CAPTIONER_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    settings = load_settings({}, environ=environ)
    assert settings == load_settings({}, env_file=None, environ={})


@pytest.mark.parametrize(
    ("files", "environ", "flags", "said"),
    [
        (
            {},
            {"CAPTIONER_MAX_TOKENS": "5"},
            {},
            "CAPTIONER_MAX_TOKENS: there is no such setting; did you mean CAPTIONER_MAX_TOKEN?",
        ),
        (
            {".env": "CAPTIONER_ROW=x\n"},
            {},
            {},
            "CAPTIONER_ROW in .env: there is no such setting; did you mean CAPTIONER_ROWS in .env?",
        ),
        (
            {"c.toml": "max-tokens = 5"},
            {"CAPTIONER_CONFIG": "c.toml"},
            {},
            "max-tokens in c.toml: there is no such setting; did you mean max_token in c.toml?",
        ),
        (
            {},
            {"CAPTIONER_ZZZZZZ": "sk-value"},
            {},
            "CAPTIONER_ZZZZZZ: there is no such setting; .env.example lists what there is",
        ),
        ({}, {}, {"max_token": "x"}, "--max-token: must be an integer of at least 1, not 'x'"),
        (
            {},
            {"CAPTIONER_CONCURRENCY": ""},
            {},
            "CAPTIONER_CONCURRENCY: must be auto or an integer of at least 1, not ''",
        ),
        (
            {".env": "CAPTIONER_REUSE_CAPTIONS=maybe\n"},
            {},
            {},
            "CAPTIONER_REUSE_CAPTIONS in .env: must be true or false, not 'maybe'",
        ),
        (
            {"c.toml": "[mode]\na = 1"},
            {"CAPTIONER_CONFIG": "c.toml"},
            {},
            "mode in c.toml: must be reasoning, description, conversation, caption or custom",
        ),
    ],
)
def test_a_mistake_is_named_where_it_was_made(
    files: dict[str, str], environ: dict[str, str], flags: dict[str, Any], said: str
) -> None:
    """The origin, the nearest right name or what is allowed; nothing else."""
    for name, content in files.items():
        Path(name).write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(flags, environ=environ)
    assert str(caught.value) == said


def test_all_mistakes_of_all_places_come_in_one_message() -> None:
    """One start shows everything there is to mend."""
    Path("c.toml").write_text("temprature = 1\ndetail = 'x'")
    environ = {"CAPTIONER_MAX_TOKEN": "0", "CAPTIONER_API_KY": "sk-secret"}
    with pytest.raises(ConfigError) as caught:
        load_settings({"rows": "x"}, config="c.toml", env_file="no.env", environ=environ)
    lines = str(caught.value).splitlines()
    assert lines[0] == "6 problems with the settings:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "no.env cannot be read",
        "temprature in c.toml",
        "CAPTIONER_API_KY",
        "CAPTIONER_MAX_TOKEN",
        "detail in c.toml",
        "--rows",
    ]
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "c.toml cannot be read: No such file"),
        (b"max_token = \n", "c.toml is no valid TOML: .*line 1"),
        (b"\xff\xfe", "c.toml is not UTF-8 text"),
    ],
)
def test_a_config_file_that_cannot_be_used_is_named(content: bytes | None, said: str) -> None:
    """A file that was asked for is never skipped."""
    if content is not None:
        Path("c.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_settings({}, config="c.toml", environ={})


def test_an_env_file_that_is_no_text_is_named() -> None:
    """The default one too, if it is there."""
    Path(".env").write_bytes(b"CAPTIONER_MODEL=\xff\n")
    with pytest.raises(ConfigError, match=r"\.env is not UTF-8 text"):
        load_settings({}, environ={})


def test_a_key_file_named_later_wins_over_a_key_set_earlier() -> None:
    """Precedence holds for the key as a whole, and in the same place the key itself wins."""
    environ = {"CAPTIONER_API_KEY": "sk-env"}
    settings = load_settings({"api_key_file": "key.txt"}, environ=environ)
    assert settings.api_key.get_secret_value() == ""
    environ["CAPTIONER_API_KEY_FILE"] = "key.txt"
    assert load_settings({}, environ=environ).api_key.get_secret_value() == "sk-env"


def test_a_prompt_and_a_file_from_different_places_are_both_named() -> None:
    """The message says where each of the two stands."""
    Path("p.txt").write_text("one")
    environ = {"CAPTIONER_SYSTEM_PROMPT": "another"}
    with pytest.raises(
        ConfigError, match=r"^CAPTIONER_SYSTEM_PROMPT and --system-prompt-file are both set"
    ):
        load_settings({"system_prompt_file": "p.txt"}, environ=environ)
