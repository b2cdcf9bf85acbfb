"""Profiles: named sets of settings over those of a worker."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from captioner.errors import ConfigError
from captioner.settings.fields import Settings
from captioner.settings.loading import (
    PROFILES,
    Layer,
    config_of,
    load_settings,
    merge,
    read_env_file,
    read_toml,
    validated,
)
from captioner.settings.pacing import Pacing
from captioner.settings.problems import said_together

_PROFILE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SHARED: Final = frozenset(Pacing.model_fields) - {"max_failed_share"}
"""Settings of how a worker goes about everything it does, which no profile may have its own of."""


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
    entries = read_env_file(env_file, [])
    variables = {name.lower(): value for name, value in environ.items()}
    config = config_of(config, entries, variables)
    tables = read_toml(config, []).get(PROFILES, {})
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
            Layer(given, lambda name: name),
            Layer(table, lambda name, where=where: f"{name} in {where}"),  # type: ignore[misc]
        ]
        wrong: list[str] = []
        values, labels = merge(layers, wrong)
        for prompt in ("system_prompt", "user_prompt"):
            if prompt in table and f"{prompt}_file" not in table:
                values.pop(f"{prompt}_file", None)
            elif f"{prompt}_file" in table and prompt not in table:
                values.pop(prompt, None)
        try:
            profiles[profile] = validated(values, partial(_said, labels), wrong)
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError(said_together(problems))
    return profiles


def _said(labels: Mapping[str, str], name: str) -> str:
    return labels.get(name, name)
