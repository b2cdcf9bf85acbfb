"""How well prompt tokens are estimated at an endpoint that multiplies image tokens in secret.

    python -m benchmarks.calibration

Images of many sizes at detail high, and all of one size at detail low. Promised: within 2 % of
`usage.prompt_tokens` after 50 replies, for any multiplier from 0.6 to 3.
"""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image

from benchmarks.observed import observe_run
from benchmarks.rehearsal import endpoint, make_images, verdict, workplace

_IMAGES = 200
_REPLIES = 50
_CAP_TOKENS = 300
_MULTIPLIERS = (0.6, 1.0, 3.0)


def make_sizes(folder: Path) -> None:
    """Images of so many different sizes."""
    folder.mkdir()
    draw = random.Random(0)
    for number in range(_IMAGES):
        size_px = draw.randint(100, 2000), draw.randint(100, 2000)
        Image.new("RGB", size_px, "teal").save(folder / f"{number:05}.jpg")


def errors(images: Path, multiplier: float, detail: str) -> tuple[list[float], int]:
    """Relative errors of the estimates made after so many replies, and how many were lost."""
    with endpoint(image_token_multiplier=multiplier, latency_s=0.05) as served:
        observed = observe_run(
            served.base_url, images, max_token=_CAP_TOKENS, concurrency=8, detail=detail
        )
    known_s = sorted(attempt.ended_s for attempt in observed.attempts)[_REPLIES - 1]
    late = [attempt for attempt in observed.attempts if attempt.sent_s > known_s]
    seen = [(attempt.tokens - _CAP_TOKENS) / attempt.prompt_tokens - 1 for attempt in late]
    return seen, _IMAGES - observed.captions


def main() -> None:
    """Print the largest error for each multiplier."""
    with workplace() as folder:
        make_sizes(folder / "many")
        make_images(folder / "one", _IMAGES)
        for sizes, detail in (("many", "high"), ("one", "low")):
            for multiplier in _MULTIPLIERS:
                seen, lost = errors(folder / sizes, multiplier, detail)
                largest = max(map(abs, seen))
                print(
                    f"{sizes} size, detail {detail}, multiplier {multiplier:3.1f}: estimates are "
                    f"at most {largest:.2%} off, {sum(map(abs, seen)) / len(seen):.2%} on average; "
                    f"lost {lost}  {verdict(largest <= 0.02 and not lost)}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
