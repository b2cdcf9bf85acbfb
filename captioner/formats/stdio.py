"""Standard input as JSONL samples, standard output as JSONL rows."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from captioner.errors import ConfigError
from captioner.formats.base import Token
from captioner.formats.encode import encode_outcome
from captioner.formats.jsonl import read_records
from captioner.formats.lines import (
    READ_BYTES,
    START,
    Line,
    compression_of,
    split_lines,
    wide_encoding_of,
)
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Position, Record


class StdinSource:
    """JSONL from standard input or `stream`, each sample yielded as soon as its line is whole.

    `image_base` defaults to the working directory. It can be read once. A position is that of
    `JsonlSource`: to go on, the same lines must come again; those before it are passed over.
    """

    def __init__(self, stream: BinaryIO | None = None, *, image_base: str | None = None) -> None:
        if stream is None and sys.stdin is None:
            raise ConfigError("there is no standard input: name a file as INPUT")
        self._stream = stream or _unbuffered(sys.stdin.buffer)
        self.image_base = image_base or str(Path.cwd())

    def __repr__(self) -> str:
        return "<StdinSource>"

    def identity(self) -> dict[str, Any]:
        """Only that it is standard input: two streams cannot be told apart."""
        return {"stdin": True}

    def total(self) -> int | None:
        """None: a stream has no end that is known."""
        return None

    def notes(self) -> list[str]:
        """Say so if a person is expected to type."""
        if self._stream.isatty():
            return ["reading samples from the terminal; end them with Ctrl-D"]
        return []

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the records after `position`; raises ConfigError if this is no UTF-8 text."""
        place = position or START
        return read_records(self._lines(place["line"]), place["sample"])

    def _lines(self, passed: int) -> Iterator[Line]:
        for line in split_lines(self._chunks()):
            if line.number == 1:
                _check(line.text)
            if line.number > passed:
                yield line

    def _chunks(self) -> Iterator[bytes]:
        # `read1` returns what is there; `read` would wait until it has all it was asked for.
        read = getattr(self._stream, "read1", self._stream.read)
        while (chunk := read(READ_BYTES)) != b"":
            if chunk is None:  # a pipe that some other program has set not to block
                select.select([self._stream], [], [])
            else:
                yield chunk


class StdoutSink:
    """Rows as lines of JSON on standard output or `stream`.

    What was written cannot be taken back: its token is always None, so that a run begins anew.
    """

    def __init__(self, stream: BinaryIO | None = None) -> None:
        if stream is None and sys.stdout is None:
            raise ConfigError("there is no standard output: name a file as OUTPUT")
        self._stream = stream or sys.stdout.buffer

    def __repr__(self) -> str:
        return "<StdoutSink>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Write the rows and flush; raises OSError, as when nobody reads any more."""
        try:
            self._stream.write(b"".join(map(encode_outcome, outcomes)))
            self._stream.flush()
        except OSError:
            self._drop_rest()
            raise

    def checkpoint(self) -> Token:
        """None: there is nothing to come back to."""
        self._stream.flush()

    def resume(self, token: Token) -> None:
        """Begin; raises ConfigError for anything but None."""
        if token is not None:
            raise ConfigError(
                "rows on standard output cannot be continued: remove the state of the earlier "
                "run, or write to a file"
            )

    def finish(self) -> None:
        """Flush."""
        self._stream.flush()

    def close(self) -> None:
        """Leave the stream open: it is not ours."""

    def _drop_rest(self) -> None:
        """Let Python's own flush at exit go nowhere; it would fail, and spoil the exit status."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def _unbuffered(stream: BinaryIO) -> BinaryIO:
    """What lies under a buffered stream: a read of it that waits holds no lock.

    Python aborts at its exit where a thread still waits in a buffered read of standard input.
    """
    raw: BinaryIO = getattr(stream, "raw", stream)
    return raw


def _check(first: bytes) -> None:
    if found := compression_of(first[:4]):
        command = "zcat" if found == "gzip" else "zstdcat"
        raise ConfigError(f"standard input is {found} data: send it through {command}")
    if encoding := wide_encoding_of(first):
        raise ConfigError(f"standard input is {encoding}: convert it to UTF-8, with iconv")
