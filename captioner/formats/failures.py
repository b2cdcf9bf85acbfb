"""The failures file: what has no caption, why, and what would help; one line of JSON each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from captioner.formats.base import Token
from captioner.formats.durable import AppendedFile
from captioner.formats.encode import encode_json, plain_or_named
from captioner.samples.failure import Failure
from captioner.samples.outcome import Outcome
from captioner.samples.reasons import REASONS
from captioner.samples.sample import BadRecord, Record, Sample


class FailuresFile:
    """A sink for failures: the file is there from the first one on, and absent without any.

    Fields of a line: `sample` and `placeholder` (null: the record as a whole), `image`, `reason`,
    `detail`, `attempts`, `help`, `image_base`, and `record`, the sample itself; for a line that is
    no JSON object `where` and `text` stand in its place.
    """

    def __init__(self, path: str | Path, image_base: str) -> None:
        self._file = AppendedFile(Path(path).absolute())
        self._image_base = image_base
        self._open = False

    def __repr__(self) -> str:
        return f"<FailuresFile {self._file.path}, {self._file.size_bytes} bytes>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the failures among these outcomes; readable from then on."""
        lines = b"".join(
            line for outcome in outcomes for line in failure_lines(outcome, self._image_base)
        )
        if not lines:
            return
        if not self._open:
            self._file.begin()
            self._open = True
        self._file.append(lines)

    def checkpoint(self) -> Token:
        """Force what was written to the disk, and return its size."""
        return {"bytes": self._file.sync() if self._open else 0}

    def resume(self, token: Token) -> None:
        """Go on behind `token`, or remove what an earlier run left.

        Raises ConfigError if the file no longer holds what the token speaks of.
        """
        self.close()
        if token is None or not token["bytes"]:
            self._file.path.unlink(missing_ok=True)
            return
        self._file.cut(int(token["bytes"]))
        self._open = True

    def finish(self) -> None:
        """Force everything to the disk; the file has its name already."""
        self.checkpoint()

    def close(self) -> None:
        """Close the file; it stays."""
        self._file.close()
        self._open = False


def failure_lines(
    outcome: Outcome, image_base: str, kept: Mapping[int, bytes] | None = None
) -> Iterator[bytes]:
    """Yield the lines of an outcome's failures, each with its line end.

    `kept` are whole lines of an earlier run, by placeholder: they stand as they are where that
    placeholder still has no caption.
    """
    record, kept = outcome.record, kept or {}
    if outcome.fault or isinstance(record, BadRecord):
        reason, detail = outcome.fault, outcome.fault_detail
        if isinstance(record, BadRecord):
            reason, detail = reason or record.reason, detail or record.detail
        yield _line(record, Failure(record.id, None, reason, detail=detail), image_base)
    for caption in outcome.captions:
        if caption.caption is not None:
            continue
        if caption.index in kept:
            yield kept[caption.index]
            continue
        failure = Failure(
            record.id,
            caption.index,
            caption.reason,
            image=caption.image,
            detail=caption.detail,
            attempts=caption.attempts,
        )
        yield _line(record, failure, image_base)


def _line(record: Record, failure: Failure, image_base: str) -> bytes:
    line: dict[str, Any] = {
        "sample": failure.sample,
        "placeholder": failure.placeholder,
        "image": failure.image,
        "reason": failure.reason,
        "detail": failure.detail,
        "attempts": failure.attempts,
        "help": REASONS.get(failure.reason, ""),
        "image_base": image_base,
    }
    if isinstance(record, BadRecord):
        return encode_json(line | {"where": record.where, "text": record.text}) + b"\n"
    # Spliced, so that it stays as it stood in the input, and a long one is not encoded again.
    return encode_json(line)[:-1] + b', "record": ' + _as_it_stood(record) + b"}\n"


def _as_it_stood(sample: Sample) -> bytes:
    if sample.raw is not None:
        return sample.raw
    try:
        return encode_json(sample.fields, plain_or_named)
    except (TypeError, ValueError, RecursionError):  # odd keys or loops, given from Python
        return b'"<cannot be written as JSON>"'
