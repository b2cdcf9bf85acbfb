"""Whether a run begins, goes on, or is already done. Pure: the earlier run's record in, that out.

The record is in the ledger, rewritten while the run goes on, so that it also stands after a crash.
What must be equal to go on is the input and every setting that affects requests or rows; what only
affects the flow may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from captioner.errors import ConfigError
from captioner.samples.verdict import JUDGE
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
        asked = {name: dump[name] for name in sorted(dump) if kinds[name] != "flow"}
        # Of an address, what may be secret in its query is compared, and not kept.
        asked["base_url"] = settings.endpoint_id or _digest(settings.base_url)
        return cls(dict(source), image_base, asked)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "source": dict(self.source),
            "image_base": self.image_base,
            "settings": dict(self.settings),
        }


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run into the same output left: where it stood, and what it had counted.

    `judge` is the version of the verdicts in its rows.
    """

    token: Any
    tally: Mapping[str, Any]
    model: str
    samples: int
    done: bool
    exit_status: int
    judge: int

    def meets(self, model: str) -> list[str]:
        """What a person should know before the run goes on with this model.

        Raises ConfigError where it is not the one that was asked.
        """
        if self.model != model:
            raise ConfigError(
                f"the earlier run asked {self.model!r}, the endpoint now offers {model!r}: "
                "name the model with --model, or begin anew with --restart"
            )
        if self.judge == JUDGE:
            return []
        return ["The rows so far were judged by other rules than those of today."]


def record_of(
    identity: Identity,
    *,
    token: Any,
    tally: Mapping[str, Any],
    model: str,
    samples: int,
    complete: bool,
    exit_status: int,
    limit: int | None,
    input: str,  # noqa: A002 - the name it has on the command line
    settings: Settings,
) -> dict[str, Any]:
    """What a later run needs to go on, or to ask again for a part, as JSON values."""
    return {
        "identity": identity.to_dict(),
        "input": input,
        "settings": public_dump(settings),
        "judge": JUDGE,
        "token": token,
        "tally": dict(tally),
        "model": model,
        "samples": samples,
        "complete": complete,
        "exit_status": exit_status,
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
        exit_status=record["exit_status"],
        judge=record["judge"],
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


def check_unowned(summary: Mapping[str, Any] | None, path: str) -> None:
    """Raise ConfigError where a run to standard output would spoil the state of one into a file."""
    if summary and summary.get("output") != "-":
        raise ConfigError(
            f"{path} is of a run into a file, and standard output would take its place: name "
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


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()
