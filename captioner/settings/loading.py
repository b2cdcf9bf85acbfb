"""From files, environment and flags to one Settings, with every problem said at once.

Precedence, the later winning: defaults, OPENAI_BASE_URL, TOML file, `.env`, `CAPTIONER_*` in the
environment, flags.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource

from captioner.errors import ConfigError
from captioner.settings.fields import Settings
from captioner.settings.pacing import Pacing
from captioner.settings.problems import problems_of, said_together, unknown

_PREFIX: Final = "captioner_"
_CONFIG: Final = "config"
_PROFILES: Final = "profiles"
_PROFILE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SHARED: Final = frozenset(Pacing.model_fields) - {"max_failed_share"}
"""Settings of how a worker goes about everything it does, which no profile may have its own of."""
_WORKERS: Final = "worker_"
# What Kubernetes sets in every pod beside a Service that is named captioner.
_SERVICE_LINK: Final = re.compile(r"service_(host|port(_.+)?)|port(_\d+_(tcp|udp|sctp)(_\w+)?)?")


@dataclass(frozen=True, slots=True)
class _Layer:
    """Values of one origin by field name, and how a person wrote a field there."""

    values: Mapping[str, Any]
    label: Callable[[str], str]


def load_settings(
    flags: Mapping[str, Any],
    *,
    config: str | os.PathLike[str] | None = None,
    env_file: str | os.PathLike[str] | None = ".env",
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read settings from everywhere; the later of the module's list wins.

    `flags` is field name → value. `config` is a TOML file (None: what CAPTIONER_CONFIG names),
    `env_file` is skipped if it is `.env` and missing, and if it is None. Raises ConfigError only,
    which names each wrong setting, where it came from and what is allowed.
    """
    problems: list[str] = []
    entries = _read_env_file(env_file, problems)
    variables = {name.lower(): value for name, value in environ.items()}
    config = (
        config or variables.get(_PREFIX + _CONFIG) or entries.get(_PREFIX + _CONFIG, "") or None
    )
    toml = _read_toml(config, problems)
    openai = {"base_url": url} if (url := environ.get("OPENAI_BASE_URL", "").strip()) else {}
    layers = [
        _Layer(openai, lambda _: "OPENAI_BASE_URL"),
        _Layer(_without_profiles(toml), lambda name: f"{name} in {config}"),
        _Layer(_ours(entries), lambda name: f"CAPTIONER_{name.upper()} in {env_file}"),
        _Layer(_ours(variables), lambda name: f"CAPTIONER_{name.upper()}"),
        _Layer(flags, lambda name: f"--{name.replace('_', '-')}"),
    ]
    values, labels = _merge(layers, problems)
    return _validated(values, lambda name: labels.get(name, name), problems)


def load_profiles(
    flags: Mapping[str, Any],
    *,
    config: str | os.PathLike[str] | None = None,
    env_file: str | os.PathLike[str] | None = ".env",
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Settings]:
    """The settings of each profile: `[profiles.NAME]` of the TOML file over all else.

    The profile with the empty name is what `load_settings` returns. Raises ConfigError as that
    does, and for a setting that is the worker's and not a profile's.
    """
    base = load_settings(flags, config=config, env_file=env_file, environ=environ)
    entries = _read_env_file(env_file, [])
    variables = {name.lower(): value for name, value in environ.items()}
    config = config or variables.get(_PREFIX + _CONFIG) or entries.get(_PREFIX + _CONFIG, "")
    tables = _read_toml(config or None, []).get(_PROFILES, {})
    given = {name: getattr(base, name) for name in base.model_fields_set}
    profiles = {"": base}
    problems: list[str] = []
    for profile, table in tables.items() if isinstance(tables, dict) else ():
        where = f"[profiles.{profile}] in {config}"
        if not _PROFILE.fullmatch(profile) or not isinstance(table, dict):
            problems.append(f"{where}: a profile is a table whose name is of a-z, 0-9, - and _")
            continue
        shared = sorted(_SHARED & table.keys())
        if shared:
            problems.append(f"{where}: {', '.join(shared)} is for all profiles: set it above them")
            continue
        layers = [
            _Layer(given, lambda name: name),
            _Layer(table, lambda name, where=where: f"{name} in {where}"),  # type: ignore[misc]
        ]
        wrong: list[str] = []
        values, labels = _merge(layers, wrong)
        for prompt in ("system_prompt", "user_prompt"):
            if prompt in table and f"{prompt}_file" not in table:
                values.pop(f"{prompt}_file", None)
            elif f"{prompt}_file" in table and prompt not in table:
                values.pop(prompt, None)
        try:
            profiles[profile] = _validated(values, lambda name: labels.get(name, name), wrong)
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError(said_together(problems))
    return profiles


def _without_profiles(table: Mapping[str, Any]) -> dict[str, Any]:
    """The file's settings of its own; what its profiles set is for a worker to read."""
    return {
        name: value
        for name, value in table.items()
        if not (name == _PROFILES and isinstance(value, dict))
    }


def settings_from(**kwargs: Any) -> Settings:
    """Make settings from keywords, reading no environment; raises ConfigError only."""
    problems = [unknown(name, name) for name in kwargs if name not in Settings.model_fields]
    known = {name: value for name, value in kwargs.items() if name in Settings.model_fields}
    return _validated(known, lambda name: name, problems)


def _validated(
    values: Mapping[str, Any], label: Callable[[str], str], problems: list[str]
) -> Settings:
    settings = None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems = [*problems, *problems_of(error, label)]
    # Raised here: while the other error is handled it would come along, with its inputs.
    if settings is None or problems:
        raise ConfigError(said_together(problems))
    return settings


def _merge(layers: list[_Layer], problems: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    labels: dict[str, str] = {}
    for layer in layers:
        known = {n: v for n, v in layer.values.items() if n in Settings.model_fields}
        problems.extend(
            unknown(name, layer.label(name), layer.label)
            for name in layer.values
            if name not in known
        )
        if known.get("api_key_file") and "api_key" not in known:
            values.pop("api_key", None)  # a file named later wins over a key set earlier
        values |= known
        labels |= {name: layer.label(name) for name in known}
    return values, labels


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    names = {name: name.removeprefix(_PREFIX) for name in variables if name.startswith(_PREFIX)}
    return {
        short: variables[name]
        for name, short in names.items()
        if short != _CONFIG
        and not short.startswith(_WORKERS)
        and not _SERVICE_LINK.fullmatch(short)
    }


def _read_env_file(path: str | os.PathLike[str] | None, problems: list[str]) -> dict[str, str]:
    # A folder called .env is a virtual environment, not a mistake.
    if path is None or (os.fspath(path) == ".env" and not Path(path).is_file()):
        return {}
    if fault := _unreadable(Path(path)):
        problems.append(fault)
        return {}
    found = DotEnvSettingsSource(Settings, env_file=Path(path)).env_vars
    return {name: value for name, value in found.items() if value is not None}


def _read_toml(path: str | os.PathLike[str] | None, problems: list[str]) -> dict[str, Any]:
    if path is None:
        return {}
    if fault := _unreadable(Path(path)):
        problems.append(fault)
        return {}
    try:
        return tomllib.loads(Path(path).read_text("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path} is no valid TOML: {error}")
        return {}


def _unreadable(path: Path) -> str:
    """Say why a text file cannot be read; empty if it can."""
    try:
        path.read_text("utf-8-sig")
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or type(error).__name__}"
    except UnicodeDecodeError:
        return f"{path} is not UTF-8 text"
    return ""
