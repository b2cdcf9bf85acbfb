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
from captioner.settings.problems import problems_of, said_together, unknown

_PREFIX: Final = "captioner_"
_CONFIG: Final = "config"
PROFILES: Final = "profiles"
_WORKERS: Final = "worker_"
# What Kubernetes sets in every pod beside a Service that is named captioner.
SERVICE_LINK: Final = re.compile(r"service_(host|port(_.+)?)|port(_\d+_(tcp|udp|sctp)(_\w+)?)?")


@dataclass(frozen=True, slots=True)
class Layer:
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
    entries = read_env_file(env_file, problems)
    variables = {name.lower(): value for name, value in environ.items()}
    config = config_of(config, entries, variables)
    toml = read_toml(config, problems)
    openai = {"base_url": url} if (url := environ.get("OPENAI_BASE_URL", "").strip()) else {}
    layers = [
        Layer(openai, lambda _: "OPENAI_BASE_URL"),
        Layer(_without_profiles(toml), lambda name: f"{name} in {config}"),
        Layer(_ours(entries), lambda name: f"CAPTIONER_{name.upper()} in {env_file}"),
        Layer(_ours(variables), lambda name: f"CAPTIONER_{name.upper()}"),
        Layer(flags, lambda name: f"--{name.replace('_', '-')}"),
    ]
    values, labels = merge(layers, problems)
    return validated(values, lambda name: labels.get(name, name), problems)


def config_of(
    given: str | os.PathLike[str] | None, entries: Mapping[str, str], variables: Mapping[str, str]
) -> str | os.PathLike[str] | None:
    """The TOML file: as given, or as environment or env file name it."""
    name = _PREFIX + _CONFIG
    return given or variables.get(name) or entries.get(name, "") or None


def _without_profiles(table: Mapping[str, Any]) -> dict[str, Any]:
    """The file's settings of its own; what its profiles set is for a worker to read."""
    return {
        name: value
        for name, value in table.items()
        if not (name == PROFILES and isinstance(value, dict))
    }


def settings_from(**kwargs: Any) -> Settings:
    """Make settings from keywords, reading no environment; raises ConfigError only."""
    problems = [unknown(name, name) for name in kwargs if name not in Settings.model_fields]
    known = {name: value for name, value in kwargs.items() if name in Settings.model_fields}
    return validated(known, lambda name: name, problems)


def validated(
    values: Mapping[str, Any], label: Callable[[str], str], problems: list[str]
) -> Settings:
    """Settings of these values. Raises ConfigError with these and further problems."""
    settings = None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems = [*problems, *problems_of(error, label)]
    # Raised here: while the other error is handled it would come along, with its inputs.
    if settings is None or problems:
        raise ConfigError(said_together(problems))
    return settings


def merge(layers: list[Layer], problems: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of all layers, the later winning, and where each is from."""
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
        if short != _CONFIG and not short.startswith(_WORKERS) and not SERVICE_LINK.fullmatch(short)
    }


def read_env_file(path: str | os.PathLike[str] | None, problems: list[str]) -> dict[str, str]:
    """What an env file sets; nothing where there is none, or it is among the `problems`."""
    # A folder called .env is a virtual environment, not a mistake.
    if path is None or (os.fspath(path) == ".env" and not Path(path).is_file()):
        return {}
    if fault := _unreadable(Path(path)):
        problems.append(fault)
        return {}
    found = DotEnvSettingsSource(Settings, env_file=Path(path)).env_vars
    return {name: value for name, value in found.items() if value is not None}


def read_toml(path: str | os.PathLike[str] | None, problems: list[str]) -> dict[str, Any]:
    """What a TOML file holds; nothing where there is none, or it is among the `problems`."""
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
