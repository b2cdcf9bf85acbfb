"""What was dropped into a spool, as one worker has it: a job from claim to output."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from captioner.errors import Abandoned, ConfigError, RunStopped
from captioner.formats.state_files import StateFiles
from captioner.jobs.books import ledger_path
from captioner.jobs.end import JobEnd
from captioner.jobs.job import Job
from captioner.settings import Settings
from captioner.worker.spool_ending import Ending, Undertaking, files_beside, free_folder
from captioner.worker.spool_folder import SpoolFolder
from captioner.worker.spool_names import (
    LONGEST_NAME_BYTES,
    folder_format,
    is_long,
    output_name,
    profile_of,
)

if TYPE_CHECKING:
    from captioner.worker.desk import Desk

_OWN_FAULT: Final = ("all_failed", "input_unreadable", "ledger_unusable")
"""Verdicts that end what was dropped; with any other it is tried again later."""
_BEGUN: Final = "begun"
"""A file in the claim that says: what is at the output's place is of this claim."""


class SpoolClaim:
    """A claim that is ours. `ledgers` is a folder on a local disk, None for the claim's own."""

    def __init__(
        self,
        folder: SpoolFolder,
        claim: str,
        *,
        ledgers: Path | None,
        let_go: Callable[[str], None],
    ) -> None:
        self.claim = claim
        self.profile = profile_of(claim)
        self._folder = folder
        self._path = folder.claim(claim)
        self._ledgers = ledgers / claim if ledgers else None
        self._let_go = let_go
        dropped = self._dropped()
        self.name = dropped.name if dropped else claim.partition("@")[2]

    def __repr__(self) -> str:
        return f"<SpoolClaim {self.claim}>"

    async def work(self, desk: Desk) -> None:
        """Do it and end it; a later life goes on where this one is cut.

        Raises RunStopped, Abandoned and OSError: it is then to be given back.
        """
        settings = desk.profiles[self.profile]
        ending = Ending.read(self._path)
        if ending is None:
            dropped = await asyncio.to_thread(self._dropped)
            if dropped is not None:
                ending = await self._worked(desk, settings, dropped)
                self._check()
                ending.write(self._path)
        if ending is not None:
            steps = Undertaking(self._path, ending, settings, self._check).steps
            try:
                await _to_its_end(steps)
            except OSError as error:
                self._check()
                raise RunStopped(
                    "output_unwritable", f"cannot put {self.name} away: {error}"
                ) from error
        self._check()
        if self._ledgers:
            await asyncio.to_thread(shutil.rmtree, self._ledgers, ignore_errors=True)
        self._folder.remove(self.claim)
        self._let_go(self.claim)

    async def give_back(self) -> None:
        """Free it for any worker; where that fails they take it over, as we show no life for it."""
        try:
            self._folder.free(self.claim)
        finally:
            self._let_go(self.claim)

    def _check(self) -> None:
        self._folder.check(self.claim)

    def _dropped(self) -> Path | None:
        try:
            return next((self._path / "in").iterdir(), None)
        except OSError:
            return None

    async def _worked(self, desk: Desk, settings: Settings, dropped: Path) -> Ending:
        out = self._folder.below("out", self.profile)
        output = out / _output_of(dropped)
        ledger = ledger_path(settings, StateFiles.of(output, self._ledgers or self._state), None)
        failed = partial(self._failed, dropped.name, output, ledger)
        if wrong := _unfit(dropped):
            return failed(wrong)
        out.mkdir(parents=True, exist_ok=True)
        begun = self._path / _BEGUN
        was_begun = begun.exists()
        if not was_begun:
            for name in files_beside(output, ledger):
                if (out / name).exists():
                    return failed(
                        f"{out / name} is there already and would be overwritten: take it away, "
                        "or drop this under another name"
                    )
            begun.touch()
        try:
            seat = await desk.seat(self.profile)
        except ConfigError as error:
            raise RunStopped("bad_request_settings", str(error)) from error
        ledger.parent.mkdir(parents=True, exist_ok=True)
        try:
            job = await asyncio.to_thread(
                partial(
                    Job,
                    dropped,
                    output,
                    self._settings(seat.settings, dropped),
                    state_dir=self._state,
                    ledger=ledger,
                    open_captioner=desk.open_captioner(seat, self.name),
                    guard=self._check,
                )
            )
            end = await job.run()
            self._check()  # before all else: a job that lost its claim tells all sorts of ends
        except ConfigError as error:
            self._check()
            # Its name is the last that an output gets. Where its run is not on record, another
            # machine has that record.
            if not (was_begun and output.exists() and not ledger.exists()):
                return failed(str(error).replace(str(dropped), dropped.name))
        except OSError as error:
            self._check()
            return failed(f"{dropped.name} cannot be read: {error.strerror or error}")
        else:
            if reason := _reason_of(end):
                return failed(reason)
        done = free_folder(self._folder.below("done", self.profile), dropped.name)
        return Ending("done", dropped.name, str(output), str(out), str(done), str(ledger))

    def _failed(self, name: str, output: Path, ledger: Path, reason: str) -> Ending:
        names = [name, f"{name}.reason.txt", *files_beside(output, ledger)]
        to = free_folder(self._folder.below("failed", self.profile), *names)
        return Ending("failed", name, str(output), str(to), str(to), str(ledger), reason)

    @property
    def _state(self) -> Path:
        return self._path / "state"

    def _settings(self, settings: Settings, dropped: Path) -> Settings:
        """Images that a file names start where it was dropped; those of a folder are in it."""
        forced = folder_format(dropped.name) if dropped.is_dir() else settings.format
        where = self._folder.below("in", self.profile)
        update: dict[str, object] = {"format": forced}
        if _is_images(dropped, forced):
            root = dropped if dropped.is_dir() else dropped.parent
            update |= {"image_base": None, "image_root": str(root)}
        elif settings.image_base is None:
            update["image_base"] = str(where)
        return settings.model_copy(update=update)


def _is_images(dropped: Path, forced: str | None) -> bool:
    from captioner.formats.recognise import format_of

    try:
        return (forced or format_of(dropped)) == "images"
    except ConfigError:
        return False  # the job says what is wrong


def _output_of(dropped: Path) -> str:
    return output_name(dropped.name, is_folder=dropped.is_dir())


def _unfit(dropped: Path) -> str:
    if dropped.is_symlink():
        return f"{dropped.name} is a link: drop the file itself"
    if is_long(dropped.name):
        return f"its name is longer than {LONGEST_NAME_BYTES} bytes: give it a shorter one"
    return ""


def _reason_of(end: JobEnd) -> str:
    """Why what was dropped failed; empty where it is done. Raises where it is to be given back."""
    verdict, message = end.summary["verdict"], end.summary["message"]
    match end.summary["status"]:
        case "complete":
            return ""
        case "stopped" if verdict in _OWN_FAULT:
            return f"{verdict}: {message}"
        case "stopped" if verdict == "ledger_locked":
            # Its last owner has yet to notice; until then nobody may go on.
            raise RunStopped("claim_lost", str(message))
        case "stopped":
            raise RunStopped(str(verdict), str(message))
        case _:
            raise Abandoned


async def _to_its_end(steps: Callable[[], Awaitable[None]]) -> None:
    """Run it to its end even where we are cancelled meanwhile: nobody else may do it then."""

    async def run() -> None:
        await steps()

    task = asyncio.ensure_future(run())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
