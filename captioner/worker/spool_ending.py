"""How a claim ends: what was written for it goes where people look, step by step.

First is recorded what is to be done. Each step may then be done again, so that whoever takes the
claim over from a worker that died between two of them ends it in the same way.
"""

from __future__ import annotations

import glob
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from captioner.errors import ConfigError
from captioner.formats.durable import move_durably
from captioner.formats.encode import encode_json
from captioner.formats.state_files import StateFiles
from captioner.jobs.books import Books
from captioner.report.summary import read_summary, write_summary
from captioner.settings import Settings
from captioner.worker.spool_names import reason_name, relocated

ENDING: Final = "ending.json"
_AGAIN: Final = "again-"


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a claim. Paths are absolute.

    `name` is what was dropped, `output` what was made of it. `to` is the folder for what stands
    beside the output, `input_to` that for what was dropped. `ledger` is where the run had it.
    `reason` is for people, of what failed.
    """

    kind: Literal["done", "failed"]
    name: str
    output: str
    to: str
    input_to: str
    ledger: str
    reason: str = ""

    def write(self, claim: Path) -> None:
        """Record it, whole or not at all."""
        write_summary(claim / ENDING, asdict(self))

    @classmethod
    def read(cls, claim: Path) -> Ending | None:
        """What was recorded; None where nothing was."""
        try:
            return cls(**json.loads((claim / ENDING).read_bytes()))
        except FileNotFoundError:
            return None


def free_folder(folder: Path, *names: str) -> Path:
    """The folder, or the first of those for another time below it, that has none of the names."""
    number, found = 1, folder
    while any((found / name).exists() or (found / name).is_symlink() for name in names):
        number += 1
        found = folder / f"{_AGAIN}{number}"
    return found


def files_beside(output: Path, ledger: Path) -> list[str]:
    """The names of what is put beside an output, and of the output."""
    state = StateFiles.of(output)
    return [output.name, state.failures.name, state.summary.name, ledger.name]


class Undertaking:
    """Carries an ending out. `check` raises, before each step, where the claim is not ours."""

    def __init__(
        self, claim: Path, ending: Ending, settings: Settings, check: Callable[[], None]
    ) -> None:
        self._claim, self._ending, self._settings, self._check = claim, ending, settings, check
        self._to, self._input_to = Path(ending.to), Path(ending.input_to)
        self._state = StateFiles.of(ending.output, claim / "state")
        self._ledger = Path(ending.ledger)
        # The input first: one that is a folder may be what image paths begin at.
        self._moves = [
            (str(claim / "in"), str(self._input_to)),
            (str(self._state.failures.parent), str(self._to)),
            (str(self._ledger.parent), str(self._to)),
        ]

    async def steps(self) -> None:
        """All of it but the end of the claim. Raises OSError and RunStopped."""
        for folder in (self._to, self._input_to):
            folder.mkdir(parents=True, exist_ok=True)
        await self._move_ledger()
        for step in (self._move_failures, self._move_summary, self._give_reason, self._move_input):
            self._check()
            step()

    async def _move_ledger(self) -> None:
        """The record in it must name the input where it will be, for a retry to find it."""
        self._check()
        if self._ledger.exists():
            scope = StateFiles.of(self._ending.output).scope
            books = Books(self._ledger, self._settings, scope)
            try:
                if record := books.record():
                    await books.record_run(relocated(record, self._moves))
            finally:
                books.close()
        self._check()
        beside = sorted(self._ledger.parent.glob(f"{glob.escape(self._ledger.name)}*"))
        for path in beside:  # the ledger itself is the first
            if not path.name.endswith("-lock"):
                move_durably(path, self._to / path.name)

    def _move_failures(self) -> None:
        source, target = self._state.failures, self._to / self._state.failures.name
        if not source.exists():
            return
        told = target.with_name(f".{target.name}.moving")
        with source.open("rb") as lines, told.open("wb") as written:
            for line in lines:
                written.write(encode_json(relocated(json.loads(line), self._moves)) + b"\n")
        move_durably(told, target)
        source.unlink()

    def _move_summary(self) -> None:
        source = self._state.summary
        with suppress(ConfigError):  # one that cannot be read tells nobody anything
            if summary := read_summary(source):
                write_summary(self._to / source.name, relocated(summary, self._moves))

    def _give_reason(self) -> None:
        if self._ending.kind == "failed":
            text = f"{self._ending.reason}\n".encode("utf-8", "backslashreplace")
            (self._to / reason_name(self._ending.name)).write_bytes(text)
            shutil.rmtree(self._state.partial, ignore_errors=True)  # of a folder: it is in out/

    def _move_input(self) -> None:
        source = self._claim / "in" / self._ending.name
        if source.exists() or source.is_symlink():
            move_durably(source, self._input_to / self._ending.name)
