"""How a setting is declared, and what its declaration says to a person."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

Affects: TypeAlias = Literal["request", "rows", "flow"]
"""What changes with a setting: what is asked, what is written, or only how the run goes."""

PROMPTS: Final = "What to write"
ENDPOINT: Final = "Endpoint and key"
IMAGES: Final = "Images"
SAMPLES: Final = "Samples"
ROWS: Final = "Rows"
FLOW: Final = "Speed and patience"
LEDGER: Final = "What is paid for"

Shape: TypeAlias = Literal["text", "path", "number", "choice", "switch", "json", "list"]


def setting(
    default: Any, description: str, *, affects: Affects, group: str, **constraints: Any
) -> Any:
    """Declare a field: its default, one line of explanation, what it affects, its help's group."""
    return Field(
        default,
        description=description,
        json_schema_extra={"affects": affects, "group": group},
        **constraints,
    )


def _extra(field: FieldInfo, name: str) -> str:
    extra: Any = field.json_schema_extra  # as `setting` made it
    return str(extra[name])


def group_of(field: FieldInfo) -> str:
    """Return the heading under which a field stands in help and example file."""
    return _extra(field, "group")


def affects(model: type[BaseModel]) -> dict[str, Affects]:
    """Return field name → what it affects."""
    found: dict[str, Any] = {n: _extra(f, "affects") for n, f in model.model_fields.items()}
    return found


@cache
def schemas(model: type[BaseModel]) -> Mapping[str, dict[str, Any]]:
    """Return field name → its JSON schema, the one place where types and ranges are read from."""
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return properties


def secrets(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the fields whose values, or parts of them, nobody may see."""
    return frozenset(name for name, schema in schemas(model).items() if _hides(schema))


def _hides(schema: Mapping[str, Any]) -> bool:
    parts = [part for part in schema.values() if isinstance(part, dict)]
    return "writeOnly" in schema or any(_hides(part) for part in parts)


def _inner(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = schema.get(name)
    return found if isinstance(found, dict) else {}


def _branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    branches: list[Mapping[str, Any]] = schema.get("anyOf", [schema])
    return [branch for branch in branches if branch.get("type") != "null"]


def _choices(schema: Mapping[str, Any]) -> list[str]:
    return [str(c) for c in schema.get("enum", [schema["const"]] if "const" in schema else [])]


def _series(words: list[str], last: str) -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else words[0]


def _range(schema: Mapping[str, Any]) -> str:
    noun = "an integer" if schema["type"] == "integer" else "a number"
    match schema:
        case {"minimum": low, "maximum": high}:
            return f"{noun} from {low:g} to {high:g}"
        case {"minimum": low}:
            return f"{noun} of at least {low:g}"
        case {"exclusiveMinimum": low}:
            return f"{noun} above {low:g}"
    return noun


def allowed(schema: Mapping[str, Any]) -> str:
    """Say what a field takes, such as "a number from 0 to 1"."""
    return _series([_allowed_branch(branch) for branch in _branches(schema)], "or")


def _allowed_branch(schema: Mapping[str, Any]) -> str:
    if choices := _choices(schema):
        return _series(choices, "or")
    match shape(schema):
        case "number":
            return _range(schema)
        case "switch":
            return "true or false"
        case "path":
            return "a path"
        case "json":
            return "a JSON object"
        case "list":
            return f"any of {_series(_choices(_inner(schema, 'items')), 'and')}, joined by commas"
        case _:
            return "text"


def shape(schema: Mapping[str, Any]) -> Shape:
    """Tell fields apart by how a person writes them; a union is what its first branch is."""
    first = _branches(schema)[0]
    if _choices(first):
        return "choice"
    if first.get("format") == "path":
        return "path"
    kinds: dict[str, Shape] = {
        "integer": "number",
        "number": "number",
        "boolean": "switch",
        "object": "json",
        "array": "list",
    }
    return kinds.get(first.get("type", ""), "text")


def metavar(schema: Mapping[str, Any]) -> str:
    """Return what stands for the value in the usage, such as `{low,high}` or `N`."""
    if choices := [c for branch in _branches(schema) for c in _choices(branch)]:
        numbers = ["N"] if any(shape(branch) == "number" for branch in _branches(schema)) else []
        return "{" + ",".join(choices + numbers) + "}"
    names: dict[Shape, str] = {"path": "PATH", "number": "N", "json": "JSON", "list": "LIST"}
    return names.get(shape(schema), "TEXT")


def default_text(field: FieldInfo) -> str:
    """Write a default as one would set it; empty for None, an empty text and an empty list."""
    default = field.get_default(call_default_factory=True)
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, dict):
        return "{}"
    if isinstance(default, frozenset):
        return ",".join(sorted(default))
    if isinstance(default, float):
        return repr(default)
    return str(default) if default is not None else ""
