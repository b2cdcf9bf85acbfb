"""`captioner endpoint`: the rehearsal endpoint as a server of its own, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import types
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from captioner.endpoint.options import EndpointOptions
from captioner.errors import ConfigError

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one flag an option, in kebab-case; what is not given keeps the option's default."""
    for name, field in EndpointOptions.model_fields.items():
        parser.add_argument(f"--{_kebab(name)}", **_flag(field))


def endpoint_command(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM and return 0; one line on standard output says where.

    Raises ConfigError for an option out of its range and for a port that cannot be had.
    """
    asyncio.run(_serve(_options(args)))
    return 0


async def _serve(options: EndpointOptions) -> None:
    # Imported here: aiohttp and Pillow must not slow down every other command's start.
    from captioner.endpoint.server import RehearsalEndpoint

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        async with RehearsalEndpoint(options) as endpoint:
            print(f"Rehearsal endpoint ready at {endpoint.base_url}", flush=True)
            await stop.wait()
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)


def _options(args: argparse.Namespace) -> EndpointOptions:
    given = {
        name: value
        for name in EndpointOptions.model_fields
        if (value := getattr(args, name, None)) is not None
    }
    try:
        return EndpointOptions.model_validate(given)
    except ValidationError as error:
        # Only place and message: pydantic's own text repeats the input, and that may be a key.
        told: dict[str, str] = {}
        for problem in error.errors(include_input=False, include_url=False):
            flag = f"--{_kebab(str(problem['loc'][0]))}: " if problem["loc"] else ""
            told.setdefault(flag, problem["msg"])
        raise ConfigError("; ".join(flag + words for flag, words in told.items())) from None


def _flag(field: FieldInfo) -> dict[str, Any]:
    kind = _without_none(field.annotation)
    shown = _shown(field.default)
    flag: dict[str, Any] = {
        "default": None,
        # argparse takes a percent sign for the start of a placeholder.
        "help": f"{field.description}{shown}".replace("%", "%%"),
    }
    if kind is bool:
        return flag | {"action": argparse.BooleanOptionalAction}
    if get_origin(kind) is tuple:
        return flag | {"type": _comma_separated, "metavar": "A,B,…"}
    if get_origin(kind) is Literal:
        return flag | {"choices": get_args(kind)}
    if kind in (int, float):
        return flag | {"type": kind, "metavar": "N"}
    return flag | {"metavar": "KEY" if kind is SecretStr else "TEXT"}


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        return next(kind for kind in get_args(annotation) if kind is not type(None))
    return annotation


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        default = "on" if default else "off"
    elif isinstance(default, tuple):
        default = ",".join(default)
    return f" Default: {default}."


def _comma_separated(text: str) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in text.split(",") if piece.strip())


def _kebab(name: str) -> str:
    return name.replace("_", "-")
