"""What becomes of a quota that others spend from, too.

    python -m benchmarks.shared_quota

The quota of `benchmarks.quota`, bound by tokens. First a second client takes half of it from the
middle on; promised: at most 1 % 429s. Then four captioners are started together, with 1,000 images
in all; promised: at least 95 % used, 429s below 1 %. Nothing is lost either way.
"""

from __future__ import annotations

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
_CLIENTS = 4
_PER_S = 20
_ENDPOINT = {"burst_s": 5, "latency_s": 0.4, "latency_p99_s": 2}


def measure(folder: Path, inputs: list[Path], options: dict[str, Any]) -> tuple[float, float, int]:
    """The share that was used, the share of 429s, and how many captions are missing."""
    with endpoint(**_ENDPOINT, **options) as served:
        clients = [
            Client(served.base_url, images, folder / f"{images.name}.jsonl") for images in inputs
        ]
        captions = sum(client.result().captions for client in clients)
        stats = served.stats
    used = stats["limits"]["tokens"]["used_share"]
    return used, sum(stats["limited"].values()) / stats["requests"], _IMAGES - captions


def main() -> None:
    """Measure both."""
    with workplace() as folder:
        whole = folder / "whole"
        make_images(whole, _IMAGES)
        tokens = _PER_S * 60 * tokens_of_a_request(whole, folder)
        quota = {"tokens_per_minute": tokens}
        second = {"other_tokens_per_minute": tokens // 2, "other_after_requests": _IMAGES // 2}
        used, share_429, lost = measure(folder, [whole], quota | second)
        held = share_429 <= 0.01 and not lost
        print(
            f"a second client from the middle on: 429s {share_429:.2%}  used of what it left "
            f"{used:.2%}  lost {lost}  {verdict(held)}",
            flush=True,
        )
        parts = [folder / f"part{number}" for number in range(_CLIENTS)]
        for part in parts:
            make_images(part, _IMAGES // _CLIENTS)
        used, share_429, lost = measure(folder, parts, quota)
        held = used >= 0.95 and share_429 < 0.01 and not lost
        print(
            f"{_CLIENTS} captioners started together:   429s {share_429:.2%}  used {used:.2%}  "
            f"lost {lost}  {verdict(held)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
