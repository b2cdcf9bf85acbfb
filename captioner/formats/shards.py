"""An output of many files in a folder: one sink for each file of the input, one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from captioner.errors import ConfigError
from captioner.formats.base import Sink, Token
from captioner.formats.durable import sync_folder
from captioner.samples.outcome import Outcome


class ShardSink:
    """A folder with one file for each shard of the input, in `partial` until all are whole.

    `names` are those files, relative with `/`, from the number `first` of the input's on; the rows
    of a record go into the file with the number of the `shard` in its position (the first where
    there is none). `open_file(path)` makes the sink
    of one of them; `crown(folder)` adds what stands beside them. A token is `shard` and the
    `file`'s own token.
    """

    def __init__(
        self,
        output: Path,
        *,
        partial: Path,
        names: Sequence[str],
        open_file: Callable[[Path], Sink],
        first: int = 0,
        crown: Callable[[Path], None] | None = None,
    ) -> None:
        self._output = output.resolve()
        self._partial = partial.absolute()
        self._names = names
        self._open_file = open_file
        self._first = first
        self._crown = crown
        self._shard = 0
        self._file: Sink | None = None
        self._token: Token = None

    def __repr__(self) -> str:
        return f"<ShardSink {self._output}, file {self._shard} of {len(self._names)}>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the rows to the files they belong to; a file that is passed by is finished."""
        for shard, theirs in groupby(outcomes, self._shard_of):
            self._go_to(shard)
            self._opened().write(list(theirs))

    def checkpoint(self) -> Token:
        """Make what was written durable; after `finish`, where it stood then."""
        if self._file is not None:
            self._token = {"shard": self._shard, "file": self._file.checkpoint()}
        return self._token

    def resume(self, token: Token) -> None:
        """Go on behind `token`; a finished folder is taken back first.

        Raises ConfigError where files that were whole are gone.
        """
        self.close()
        self._token = token
        if token is None:
            shutil.rmtree(self._partial, ignore_errors=True)
            self._partial.mkdir()
            self._go_on(0, None)
            return
        if not self._partial.is_dir() and self._output.is_dir():
            self._output.rename(self._partial)
            sync_folder(self._output.parent)
        for name in self._names[: token["shard"]]:
            if not (self._partial / name).is_file():
                raise ConfigError(
                    f"{self._partial / name} is gone: put it back, or begin anew with --restart"
                )
        for name in self._names[token["shard"] + 1 :]:
            (self._partial / name).unlink(missing_ok=True)
            spool_of(self._partial / name).unlink(missing_ok=True)
        self._go_on(token["shard"], token["file"])

    def finish(self) -> None:
        """Finish every file, those without rows too, and give the folder its name."""
        self._go_to(len(self._names) - 1)
        self.checkpoint()
        self._opened().finish()
        if self._crown is not None:
            self._crown(self._partial)
        for folder in {(self._partial / name).parent for name in self._names}:
            sync_folder(folder)
        replace_folder(self._partial, self._output)
        self.close()

    def close(self) -> None:
        """Close the file at hand; all of them stay."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _go_to(self, shard: int) -> None:
        while self._shard < shard:
            self._opened().finish()
            self.close()
            self._go_on(self._shard + 1, None)

    def _go_on(self, shard: int, token: Token) -> None:
        path = self._partial / self._names[shard]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._shard = shard
        self._file = self._open_file(path)
        self._file.resume(token)

    def _shard_of(self, outcome: Outcome) -> int:
        shard: int = outcome.record.position.get("shard", self._first)
        return shard - self._first

    def _opened(self) -> Sink:
        if self._file is None:
            raise ValueError(f"{self._output} is not open: call resume() first")
        return self._file


def spool_of(path: Path) -> Path:
    """Where the rows of a file in a folder gather."""
    return path.with_name(f".{path.name}.partial")


def replace_folder(source: Path, target: Path) -> None:
    """Give a folder its name; one that has it already goes away once the new one is there.

    Done again after a crash, also behind its end, it goes on where it was. Raises OSError.
    """
    old = target.with_name(f".{target.name}.old")
    if not source.exists() and target.exists():
        shutil.rmtree(old, ignore_errors=True)
        return
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    source.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)
