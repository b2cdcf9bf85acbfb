"""With which settings captions are asked for again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from captioner.errors import ConfigError
from captioner.jobs.retry_settings import check_rows, past_settings, retry_settings
from captioner.settings import EMBEDDED, Settings, public_dump


def record_of(**given: Any) -> dict[str, Any]:
    """What the record of a run with these settings holds of them."""
    return {
        "settings": public_dump(Settings(**given)),
        "model": "found",
        "identity": {"image_base": "/photos"},
    }


def test_the_runs_own_hold_and_todays_are_over_them() -> None:
    """A default of today is nothing that is set."""
    record = record_of(mode="caption", max_token=70, user_prompt="One.", accept="looped")
    settings = retry_settings(record, Settings(user_prompt="Two.", concurrency=3))
    assert settings == Settings(
        mode="caption",
        max_token=70,
        user_prompt="Two.",
        accept=frozenset({"looped"}),
        concurrency=3,
        model="found",
    )
    assert retry_settings(record, Settings(max_token=500)).max_token == 500


def test_texts_of_prompt_files_are_kept_and_not_read_again(tmp_path: Path) -> None:
    """The file may be gone or have changed; today's file takes the place of the run's text."""
    (tmp_path / "a").write_text("A")
    (tmp_path / "b").write_text("B")
    record = record_of(user_prompt_file=tmp_path / "a")
    (tmp_path / "a").unlink()
    assert retry_settings(record, Settings()).user_prompt == "A"
    assert retry_settings(record, Settings(user_prompt_file=tmp_path / "b")).user_prompt == "B"


def test_images_are_looked_for_where_they_were() -> None:
    """A relative image_base began in the working directory of that time."""
    assert past_settings(record_of()).image_base is None
    record = record_of(image_base="photos")
    assert retry_settings(record, Settings()).image_base == "/photos"
    assert retry_settings(record, Settings(image_base="/new")).image_base == "/new"


@pytest.mark.parametrize(
    ("past", "today", "model"),
    [
        ({}, {}, "found"),
        ({"base_url": "localhost:1"}, {"base_url": "http://localhost:1/v1/"}, "found"),
        ({"base_url": "localhost:1"}, {"base_url": "localhost:2"}, ""),
        ({"base_url": "localhost:1"}, {"base_url": "localhost:2", "model": "b"}, "b"),
        ({"model": "named"}, {"base_url": "localhost:2"}, "named"),
        ({"model": "named"}, {"model": "b"}, "b"),
        ({"base_url": "https://a/v1?k=1"}, {"base_url": "https://a/v1?k=2"}, "found"),
    ],
)
def test_the_model(past: dict[str, Any], today: dict[str, Any], model: str) -> None:
    """The one that answered, unless another endpoint is asked or another model is set."""
    assert retry_settings(record_of(**past), Settings(**today)).model == model


def test_secrets_come_from_today() -> None:
    """No star is taken for a key; what is needed and was not kept is asked for by its name."""
    record = record_of(api_key="k1")
    assert retry_settings(record, Settings()).api_key.get_secret_value() == ""
    assert retry_settings(record, Settings(api_key="k2")).api_key.get_secret_value() == "k2"
    record = record_of(extra_headers={"X-Team": "s3cret"})
    with pytest.raises(ConfigError, match="the run sent X-Team in extra_headers") as caught:
        retry_settings(record, Settings())
    assert "s3cret" not in str(caught.value)
    assert retry_settings(record, Settings(extra_headers={})).extra_headers == {}
    record = record_of(base_url="https://host/v1?api-key=s3cret")
    with pytest.raises(ConfigError, match=r"^base_url of the run was .*api-key=\*\*\*") as caught:
        retry_settings(record, Settings())
    assert "s3cret" not in str(caught.value)


def test_a_key_of_today_wins_over_the_runs_key_file(tmp_path: Path) -> None:
    """As a flag would; without one the file is read again."""
    record = record_of(api_key_file=tmp_path / "key")
    assert retry_settings(record, Settings()).api_key_file == tmp_path / "key"
    assert retry_settings(record, Settings(api_key="k")).api_key_file is None


def test_rehearsals_and_real_runs_are_not_mixed() -> None:
    """Made-up captions in a real output, or the reverse, are refused."""
    rehearsed = record_of(base_url=EMBEDDED)
    assert retry_settings(rehearsed, Settings()).base_url == EMBEDDED
    with pytest.raises(ConfigError, match="a rehearsal's, and base_url is set"):
        retry_settings(rehearsed, Settings(base_url="localhost:1"))
    with pytest.raises(ConfigError, match="a real run's"):
        retry_settings(record_of(), Settings(base_url=EMBEDDED))


def test_what_this_version_does_not_know_is_passed_over() -> None:
    """A later version may have had more settings."""
    record = record_of(max_token=7)
    record["settings"]["from_the_future"] = 1
    assert retry_settings(record, Settings()).max_token == 7


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"rows": "captions"}, "rows"),
        ({"placeholders": "add"}, "placeholders"),
        ({"keep_original_sample": False}, "keep_original_sample"),
        ({"accept": "looped"}, "accept"),
        ({"text_key": "t"}, "text_key"),
    ],
)
def test_rows_of_two_kinds_are_refused(changed: dict[str, Any], name: str) -> None:
    """The message names the setting; what affects requests or the flow may change."""
    with pytest.raises(ConfigError, match=f"^{name} was "):
        check_rows(Settings(), Settings(**changed), "samples")
    check_rows(Settings(), Settings(mode="caption", max_token=1, concurrency=1), "samples")


def test_the_default_may_be_said() -> None:
    """What follows the input where it is not set is no other row when it is set so."""
    check_rows(Settings(), Settings(rows="captions", placeholders="add"), "images")
    check_rows(Settings(rows="samples", placeholders="require"), Settings(), "samples")
