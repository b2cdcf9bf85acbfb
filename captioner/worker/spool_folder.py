"""The folders of a spool: what is in them, and who has what. Every change is one rename.

in/    what is dropped; a folder below it that is called like a profile holds that one's
work/  claims, a folder each: the owner's file, in/ with what was dropped, state/ of its run
out/   outputs with summary, failures and ledger       done/  what they were made from
failed/  what could not be worked on, a reason beside it
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Final

from captioner.errors import ConfigError, RunStopped
from captioner.worker.spool_names import OWNER, Held, Waiting, folder_format, is_ignored, profile_of

_NEW, _OLD = ".new-", ".old-"
_PARTS: Final = ("in", "work", "out", "failed", "done")


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: what waits, what is claimed, and folders that a worker has yet to put away.

    Of `unclear` claims no owner was seen, as happens in the middle of a rename.
    """

    waiting: tuple[Waiting, ...]
    held: tuple[Held, ...]
    unclear: tuple[str, ...]
    litter: tuple[str, ...]


class SpoolFolder:
    """A spool, as one worker sees it. All of it blocks; what another was quicker at is no error."""

    def __init__(self, root: Path, worker: str) -> None:
        self.root = root
        self.worker = worker
        self._numbers = count()

    def create(self) -> None:
        """Make its folders. Raises ConfigError where they cannot be."""
        try:
            for name in _PARTS:
                (self.root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"{self.root} cannot be a spool ({error.strerror}): name a folder that may be "
                "written, as --queue spool:DIR"
            ) from None

    def below(self, part: str, profile: str) -> Path:
        """The folder of a profile below `in`, `out`, `failed` or `done`."""
        return self.root / part / profile if profile else self.root / part

    def claim(self, name: str) -> Path:
        """The folder of a claim."""
        return self.root / "work" / name

    def look(self, profiles: Collection[str]) -> Seen:
        """What there is for these profiles. Raises OSError."""
        # What waits first: whatever is claimed meanwhile is then seen twice, and not missed.
        waiting = tuple(
            found for profile in profiles for found in self._waiting(profile) if found is not None
        )
        held, unclear, litter = [], [], []
        for entry in _entries(self.root / "work"):
            if entry.name.startswith((_NEW, _OLD)):
                litter.append(entry.name)
            elif profile_of(entry.name) not in profiles:
                continue
            elif claim := _held(entry):
                held.append(claim)
            elif Path(entry.path).is_dir():
                unclear.append(entry.name)
        return Seen(waiting, tuple(held), tuple(unclear), tuple(litter))

    def take(self, waiting: Waiting, claim: str) -> bool:
        """Claim what waits, unless it has changed since or another worker has it."""
        private = self._private(_NEW)
        try:
            (private / "in").mkdir(parents=True)
            (private / "state").mkdir()
            (private / f"{OWNER}{self.worker}").touch()
            private.rename(self.claim(claim))
        except OSError:
            shutil.rmtree(private, ignore_errors=True)
            return False
        source = self.below("in", waiting.profile) / waiting.name
        try:
            if state_of(source) != waiting.state:
                raise FileNotFoundError
            source.rename(self.claim(claim) / "in" / waiting.name)
        except OSError:
            self.remove(claim)
            return False
        return True

    def take_over(self, held: Held) -> bool:
        """Make ours what nobody has any more; of several that try one is True."""
        folder, mine = self.claim(held.claim), f"{OWNER}{self.worker}"
        try:
            (folder / f"{OWNER}{held.owner}").rename(folder / mine)
            os.utime(folder / mine)
        except OSError:
            return False
        return True

    def beat(self, claim: str) -> None:
        """Show that its owner lives."""
        with suppress(OSError):
            os.utime(self.claim(claim) / f"{OWNER}{self.worker}")

    def is_mine(self, claim: str) -> bool:
        """Whether it is still ours."""
        return (self.claim(claim) / f"{OWNER}{self.worker}").exists()

    def check(self, claim: str) -> None:
        """Raises RunStopped (`claim_lost`) where it is not ours any more."""
        if not self.is_mine(claim):
            raise RunStopped("claim_lost", f"another worker has taken {claim} over")

    def free(self, claim: str) -> None:
        """Let any worker have it."""
        folder = self.claim(claim)
        with suppress(OSError):
            (folder / f"{OWNER}{self.worker}").rename(folder / OWNER)

    def set_free(self, claim: str) -> None:
        """Let any worker have a claim that has lost its owner's file."""
        with suppress(OSError):
            (self.claim(claim) / OWNER).touch()

    def remove(self, claim: str) -> None:
        """End a claim that is ours, and all that is left in it."""
        away = self._private(_OLD)
        with suppress(OSError):
            self.claim(claim).rename(away)
        shutil.rmtree(away, ignore_errors=True)

    def sweep(self, litter: str) -> None:
        """Remove what a dead worker had begun to make, or to put away."""
        shutil.rmtree(self.root / "work" / litter, ignore_errors=True)

    def _private(self, front: str) -> Path:
        return self.root / "work" / f"{front}{self.worker}-{next(self._numbers)}"

    def _waiting(self, profile: str) -> Iterator[Waiting | None]:
        for entry in _entries(self.below("in", profile), missing=bool(profile)):
            if not is_ignored(entry.name):
                yield _dropped(profile, entry)


def state_of(path: Path) -> str:
    """What changes when the file, or anything in the folder, does. Raises OSError."""
    seen = blake2b(digest_size=16)
    found = path.lstat()
    seen.update(f"{found.st_size} {found.st_mtime_ns} {found.st_ino}".encode())
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                inner = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - of many
                told = f"{folder}/{name} {inner.st_size} {inner.st_mtime_ns}\n"
                seen.update(told.encode("utf-8", "surrogateescape"))
    return seen.hexdigest()


def age_s(since_s: float) -> float:
    """Seconds since a time that the file system told."""
    return max(0.0, time.time() - since_s)


def _entries(folder: Path, *, missing: bool = False) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        if missing:
            return []
        raise


def _dropped(profile: str, entry: os.DirEntry[str]) -> Waiting | None:
    """None for what is no work by itself, or is gone already."""
    try:
        is_folder = entry.is_dir(follow_symlinks=False)
        is_file = entry.is_file(follow_symlinks=False) or entry.is_symlink()
        if not (is_file or (is_folder and folder_format(entry.name))):
            return None
        state = state_of(Path(entry.path))
        return Waiting(
            profile, entry.name, is_folder, state, entry.stat(follow_symlinks=False).st_ctime
        )
    except OSError:
        return None


def _held(entry: os.DirEntry[str]) -> Held | None:
    """None where its owner cannot be seen, as in the middle of a rename."""
    with suppress(OSError):
        since_s = entry.stat(follow_symlinks=False).st_ctime
        for inner in _entries(Path(entry.path)):
            if inner.name.startswith(OWNER):
                beat = inner.stat().st_mtime_ns
                return Held(entry.name, inner.name.removeprefix(OWNER), beat, since_s)
    return None
