"""How near a run comes to the least time that its latencies allow.

    python -m benchmarks.full_pipe

Latencies p50 0.8 s and p99 4 s, no limits, 2,000 images. The bound is FIFO list scheduling: each
request starts as soon as one of 256 places is free, in the order of the images. It is computed
from the latencies that the endpoint draws, and again from those that the client saw.
Promised, for the first: with concurrency=256 at most 1.04 times the bound, with defaults at most
1.25 times.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.observed import Observed, observe_run
from benchmarks.rehearsal import MODEL, endpoint, make_images, verdict, workplace
from captioner.endpoint.checks import read_request
from captioner.endpoint.faults import draw_latency_s
from captioner.endpoint.options import EndpointOptions
from captioner.samples.prompts import system_prompt_for
from captioner.settings import Settings
from captioner.vision.image import prepare
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import Dialect, Request, body_parts
from captioner.wiring import parameters_of, rules_of

_IMAGES = 2000
_PLACES = 256
_LATENCY_S, _P99_S = 0.8, 4.0
_SEEDS = (0, 1, 2)


def list_scheduled_s(latencies_s: Iterable[float]) -> float:
    """When the last of these ends if each takes the first place that is free, in this order."""
    free_s = [0.0] * _PLACES
    for latency_s in latencies_s:
        heapq.heapreplace(free_s, free_s[0] + latency_s)
    return max(free_s)


def drawn_s(images: list[Path], seed: int) -> list[float]:
    """The latencies that the endpoint draws for the first request about each image."""
    settings = Settings()
    system_prompt = system_prompt_for(rules_of(settings, "samples"))
    parameters = parameters_of(settings, MODEL)
    options = EndpointOptions(models=(MODEL,))
    latencies_s = []
    for path in images:
        request = Request(0, 0, ImageRef.of(str(path), ""), system_prompt, settings.user_prompt)
        prepared = prepare(path.read_bytes(), path.name)
        parts = body_parts(request, parameters, Dialect(), prepared, cap_tokens=settings.max_token)
        ask = read_request(b"".join(parts), options, deployment=None).ask
        latencies_s.append(draw_latency_s(seed, ask, 0, latency_s=_LATENCY_S, p99_s=_P99_S))
    return latencies_s


def measure(folder: Path, seed: int, **settings: Any) -> Observed:
    """One run."""
    with endpoint(latency_s=_LATENCY_S, latency_p99_s=_P99_S, seed=seed) as served:
        return observe_run(served.base_url, folder, **settings)


def main() -> None:
    """Measure both, with several draws: in some the last straggler is most of the bound."""
    cases: tuple[tuple[str, dict[str, Any], float], ...] = (
        ("concurrency=256", {"concurrency": _PLACES}, 1.04),
        ("defaults", {}, 1.25),
    )
    with workplace() as folder:
        images = make_images(folder / "images", _IMAGES)
        for seed in _SEEDS:
            bound_s = list_scheduled_s(drawn_s(images, seed))
            for name, settings, promised in cases:
                observed = measure(folder / "images", seed, **settings)
                in_order = sorted(observed.attempts, key=lambda attempt: attempt.sent_s)
                seen_s = list_scheduled_s(attempt.ended_s - attempt.sent_s for attempt in in_order)
                span_s, lost = observed.span_s, _IMAGES - observed.captions
                held = span_s <= promised * bound_s and not lost
                print(
                    f"seed {seed} {name:<16} span {span_s:.2f} s  bound {bound_s:.2f} s  ratio "
                    f"{span_s / bound_s:.3f}  (latencies as seen: bound {seen_s:.2f} s, ratio "
                    f"{span_s / seen_s:.3f})  lost {lost}  {verdict(held)}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
