"""Which key is sent, and where it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from captioner.errors import ConfigError
from captioner.settings.endpoint_url import EMBEDDED, is_official, mask_query, normalise_base_url
from captioner.settings.fields import Settings


@dataclass(frozen=True, slots=True)
class ResolvedKey:
    """The key to send (None: none), where it came from, and what to tell about one held back.

    `source` is `api_key`, `api_key_file`, `OPENAI_API_KEY` or empty. `withheld` is one line for
    the user, or empty.
    """

    key: SecretStr | None
    source: str = ""
    withheld: str = ""


def resolve_key(settings: Settings, environ: Mapping[str, str]) -> ResolvedKey:
    """Choose the key: `api_key`, else the file's, else OPENAI_API_KEY where it may be sent.

    OPENAI_API_KEY goes to the official host and to OPENAI_BASE_URL only. Raises ConfigError for
    a file that gives no key, a key that cannot stand in a header, and the official host without
    one; no message shows a key.
    """
    if settings.base_url == EMBEDDED:
        return ResolvedKey(None)
    if key := settings.api_key.get_secret_value().strip():
        return ResolvedKey(_checked(key, "api_key"), "api_key")
    if settings.api_key_file is not None:
        key = _read(settings.api_key_file)
        return ResolvedKey(_checked(key, f"api_key_file {settings.api_key_file}"), "api_key_file")
    key = environ.get("OPENAI_API_KEY", "").strip()
    if key and (is_official(settings.base_url) or _is_users_own(settings.base_url, environ)):
        return ResolvedKey(_checked(key, "OPENAI_API_KEY"), "OPENAI_API_KEY")
    if is_official(settings.base_url):
        raise ConfigError(
            "no key for api.openai.com: set OPENAI_API_KEY in the environment, CAPTIONER_API_KEY"
            " (there or in .env) or --api-key-file; to try without one, use --rehearse, and for"
            " another endpoint set --base-url"
        )
    return ResolvedKey(None, "", _withheld(settings.base_url) if key else "")


def _withheld(base_url: str) -> str:
    return (
        f"OPENAI_API_KEY was withheld from {mask_query(base_url)}: it is sent only to"
        " api.openai.com or OPENAI_BASE_URL; if this endpoint needs a key, set CAPTIONER_API_KEY"
    )


def _is_users_own(base_url: str, environ: Mapping[str, str]) -> bool:
    try:
        return normalise_base_url(environ.get("OPENAI_BASE_URL", "")) == base_url
    except ConfigError:
        return False


def _read(path: Path) -> str:
    try:
        key = path.read_text("utf-8-sig").strip()
    except OSError as error:
        raise ConfigError(
            f"api_key_file {path} cannot be read: {error.strerror or type(error).__name__}"
        ) from None
    except UnicodeDecodeError:
        key, fault = "", "is not a text file"
    else:
        fault = "is empty: it must hold the key and nothing else"
    # Raised here, where no handled exception can carry the file's bytes along.
    if not key:
        raise ConfigError(f"api_key_file {path} {fault}")
    return key


def _checked(key: str, source: str) -> SecretStr:
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(
            f"the key from {source} holds a line break or a character that no key has (the key is"
            " not shown): set it again"
        )
    if key.lower().startswith("bearer "):
        raise ConfigError(f"the key from {source} starts with 'Bearer': give the bare key")
    return SecretStr(key)
