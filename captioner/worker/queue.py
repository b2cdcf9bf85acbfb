"""What a queue must do. A claim is a piece of work that is one worker's until it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from captioner.errors import CaptionerError

if TYPE_CHECKING:
    from types import TracebackType

    from captioner.worker.desk import Desk


class QueueError(CaptionerError):
    """The queue cannot be reached; its message says why."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is in the queue: what waits, what workers hold, and the age of the oldest."""

    waiting: int
    held: int
    oldest_age_s: float


class Claim(Protocol):
    """A file or an entry. `profile` is empty for the worker's own settings."""

    @property
    def name(self) -> str:
        """What a person calls it, for logs."""

    @property
    def profile(self) -> str:
        """Whose settings it wants."""

    async def work(self, desk: Desk) -> None:
        """Do it, and put the result where it belongs; what is wrong with itself is its result.

        Raises RunStopped where nothing of its profile can be done now, and Abandoned where the
        worker drains: it is then to be given back.
        """

    async def give_back(self) -> None:
        """Let another worker have it, at once.

        Where that fails, raising or not, it shows no sign of life any more: it is taken over.
        """


class Queue(Protocol):
    """Where claims come from. An async context manager: leaving it gives back what is held."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def places(self, desk: Desk) -> int:
        """How many claims a worker may hold."""

    async def take(self, most: int, *, burst: bool) -> Sequence[Claim]:
        """Wait for claims and return at most so many.

        With `burst` it returns none where nothing is left, here or with another worker. Waits out
        a queue that cannot be reached. Cancelling it loses nothing.
        """

    async def depth(self) -> Depth:
        """How much there is. Raises QueueError."""

    async def watch(self) -> None:
        """Show that we live, and free what dead workers held; until it is cancelled."""
