"""Profiles that cannot go on now: why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from captioner.errors import RunStopped
from captioner.flow.clock import Clock
from captioner.worker.hearing import Log

_AGAIN_AFTER_S: Final = 60.0
"""A profile that cannot go on is tried again so often: quotas are raised, endpoints come back."""


def profile_label(name: str) -> str:
    """How a profile is named to people and in metrics."""
    return name or "default"


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a profile does not go on, and until when (in the clock's seconds)."""

    reason: str
    detail: str
    until_s: float


class Pauses(dict[str, Pause]):
    """By the profile's name. Each that begins is logged, whoever met its cause."""

    def __init__(self, clock: Clock, log: Log) -> None:
        super().__init__()
        self._clock, self._log = clock, log

    def check(self, profile: str) -> None:
        """Raises RunStopped while the profile cannot go on."""
        pause = self.get(profile)
        if pause is None:
            return
        if self._clock.now_s() < pause.until_s:
            raise RunStopped(pause.reason, pause.detail)
        del self[profile]

    def begin(self, profile: str, error: RunStopped) -> None:
        """Work no more for this profile for a while, for the reason that stopped it."""
        if profile not in self:
            self._log.warning(
                "profile stopped",
                profile=profile_label(profile),
                reason=error.verdict,
                detail=error.detail,
            )
        until_s = self._clock.now_s() + _AGAIN_AFTER_S
        self[profile] = Pause(error.verdict, error.detail, until_s)
