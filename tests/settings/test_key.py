"""Which key is sent, and where it may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.settings import ResolvedKey, resolve_key, settings_from

KEY = "sk-very-secret-1"
ELSEWHERE = "https://gateway.example/v1"


def secret(resolved: ResolvedKey) -> str | None:
    """What would be sent."""
    return resolved.key.get_secret_value() if resolved.key else None


def test_api_key_comes_before_its_file_and_the_environment(tmp_path: Path) -> None:
    """The most explicit key is sent, without the blanks around it."""
    (tmp_path / "key").write_text("from-file\n")
    settings = settings_from(api_key=f" {KEY}\n", api_key_file=tmp_path / "key")
    resolved = resolve_key(settings, {"OPENAI_API_KEY": "from-env"})
    assert (secret(resolved), resolved.source, resolved.withheld) == (KEY, "api_key", "")


def test_the_files_key_is_stripped(tmp_path: Path) -> None:
    """A key file may end in a line break, as editors make it."""
    (tmp_path / "key").write_text(f"\ufeff {KEY}\r\n", "utf-8")
    settings = settings_from(api_key_file=tmp_path / "key")
    resolved = resolve_key(settings, {"OPENAI_API_KEY": "from-env"})
    assert (secret(resolved), resolved.source) == (KEY, "api_key_file")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"\n \n", "is empty"), (b"\xff\xfe\x00sk", "is not a text file")],
)
def test_a_file_that_gives_no_key_is_an_error(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    """Nobody is sent off without the key they meant to use."""
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as caught:
        resolve_key(settings_from(api_key_file=path), {"OPENAI_API_KEY": KEY})
    assert str(path) in str(caught.value)


def test_the_official_host_gets_openai_api_key() -> None:
    """The usual variable works at the usual place."""
    resolved = resolve_key(settings_from(), {"OPENAI_API_KEY": KEY})
    assert (secret(resolved), resolved.source) == (KEY, "OPENAI_API_KEY")


def test_openai_base_url_gets_openai_api_key() -> None:
    """Both are compared normalised."""
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "gateway.example/"}
    assert secret(resolve_key(settings_from(base_url=ELSEWHERE), environ)) == KEY


@pytest.mark.parametrize("own", [None, "https://other.example/v1", "ftp://nonsense", ""])
def test_everyone_else_is_refused_openai_api_key(own: str | None) -> None:
    """The key is withheld with one line that names the variable and the host."""
    environ = {"OPENAI_API_KEY": KEY} | ({"OPENAI_BASE_URL": own} if own is not None else {})
    resolved = resolve_key(settings_from(base_url=f"{ELSEWHERE}?code=hush"), environ)
    assert resolved.key is None
    assert "OPENAI_API_KEY was withheld from https://gateway.example" in resolved.withheld
    assert "hush" not in resolved.withheld
    assert KEY not in resolved.withheld
    assert "\n" not in resolved.withheld


def test_nothing_is_withheld_where_nothing_is_set() -> None:
    """A local server without a key needs no word about keys."""
    assert resolve_key(settings_from(base_url="localhost:8000"), {}) == ResolvedKey(None)


def test_the_official_host_without_a_key_is_an_error() -> None:
    """It says every way to give one."""
    with pytest.raises(ConfigError, match=r"OPENAI_API_KEY.*CAPTIONER_API_KEY.*--api-key-file"):
        resolve_key(settings_from(), {"OPENAI_API_KEY": "  "})


def test_a_rehearsal_needs_no_key() -> None:
    """Nor does it look at the one there is."""
    settings = settings_from(base_url="embedded", api_key_file="/nowhere/key")
    assert resolve_key(settings, {"OPENAI_API_KEY": KEY}) == ResolvedKey(None)


@pytest.mark.parametrize("bad", ["sk-sec\nret", "sk-sec\r\nX: y", "sk-secrét", "sk-“secret”"])
def test_a_key_that_no_header_takes_is_not_shown(bad: str) -> None:
    """Line breaks and characters that are not Latin are refused before a header is made."""
    with pytest.raises(ConfigError, match="from api_key holds") as caught:
        resolve_key(settings_from(api_key=bad), {})
    assert "sk-" not in str(caught.value)


def test_bearer_is_not_part_of_a_key() -> None:
    """A pasted header is refused: the word would be sent twice."""
    with pytest.raises(ConfigError, match="bare key") as caught:
        resolve_key(settings_from(api_key=f"Bearer {KEY}"), {})
    assert KEY not in str(caught.value)


def test_a_resolved_key_hides_itself() -> None:
    """Its repr can stand in a log."""
    assert KEY not in repr(resolve_key(settings_from(api_key=KEY), {}))
