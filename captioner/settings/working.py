"""Options of the long-running worker, beside the settings of what it asks for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from captioner.errors import ConfigError
from captioner.settings.loading import SERVICE_LINK

PREFIX = "CAPTIONER_WORKER_"


_LEAST_DAYS = 1.0
"""A reply is needed until its result was told, and a queue may be away for long."""


def _at_least_a_day(days: float) -> float:
    if 0 < days < _LEAST_DAYS:
        raise PydanticCustomError("days", "Input should be 1 or more, or 0 to keep all")
    return days


class WorkerOptions(BaseModel):
    """How a worker takes, serves and stops. Flags win over CAPTIONER_WORKER_* in the environment.

    `load_options` reads both and raises ConfigError.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    queue: str = Field(description="spool:DIR, or redis://HOST:PORT/DB?stream=NAME&group=NAME.")
    http: str = Field("", description="HOST:PORT to serve HTTP at. Unset: no HTTP.")
    http_token_file: Path | None = Field(
        None, description="A file with the token that callers need; without the next, control too."
    )
    control_token_file: Path | None = Field(
        None, description="A file with a token for control alone, which opens all else as well."
    )
    jobs: int = Field(4, ge=1, description="Files of a spool that are worked on at once.")
    burst: bool = Field(False, description="End, with status 0, when the queue is empty.")
    max_wait_s: float = Field(
        60.0, gt=0, description="Callers over HTTP are sent away if they would wait longer."
    )
    state_dir: Path | None = Field(
        None, description="A folder on a local disk for what is paid for. Unset: .captioner."
    )
    ledger_days: Annotated[float, AfterValidator(_at_least_a_day)] = Field(
        30.0,
        ge=0,
        allow_inf_nan=False,
        description="Days after which its ledger forgets a reply; 0: never.",
    )
    heartbeat_s: float = Field(5.0, gt=0, description="Seconds between signs of life.")
    takeover_s: float = Field(
        20.0, gt=0, description="Seconds without a sign of life after which work is taken over."
    )
    settle_s: float = Field(
        2.0, ge=0, description="Seconds that a dropped file must not have changed for."
    )
    poll_s: float = Field(0.5, gt=0, description="Seconds between two looks into the spool.")
    max_deliveries: int = Field(
        5, ge=1, description="How often an entry is tried that workers died of."
    )
    max_body_bytes: int = Field(
        32 * 2**20, ge=1, description="The largest sample that is taken, in bytes."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="Lines for people or JSON. auto: JSON where there is no terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged; debug has a line for each sample."
    )


def load_options(
    flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ
) -> WorkerOptions:
    """Read the options; `flags` is field name → value, None where not given.

    Raises ConfigError naming each that is wrong.
    """
    fields = WorkerOptions.model_fields
    variables = {name.upper(): value for name, value in environ.items()}
    values: dict[str, Any] = {}
    labels: dict[str, str] = {}
    for name in fields:
        if flags.get(name) is not None:
            values[name], labels[name] = flags[name], f"--{name.replace('_', '-')}"
        elif variables.get(PREFIX + name.upper(), "").strip():
            values[name], labels[name] = variables[PREFIX + name.upper()], PREFIX + name.upper()
    # A Service that is named captioner-worker has such variables set in every pod beside it.
    unknown = [
        name
        for name in variables
        if name.startswith(PREFIX)
        and (short := name.removeprefix(PREFIX).lower()) not in fields
        and not SERVICE_LINK.fullmatch(short)
    ]
    problems = [f"{name}: there is no such option of the worker" for name in sorted(unknown)]
    options = None
    try:
        options = WorkerOptions(**values)
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False):
            name = str(item["loc"][0])
            told = "must be given" if item["type"] == "missing" else item["msg"]
            problems.append(f"{labels.get(name, '--' + name.replace('_', '-'))}: {told}")
    # Raised here: while the other error is handled it would come along, with its inputs.
    if options is None or problems:
        raise ConfigError("; ".join(problems))
    return options
