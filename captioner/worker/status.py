"""What a worker is doing, at one moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from captioner.events import Cause
from captioner.flow.limits import Limits
from captioner.road import Road
from captioner.worker.pauses import Pause, profile_label
from captioner.worker.service import Service


@dataclass(frozen=True, slots=True)
class RoadStatus:
    """The way to one endpoint for one model.

    `limits` are in force, set or learned; `limits_set` are those that a person set. `binding` is
    what limits the speed; `waiting` requests stand at the gate.
    """

    endpoint: str
    model: str
    is_up: bool
    is_held: bool
    in_flight: int
    waiting: int
    limits: Limits
    limits_set: Limits
    binding: Cause

    @classmethod
    def of(cls, road: Road) -> RoadStatus:
        """The road now."""
        return cls(
            road.name,
            road.model,
            not road.breaker.is_down,
            road.gate.is_held,
            road.gate.in_flight,
            road.gate.waiting,
            road.gate.limits,
            road.limits,
            road.binding.cause,
        )


@dataclass(frozen=True, slots=True)
class ProfileStatus:
    """A profile, named as in metrics: which road it takes, empty until it was first worked for,
    and the verdict that it is paused for (`RunStopped.verdict`, else empty) with its words."""

    name: str
    endpoint: str = ""
    model: str = ""
    paused: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """What waits and what workers hold; `error` says why the queue could not be asked, if so."""

    waiting: int = 0
    held: int = 0
    oldest_age_s: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything an operator asks a worker about.

    `why_not_ready` and `degraded` are those of `Readiness`. `paused` is by an operator; `claims`
    are the names of what is worked on from the queue; `ledger_bytes` is what the worker's ledger
    takes on the disk.
    """

    up_s: float
    why_not_ready: tuple[str, ...]
    paused: bool
    draining: bool
    queue: QueueStatus
    degraded: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    roads: tuple[RoadStatus, ...] = ()
    profiles: tuple[ProfileStatus, ...] = ()
    ledger_bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"ready": not self.why_not_ready, **asdict(self)}


def status_of(service: Service, up_s: float) -> Status:
    """A worker now, `up_s` seconds after it began."""
    desk, depth = service.desk, service.depth
    ready = service.readiness()
    open_roads = {seat.profile: seat.road for seat in desk.seats}
    return Status(
        up_s=up_s,
        why_not_ready=ready.why,
        paused=desk.is_held,
        draining=service.is_draining,
        queue=QueueStatus(depth.waiting, depth.held, depth.oldest_age_s, service.queue_trouble),
        degraded=ready.degraded,
        claims=tuple(claim.name for claim in service.claims),
        roads=tuple(map(RoadStatus.of, desk.roads)),
        profiles=tuple(
            _profile(name, open_roads.get(name), desk.pauses.get(name)) for name in desk.profiles
        ),
        ledger_bytes=desk.ledger.size_bytes(),
    )


def _profile(name: str, road: Road | None, pause: Pause | None) -> ProfileStatus:
    return ProfileStatus(
        profile_label(name),
        road.name if road else "",
        road.model if road else "",
        pause.reason if pause else "",
        pause.detail if pause else "",
    )
