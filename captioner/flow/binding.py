"""What limits the speed right now, told once each time it changes."""

from __future__ import annotations

from captioner.events import BindingChanged, Cause, Observer


class Binding:
    """Shared by the gate and the reader of samples; only changes become events.

    While nobody waits at the gate it is the reading that binds, and the server once all is read.
    """

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self.cause: Cause = "nothing"
        self._idle: Cause = "reading"

    def now(self, cause: Cause) -> None:
        """From now on it is `cause`."""
        if cause != self.cause:
            self.cause = cause
            self._observe(BindingChanged(cause))

    def gate_is_idle(self) -> None:
        """Nobody waits at the gate."""
        self.now(self._idle)

    def reading_goes_on(self, goes_on: bool) -> None:
        """Whether there is more to read."""
        self._idle = "reading" if goes_on else "server"
        if self.cause == "reading":
            self.now(self._idle)
