"""What a worker says of samples, and what it never says."""

from __future__ import annotations

import io
import json
import logging

import pytest

from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    EndpointDown,
    Event,
    ImagePrepared,
    PlaceholderSettled,
    RecordFaulty,
    RetryScheduled,
    SampleRead,
    Warned,
)
from captioner.worker.logs import Libraries, Logs, open_log

CAPTION = "A cat nobody may read about."
OF_A_SAMPLE: list[Event] = [
    SampleRead(4, 1),
    ImagePrepared(8, 8, 90, False, sample=4, index=0, data=b"\xff\xd8 pixels"),
    AttemptStarted(4, 0, 1, 300),
    AttemptEnded(4, 0, 1, 503, "server_error", 0.2),
    RetryScheduled(4, 0, 1, "server_error", "busy", 1.5),
    PlaceholderSettled(4, 0, "dir/cat.jpg", "ok", "", "", 2, False, CAPTION),
    PlaceholderSettled(4, 1, "dir/cat.jpg", "refused", "refused", f"declines: {CAPTION}", 1, False),
    PlaceholderSettled(4, 2, "https://h/x.jpg?sig=SECRET", "failed", "timeout", "late", 1, False),
    PlaceholderSettled(4, 3, "data:image/png;base64,AAAA", "ok", "", "", 1, False, CAPTION),
    RecordFaulty(4, "malformed", "there is no 'text'"),
]


def said(level: str, events: list[Event]) -> list[dict[str, object]]:
    """The lines that these events make."""
    stream = io.StringIO()
    observe = Logs(open_log("json", level, stream)).listen("cats", "b.jsonl")
    for event in events:
        observe(event)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_samples_have_lines_at_debug_alone() -> None:
    """Each of them names its run, its sample, and where it has one, its image."""
    assert said("info", OF_A_SAMPLE) == []
    lines = said("debug", OF_A_SAMPLE)
    assert lines
    for line in lines:
        assert line["run"] == "b.jsonl"
        assert line["profile"] == "cats"
        assert line["sample"] == 4
        assert line["level"] == "debug"
    settled = [line for line in lines if line["event"] == "settled"]
    assert [line["image"] for line in settled][:2] == ["dir/cat.jpg", "dir/cat.jpg"]
    assert settled[2]["detail"] == "late"


def test_captions_images_and_secrets_are_never_said() -> None:
    """Not at the lowest level, and not in the words of a verdict either."""
    text = json.dumps(said("debug", OF_A_SAMPLE))
    for never in (CAPTION, "pixels", "SECRET", "AAAA"):
        assert never not in text


def test_what_an_operator_must_know_is_said_at_once() -> None:
    """Trouble with the endpoint and warnings do not wait for debug."""
    lines = said("info", [EndpointDown("https://api.test", 0.0, 5.0), Warned("Mind this.")])
    assert [line["event"] for line in lines] == ["endpoint_down", "warned"]
    assert {line["level"] for line in lines} == {"warning"}


@pytest.mark.parametrize("how", ["console", "json"])
def test_nobody_else_writes_a_line_or_moves_the_cursor(how: str) -> None:
    """A name with line ends and escapes stays one printable line."""
    stream = io.StringIO()
    log = open_log("console" if how == "console" else "json", "info", stream)
    log.info("given back", claim='x\n{"level": "error"}\x1b[2J\u202e')
    (line,) = stream.getvalue().splitlines()
    assert "\x1b[2J" not in line
    assert "\u202e" not in line


def test_auto_is_json_where_there_is_no_terminal() -> None:
    """A pipe gets JSON with a time in UTC."""
    stream = io.StringIO()
    open_log("auto", "info", stream).info("worker started", queue="spool:x")
    line = json.loads(stream.getvalue())
    assert line["queue"] == "spool:x"
    assert line["timestamp"].endswith("Z")


def test_libraries_are_heard_while_it_is_open() -> None:
    """Their warnings are lines of this log, and the root logger is left as it was."""
    stream = io.StringIO()
    before = list(logging.getLogger().handlers)
    with Libraries(open_log("json", "info", stream)):
        logging.getLogger("aiohttp.server").warning("odd %s", "request")
    assert logging.getLogger().handlers == before
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["event"], line["library"]) == ("odd request", "aiohttp.server")
