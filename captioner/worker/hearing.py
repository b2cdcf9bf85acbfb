"""Who is told what happens in a worker: each observer once for every run or single sample."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from captioner.events import Event, Observer


class Hearer(Protocol):
    """Makes of all that is told to it something for people or for another program."""

    def listen(self, profile: str, run: str) -> Observer:
        """What is to be told the events of one Captioner of this profile.

        `run` names what it works on: a claim's name, or what the single samples come from. The
        numbers of samples mean something within one run alone.
        """


class Hearers:
    """Several as one."""

    def __init__(self, hearers: Iterable[Hearer]) -> None:
        self._hearers = tuple(hearers)

    def listen(self, profile: str, run: str) -> Observer:
        """Tells each of them."""
        observers = [hearer.listen(profile, run) for hearer in self._hearers]

        def observe(event: Event) -> None:
            for observer in observers:
                observer(event)

        return observe


class Log(Protocol):
    """Where the worker tells what it does; structlog's loggers are such."""

    def info(self, event: str, **facts: object) -> object:
        """Something that an operator wants to read."""

    def warning(self, event: str, **facts: object) -> object:
        """Something that an operator should look into."""

    def exception(self, event: str, **facts: object) -> object:
        """A bug, with its traceback."""
