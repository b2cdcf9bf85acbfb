"""What is lost when the endpoint is killed in the middle and started again 20 s later.

    python -m benchmarks.outage

20 requests a second, latencies p50 0.4 s and p99 2 s, 1,000 images. Promised: nothing lost, no
placeholder failed.
"""

from __future__ import annotations

import time

from benchmarks.rehearsal import Client, endpoint, make_images, verdict, workplace

_IMAGES = 1000
_DOWN_S = 20
_ENDPOINT = {"requests_per_minute": 1200, "burst_s": 5, "latency_s": 0.4, "latency_p99_s": 2}


def main() -> None:
    """Print what became of the images, and the seconds beyond outage and quota."""
    with workplace() as folder:
        images = folder / "images"
        make_images(images, _IMAGES)
        with endpoint(**_ENDPOINT) as served:
            client = Client(served.base_url, images, folder / "out.jsonl")
            served.wait_for(admitted=_IMAGES // 2)
            served.kill()
            time.sleep(_DOWN_S)
            served.start_again()
            ran = client.result()
    counts, outages = ran.summary["counts"], ran.summary["outages"]
    lost = _IMAGES - ran.captions
    print(
        f"killed for {_DOWN_S} s: lost {lost}  failed {counts['failed']}  "
        f"{counts['attempts']} requests  {ran.summary['seconds']:.1f} s in all, of them "
        f"{outages['seconds']:.1f} s known to be down  "
        f"{verdict(not lost and not counts['failed'])}"
    )


if __name__ == "__main__":
    main()
