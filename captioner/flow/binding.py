"""What limits the speed right now, told once each time it changes."""

from __future__ import annotations

from captioner.events import BindingChanged, Cause, Observer


class Binding:
    """Shared by the gate and the reader of samples; only changes become events."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self.cause: Cause = "nothing"

    def now(self, cause: Cause) -> None:
        """From now on it is `cause`."""
        if cause != self.cause:
            self.cause = cause
            self._observe(BindingChanged(cause))
