"""The summaries of all shards of one input: whether they fit together, and as one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from captioner.errors import ConfigError
from captioner.report.summary import SCHEMA

Summary = Mapping[str, Any]

_SUMMED: Final = ("counts", "tokens", "bound_by", "outages", "slow_downs")
_FILE_SETTINGS: Final = "_file"


def in_order(summaries: Mapping[str, Summary | None], compared: Collection[str]) -> list[str]:
    """The names of the parts, in the order of their shards.

    `compared` are the settings that must be the same in all. Raises ConfigError, naming the part,
    where one is no complete run of a shard, has other settings, model or input than the first, or
    where they are not all shards, each once.
    """
    known: dict[str, Summary] = {}
    for name, summary in summaries.items():
        known[name] = _checked(name, summary)
    first_name, first = next(iter(known.items()))
    for name, summary in known.items():
        if (what := _difference(first, summary, compared)) is not None:
            raise ConfigError(
                f"{name} was made with another {what} than {first_name}: only shards of one input, "
                "captioned alike, can be merged"
            )
    names: dict[int, str] = {}
    for name, summary in known.items():
        shard = summary["shard"]
        if shard["index"] in names:
            raise ConfigError(
                f"{names[shard['index']]} and {name} are both shard {_shown(shard)}: name each once"
            )
        names[shard["index"]] = name
    count = first["shard"]["count"]
    if missing := [f"{index}/{count}" for index in range(count) if index not in names]:
        shown = ", ".join(missing[:10]) + (", …" if len(missing) > 10 else "")
        raise ConfigError(f"shard {shown} is missing: run it, and name its OUTPUT too")
    return [names[index] for index in range(count)]


def notes_on(summaries: Sequence[Summary]) -> list[str]:
    """What a person should know: that replies came from different places."""
    endpoints = dict.fromkeys(str(summary["endpoint"]) for summary in summaries)
    if len(endpoints) < 2:
        return []
    return [f"the shards were captioned at {len(endpoints)} endpoints: {', '.join(endpoints)}"]


def merged_summary(
    summaries: Sequence[Summary],
    *,
    names: Sequence[str],
    output: str,
    files: Mapping[str, str],
    exit_statuses: tuple[int, int],
) -> dict[str, Any]:
    """The summary of the merged output, from those of its parts in order.

    Counts, tokens, dollars and seconds are sums: seconds of work, also where it went on side by
    side. The median image is that of the parts' medians. `exit_statuses` are those of a run with
    few failures and of one with too many; `parts` names what was merged.
    """
    first = summaries[0]
    sums = {name: _sum([summary.get(name, {}) for summary in summaries]) for name in _SUMMED}
    counts = sums["counts"]
    seconds = round(sum(summary["seconds"] for summary in summaries), 3)
    faults = counts.get("malformed", 0) + counts.get("not_json", 0)
    asked = counts["placeholders"] + faults
    share = (counts["failed"] + faults) / asked if asked else 0.0
    fine, failed = exit_statuses
    return {
        **first,
        **sums,
        "status": "complete",
        "verdict": "",
        "message": "",
        "exit_status": failed if share > first["settings"].get("max_failed_share", 1.0) else fine,
        "output": output,
        "failures": _failures(summaries),
        "cost": _cost([summary["cost"] for summary in summaries]),
        "budget": {},
        "seconds": seconds,
        "captions_per_second": round(counts["captions"] / seconds, 3) if seconds else 0.0,
        "images": _images([summary["images"] for summary in summaries]),
        "dialect": _union(summaries, "dialect"),
        "warnings": _union(summaries, "warnings"),
        "files": dict(files),
        "continues": False,
        "shard": None,
        "parts": list(names),
    }


def _checked(name: str, summary: Summary | None) -> Summary:
    if summary is None:
        raise ConfigError(
            f"{name} has no summary: name the OUTPUT of a run as it was given to it, with the "
            "files beside it (--state-dir, if the run had one)"
        )
    if summary.get("schema") != SCHEMA:
        raise ConfigError(
            f"{name} was made by captioner {summary.get('captioner_version')}: merge with that one"
        )
    if summary.get("status") != "complete":
        raise ConfigError(
            f"{name} is not complete ({summary.get('status')}): give its command again first"
        )
    shard = summary.get("shard")
    if not shard:
        raise ConfigError(f"{name} is no shard: it was run without --shard I/N")
    written = summary["counts"]["samples"]
    if written != shard["samples"]:
        raise ConfigError(
            f"{name} holds {written:,} of {shard['samples']:,} samples: give its command again "
            "without --limit"
        )
    return summary


def _difference(first: Summary, other: Summary, compared: Collection[str]) -> str | None:
    for name in ("count", "total", "input"):
        if first["shard"][name] != other["shard"][name]:
            return {"count": "number of shards"}.get(name, "input")
    for name in ("model", "rehearsal"):
        if first[name] != other[name]:
            return name
    before, after = first["settings"], other["settings"]
    differ = [name for name in sorted(compared) if before.get(name) != after.get(name)]
    # A prompt's text is compared, wherever it was read from.
    return next((name for name in differ if not name.endswith(_FILE_SETTINGS)), None)


def _shown(shard: Mapping[str, Any]) -> str:
    return f"{shard['index']}/{shard['count']}"


def _sum(many: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers added by name, in mappings of mappings too."""
    added: dict[str, Any] = {}
    for one in many:
        for name, value in one.items():
            before = added.get(name)
            if isinstance(value, Mapping):
                added[name] = _sum([before or {}, value])
            elif name not in added:
                added[name] = value
            else:
                added[name] = None if value is None or before is None else before + value
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in added.items()
    }


def _failures(summaries: Sequence[Summary]) -> dict[str, Any]:
    reasons: dict[str, dict[str, Any]] = {}
    for summary in summaries:
        for reason, told in summary["failures"].items():
            before = reasons.get(reason, {**told, "count": 0})
            reasons[reason] = {**before, "count": before["count"] + told["count"]}
    by_count = sorted(reasons.items(), key=lambda item: (-item[1]["count"], item[0]))
    return dict(by_count)


def _cost(costs: Sequence[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """None where that of a part is not known: a sum without it would be a wrong one."""
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return None
    summed = ("dollars", "lost_at_most", "unpriced_requests")
    return {**known[0], **{name: sum(cost[name] for cost in known) for name in summed}}


def _images(images: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sizes = ("mean_px", "median_px", "max_px")
    summed = [{k: v for k, v in one.items() if k not in sizes} for one in images]
    there = [one for one in images if one["count"]]
    if len(there) < 2:
        return {**_sum(summed), **{name: (there or images)[0][name] for name in sizes}}
    count = sum(one["count"] for one in there)
    mean = [round(sum(i["mean_px"][axis] * i["count"] for i in there) / count) for axis in (0, 1)]
    medians = [one["median_px"] for one in there for _ in range(one["count"] * 100 // count or 1)]
    medians.sort(key=_area_px)
    return {
        **_sum(summed),
        "mean_px": mean,
        "median_px": medians[(len(medians) - 1) // 2],
        "max_px": max((one["max_px"] for one in there), key=_area_px),
    }


def _area_px(size: Sequence[int]) -> int:
    return size[0] * size[1]


def _union(summaries: Sequence[Summary], name: str) -> list[str]:
    return list(dict.fromkeys(text for summary in summaries for text in summary[name]))
