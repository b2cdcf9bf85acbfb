"""How much of a quota is used, with how many 429s, by one captioner that is told nothing of it.

    python -m benchmarks.quota

20 requests a second, a bucket of 5 s, latency p50 0.4 s and p99 2 s, 1,000 images. Tokens bind,
with no limit set, one that is twice as high, and the right one; then requests bind.
Promised for each: at least 97 % used of what was allowed until the last admission, 429s below
0.5 % of the requests, nothing lost.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.rehearsal import (
    Client,
    endpoint,
    make_images,
    tokens_of_a_request,
    verdict,
    workplace,
)

_IMAGES = 1000
_PER_S = 20
_ENDPOINT = {"burst_s": 5, "latency_s": 0.4, "latency_p99_s": 2}


def measure(name: str, images: Path, limits: dict[str, Any], settings: dict[str, Any]) -> None:
    """Print the figures of one run against an endpoint with these limits."""
    with workplace() as folder, endpoint(**_ENDPOINT, **limits) as served:
        ran = Client(served.base_url, images, folder / "out.jsonl", **settings).result()
        stats = served.stats
    used = max(limit["used_share"] for limit in stats["limits"].values())
    share_429 = sum(stats["limited"].values()) / stats["requests"]
    lost = _IMAGES - ran.captions
    held = used >= 0.97 and share_429 < 0.005 and not lost
    print(
        f"{name:<22} used {used:7.2%}  429s {share_429:6.2%}  lost {lost}  "
        f"{stats['last_admission_s']:5.1f} s  {verdict(held)}",
        flush=True,
    )


def main() -> None:
    """Measure all, or those whose names are given."""
    with workplace() as folder:
        images = folder / "images"
        make_images(images, _IMAGES)
        tokens = _PER_S * 60 * tokens_of_a_request(images, folder)
        requests = _PER_S * 60
        cases: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "tokens": ({"tokens_per_minute": tokens}, {}),
            "tokens-set-too-high": (
                {"tokens_per_minute": tokens},
                {"tokens_per_minute": 2 * tokens},
            ),
            "tokens-set-right": ({"tokens_per_minute": tokens}, {"tokens_per_minute": tokens}),
            "requests": (
                {"requests_per_minute": requests, "tokens_per_minute": 10 * tokens},
                {},
            ),
            "requests-set-right": (
                {"requests_per_minute": requests, "tokens_per_minute": 10 * tokens},
                {"requests_per_minute": requests},
            ),
        }
        for name, (limits, settings) in cases.items():
            if not sys.argv[1:] or name in sys.argv[1:]:
                measure(name, images, limits, settings)


if __name__ == "__main__":
    main()
