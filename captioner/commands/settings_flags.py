"""The flags of the settings: made from the Settings class, one kebab-case flag a field."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

from pydantic_settings import CliSettingsSource

from captioner.settings import Settings
from captioner.settings.declare import allowed, default_text, group_of, metavar, schemas, shape

_SWITCH_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


class SettingsFlags:
    """The settings' flags on a parser; `values` takes from the parsed words what was given."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._groups: dict[str, Any] = {}
        self._source: CliSettingsSource[Settings] = CliSettingsSource(
            Settings,
            root_parser=parser,
            cli_kebab_case=True,
            cli_implicit_flags=True,
            # No word holds a NUL: nothing that a person writes is taken for None.
            cli_parse_none_str="\0",
            add_argument_method=self._add,
        )

    def values(self, parsed: argparse.Namespace) -> dict[str, Any]:
        """Return field name → value as written, for the flags that were given."""
        given = {k: v for k, v in vars(parsed).items() if k in Settings.model_fields}
        return dict(self._source(parsed_args=given)())

    def _add(self, _: Any, *names: str, **how: Any) -> argparse.Action:
        field = Settings.model_fields[how["dest"]]
        schema = schemas(Settings)[how["dest"]]
        group = group_of(field)
        if group not in self._groups:
            self._groups[group] = self._parser.add_argument_group(group)
        notes = []
        if shape(schema) in ("number", "json", "list"):
            notes.append(allowed(schema))
        if default := default_text(field):
            notes.append(f"default: {default}")
        text = f"{field.description} ({'; '.join(notes)})" if notes else str(field.description)
        if shape(schema) != "switch":
            how["metavar"] = metavar(schema)
        how["help"] = text.replace("%", "%%")
        action: argparse.Action = self._groups[group].add_argument(*names, **how)
        return action


def spell_switches(words: Sequence[str]) -> list[str]:
    """Write `--x true`, `--x=no` and their like as the `--x` and `--no-x` that argparse knows."""
    switches = {
        f"--{name.replace('_', '-')}"
        for name, schema in schemas(Settings).items()
        if shape(schema) == "switch"
    }
    spelled: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if name in switches and equals and value.lower() in _SWITCH_WORDS:
            spelled.append(_switch(name, value))
        elif spelled and spelled[-1] in switches and word.lower() in _SWITCH_WORDS:
            spelled[-1] = _switch(spelled[-1], word)
        else:
            spelled.append(word)
    return spelled


def _switch(name: str, value: str) -> str:
    return name if _SWITCH_WORDS[value.lower()] else f"--no-{name.removeprefix('--')}"
