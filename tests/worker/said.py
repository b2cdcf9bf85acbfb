"""A log that tests read."""

from __future__ import annotations


class Said:
    """A log that is kept."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def info(self, event: str, **facts: object) -> None:
        """Keep it."""
        self.lines.append(("info", event, facts))

    def warning(self, event: str, **facts: object) -> None:
        """Keep it."""
        self.lines.append(("warning", event, facts))

    def exception(self, event: str, **facts: object) -> None:
        """Keep it."""
        self.lines.append(("exception", event, facts))

    def of(self, level: str) -> list[str]:
        """The events of a level."""
        return [event for at, event, _ in self.lines if at == level]
