"""How far a run is, while it goes on: a live display on a terminal, else a line now and then.

It has no timer: whoever runs the job calls `refresh` a few times a second.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TextIO

from captioner.dollars import dollars_text
from captioner.report.tally import Snapshot, Tally
from captioner.report.wording import clean, counted, rate, span

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

FIRST_LINE_S: Final = 2.0
LINE_EVERY_S: Final = 10.0
BAR_WIDTH: Final = 20


class Progress:
    """Shows a tally on `stream` (standard error); use it as a context manager, or call `close`.

    `total` is the number of samples where it is known. `interactive` asks for the live display; a
    terminal that cannot move its cursor gets plain lines all the same: the first after
    `FIRST_LINE_S`, then one every `LINE_EVERY_S`, by `clock`. A stream that breaks (a closed pipe)
    ends the display, never the run.
    """

    def __init__(
        self,
        tally: Tally,
        stream: TextIO,
        total: int | None,
        clock: Callable[[], float],
        *,
        interactive: bool,
    ) -> None:
        self._tally = tally
        self._stream = stream
        self._total = total
        self._clock = clock
        self._due_s = clock() + FIRST_LINE_S
        self._broken = False
        self._console = _console(stream) if interactive else None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def refresh(self) -> None:
        """Draw the display anew, or write a plain line if one is due."""
        if self._console is not None:
            self._guarded(self._draw)
        elif self._clock() >= self._due_s:
            self._due_s = self._clock() + LINE_EVERY_S
            self._write(plain_line(self._tally.snapshot(self._total), self._total))

    def say(self, text: str) -> None:
        """Print `text` as one line, above the display where there is one.

        Markup in it means nothing, and control characters are shown instead of obeyed.
        """
        console = self._console
        if console is None:
            self._write(clean(text))
            return
        from rich.text import Text

        self._guarded(lambda: console.print(Text(clean(text), overflow="fold")))

    def close(self) -> None:
        """Take the display away and give the cursor back; safe to call twice."""
        live, self._live, self._console = self._live, None, None
        self._due_s = float("inf")
        if live is not None:
            self._guarded(live.stop)

    def _draw(self) -> None:
        from rich.live import Live

        display = _display(self._tally.snapshot(self._total), self._total)
        if self._live is None:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.update(display, refresh=True)

    def _write(self, line: str) -> None:
        self._guarded(lambda: print(line, file=self._stream, flush=True))

    def _guarded(self, show: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            show()
        except (OSError, ValueError):  # ValueError is what a closed file raises
            self._broken = True


def plain_line(snapshot: Snapshot, total: int | None) -> str:
    """All of it in one line of text."""
    return " · ".join(_lines(snapshot, total))


def _samples_line(snapshot: Snapshot, total: int | None) -> str:
    """Samples done, of how many and how much longer, where that is known."""
    done = snapshot.results.samples_written
    if total is None:
        return counted(done, "sample")
    percent = 100 * min(done, total) // total if total else 100
    line = f"{done:,} of {counted(total, 'sample')} ({percent}%)"
    return line if snapshot.eta_s is None else f"{line} · ETA {span(snapshot.eta_s)}"


def _speed_line(snapshot: Snapshot) -> str:
    """Speed and what binds it; of a run that was asked to stop, what it is waiting for."""
    state = f"bound by {snapshot.binding}"
    if snapshot.draining:
        state = "stopping: finishing what is in flight"
    tokens = f"{snapshot.tokens_per_minute:,.0f} tokens/min"
    return f"{rate(snapshot.captions_per_s)} captions/s · {tokens} · {state}"


def _requests_line(snapshot: Snapshot) -> str:
    """What is under way, what failed, and the money: so far, and what it should come to."""
    line = (
        f"{snapshot.in_flight:,} in flight · {snapshot.waiting_to_retry:,} waiting to retry · "
        f"{snapshot.results.failures:,} failed"
    )
    if not snapshot.dollars:
        return line
    line += f" · {dollars_text(snapshot.dollars)}"
    if snapshot.final_dollars is None:
        return line
    return f"{line} of about {dollars_text(snapshot.final_dollars)}"


def _lines(snapshot: Snapshot, total: int | None) -> tuple[str, str, str]:
    return _samples_line(snapshot, total), _speed_line(snapshot), _requests_line(snapshot)


def _console(stream: TextIO) -> Console | None:
    from rich.console import Console

    console = Console(file=stream, force_terminal=True, force_jupyter=False)
    return None if console.is_dumb_terminal else console


def _display(snapshot: Snapshot, total: int | None) -> RenderableType:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    # The display keeps its three lines, however narrow the terminal is.
    samples, *figures = (
        Text(line, no_wrap=True, overflow="ellipsis") for line in _lines(snapshot, total)
    )
    first: RenderableType = samples
    if total:
        done = min(snapshot.results.samples_written, total)
        first = Table.grid(padding=(0, 1))
        first.add_row(ProgressBar(total=total, completed=done, width=BAR_WIDTH), samples)
    return Group(first, *figures)
