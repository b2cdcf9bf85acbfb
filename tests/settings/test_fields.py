"""Types, defaults, ranges, and the silence about secrets."""

from __future__ import annotations

import json
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from captioner.errors import ConfigError
from captioner.settings import Settings, affects, public_dump, secrets, settings_from
from captioner.settings.declare import group_of

SECRET = "hush-hush-7"

NINE: dict[str, Any] = {
    "mode": "description",
    "api_key": "",
    "max_token": 500,
    "temperature": 1.0,
    "system_prompt": "",
    "user_prompt": "",
    "user_prompt_key": None,
    "keep_original_sample": True,
    "any_or_all": "any",
}

BAD: list[tuple[str, Any]] = [
    ("mode", "poetry"),
    ("max_token", 0),
    ("max_token", 1.5),
    ("max_token", "many"),
    ("temperature", -0.01),
    ("temperature", 1.01),
    ("temperature", float("nan")),
    ("any_or_all", "some"),
    ("keep_original_sample", "perhaps"),
    ("base_url", "ftp://h"),
    ("auth_header", "api key"),
    ("auth_header", ""),
    ("extra_headers", {"A": "line\nbreak"}),
    ("extra_headers", {"A b": "c"}),
    ("extra_headers", {"Content-Type": "text/plain"}),
    ("extra_headers", {"authorization": "Bearer x"}),
    ("extra_headers", "[]"),
    ("detail", "medium"),
    ("text_key", ""),
    ("image_key", ""),
    ("image_special_token", ""),
    ("eoc_special_token", ""),
    ("placeholders", "maybe"),
    ("rows", "images"),
    ("accept", "ok"),
    ("accept", "truncated,failed"),
    ("accept", "[truncated"),
    ("concurrency", 0),
    ("concurrency", "fast"),
    ("max_concurrency", 0),
    ("requests_per_minute", 0),
    ("requests_per_minute", float("inf")),
    ("tokens_per_minute", -1),
    ("max_attempts", 0),
    ("request_timeout_s", 0),
    ("connect_timeout_s", 0),
    ("first_byte_timeout_s", 0),
    ("sample_deadline_s", 0),
    ("patience_s", -1),
    ("drain_timeout_s", -1),
    ("sample_window", 0),
    ("reuse_captions", 2),
    ("extra_body", {"model": "x"}),
    ("extra_body", {"stream": True}),
    ("extra_body", {"messages": []}),
    ("extra_body", {"top_p": float("nan")}),
    ("extra_body", {"tools": object()}),
    ("extra_body", "{top_p: 1}"),
    ("max_failed_share", -0.1),
    ("max_failed_share", 1.1),
    ("captions_key", "text"),
    ("system_prompt_file", "/nowhere/prompt.txt"),
]

GOOD: list[tuple[str, Any, Any]] = [
    ("mode", "caption", "caption"),
    ("max_token", "1", 1),
    ("temperature", "0", 0.0),
    ("concurrency", "8", 8),
    ("concurrency", "auto", "auto"),
    ("accept", "truncated, looped", {"truncated", "looped"}),
    ("accept", '["echoed"]', {"echoed"}),
    ("accept", ["refused"], {"refused"}),
    ("accept", "", set()),
    ("extra_body", '{"top_p": 0.5}', {"top_p": 0.5}),
    ("extra_body", '{"a": 1},{"b": 2}', {"a": 1, "b": 2}),
    ("requests_per_minute", "0.5", 0.5),
    ("requests_per_minute", "", None),
    ("drain_timeout_s", 0, 0.0),
    ("max_failed_share", 1, 1.0),
    ("rows", "", None),
    ("placeholders", "add", "add"),
    ("user_prompt_key", "", None),
    ("user_prompt_key", "null", "null"),
    ("system_prompt", "null", "null"),
    ("system_prompt", " as it is\n", " as it is\n"),
    ("image_base", "", None),
    ("image_base", "~/photos", str(Path("~/photos").expanduser())),
    ("image_base", "s3://bucket/~", "s3://bucket/~"),
    ("model", " gpt-4o ", "gpt-4o"),
    ("reuse_captions", "no", False),
    ("base_url", "localhost:8000", "http://localhost:8000/v1"),
]


def test_the_nine_parameters_keep_names_and_defaults() -> None:
    """Code written for the seed operator goes on to work."""
    assert set(NINE) <= set(Settings.model_fields)
    for name, default in NINE.items():
        value = getattr(Settings(), name)
        assert (value.get_secret_value() if name == "api_key" else value) == default


def test_every_field_says_what_it_is_and_what_it_affects() -> None:
    """A description of one line, a group, and one of the three kinds of effect."""
    kinds = affects(Settings)
    for name, field in Settings.model_fields.items():
        assert kinds[name] in ("request", "rows", "flow")
        assert group_of(field)
        assert field.description
        assert field.description.endswith(".")
        assert len(field.description) < 97
        assert "\n" not in field.description
    assert kinds["model"] == "request"
    assert kinds["rows"] == "rows"
    assert kinds["concurrency"] == "flow"


@pytest.mark.parametrize(("name", "value"), BAD)
def test_what_is_out_of_range_is_refused_by_name(name: str, value: Any) -> None:
    """The error names the setting and is captioner's own."""
    with pytest.raises(ConfigError, match=name) as caught:
        settings_from(**{name: value})
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("name", "value", "expected"), GOOD)
def test_what_is_in_range_is_taken_as_text_too(name: str, value: Any, expected: Any) -> None:
    """Environment and flags bring text; empty unsets what may be unset."""
    assert getattr(settings_from(**{name: value}), name) == expected


def test_settings_cannot_be_changed() -> None:
    """What a run was started with is what its summary says."""
    with pytest.raises(ValidationError):
        Settings().max_token = 7  # type: ignore[misc]


def test_settings_read_no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever embeds captioner gets what they wrote and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CAPTIONER_MAX_TOKEN=7\n")
    monkeypatch.setenv("CAPTIONER_MODE", "caption")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example/v1")
    assert Settings() == settings_from() == Settings(max_token=500, mode="description")


def test_secret_fields_are_known_by_their_types() -> None:
    """Nothing has to be listed twice."""
    assert secrets(Settings) == {"api_key", "extra_headers"}


def test_no_secret_is_in_any_text_of_settings() -> None:
    """repr, str, dumps and the summary's settings show stars; code still gets the value."""
    settings = Settings(
        api_key=SECRET,
        extra_headers={"X-Key": SECRET},
        base_url=f"https://h.example/v1?api-version=1&code={SECRET}",
    )
    texts = [
        repr(settings),
        str(settings),
        f"{settings}",
        settings.model_dump_json(),
        json.dumps(public_dump(settings)),
        repr(settings.model_dump(include={"api_key", "extra_headers"})),
    ]
    assert all(SECRET not in text for text in texts)
    dump = public_dump(settings)
    assert dump["base_url"] == "https://h.example/v1?api-version=***&code=***"
    assert dump["extra_headers"] == {"X-Key": "**********"}
    assert settings.base_url.endswith(SECRET)
    assert settings.api_key.get_secret_value() == SECRET
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_repr_shows_what_differs_from_the_defaults() -> None:
    """It can be read in a log line."""
    assert repr(Settings()) == "Settings()"
    assert repr(Settings(max_token=7)) == "Settings(max_token=7)"


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": 5, "extra_headers": f'{{"X-Key": "{SECRET}"'},
        {"extra_headers": SECRET},
        {"extra_headers": {"X-Key": f"{SECRET}\n"}},
        {"extra_headers": {"X-Key": [SECRET]}},
        {"extra_headers": [SECRET]},
        {"api_key": [SECRET]},
        {"base_url": f"https://me:{SECRET}@h.example"},
        {"base_url": f"nonsense?key={SECRET}"},
        {"api_key": SECRET, "max_token": 0},
    ],
)
def test_no_secret_is_in_an_error_or_its_traceback(wrong: dict[str, Any]) -> None:
    """Neither the message nor anything that is chained to it shows the value."""
    with pytest.raises(ConfigError) as caught:
        settings_from(**wrong)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is caught.value.__cause__ is None
    with pytest.raises(ValidationError) as direct:
        Settings(**wrong)
    assert SECRET not in "".join(traceback.format_exception(direct.value))


def test_every_problem_is_said_at_once() -> None:
    """One load, one message, with what is allowed and what was given."""
    with pytest.raises(ConfigError) as caught:
        settings_from(max_token=0, temperature=2, modee="caption", text_key="")
    assert str(caught.value).splitlines() == [
        "4 problems with the settings:",
        "  modee: there is no such setting; did you mean mode?",
        "  max_token: must be an integer of at least 1, not 0",
        "  temperature: must be a number from 0 to 1, not 2",
        "  text_key: must not be empty",
    ]


def test_contradictions_are_named_together() -> None:
    """Settings that do not go together are all said, each by name."""
    with pytest.raises(ConfigError) as caught:
        settings_from(text_key="a", image_key="a", image_special_token="<x>", eoc_special_token="x")
    assert "text_key and image_key are both 'a'" in str(caught.value)
    assert "image_special_token and eoc_special_token must not contain" in str(caught.value)


@pytest.mark.parametrize("name", ["system_prompt", "user_prompt"])
@pytest.mark.parametrize(
    ("content", "prompt"),
    [
        (b"Describe.\n", "Describe."),
        (b"Describe.\r\n", "Describe."),
        (b"\n Describe. \n\n", "\n Describe. \n"),
        (b"a\r\nb", "a\r\nb"),
        (b"a\r", "a\r"),
        ("图".encode(), "图"),
        (b"", ""),
    ],
)
def test_a_prompt_file_is_taken_verbatim(
    tmp_path: Path, name: str, content: bytes, prompt: str
) -> None:
    """Only the one line end that editors add is not part of it."""
    path = tmp_path / "prompt.txt"
    path.write_bytes(content)
    settings = settings_from(**{f"{name}_file": path})
    assert getattr(settings, name) == prompt
    assert Settings(**settings.model_dump()) == settings


@pytest.mark.parametrize("name", ["system_prompt", "user_prompt"])
def test_a_prompt_and_its_file_exclude_one_another(tmp_path: Path, name: str) -> None:
    """Which of the two was meant is for the user to say."""
    path = tmp_path / "prompt.txt"
    path.write_text("one")
    with pytest.raises(ConfigError, match=f"{name} and {name}_file are both set"):
        settings_from(**{name: "another", f"{name}_file": path})


def test_a_prompt_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Binary files are not prompts."""
    path = tmp_path / "prompt.txt"
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ConfigError, match=r"prompt\.txt is not UTF-8 text"):
        settings_from(user_prompt_file=path)
