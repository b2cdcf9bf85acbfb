"""Standard input is answered line by line; standard output is flushed, and its end is an error."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from captioner.errors import ConfigError
from captioner.formats.stdio import StdinSource, StdoutSink
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample


def test_a_sample_comes_as_soon_as_its_line_is_whole() -> None:
    """The writer holds the pipe open and still gets an answer to its first line."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb", buffering=0) as writer:
        records = StdinSource(pipe).open()
        writer.write(b'\xef\xbb\xbf{"n": 0}\n\n{"n"')
        assert next(records).id == 0
        writer.write(b": 1}\n")
        second = next(records)
        assert isinstance(second, Sample)
        assert (second.id, second.fields) == (1, {"n": 1})
        writer.write(b'{"n": 2}')
        writer.close()
        assert [record.id for record in records] == [2]


def test_a_position_passes_over_the_lines_before_it() -> None:
    """Sent again, the same lines give the rest, with the same ids and positions."""
    data = b'{"n": 0}\n\nbad\n{"n": 2}\n'
    records = list(StdinSource(io.BytesIO(data)).open())
    for index, record in enumerate(records):
        position = json.loads(json.dumps(record.position))
        assert list(StdinSource(io.BytesIO(data)).open(position)) == records[index + 1 :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{}\n".encode("utf-16"), "UTF-16"),
        (gzip.compress(b"{}\n", mtime=0), "zcat"),
    ],
)
def test_what_is_no_utf8_text_is_refused(data: bytes, words: str) -> None:
    """Other encodings and compressed data are named when the first line is read."""
    with pytest.raises(ConfigError, match=words):
        next(StdinSource(io.BytesIO(data)).open())


def test_standard_input_describes_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths start at the working directory; without a standard input there is an error."""
    source = StdinSource(io.BytesIO())
    assert source.image_base == str(Path.cwd())
    assert (source.identity(), source.total(), source.notes()) == ({"stdin": True}, None, [])
    assert list(source.open()) == []
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ConfigError, match="no standard input"):
        StdinSource()


def test_rows_are_flushed_batch_by_batch() -> None:
    """A reader gets rows while the run goes on; the stream is left open."""
    raw = io.BytesIO()
    stream = io.BufferedWriter(raw)
    sink = StdoutSink(stream)
    sink.resume(sink.checkpoint())
    sink.write([Outcome(Sample(0, {}), ({"a": "é"}, {"b": 1}))])
    assert raw.getvalue() == '{"a": "é"}\n{"b": 1}\n'.encode()
    sink.finish()
    sink.close()
    assert not stream.closed
    with pytest.raises(ConfigError, match="cannot be continued"):
        sink.resume({"bytes": 3})


def test_a_reader_that_leaves_is_an_os_error_and_does_not_spoil_the_exit() -> None:
    """`| head`: writing raises BrokenPipeError, and the interpreter ends with its own status."""
    program = """
import os, sys
from captioner.formats.stdio import StdoutSink
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample
sys.stdin.read()
try:
    StdoutSink().write([Outcome(Sample(0, {}), ({"a": "x" * 100},))])
except BrokenPipeError:
    sys.exit(3)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.stdin
        process.stdin.close()
        assert process.stderr
        assert process.stderr.read() == b""
    assert process.returncode == 3
