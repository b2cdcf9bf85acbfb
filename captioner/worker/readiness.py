"""Whether a worker could caption now: what keeps it from that, and what only some of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from captioner.worker.pauses import profile_label


@dataclass(frozen=True, slots=True)
class Way:
    """How it stands with one profile.

    `down` names its endpoint while that is down, `paused` says why the profile does not go on;
    both are empty where it could caption.
    """

    profile: str
    down: str = ""
    paused: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """`why` has a line for each cause that keeps the worker from captioning at all, and is empty
    where it is ready; `degraded` has those for which only a part of its work stands still."""

    why: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()


def readiness(
    ways: Sequence[Way],
    wanted: Collection[str],
    *,
    is_draining: bool = False,
    is_held: bool = False,
    queue_trouble: str = "",
) -> Readiness:
    """Ready is who could caption for one of the `wanted` profiles; each has its way in `ways`."""
    why = []
    if is_draining:
        why.append("draining: it was told to stop")
    if is_held:
        why.append("paused by an operator")
    if queue_trouble:
        why.append(f"queue unreachable: {queue_trouble}")
    on_wanted = [way for way in ways if way.profile in wanted]
    if all(way.down or way.paused for way in on_wanted):
        why += _lines(on_wanted)
    return Readiness(tuple(why), tuple(line for line in _lines(ways) if line not in why))


def _lines(ways: Sequence[Way]) -> Iterator[str]:
    for down in dict.fromkeys(way.down for way in ways if way.down):
        yield f"endpoint down: {down}"
    for way in ways:
        if way.paused:
            yield f"profile {profile_label(way.profile)}: {way.paused}"
