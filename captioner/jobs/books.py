"""The books of one output: its run's record and what was spent on it, kept in the ledger."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from captioner.errors import ConfigError, RunStopped
from captioner.formats.replacement import Swap, finish_swap
from captioner.formats.state_files import StateFiles
from captioner.ledger import SqliteLedger, open_ledger
from captioner.settings import EMBEDDED, Settings

_SWAP: Final = "swap"
"""Of a record: files that have to take the place of others before it is true."""


def ledger_path(settings: Settings, state: StateFiles, given: str | Path | None) -> Path:
    """Where the ledger of an output is: as `given`, else beside it; a rehearsal has its own."""
    if given is not None:
        return Path(given).absolute()
    path = state.ledger
    if settings.base_url == EMBEDDED:
        return path.with_name(f"{path.stem}.rehearsal{path.suffix}")
    return path


class Books:
    """The ledger as one output sees it. Opening it blocks, and raises RunStopped.

    `scope` names the output among all that share the ledger; of one that is not `recorded`, such as
    standard output, only what is paid for is kept. Where output and failures file were
    about to be replaced when a process was killed, opening it completes that.
    """

    def __init__(
        self, path: Path, settings: Settings, scope: str, *, recorded: bool = True
    ) -> None:
        self._is_recorded = recorded
        self._is_new = not path.exists()
        self.ledger: SqliteLedger = open_ledger(
            path,
            durability=settings.durability,
            rehearsal=settings.base_url == EMBEDDED,
            unix_s=time.time,
        )
        self.scope = scope
        try:
            finish_swap((self.ledger.run(scope) or {}).get(_SWAP, ()))
        except BaseException as error:
            self.ledger.close()
            if isinstance(error, OSError):
                raise RunStopped("output_unwritable", f"cannot rename: {error}") from error
            raise

    def record(self) -> Mapping[str, Any] | None:
        """What was recorded last; blocks."""
        record = self.ledger.run(self.scope)
        return record and {name: value for name, value in record.items() if name != _SWAP}

    async def replace_files(self, swap: Swap, record: Mapping[str, Any]) -> None:
        """Put new files in the place of old ones together with a new record: all or nothing.

        Raises OSError where a file cannot be renamed; whoever opens the books next tries again.
        """
        await self.ledger.save_run(self.scope, {**record, _SWAP: swap})
        finish_swap(swap)
        await self.ledger.save_run(self.scope, record)

    async def record_run(self, record: Mapping[str, Any] | None) -> None:
        """Record where the run stands, None to forget it; durable when it returns."""
        if not self._is_recorded:
            return
        if record is None:
            await self.ledger.forget_run(self.scope)
        else:
            await self.ledger.save_run(self.scope, record)

    def spent(self) -> Mapping[str, int] | None:
        """What was spent on this output at most, in all lives of all its runs; blocks."""
        return self.ledger.spent(self.scope)

    async def save(self, spent: Mapping[str, int]) -> None:
        """Record what will have been spent at most; durable when it returns."""
        await self.ledger.save_spent(self.scope, spent)

    def close(self) -> None:
        """Close the ledger, and leave none behind that is new and empty; blocks."""
        is_empty = not (self.ledger.mark() or self.record() or self.spent())
        self.ledger.close(discard=self._is_new and is_empty)


def find_books(
    settings: Settings, state: StateFiles, given: str | Path | None
) -> tuple[Books, Mapping[str, Any]]:
    """The books that know of a run into this output, and its record; opening them blocks.

    Looked for are the ledger `given`, else a real run's and then a rehearsal's. Raises ConfigError
    where none knows of it, and RunStopped.
    """
    rehearsed = settings.model_copy(update={"base_url": EMBEDDED})
    paths = []
    for kind in (settings,) if given else (settings, rehearsed):
        path = ledger_path(kind, state, given)
        paths.append(str(path))
        if not path.exists():
            continue
        books = Books(path, kind, state.scope)
        try:
            record = books.record()
        except BaseException:
            books.close()
            raise
        if record is not None:
            return books, record
        books.close()
    raise ConfigError(
        f"{state.scope} is not of a run that is known to {' or '.join(dict.fromkeys(paths))}: "
        "check OUTPUT, --state-dir and --ledger"
    )
