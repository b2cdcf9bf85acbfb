"""WebDataset tars: members whose names are equal up to the first dot are one sample.

The images of a sample are its members with the suffix of an image. What belongs to no sample
(folders, names without a dot) goes with the sample in front of it, the first one's too.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from captioner.errors import ConfigError
from captioner.formats.shard_files import identity_of, shards_of
from captioner.formats.sharded_extent import Extent, Mark, by_marks
from captioner.formats.suffixes import SUPPORTED, suffix_of
from captioner.formats.table_row import Layout, TableRow
from captioner.samples.sample import BadRecord, Position, Record, Sample

KEY: Final = "__key__"
IMAGE_BYTES: Final = 64 * 1024 * 1024
"""Of an image that is larger only so much is read: it is too large for any endpoint."""
_TEXT_BYTES: Final = 1024 * 1024
_MARK_BYTES: Final = 8 * 1024 * 1024
_NAME: Final = re.compile(r"((?:.*/)?[^./][^./]*)\.([^/]*)", re.DOTALL)
_PHOTOS: Final = frozenset({".heic", ".heif", ".avif", ".jp2", ".jxl"})


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a sample stands: bytes from `start` to `end` of a tar, its members' names, and those
    of its images as tar entries."""

    path: Path
    start: int
    end: int
    names: frozenset[str]
    images: tuple[tarfile.TarInfo, ...]


class TarRow(TableRow):
    """A sample of a tar: `__key__`, its images as `bytes` and `path`, and its `txt` and `json`."""

    __slots__ = ("_given", "stretch")

    def __init__(self, layout: Layout, stretch: Stretch, given: dict[str, Any]) -> None:
        super().__init__(layout)
        self.stretch = stretch
        self._given = given

    def given(self, name: str) -> Any:
        """The value of a field, None where the sample has none."""
        return self._given.get(name)


@dataclass(slots=True)
class _Group:
    key: str
    start: int
    members: list[tarfile.TarInfo] = field(default_factory=list)


class WebDatasetSource:
    """The samples of a tar, or of every `.tar` below a folder in the order of `tree`.

    A position is `shard` (number of the tar), `offset` in it, and `sample`. A tar that is damaged
    ends with a bad record. Raises ConfigError where there is no tar, or it is compressed.
    """

    def __init__(
        self, path: str | Path, *, image_base: str | None = None, image_key: str = "images"
    ) -> None:
        self.path = Path(path).resolve()
        self.shards = shards_of(self.path, ".tar")
        for name in self.shards:
            _check(self._file(name))
        self.image_base = image_base or str(self.path if self.path.is_dir() else self.path.parent)
        names = (KEY, image_key, "txt", "json")
        self._layout = Layout({name: n for n, name in enumerate(names)}, image_key, image_key)

    def __repr__(self) -> str:
        return f"<WebDatasetSource {self.path}>"

    def identity(self) -> dict[str, Any]:
        """The file's, or a digest of all tars' names, sizes and times."""
        return identity_of(self.path, self.shards)

    def total(self) -> int | None:
        """Not known: it would take reading all of it."""
        return None

    def extent(self) -> Extent:
        """Where its tars begin; only their members' headers are read. Raises OSError."""
        files: list[int] = []
        marks: list[Mark] = []
        sample = 0
        for shard, name in enumerate(self.shards):
            files.append(sample)
            offset = 0
            with self._file(name).open("rb") as file:
                walked = _Walk(file, 0)
                for _, end in walked.groups():
                    if not offset or end - marks[-1][1]["offset"] >= _MARK_BYTES:
                        marks.append((sample, {"shard": shard, "offset": offset, "sample": sample}))
                    offset = end
                    sample += 1
                if walked.damage:
                    if not offset:
                        marks.append((sample, {"shard": shard, "offset": 0, "sample": sample}))
                    sample += 1  # the bad record that it ends with
        marks = marks or [(0, None)]
        return Extent(sample, tuple(files), (), by_marks(marks))

    def notes(self) -> list[str]:
        """How many tars a folder has."""
        return [f"{self.path}: {len(self.shards):,} tars"] if self.path.is_dir() else []

    def open(self, position: Position = None) -> Iterator[Record]:
        """Yield the samples after `position`; raises OSError if reading fails."""
        place = position or {"shard": 0, "offset": 0, "sample": 0}
        sample, offset = place["sample"], place["offset"]
        for shard in range(place["shard"], len(self.shards)):
            path = self._file(self.shards[shard])
            with path.open("rb") as file:
                if not (position and shard == place["shard"] and place.get("ended")):
                    for record in self._records(file, path, shard, offset, sample):
                        yield record
                        sample = record.id + 1
            offset = 0

    def _records(
        self, file: BinaryIO, path: Path, shard: int, offset: int, sample: int
    ) -> Iterator[Record]:
        def place(end: int) -> dict[str, Any]:
            return {"shard": shard, "offset": end, "sample": sample + 1}

        walked = _Walk(file, offset)
        for group, end in walked.groups():
            stretch = Stretch(
                path,
                group.start,
                end,
                frozenset(member.name for member in group.members),
                tuple(member for member in group.members if _is_image(member)),
            )
            given = self._given(file, group, stretch)
            size_bytes = sum(min(member.size, IMAGE_BYTES) for member in stretch.images)
            fields = TarRow(self._layout, stretch, given)
            yield Sample(sample, fields, position=place(end), size_bytes=size_bytes)
            sample += 1
        if walked.damage:
            where = f"{self.shards[shard]}, byte {walked.end}"
            detail = f"{path.name} is damaged: {walked.damage}; what follows was not read"
            yield BadRecord(
                sample, where, "malformed", detail, "", {**place(walked.end), "ended": True}
            )

    def _given(self, file: BinaryIO, group: _Group, stretch: Stretch) -> dict[str, Any]:
        images = [
            {"bytes": _content(file, member, IMAGE_BYTES), "path": member.name}
            for member in stretch.images
        ]
        given: dict[str, Any] = {KEY: group.key, self._layout.image_key: images}
        for member in group.members:
            extension = member.name[len(group.key) + 1 :].lower()
            if extension in ("txt", "json") and member.isreg() and member.size <= _TEXT_BYTES:
                given[extension] = _parsed(_content(file, member, _TEXT_BYTES), extension)
        return given

    def _file(self, name: str) -> Path:
        return self.path / name if self.path.is_dir() else self.path


class _Walk:
    """The groups of a tar's members behind `offset`; afterwards `end`, and `damage` if there is."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self.end = offset
        self.damage = ""

    def groups(self) -> Iterator[tuple[_Group, int]]:
        """Yield each group, with the offset behind it."""
        group: _Group | None = None
        start = self.end
        for member, begins in self._members():
            named = _NAME.fullmatch(member.name) if member.isreg() else None
            if named is None:
                continue
            if group is not None and group.key != named[1]:
                yield group, begins
                start, group = begins, None
            if group is None:
                group = _Group(named[1], start)
            group.members.append(member)
        if group is not None:
            yield group, self.end

    def _members(self) -> Iterator[tuple[tarfile.TarInfo, int]]:
        """Yield whole members, each with the offset of its headers."""
        if self._ends_at(self.end):
            return
        try:
            self._file.seek(self.end)
            with tarfile.open(fileobj=self._file, mode="r:") as tar:
                while (member := tar.next()) is not None:
                    # They would all be kept otherwise.
                    tar.members = []  # type: ignore[attr-defined]
                    if tar.offset > self._size:
                        self.damage = f"it ends within {member.name!r}"
                        return
                    self.end = tar.offset
                    yield member, member.offset
        except (tarfile.TarError, EOFError) as error:
            self.damage = str(error)
            return
        if not self._ends_at(self.end):
            self.damage = "there is no header where one should be"

    def _ends_at(self, offset: int) -> bool:
        """Whether nothing follows but the zeros at the end of an archive, or nothing at all."""
        self._file.seek(offset)
        block = self._file.read(tarfile.BLOCKSIZE)
        return not block.strip(b"\0")


def _check(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(tarfile.BLOCKSIZE)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    for magic, name in ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2")):
        if head.startswith(magic):
            raise ConfigError(f"{path} is compressed with {name}: unpack it to a plain .tar first")
    try:
        if head.strip(b"\0"):
            tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise ConfigError(f"{path} is no tar file: {error}") from error


def _is_image(member: tarfile.TarInfo) -> bool:
    suffix = suffix_of(member.name)
    return suffix in SUPPORTED or suffix in _PHOTOS


def _content(file: BinaryIO, member: tarfile.TarInfo, most_bytes: int) -> bytes:
    file.seek(member.offset_data)
    return file.read(min(member.size, most_bytes))


def _parsed(content: bytes, extension: str) -> Any:
    try:
        text = content.decode("utf-8")
        return json.loads(text) if extension == "json" else text
    except (ValueError, RecursionError):
        return None
