"""What an endpoint that answers 429 and tells nothing is sent.

    python -m benchmarks.no_hints

20 requests a second, a bucket of 5 s, no rate headers and no Retry-After, latencies p50 0.4 s and
p99 2 s; three minutes' worth of images. Promised: nothing lost, and at most 5 % 429s after the
first minute.
"""

from __future__ import annotations

from benchmarks.observed import observe_run
from benchmarks.rehearsal import endpoint, make_images, verdict, workplace

_IMAGES = 3600
_ENDPOINT = {
    "requests_per_minute": 1200,
    "burst_s": 5,
    "rate_headers": "none",
    "latency_s": 0.4,
    "latency_p99_s": 2,
}


def main() -> None:
    """Print the shares of 429s, and of the quota that was used."""
    with workplace() as folder:
        make_images(folder / "images", _IMAGES)
        with endpoint(**_ENDPOINT) as served:
            observed = observe_run(served.base_url, folder / "images")
            used = served.stats["limits"]["requests"]["used_share"]
    lost, late = _IMAGES - observed.captions, observed.share_429(after_s=60)
    print(
        f"429s {observed.share_429():.2%} in all, {late:.2%} after the first minute  "
        f"used {used:.2%}  lost {lost}  {observed.failures or ''}  "
        f"{verdict(late <= 0.05 and not lost)}"
    )


if __name__ == "__main__":
    main()
