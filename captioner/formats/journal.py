"""Output and failures as one sink, so that both are always cut at the same sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from captioner.formats.base import Sink, Token
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Position


class Journal:
    """Writes outcomes to both sinks and knows the source's position behind the last of them."""

    def __init__(self, output: Sink, failures: Sink) -> None:
        self._output = output
        self._failures = failures
        self._guards: list[Callable[[], None]] = []
        self.position: Position = None

    def guarded_by(self, guard: Callable[[], None]) -> None:
        """Call this before anything is written; it raises where that must not be."""
        self._guards.append(guard)

    def check(self) -> None:
        """Raises what a guard raises."""
        for guard in self._guards:
            guard()

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append to both."""
        self.check()
        self._failures.write(outcomes)
        self._output.write(outcomes)
        self.position = outcomes[-1].record.position

    def checkpoint(self) -> Token:
        """Make both durable."""
        self.check()
        return {
            "output": self._output.checkpoint(),
            "failures": self._failures.checkpoint(),
            "position": self.position,
        }

    def resume(self, token: Token) -> None:
        """Open both, cut to one checkpoint, or neither; the position is as it was there."""
        try:
            self._output.resume(token and token["output"])
            self._failures.resume(token and token["failures"])
        except BaseException:
            self.close()
            raise
        self.position = token and token["position"]

    def finish(self) -> None:
        """Finish both, the output last: its name says that everything is there."""
        self.check()
        self._failures.finish()
        self._output.finish()

    def close(self) -> None:
        """Let go of both."""
        self._failures.close()
        self._output.close()

    def __repr__(self) -> str:
        return f"<Journal {self._output!r}, {self._failures!r}>"
