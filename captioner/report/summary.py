"""The record that stays of a run: `captions.summary.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from captioner.errors import ConfigError
from captioner.report.image_sizes import ImageSizes
from captioner.report.results import Results
from captioner.report.tally import Snapshot
from captioner.report.wording import place_name
from captioner.report.work import Work
from captioner.samples.reasons import REASONS

SCHEMA: Final = 1
"""Rises when a key changes its meaning or goes; new keys leave it as it is."""

PLACEHOLDERS_WARNING: Final = (
    "There were images but no placeholder for any of them, so nothing was captioned: "
    "set placeholders=add (--placeholders add) to put one for each image in front of its text."
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a tally cannot know about a run.

    `status` says how it ended; `verdict` and `message` why it stopped early (empty when complete).
    `settings` is free of secrets. `files` names what was written, by what it is ("output",
    "failures", …), in the order in which a person should read it. `budget` is, for each cap that
    is set, its `limit` and what counts as `spent` of it. `continues` says that the same command
    goes on from here. `shard` tells of the part of the input that this was, if it was one.
    """

    version: str
    status: Literal["complete", "stopped", "interrupted"]
    verdict: str
    message: str
    exit_status: int
    rehearsal: bool
    input: str
    output: str
    image_base: str
    endpoint: str
    model: str
    mode: str
    settings: Mapping[str, Any]
    files: Mapping[str, str]
    budget: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    continues: bool = False
    shard: Mapping[str, Any] | None = None


def build_summary(facts: RunFacts, snapshot: Snapshot) -> dict[str, Any]:
    """The summary as JSON values.

    Its counts of samples and captions are of what is written, so that they agree with the files;
    requests, tokens and seconds are of everything that was done, in all lives of the run. Of the
    endpoint's URL, user, password and query are left out.
    """
    written, work = snapshot.written, snapshot.work
    warnings = list(work.warnings)
    if written.images_without_placeholders:
        warnings.append(PLACEHOLDERS_WARNING)
    seconds = snapshot.seconds
    return {
        "schema": SCHEMA,
        "captioner_version": facts.version,
        "status": facts.status,
        "verdict": facts.verdict,
        "message": facts.message,
        "exit_status": facts.exit_status,
        "rehearsal": facts.rehearsal,
        "input": facts.input,
        "output": facts.output,
        "image_base": facts.image_base,
        "endpoint": place_name(facts.endpoint),
        "model": facts.model,
        "mode": facts.mode,
        "counts": _counts(written, work),
        "failures": {
            reason: {
                "count": count,
                "example": written.failure_examples.get(reason, ""),
                "help": REASONS.get(reason, ""),
            }
            for reason, count in _by_count(written.failure_reasons).items()
        },
        "tokens": {
            "prompt": work.prompt_tokens,
            "completion": work.completion_tokens,
            "lost_at_most": work.lost_tokens,
        },
        "cost": _cost(work),
        "budget": {name: dict(cap) for name, cap in facts.budget.items()},
        "seconds": round(seconds, 3),
        "captions_per_second": round(written.captions / seconds, 3) if seconds > 0 else 0.0,
        "bound_by": {cause: round(s, 3) for cause, s in snapshot.bound_by_s.items()},
        "outages": {"count": work.outages, "seconds": round(work.outage_s, 3)},
        "slow_downs": {"count": work.slow_downs, "seconds": round(work.slow_down_s, 3)},
        "images": _images(work.images),
        "dialect": list(work.dialect),
        "warnings": warnings,
        "files": dict(facts.files),
        "settings": dict(facts.settings),
        "continues": facts.continues,
        "shard": None if facts.shard is None else dict(facts.shard),
    }


def write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    """Write it so that a crash leaves either the old file or the new one, whole.

    File names that are not UTF-8 are kept as JSON escapes. Raises OSError.
    """
    text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    # The escape that Python makes of a lone surrogate is the one that JSON reads.
    body = text.encode("utf-8", "backslashreplace")
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read_summary(path: Path) -> dict[str, Any] | None:
    """The summary that an earlier run left, None where there is none.

    Raises ConfigError if it cannot be read.
    """
    try:
        summary = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path} is of an earlier run and cannot be read ({error}): begin anew with --restart"
        ) from error
    return summary if isinstance(summary, dict) else None


def _counts(written: Results, work: Work) -> dict[str, Any]:
    return {
        "samples": written.samples_written,
        "rows": written.rows,
        "placeholders": written.placeholders,
        "captions": written.captions,
        "failed": written.failed,
        "malformed": written.faults.get("malformed", 0),
        "not_json": written.faults.get("not_json", 0),
        "verdicts": _by_count(written.verdicts),
        "failure_reasons": _by_count(written.failure_reasons),
        "reused_captions": written.reused_captions,
        "unused_images": written.unused_images,
        "requests": work.requests,
        "attempts": work.attempts,
        "retries": work.retries,
        "rate_limited_429": work.rate_limited,
        "statuses": dict(sorted(work.statuses.items())),
    }


def _cost(work: Work) -> dict[str, Any] | None:
    """Dollars and what they rest on; None where the price is not known."""
    dollars = work.dollars
    if dollars is None:
        return None
    return {
        "dollars": dollars,
        "lost_at_most": work.lost_dollars,
        "unpriced_requests": work.unpriced_requests,
        "price_input": work.price_input,
        "price_output": work.price_output,
        "price_source": work.price_source,
    }


def _images(images: ImageSizes) -> dict[str, Any]:
    return {
        "count": images.count,
        "mean_px": images.mean_px(),
        "median_px": images.median_px(),
        "max_px": images.max_px if images.count else None,
        "bytes_sent": images.bytes_sent,
        "tokens": images.tokens_sum,
        "tokens_as_they_came": images.source_tokens_sum,
        "converted": images.converted,
    }


def _by_count(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first, equals by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _sync_folder(folder: Path) -> None:
    """Make the rename durable where folders can be synced (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
