"""A JSONL output read back line by line, and written anew around what was asked again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from captioner.errors import ConfigError
from captioner.formats.base import Token
from captioner.formats.durable import sync_folder
from captioner.formats.encode import encode_outcome
from captioner.formats.json_values import in_json
from captioner.formats.jsonl import parse_object
from captioner.formats.past_rows import PastSample, caption_in
from captioner.samples.outcome import Outcome
from captioner.samples.plan import Plan
from captioner.samples.recovery import captions_of_row
from captioner.samples.rows import GENERATED, ORIGINAL, RowKind, rows_of
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample

_BUFFER_BYTES: Final = 2**20


class PastLines:
    """The rows of a JSONL output: whole lines, with their ends. Memory is that of one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error

    def __repr__(self) -> str:
        return f"<PastLines {self.path}, {self.count} rows read>"

    def take(self, sample: Sample, planned: Plan, kinds: Sequence[RowKind]) -> tuple[bytes, ...]:
        """One line for each kind of row."""
        del planned
        rows: list[bytes] = []
        for kind in kinds:
            row = self._row()
            if row is None:
                raise ValueError(f"it ends behind row {self.count}, within sample {sample.id}")
            if kind == ORIGINAL and sample.raw is not None and row[:-1] != sample.raw:
                raise ValueError(f"row {self.count} is not sample {sample.id} of INPUT")
            rows.append(row)
        return tuple(rows)

    def captions_of(self, past: PastSample, planned: Plan, rules: Rules) -> list[str | None]:
        """Those of the generated row, or of the rows of captions."""
        captions: list[str | None] = []
        for number, (kind, row) in enumerate(zip(past.kinds, past.rows, strict=True), past.line):
            try:
                if kind == GENERATED:
                    captions = captions_of_row(parse_object(row), planned, rules)
                elif kind.placeholder is not None:
                    caption = caption_in(parse_object(row), past.record.id, kind.placeholder)
                    if not (caption is None or isinstance(caption, str)):
                        raise ValueError("its caption is no text")
                    captions.append(caption)
            except ValueError as error:
                raise ValueError(f"row {number}: {error}") from None
        return captions

    def end(self) -> None:
        """Make sure that there is no further line."""
        count = self.count
        if self._row() is not None:
            raise ValueError(f"it has more than {count} rows")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _row(self) -> bytes | None:
        """The next line, None at the end."""
        try:
            row = self._file.readline()
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error}") from error
        if not row:
            return None
        self.count += 1
        if not row.endswith(b"\n"):
            raise ValueError(f"row {self.count} ends in its middle")
        return row


class LinesAnew:
    """Lines of bytes in a `new` file that is to take the place of `old`, with its permissions."""

    def __init__(self, new: Path, old: Path) -> None:
        self.new, self._old = new, old
        self._file: BinaryIO | None = None
        self.size_bytes = 0

    @property
    def token(self) -> Token:
        """Its size, as the sinks of lines tell it."""
        return {"bytes": self.size_bytes}

    def begin(self) -> None:
        """Open it empty."""
        self._file = self.new.open("wb", buffering=_BUFFER_BYTES)

    def put(self, lines: Sequence[bytes]) -> None:
        """Append these."""
        if self._file is None:
            raise ValueError(f"{self.new} is not open: call begin() first")
        self._file.writelines(lines)
        self.size_bytes += sum(map(len, lines))

    def copy(self, past: PastSample) -> None:
        """Append the rows of a sample as they were."""
        self.put(past.rows)

    def replace(self, past: PastSample, outcome: Outcome, asked: Set[int], rules: Rules) -> None:
        """Append the rows of `outcome`, once the placeholders `asked` were asked again."""
        self.put(lines_after(past, outcome, asked, rules))

    def finish(self) -> None:
        """Force it to the disk under its new name."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file)
        with suppress(OSError):
            shutil.copymode(self._old, self.new)
        self.close()
        sync_folder(self.new.parent)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if self._file is not None:
            with suppress(OSError):  # what cannot be written out is of no use
                self._file.close()
            self._file = None

    def discard(self) -> None:
        """Remove the new file."""
        self.close()
        self.new.unlink(missing_ok=True)


def lines_after(
    past: PastSample, outcome: Outcome, asked: Set[int], rules: Rules
) -> tuple[bytes, ...]:
    """The lines of `outcome`'s rows, once the placeholders `asked` were asked for again.

    Lines that do not depend on those stay as they are. Raises TypeError as `encode_outcome`.
    """
    if past.plan is None or not asked:
        return past.rows
    failed = {caption.index for caption in outcome.captions if caption.caption is None}
    before = dict(zip(past.kinds, past.rows, strict=True))
    kinds = rows_of(past.plan, failed, rules)
    new = encode_outcome(in_json(outcome)).split(b"\n")[:-1]
    return tuple(
        line + b"\n" if kind == GENERATED or kind.placeholder in asked else before[kind]
        for kind, line in zip(kinds, new, strict=True)
    )
