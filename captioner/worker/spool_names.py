"""What names in a spool mean, and what may be done with what is seen there. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Final

from captioner.formats.recognise import Format
from captioner.formats.state_files import FILES
from captioner.formats.suffixes import suffix_of

OWNER: Final = "owner@"
"""An empty file of this name in a claim, with the worker's id behind it; alone: it is free."""
LONGEST_NAME_BYTES: Final = 180
"""Of what is dropped: names of 255 bytes must hold it and what is put behind it."""

_IGNORED: Final = (".part", ".tmp", ".partial", ".crdownload")
_FOLDERS: Final[dict[str, Format]] = {
    ".images": "images",
    ".parquet": "parquet",
    ".datasets": "datasets",
    ".webdataset": "webdataset",
}
_PACKED: Final = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that was dropped. `state` changes when it does; `since_s` is Unix time."""

    profile: str
    name: str
    is_folder: bool
    state: str
    since_s: float


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that is there. `owner` is a worker's id, empty where it was given back.

    `beat` changes with each sign of life; `since_s` is Unix time.
    """

    claim: str
    owner: str
    beat: int
    since_s: float

    @property
    def profile(self) -> str:
        """Whose settings it wants."""
        return profile_of(self.claim)


class Unchanged:
    """How long things are as they are, by our own clock: those of other machines say nothing."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[object, float]] = {}

    def for_s(self, name: str, state: object, now_s: float) -> float:
        """Seconds since `name` was first seen in this state."""
        before = self._seen.get(name)
        if before is None or before[0] != state:
            before = self._seen[name] = (state, now_s)
        return now_s - before[1]

    def keep_only(self, names: Collection[str]) -> None:
        """Forget what is gone."""
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}


def is_ignored(name: str) -> bool:
    """Whether it is hidden, or still being written by its name."""
    return name.startswith(".") or suffix_of(name) in _IGNORED


def folder_format(name: str) -> Format | None:
    """The format of a folder that is work by itself; None for one whose files others name."""
    return _FOLDERS.get(suffix_of(name))


def output_name(name: str, *, is_folder: bool) -> str:
    """What the output is called: as what was dropped where that can be, else JSONL.

    A folder loses the suffix that says its format.
    """
    path = PurePath(name)
    if is_folder:
        is_images = folder_format(name) == "images"
        return f"{path.stem}.jsonl" if is_images else path.stem
    if path.suffix.lower() in _PACKED and suffix_of(path.stem) in (".jsonl", ".ndjson"):
        return path.stem
    return name if path.suffix.lower() in FILES else f"{name}.jsonl"


def claim_of(profile: str, name: str, *, is_folder: bool) -> str:
    """The name of the claim: equal for whatever could write the same files."""
    output = PurePath(output_name(name, is_folder=is_folder))
    stem = output.stem if suffix_of(output.name) in FILES else output.name
    if is_long(name):
        stem = blake2b(stem.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    return f"{profile}@{stem}"


def profile_of(claim: str) -> str:
    """The profile in the name of a claim; no profile's name has an @."""
    return claim.partition("@")[0]


def is_long(name: str) -> bool:
    """Whether no files can be called after it."""
    return len(name.encode("utf-8", "surrogateescape")) > LONGEST_NAME_BYTES


def reason_name(name: str) -> str:
    """The file beside something failed that says why."""
    raw = name.encode("utf-8", "surrogateescape")[:LONGEST_NAME_BYTES]
    return f"{raw.decode('utf-8', 'ignore')}.reason.txt"


def fair(
    candidates: Iterable[Waiting | Held], held: Mapping[str, int], most: int
) -> list[Waiting | Held]:
    """At most so many: of the profile that has least in hand first, then what is oldest.

    `held` is how many claims of each profile this worker has already.
    """
    left = sorted(candidates, key=lambda candidate: candidate.since_s)
    counts = Counter(held)
    chosen: list[Waiting | Held] = []
    while left and len(chosen) < most:
        best = min(left, key=lambda candidate: counts[candidate.profile])
        left.remove(best)
        counts[best.profile] += 1
        chosen.append(best)
    return chosen


def relocated(value: Any, moves: Sequence[tuple[str, str]]) -> Any:
    """JSON values with each path that is, or is below, one of `moves` put where that went."""
    if isinstance(value, str):
        for old, new in moves:
            if value == old or value.startswith(f"{old}/"):
                return new + value[len(old) :]
        return value
    if isinstance(value, Mapping):
        return {name: relocated(item, moves) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [relocated(item, moves) for item in value]
    return value
