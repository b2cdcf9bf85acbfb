"""With which settings a run's captions are asked for again. Pure.

They are those of the run, which its record holds without secrets, with those of today over them
that are set: a better prompt, another model. What decides the rows cannot change in the middle of
an output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from captioner.errors import ConfigError
from captioner.settings import (
    EMBEDDED,
    Settings,
    affects,
    public_dump,
    secrets,
    settings_from,
)
from captioner.wiring import Kind, rules_of

_PROMPTS: Final = ("system_prompt", "user_prompt")
_BY_INPUT: Final = ("placeholders", "rows")
"""Settings that follow the input where they are not set."""


def past_settings(record: Mapping[str, Any]) -> Settings:
    """The settings of a recorded run, as far as they are known: without secrets.

    Raises ConfigError where this version cannot read them.
    """
    hidden = secrets(Settings) | {f"{name}_file" for name in _PROMPTS}
    known = {
        name: value
        for name, value in record["settings"].items()
        if name in Settings.model_fields and name not in hidden
    }
    if known.get("image_base") is not None:
        # As it was resolved: a relative one began in the working directory of that time.
        known["image_base"] = record["identity"]["image_base"]
    return settings_from(**known)


def retry_settings(record: Mapping[str, Any], today: Settings) -> Settings:
    """The run's settings with all over them that is set `today`.

    Raises ConfigError where the run was a rehearsal and today is none, and where something is
    needed that the record does not hold: the query of `base_url`, the values of `extra_headers`.
    """
    chosen = _set_today(today)
    past = past_settings(record)
    before = {name: getattr(past, name) for name in past.model_fields_set}
    _check_kind(past, chosen)
    _check_withheld(record["settings"], chosen)
    address = chosen.get("base_url", past.base_url).partition("?")[0]
    if not past.model and address == past.base_url.partition("?")[0]:
        before["model"] = record["model"]
    if "api_key" in chosen:
        before.pop("api_key_file", None)
    return settings_from(**{**before, **chosen})


def check_rows(past: Settings, now: Settings, kind: Kind) -> None:
    """Raise ConfigError, naming the setting, where rows would be other ones than before."""
    before, after = (_with_defaults(settings, kind) for settings in (past, now))
    for name, what in affects(Settings).items():
        if what == "rows" and before[name] != after[name]:
            raise ConfigError(
                f"{name} was {before[name]!r} when the output was written, and rows of both kinds "
                "cannot stand in one output: leave it as it was, or write other rows with "
                "captioner run --restart, which pays for nothing again"
            )


def _set_today(today: Settings) -> dict[str, Any]:
    chosen = {name: getattr(today, name) for name in today.model_fields_set}
    for name in _PROMPTS:
        if chosen.pop(f"{name}_file", None) is not None:
            chosen[name] = getattr(today, name)
    return chosen


def _check_kind(past: Settings, chosen: Mapping[str, Any]) -> None:
    now = chosen.get("base_url", past.base_url)
    if past.base_url == EMBEDDED != now:
        raise ConfigError(
            "this output is a rehearsal's, and base_url is set: retry it with --rehearse, or "
            "write real captions with captioner run --restart"
        )
    if now == EMBEDDED != past.base_url:
        raise ConfigError("this output is a real run's: no caption of it can be rehearsed")


def _check_withheld(settings: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    if "?" in settings["base_url"] and "base_url" not in chosen:
        raise ConfigError(
            f"base_url of the run was {settings['base_url']}, and what may be secret in it was not "
            "kept: set base_url again (--base-url, or CAPTIONER_BASE_URL in the environment)"
        )
    if settings["extra_headers"] and "extra_headers" not in chosen:
        raise ConfigError(
            f"the run sent {', '.join(sorted(settings['extra_headers']))} in extra_headers, and "
            "their values were not kept: set extra_headers again, or to {} to send none"
        )


def _with_defaults(settings: Settings, kind: Kind) -> dict[str, Any]:
    rules = rules_of(settings, kind)
    return public_dump(settings) | {name: getattr(rules, name) for name in _BY_INPUT}
