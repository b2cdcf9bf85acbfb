"""What 10 % of mixed faults cost.

    python -m benchmarks.faults

500, 502, 503, a reset, a hang and a truncated body, each equally often, at an endpoint of 20
requests a second with latencies p50 0.4 s and p99 2 s; request_timeout_s=10, 1,000 images.
Promised: nothing lost, and at most 1.6 times the span of the clean run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.observed import Observed, observe_run
from benchmarks.rehearsal import endpoint, make_images, verdict, workplace

_IMAGES = 1000
_ENDPOINT = {"requests_per_minute": 1200, "burst_s": 5, "latency_s": 0.4, "latency_p99_s": 2}
_FAULTS = {"fault_share": 0.1, "fault_kinds": ("500", "502", "503", "reset", "hang", "truncated")}


def measure(images: Path, options: dict[str, Any]) -> Observed:
    """One run against an endpoint with these options."""
    with endpoint(**_ENDPOINT, **options) as served:
        return observe_run(served.base_url, images, request_timeout_s=10)


def main() -> None:
    """Print both spans and their ratio."""
    with workplace() as folder:
        images = folder / "images"
        make_images(images, _IMAGES)
        clean, faulty = measure(images, {}), measure(images, _FAULTS)
    ratio = faulty.span_s / clean.span_s
    lost = 2 * _IMAGES - clean.captions - faulty.captions
    print(f"clean        {clean.span_s:6.1f} s  {len(clean.attempts)} requests")
    print(
        f"10 % faults  {faulty.span_s:6.1f} s  {len(faulty.attempts)} requests  ratio {ratio:.2f}  "
        f"lost {lost}  {faulty.failures or ''}  {verdict(ratio <= 1.6 and not lost)}"
    )


if __name__ == "__main__":
    main()
