from __future__ import annotations

import io
import subprocess
import sys
import threading

import pytest

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    BindingChanged,
    Draining,
    PlaceholderSettled,
    RetryScheduled,
    SampleRead,
    SampleWritten,
)
from captioner.report.progress import Progress, plain_line
from captioner.report.tally import Tally

NASTY = "[bold]b\x1b[2J\n:smile:.jpg[/x]"


class _Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> _Clock:
    """A clock that is moved by hand."""
    return _Clock()


@pytest.fixture
def tally(clock: _Clock) -> Tally:
    """After 10 s: 20 samples written, one failed, one in flight, one waiting; tokens bind."""
    tally = Tally(clock)
    tally(BindingChanged("tokens"))
    for sample in range(20):
        clock.now_s += 0.5
        reason = "timeout" if sample == 3 else ""
        verdict = "failed" if reason else "ok"
        tally(SampleRead(sample, 1))
        tally(AttemptStarted(sample, 0, 1, 100))
        tally(AttemptEnded(sample, 0, 1, 200, "", 0.4, 90, 10))
        tally(PlaceholderSettled(sample, 0, "a.jpg", verdict, reason, "", 1, reused=False))
        tally(SampleWritten(sample, 1, 0))
    tally(AttemptStarted(20, 0, 1, 100))
    tally(RetryScheduled(21, 0, 1, "timeout", "", 1.0))
    return tally


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A stream that stands for a terminal 80 columns wide."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("TTY_INTERACTIVE", raising=False)
    return io.StringIO()


def test_the_plain_line_tells_everything(tally: Tally) -> None:
    """Done of total, ETA, speed, tokens, in flight, waiting, failed, what binds."""
    assert plain_line(tally.snapshot(100), 100) == (
        "20 of 100 samples (20%) · ETA 40 s · 1.9 captions/s · 12,000 tokens/min · bound by tokens "
        "· 1 in flight · 1 waiting to retry · 1 failed"
    )


def test_without_a_total_there_is_neither_share_nor_eta(tally: Tally) -> None:
    """What is not known is not shown."""
    line = plain_line(tally.snapshot(None), None)
    assert line.startswith("20 samples · 1.9 captions/s · ")
    assert "ETA" not in line
    assert "%" not in line


def test_the_cost_is_told_so_far_and_to_the_end(clock: _Clock) -> None:
    """From what the settled part has cost; without a total only so far."""
    tally = Tally(clock)
    for sample in range(20):
        tally(SampleRead(sample, 1))
        tally(AttemptStarted(sample, 0, 1, 100))
        tally(AttemptEnded(sample, 0, 1, 200, "", 0.4, 90, 10, picodollars=5 * 10**10))
        tally(PlaceholderSettled(sample, 0, "a.jpg", "ok", "", "", 1, reused=False))
    assert plain_line(tally.snapshot(100), 100).endswith(" · 0 failed · $1.00 of about $5.00")
    assert plain_line(tally.snapshot(None), None).endswith(" · 0 failed · $1.00")


def test_an_unknown_price_is_not_shown_as_nothing(tally: Tally) -> None:
    """No dollar sign at all."""
    assert "$" not in plain_line(tally.snapshot(100), 100)


@pytest.mark.parametrize("columns", [30, 60, 80])
def test_the_display_keeps_its_three_lines(
    clock: _Clock, terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """However narrow the terminal: what does not fit is cut, or the lines would dance."""
    monkeypatch.setenv("COLUMNS", str(columns))
    tally = Tally(clock)
    tally(AttemptEnded(0, 0, 1, 200, "", 0.4, 90, 10, picodollars=31 * 10**12))
    with Progress(tally, terminal, 10_000_000, clock, interactive=True) as progress:
        progress.refresh()
        shown = terminal.getvalue()
    assert shown.count("\n") == 2
    assert ("$31.00" in shown) == (columns >= 60)


def test_more_than_the_total_is_no_more_than_all(tally: Tally) -> None:
    """A share never passes 100 %, and an empty input is done."""
    assert plain_line(tally.snapshot(10), 10).startswith("20 of 10 samples (100%) · ETA 0.0 s")
    assert plain_line(tally.snapshot(0), 0).startswith("20 of 0 samples (100%)")


def test_a_draining_run_says_that_it_stops(tally: Tally) -> None:
    """After a stop signal a person sees what the run is waiting for."""
    tally(Draining(1))
    line = plain_line(tally.snapshot(100), 100)
    assert " tokens/min · stopping: finishing what is in flight · 1 in flight · " in line


def test_plain_lines_come_when_they_are_due(clock: _Clock) -> None:
    """The first after 2 s, then one every 10 s, however often it is refreshed."""
    stream = io.StringIO()
    begun_s = clock.now_s
    printed_s: list[float] = []
    with Progress(Tally(clock), stream, 10, clock, interactive=False) as progress:
        for quarter in range(4 * 35):
            clock.now_s = begun_s + quarter / 4
            before = stream.tell()
            progress.refresh()
            if stream.tell() > before:
                printed_s.append(quarter / 4)
    assert printed_s == [2, 12, 22, 32]
    assert stream.getvalue().count("\n") == 4
    assert "\x1b" not in stream.getvalue()


def test_a_plain_note_is_one_harmless_line(clock: _Clock) -> None:
    """Markup means nothing, and control characters are spelt, also where there is no terminal."""
    stream = io.StringIO()
    Progress(Tally(clock), stream, None, clock, interactive=False).say(NASTY)
    assert stream.getvalue() == r"[bold]b\x1b[2J\n:smile:.jpg[/x]" + "\n"


def test_the_live_display_shows_bar_and_figures(
    tally: Tally, clock: _Clock, terminal: io.StringIO
) -> None:
    """On a terminal of 80 columns: a bar with samples and ETA, and two lines with the figures."""
    with Progress(tally, terminal, 100, clock, interactive=True) as progress:
        progress.refresh()
        shown = terminal.getvalue()
    assert "━" in shown
    assert "20 of 100 samples (20%) · ETA 40 s" in shown
    assert "1.9 captions/s · 12,000 tokens/min · bound by tokens" in shown
    assert "1 in flight · 1 waiting to retry · 1 failed" in shown
    assert shown.count("\n") == 2


def test_the_live_display_is_drawn_anew_and_taken_away(
    tally: Tally, clock: _Clock, terminal: io.StringIO
) -> None:
    """Each refresh shows the present; at the end the lines are erased and the cursor is back."""
    progress = Progress(tally, terminal, 100, clock, interactive=True)
    progress.refresh()
    tally(SampleRead(20, 0))
    tally(SampleWritten(20, 1, 0))
    progress.refresh()
    assert "21 of 100 samples" in terminal.getvalue()
    assert "\x1b[?25l" in terminal.getvalue()
    progress.close()
    end = terminal.getvalue().rpartition("\n")[2]
    assert "\x1b[2K" in end
    assert terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l")
    progress.close()
    assert terminal.getvalue().rpartition("\n")[2] == end


def test_no_thread_and_no_redirection(tally: Tally, clock: _Clock, terminal: io.StringIO) -> None:
    """The display lives from `refresh` alone and leaves standard output and error as they are."""
    before = (threading.active_count(), sys.stdout, sys.stderr)
    with Progress(tally, terminal, 100, clock, interactive=True) as progress:
        progress.refresh()
        assert (threading.active_count(), sys.stdout, sys.stderr) == before


def test_a_live_note_is_harmless(tally: Tally, clock: _Clock, terminal: io.StringIO) -> None:
    """Neither rich markup nor the terminal's own codes in a file name come to effect."""
    with Progress(tally, terminal, 100, clock, interactive=True) as progress:
        progress.refresh()
        before = len(terminal.getvalue())
        progress.say(NASTY)
        said = terminal.getvalue()[before:]
    assert r"[bold]b\x1b[2J\n:smile:.jpg[/x]" in said
    assert "\x1b[2J" not in said
    assert said.index("smile") < said.index("20 of 100 samples")


def test_a_dumb_terminal_gets_plain_lines(
    tally: Tally, clock: _Clock, terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that cannot move its cursor is not left without a word."""
    monkeypatch.setenv("TERM", "dumb")
    progress = Progress(tally, terminal, 100, clock, interactive=True)
    clock.now_s += 2
    progress.refresh()
    assert terminal.getvalue().startswith("20 of 100 samples")
    assert terminal.getvalue().count("\n") == 1


@pytest.mark.parametrize("interactive", [False, True])
def test_a_broken_stream_never_ends_the_run(
    tally: Tally, clock: _Clock, terminal: io.StringIO, interactive: bool
) -> None:
    """Whoever reads the display may go away; the job is not about them."""
    progress = Progress(tally, terminal, 100, clock, interactive=interactive)
    progress.refresh()
    terminal.close()
    clock.now_s += 20
    progress.refresh()
    progress.say("a note")
    progress.close()


def test_rich_is_only_imported_for_a_terminal() -> None:
    """A run in the background does not pay for a display it has not."""
    code = (
        "import sys, io, time\n"
        "from captioner.report.progress import Progress\n"
        "from captioner.report.tally import Tally\n"
        "import captioner.report.opening, captioner.report.summary, captioner.report.ending\n"
        "p = Progress(Tally(time.monotonic), io.StringIO(), 1, time.monotonic, interactive=False)\n"
        "p.refresh(); p.say('x'); p.close()\n"
        "sys.exit('rich' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
