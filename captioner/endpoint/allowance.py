"""How much of each limit was used: what a benchmark of a client's pacing asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from captioner.endpoint.bucket import Bucket, Kind
from captioner.endpoint.stats import Stats


def limit_report(buckets: Mapping[Kind, Bucket], stats: Stats) -> dict[str, dict[str, Any]]:
    """For each limit its rate, its capacity, and what happened up to the last admission.

    `allowed` is what could have been admitted in that time: what the bucket held at the first
    attempt, and its rate since, less what the second client took (`other`). `admitted` over
    `allowed` is `used_share`, None before the first admission.
    """
    return {
        kind: {
            "per_minute": bucket.per_minute,
            "per_second": bucket.per_second,
            "capacity": bucket.capacity,
            **_use(kind, bucket, stats),
        }
        for kind, bucket in buckets.items()
    }


def _use(kind: Kind, bucket: Bucket, stats: Stats) -> dict[str, float | None]:
    admitted = stats.admitted if kind == "requests" else stats.tokens_admitted
    other = stats.other_by_last.get(kind, 0)
    if stats.opening is None or stats.last_admission_s is None:
        return {"admitted": admitted, "other": other, "allowed": None, "used_share": None}
    span_s = stats.last_admission_s - stats.opening_s
    allowed = stats.opening[kind] + span_s * bucket.per_second - other
    share = admitted / allowed if allowed > 0 else None
    return {"admitted": admitted, "other": other, "allowed": allowed, "used_share": share}
