"""What limits the speed, told when it changes."""

from __future__ import annotations

from captioner.events import BindingChanged, Event
from captioner.flow.binding import Binding


def test_only_changes_are_told() -> None:
    """The same cause again is no news."""
    events: list[Event] = []
    binding = Binding(events.append)
    for cause in ("nothing", "tokens", "tokens", "reading", "tokens"):
        binding.now(cause)
    assert events == [BindingChanged("tokens"), BindingChanged("reading"), BindingChanged("tokens")]
    assert binding.cause == "tokens"
