"""Profiles: what each is asked with, and what is said about mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.settings import load_settings
from captioner.settings.profiles import load_profiles


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def _config(text: str) -> str:
    Path("c.toml").write_text(text)
    return "c.toml"


def test_a_profile_is_its_own_table_over_all_else() -> None:
    """Its table wins over flags, environment and what is set above it, which fill what it lacks."""
    config = _config(
        'mode = "caption"\nmax_token = 1\ntemperature = 0.5\n'
        "[profiles.night]\nmax_token = 9\ntemperature = 0.9\ndetail = 'high'\n[profiles.day]\n"
    )
    profiles = load_profiles(
        {"max_token": "4"}, config=config, environ={"CAPTIONER_TEMPERATURE": "0.7"}
    )
    assert set(profiles) == {"", "night", "day"}
    night = profiles["night"]
    assert (night.max_token, night.temperature, night.detail) == (9, 0.9, "high")
    assert night.mode == "caption"
    for name in ("", "day"):
        settings = profiles[name]
        assert (settings.max_token, settings.temperature) == (4, 0.7)
        assert settings.detail == "low"
    assert profiles[""] == load_settings(
        {"max_token": "4"}, config=config, environ={"CAPTIONER_TEMPERATURE": "0.7"}
    )


def test_without_a_file_there_is_the_nameless_profile() -> None:
    """It is what a run would have."""
    assert load_profiles({}, environ={}) == {"": load_settings({}, environ={})}


def test_the_file_may_be_named_by_environment_or_env_file() -> None:
    """As for a run."""
    config = _config("[profiles.night]\nmax_token = 9\n")
    assert load_profiles({}, environ={"CAPTIONER_CONFIG": config})["night"].max_token == 9
    Path(".env").write_text(f"CAPTIONER_CONFIG={config}\n")
    assert load_profiles({}, environ={})["night"].max_token == 9


def test_a_prompt_or_key_of_a_profile_takes_the_place_of_the_other_form() -> None:
    """Text in place of a file and a file in place of text: both at once would be refused."""
    Path("prompt.txt").write_text("From the file.")
    Path("key").write_text("sk-of-the-file")
    config = _config(
        "user_prompt = 'Above.'\n[profiles.file]\nuser_prompt_file = 'prompt.txt'\n"
        "api_key_file = 'key'\n"
    )
    profile = load_profiles({}, config=config, environ={"CAPTIONER_API_KEY": "sk-above"})["file"]
    assert profile.user_prompt == "From the file."
    assert profile.api_key.get_secret_value() == ""
    config = _config("user_prompt_file = 'prompt.txt'\n[profiles.text]\nuser_prompt = 'Its own.'\n")
    assert load_profiles({}, config=config, environ={})["text"].user_prompt == "Its own."


@pytest.mark.parametrize(
    "setting",
    ["concurrency = 4", "requests_per_minute = 60", "drain_timeout_s = 5", "tokens_per_minute = 9"],
)
def test_how_fast_the_worker_goes_is_not_a_profiles(setting: str) -> None:
    """Profiles share the road: one that sets its pace is told where to put it."""
    name = setting.split()[0]
    config = _config(f"[profiles.night]\nmax_failed_share = 0.5\n{setting}\n")
    with pytest.raises(ConfigError) as raised:
        load_profiles({}, config=config, environ={})
    assert str(raised.value) == (
        f"[profiles.night] in c.toml: {name} is for all profiles: set it above them"
    )
    config = _config(f"{setting}\n[profiles.night]\nmax_failed_share = 0.5\n")
    profiles = load_profiles({}, config=config, environ={})
    assert getattr(profiles["night"], name) == getattr(profiles[""], name) is not None
    assert (profiles["night"].max_failed_share, profiles[""].max_failed_share) == (0.5, 0.0)


@pytest.mark.parametrize(
    "table",
    ["[profiles.Night]", "[profiles.'a/b']", "[profiles.'..']", "[profiles.'']", "profiles.x = 3"],
)
def test_a_profile_is_a_table_whose_name_can_name_a_folder(table: str) -> None:
    """The names stand in paths, in metrics and in entries of queues."""
    with pytest.raises(ConfigError, match=r"\[profiles\..*\] in c\.toml: a profile is a table"):
        load_profiles({}, config=_config(table), environ={})


def test_profiles_that_are_no_table_are_an_unknown_setting() -> None:
    """`profiles = 3` is a mistake for a run as well."""
    with pytest.raises(ConfigError, match=r"profiles in c\.toml: there is no such setting"):
        load_profiles({}, config=_config("profiles = 3"), environ={})


def test_all_mistakes_are_said_at_once_and_no_secret_is() -> None:
    """Each with its profile and file, and the name that was nearest; a key never shows."""
    config = _config(
        "[profiles.a]\nmax_tokens = 5\n"
        "[profiles.b]\nmax_token = 'x'\napi_key = ['sk-secret-1']\n"
        "extra_headers = {X-Key = 5}\n"
        "[profiles.c]\nmode = 'nosuch'\n"
        "[profiles.d]\nconcurrency = 3\n"
        "[profiles.B]\n"
    )
    with pytest.raises(ConfigError) as raised:
        load_profiles({"api_key": "sk-secret-2"}, config=config, environ={})
    said = str(raised.value)
    assert said.startswith("5 problems with the settings:")
    for told in (
        "max_tokens in [profiles.a] in c.toml: there is no such setting; did you mean max_token in",
        "max_token in [profiles.b] in c.toml: must be an integer of at least 1, not 'x'",
        "api_key in [profiles.b] in c.toml: must be ",
        "mode in [profiles.c] in c.toml: must be reasoning, ",
        "[profiles.d] in c.toml: concurrency is for all profiles",
        "[profiles.B] in c.toml: a profile is a table",
    ):
        assert told in said
    assert "secret" not in said
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None or "secret" not in repr(raised.value.__context__)


def test_a_run_takes_no_notice_of_profiles() -> None:
    """A file shared with a worker is good for a run, whatever its profiles hold."""
    config = _config("max_token = 3\n[profiles.night]\nmax_token = 'x'\nnosuch = 1\n")
    assert load_settings({}, config=config, environ={}).max_token == 3
