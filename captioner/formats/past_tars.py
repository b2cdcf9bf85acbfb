"""Tars that a run wrote, read back: of each image the `.json` that was put beside it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from captioner.errors import ConfigError
from captioner.formats.past_rows import PastSample, caption_in
from captioner.formats.webdataset import TarRow
from captioner.samples.outcome import CaptionOutcome, Outcome, Verdict
from captioner.samples.plan import Plan
from captioner.samples.rows import RowKind
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample

About = Mapping[str, Any]


class PastTars:
    """The samples in `files`, the tars at `path` for those of the input from number `first` on.

    A row is what was written of an image: `caption`, `verdict`, `sample` and `placeholder`.
    """

    def __init__(self, path: Path, files: Sequence[Path], first: int = 0) -> None:
        self.path = path
        self.count = 0
        self._files = files
        self._first = first
        self._number = -1
        self._offset = 0
        self._file: BinaryIO | None = None

    def __repr__(self) -> str:
        return f"<PastTars {self.path}, {self.count} images read>"

    def take(self, sample: Sample, planned: Plan, kinds: Sequence[RowKind]) -> tuple[About, ...]:
        """One for each image; what stood in the input's tar is passed over."""
        del kinds
        fields = sample.fields
        assert isinstance(fields, TarRow)  # noqa: S101 - such a source gives no other
        self._go_to(sample.position["shard"] - self._first)
        self._offset += fields.stretch.end - fields.stretch.start
        rows: list[About] = []
        for placeholder in planned.placeholders:
            about = self._about(sample, fields.stretch.images[placeholder.index].name)
            caption_in(about, sample.id, placeholder.index)
            rows.append(about)
            self.count += 1
        return tuple(rows)

    def captions_of(self, past: PastSample, planned: Plan, rules: Rules) -> list[str | None]:
        """All of them are there, whichever rows the run had."""
        del planned, rules
        return [about.get("caption") for about in past.rows]

    def end(self) -> None:
        """Make sure that no tar has anything more in it."""
        if self._number >= 0 and self._member() is not None:
            raise ValueError("it has more samples than INPUT")

    def close(self) -> None:
        """Let go of the tars."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _go_to(self, number: int) -> None:
        if number == self._number:
            return
        self.end()
        self.close()
        self._number, self._offset = number, 0
        path = self._files[number]
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error

    def _about(self, sample: Sample, image: str) -> About:
        """The next `.json` beside this image, behind a `.txt` where there is a caption."""
        stem = image.rpartition(".")[0]
        suffixes: list[str] = []
        while (member := self._member()) is not None and member[0].startswith(stem):
            suffixes.append(member[0].rpartition(".")[2])
            if suffixes[-1] == "txt" and len(suffixes) == 1:
                continue
            try:
                about: dict[str, Any] = json.loads(member[1])
                Verdict(about["verdict"])
                before = ["txt"] if about["caption"] is not None else []
            except (ValueError, TypeError, KeyError):
                break
            if suffixes != [*before, "json"]:
                break
            return about
        raise ValueError(f"what was written of sample {sample.id} is not where it was")

    def _member(self) -> tuple[str, bytes] | None:
        """Name and content of the member at hand, None at the end."""
        path = self._files[self._number]
        file = self._file
        assert file is not None  # noqa: S101 - only asked for once a tar is open
        try:
            file.seek(self._offset)
            block = file.read(tarfile.BLOCKSIZE)
            if not block.strip(b"\0"):
                return None
            file.seek(self._offset)
            with tarfile.open(fileobj=file, mode="r:") as tar:
                entry = tar.next()
                content = None if entry is None else tar.extractfile(entry)
                if entry is None or content is None:
                    raise ValueError(f"{path.name} has no file at byte {self._offset:,}")
                member = entry.name, content.read()
                self._offset = tar.offset
                return member
        except tarfile.TarError as error:
            raise ValueError(f"{path.name} is no tar at byte {self._offset:,}: {error}") from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error


class TarsRemade:
    """Outcomes for the sink of tars, which looks at captions and at no row."""

    def kept(self, past: PastSample) -> Outcome:
        """The captions as they were read."""
        captions = (
            CaptionOutcome(
                past.record.id, index, None, about.get("caption"), Verdict(about["verdict"])
            )
            for index, about in enumerate(past.rows)
        )
        return Outcome(past.record, (), tuple(captions))

    def mixed(self, past: PastSample, outcome: Outcome, asked: Set[int], rules: Rules) -> Outcome:
        """Those that were asked again are the new ones."""
        del rules
        captions = tuple(
            new if new.index in asked else before
            for before, new in zip(self.kept(past).captions, outcome.captions, strict=True)
        )
        return replace(outcome, captions=captions)
