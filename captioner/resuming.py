"""Whether a run begins, goes on, or is already done. Pure: the earlier run's record in, that out.

The record is part of the summary, rewritten while the run goes on, so that it also stands after a
crash. What must be equal to go on is the input and every setting that affects requests or rows;
what only affects the flow may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captioner.errors import ConfigError
from captioner.settings import Settings, affects, public_dump


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two runs the same: JSON values, without secrets."""

    source: Mapping[str, Any]
    image_base: str
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, source: Mapping[str, Any], image_base: str, settings: Settings) -> Identity:
        """The identity of a run with these settings over this source."""
        kinds = affects(Settings)
        dump = public_dump(settings)
        return cls(
            dict(source),
            image_base,
            {name: dump[name] for name in sorted(dump) if kinds[name] != "flow"},
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "source": dict(self.source),
            "image_base": self.image_base,
            "settings": dict(self.settings),
        }


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run into the same output left: where it stood, and what it had counted."""

    token: Any
    tally: Mapping[str, Any]
    model: str
    samples: int
    done: bool


def record_of(
    identity: Identity,
    *,
    token: Any,
    tally: Mapping[str, Any],
    model: str,
    samples: int,
    complete: bool,
    limit: int | None,
) -> dict[str, Any]:
    """What a later run needs to go on, as JSON values."""
    return {
        "identity": identity.to_dict(),
        "token": token,
        "tally": dict(tally),
        "model": model,
        "samples": samples,
        "complete": complete,
        "limit": limit,
    }


def earlier_run(
    record: Mapping[str, Any] | None, identity: Identity, *, limit: int | None
) -> Earlier | None:
    """What to go on from; None to begin. `done` says that nothing is left to do.

    Raises ConfigError naming what differs from the earlier run.
    """
    if not record:
        return None
    different = _differences(record.get("identity", {}), identity)
    if different:
        raise ConfigError(
            f"the output is of an earlier run with another {' and another '.join(different)}: "
            "set it as it was, choose another OUTPUT, or begin anew with --restart"
        )
    return Earlier(
        token=record["token"],
        tally=record["tally"],
        model=record["model"],
        samples=record["samples"],
        done=_done(record, limit),
    )


def check_output(earlier: Earlier | None, output: str, *, exists: bool) -> None:
    """Raise ConfigError where OUTPUT is not what the earlier run, or none, must have left."""
    if earlier is None and exists:
        raise ConfigError(
            f"{output} exists and is not of this run: choose another OUTPUT, or "
            "overwrite it with --restart"
        )
    if earlier is not None and earlier.done and not exists:
        raise ConfigError(
            f"{output} was complete and is gone: put it back, or begin anew with --restart"
        )


def check_unowned(record: Mapping[str, Any] | None, summary: Path) -> None:
    """Raise ConfigError where a run to standard output would spoil the state of one into a file."""
    if record:
        raise ConfigError(
            f"{summary} is of a run into a file, and standard output would take its place: name "
            "another folder with --state-dir, or give that run up with --restart"
        )


def _done(record: Mapping[str, Any], limit: int | None) -> bool:
    if not record["complete"]:
        return False  # even with enough samples written, the output has yet to get its name
    return record["limit"] is None or (limit is not None and record["samples"] >= limit)


def _differences(before: Mapping[str, Any], now: Identity) -> list[str]:
    if before.get("source") != dict(now.source):
        return ["input (or it has changed since)"]
    settings = before.get("settings", {})
    names = [name for name, value in now.settings.items() if settings.get(name) != value]
    if not names and before.get("image_base") != now.image_base:
        names = ["image_base"]
    return names
