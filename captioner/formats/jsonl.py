"""JSONL: one sample a line in, one row a line out.

In: `.jsonl` or `.ndjson`, also `.gz` and `.zst`. A line that is no JSON object is a record too, a
bad one; blank lines are none. Out: plain lines, in a partial file that is renamed when complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from captioner.errors import ConfigError
from captioner.formats.base import Token
from captioner.formats.durable import AppendedFile, move_durably
from captioner.formats.encode import encode_outcome
from captioner.formats.lines import START, DamagedError, Line, LineFile
from captioner.samples.outcome import Outcome
from captioner.samples.sample import BadRecord, Position, Record, Sample

MAX_DEPTH: Final = 400
"""Deepest nesting of a sample: what is accepted must be writable from any depth of the stack."""
SHOWN_CHARACTERS: Final = 500
"""How much of a bad line is kept to show it."""

_KINDS: Final[dict[type, str]] = {
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


class JsonlSource:
    """The lines of a JSONL file as samples.

    `image_base` defaults to the file's folder. A position is `offset` (bytes; in a compressed file
    those of its content), `line` and `sample`, all counts of what lies before.
    Raises ConfigError where the file is missing, unreadable or not UTF-8 text.
    """

    def __init__(self, path: str | Path, *, image_base: str | None = None) -> None:
        self._file = LineFile(path)
        self.image_base = image_base or str(self._file.path.parent)

    def __repr__(self) -> str:
        return f"<JsonlSource {self._file.path}>"

    def identity(self) -> dict[str, Any]:
        """Path, size in bytes and time of last change."""
        return self._file.identity()

    def total(self) -> int | None:
        """The number of records; None for large and for compressed files."""
        return self._file.count()

    def notes(self) -> list[str]:
        """Say so if the file is empty."""
        return [] if self._file.size_bytes else [f"{self._file.path} is empty"]

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the records after `position`; raises OSError if reading fails."""
        place = position or START
        sample = place["sample"]
        if place.get("damaged"):
            return
        try:
            for record in read_records(self._file.lines(place["offset"], place["line"]), sample):
                sample = record.id + 1
                yield record
        except DamagedError as damage:
            yield from self._ending(damage, sample)

    def _ending(self, damage: DamagedError, sample: int) -> Iterator[Record]:
        """The last line, if it is whole but for its line end, then the damage as a bad record."""
        tail = damage.tail
        for record in read_records(iter([tail]), sample):
            if isinstance(record, Sample):
                yield record
                sample, tail = record.id + 1, Line(b"", tail.number, tail.end)
        line = tail.number - bool(tail.text)
        detail = f"{self._file.path.name} is damaged behind line {line}: {damage.detail}"
        yield BadRecord(
            sample,
            f"line {line + 1}",
            "not_json",
            detail,
            shortened(tail.text),
            {"offset": tail.end, "line": tail.number, "sample": sample + 1, "damaged": True},
        )


class JsonlSink:
    """Rows as lines of JSON, in `partial` until `finish` gives them the name `output`.

    `partial` defaults to a file beside the output. A token is `bytes`: the partial file's size.
    """

    def __init__(self, output: str | Path, *, partial: str | Path | None = None) -> None:
        # A link is followed, so that what it points to is replaced and not the link.
        self._output = Path(output).resolve()
        beside = self._output.with_name(f"{self._output.stem}.partial{self._output.suffix}")
        self._partial = AppendedFile(Path(partial).absolute() if partial else beside)

    def __repr__(self) -> str:
        return (
            f"<JsonlSink {self._output}, {self._partial.size_bytes} bytes in {self._partial.path}>"
        )

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the rows in one write; raises TypeError for a field that JSON cannot hold."""
        self._partial.append(b"".join(map(encode_outcome, outcomes)))

    def checkpoint(self) -> Token:
        """Force what was written to the disk, and return its size."""
        return {"bytes": self._partial.sync()}

    def resume(self, token: Token) -> None:
        """Open the partial file, cut to `token`; a finished output of that run is taken back first.

        Raises ConfigError if neither file holds what the token speaks of.
        """
        if token is None:
            self._partial.begin()
            return
        size_bytes = int(token["bytes"])
        if size_bytes and not self._partial.path.exists() and self._output.is_file():
            if self._output.stat().st_size < size_bytes:
                raise ConfigError(
                    f"{self._output} is shorter than the {size_bytes} bytes that were written to "
                    "it: put the whole file back, or remove the state of the earlier run"
                )
            move_durably(self._output, self._partial.path)
        self._partial.cut(size_bytes)

    def finish(self) -> None:
        """Force everything to the disk and rename it; the output is there whole, or not at all."""
        self._partial.sync()
        self._partial.close()
        move_durably(self._partial.path, self._output)

    def close(self) -> None:
        """Close the partial file; it stays."""
        self._partial.close()


def read_records(lines: Iterator[Line], sample: int = 0) -> Iterator[Record]:
    """Make a record of every line that is not blank; the first one's id is `sample`."""
    for line in lines:
        if line.blank:
            continue
        position = {"offset": line.end, "line": line.number, "sample": sample + 1}
        try:
            fields = parse_object(line.text)
        except ValueError as error:
            where = f"line {line.number}"
            text = shortened(line.text)
            yield BadRecord(sample, where, "not_json", str(error), text, position)
        else:
            yield Sample(sample, fields, line.text, position, len(line.text))
        sample += 1


def parse_object(line: bytes) -> dict[str, Any]:
    """Parse a line as Python's json does; raises ValueError that says what is wrong and where."""
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x} at column {error.start + 1}"
        raise ValueError(f"{found} is not UTF-8: save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:  # Python's limit on the digits of an integer
        raise ValueError("a number has too many digits") from None
    if not isinstance(value, dict):
        raise ValueError(f"{_KINDS[type(value)]}, not an object")
    if line.count(b"[") + line.count(b"{") > MAX_DEPTH and _deeper_than(MAX_DEPTH, value):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def shortened(line: bytes) -> str:
    """The beginning of a line as text; what is not UTF-8 shows as escapes."""
    text = line[: 4 * SHOWN_CHARACTERS].decode("utf-8", "backslashreplace")
    whole = len(text) <= SHOWN_CHARACTERS and len(line) <= 4 * SHOWN_CHARACTERS
    return text if whole else text[:SHOWN_CHARACTERS] + "…"


def _deeper_than(depth: int, value: Any) -> bool:
    level = [value]
    while level and depth > 0:
        inner = (item.values() if isinstance(item, dict) else item for item in level)
        level = [part for items in inner for part in items if isinstance(part, dict | list)]
        depth -= 1
    return bool(level)
