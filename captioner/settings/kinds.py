"""Types of settings that are written as text in environment and flags."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from captioner.errors import ConfigError
from captioner.settings.endpoint_url import normalise_base_url

Mode: TypeAlias = Literal["reasoning", "description", "conversation", "caption", "custom"]
Format: TypeAlias = Literal["jsonl", "images", "list", "parquet", "csv", "datasets", "webdataset"]
Accepted: TypeAlias = Literal["truncated", "looped", "echoed", "refused"]


def wrong(message: str) -> PydanticCustomError:
    """Make the error of a validator, whose whole text is `message`."""
    return PydanticCustomError("captioner", "{message}", {"message": message})


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _base_url(text: str) -> str:
    fault = ""
    try:
        return normalise_base_url(text)
    except ConfigError as error:
        fault = str(error)
    raise wrong(fault)


def _json_object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        objects = json.loads(f"[{value}]")  # a flag that is given twice arrives joined by a comma
    except ValueError:
        objects = [None]
    # Raised here and not while handling the parser's error, which carries the whole text along.
    if not all(isinstance(one, dict) for one in objects):
        raise wrong('must be a JSON object, such as {"name": "value"}')
    return {name: inner for one in objects for name, inner in one.items()}


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return [value]
    return [word.strip() for word in value.split(",") if word.strip()]


def _body_fields(fields: dict[str, Any]) -> dict[str, Any]:
    if own := {"model", "messages", "stream"} & fields.keys():
        raise wrong(f"must not name {', '.join(sorted(own))}: captioner sets these itself")
    try:
        json.dumps(fields, allow_nan=False)
    except (TypeError, ValueError):
        raise wrong("must hold JSON values only") from None
    return fields


_HEADER_NAME = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"


def _headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in headers.items():
        if name.lower() in ("content-type", "content-length", "transfer-encoding"):
            raise wrong(f"must not name {name}: captioner sets it itself")
        text = value.get_secret_value()
        if not (text.isascii() and text.isprintable()):
            raise wrong(
                f"the value of {name} holds a line break or a character that no header takes"
                " (it is not shown)"
            )
    return headers


def _expanded(place: str | None) -> str | None:
    """A folder, with `~` as the home folder it stands for; a URL stays as it is."""
    return place if place is None or "://" in place else os.path.expanduser(place)  # noqa: PTH111


BlankIsNone = BeforeValidator(_blank_is_none)
Name = Annotated[str, Field(min_length=1)]
OptionalName = Annotated[str | None, BlankIsNone]
OptionalPlaceholders = Annotated[Literal["require", "add"] | None, BlankIsNone]
OptionalRows = Annotated[Literal["samples", "captions"] | None, BlankIsNone]
OptionalFormat = Annotated[Format | None, BlankIsNone]
OptionalPath = Annotated[
    Path | None,
    BlankIsNone,
    AfterValidator(lambda path: path.expanduser() if path else path),
]
OptionalPlace = Annotated[
    str | None,
    BlankIsNone,
    BeforeValidator(lambda place: os.fspath(place) if isinstance(place, os.PathLike) else place),
    AfterValidator(_expanded),
]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Trimmed = Annotated[str, AfterValidator(str.strip)]
HeaderName = Annotated[str, Field(pattern=_HEADER_NAME)]
Count = Annotated[int, Field(ge=1)]
Concurrency = Literal["auto"] | Count
Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]
AtLeast0 = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
OptionalAbove0 = Annotated[Above0 | None, BlankIsNone]
OptionalAtLeast0 = Annotated[AtLeast0 | None, BlankIsNone]
OptionalCount = Annotated[Count | None, BlankIsNone]
# NoDecode: the words of a person are decoded here, for flags, environment and files alike.
Accept = Annotated[frozenset[Accepted], NoDecode, BeforeValidator(_words)]
Body = Annotated[
    dict[str, Any], NoDecode, BeforeValidator(_json_object), AfterValidator(_body_fields)
]
Headers = Annotated[
    dict[HeaderName, SecretStr], NoDecode, BeforeValidator(_json_object), AfterValidator(_headers)
]
