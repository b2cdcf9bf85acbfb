"""Where everything about one output stands: beside it, or in a folder for state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from captioner.formats.places import is_url, plain_url
from captioner.formats.suffixes import suffix_of

FILES: Final = (".jsonl", ".ndjson", ".parquet", ".csv", ".tsv", ".tar")
"""Suffixes of an OUTPUT that is one file; any other name is that of a folder."""
SIDECAR_STATE: Final = ".captioner"
"""The folder below an OUTPUT of sidecars for what belongs to their runs; below the working
directory that for OUTPUTs in buckets."""

_GATHERED: Final = {".parquet": ".arrows"}


@dataclass(frozen=True, slots=True)
class StateFiles:
    """Paths under one pattern: for `captions.jsonl`, `captions.partial.jsonl` and so on.

    `output` is None for standard output, whose files are called `captions` and stand in the working
    directory; it has no partial file. The partial file of `captions.parquet` holds the rows in
    another format, `captions.partial.arrows`; that of a folder is a folder, always beside it.
    All paths are absolute.

    Of an OUTPUT at a URL, `remote`, everything is on the local disk, `output` too, which is put
    there when it is whole: in a folder below the working directory that is named after the URL,
    `.captioner/s3/bucket/folder`, or in the folder for state.
    """

    output: Path | None
    partial: Path
    failures: Path
    summary: Path
    ledger: Path
    remote: str | None = None

    @property
    def scope(self) -> str:
        """What tells the output from all others in a ledger."""
        return self.remote or str(self.output or "-")

    @property
    def copies(self) -> Path:
        """The folder for copies of an input that is elsewhere."""
        name = self.failures.name.removesuffix("failures.jsonl")
        return self.failures.with_name(f"{name}input")

    @classmethod
    def of(cls, output: str | Path, state_dir: str | Path | None = None) -> StateFiles:
        """The files that belong to `output` (`-`: standard output)."""
        remote = plain_url(str(output)) if is_url(output) else None
        if remote is not None:
            final: Path | None = _stand_in(remote, state_dir)
        else:
            final = None if str(output) == "-" else Path(output).absolute()
        name = final or Path("captions.jsonl").absolute()
        folder = Path(state_dir).absolute() if state_dir else name.parent
        suffix = suffix_of(name.name)
        stem = name.stem if suffix in FILES else name.name

        def beside(what: str, suffix: str) -> Path:
            return folder / f"{stem}.{what}{suffix}"

        if suffix in FILES:
            partial = beside("partial", _GATHERED.get(suffix, name.suffix))
        else:
            partial = name.with_name(f"{stem}.partial")
        return cls(
            output=final,
            partial=partial,
            failures=beside("failures", ".jsonl"),
            summary=beside("summary", ".json"),
            ledger=beside("ledger", ".sqlite"),
            remote=remote,
        )

    @classmethod
    def of_sidecars(
        cls, output: Path, state_dir: str | Path | None = None, *, part: str = ""
    ) -> StateFiles:
        """The files of a run that writes sidecars below `output`: in a hidden folder there.

        Not beside it, for that is often where nobody may write. Several runs at a time, a `part`
        each, have files of their own. What takes the place of a partial file is `added.jsonl`.
        """
        if state_dir:
            folder = Path(state_dir).absolute()
            front = f"{output.absolute().name}.{part}{'.' if part else ''}"
        else:
            folder = output.absolute() / SIDECAR_STATE / part
            front = ""
        return cls(
            output=output.absolute(),
            partial=folder / f"{front}added.jsonl",
            failures=folder / f"{front}failures.jsonl",
            summary=folder / f"{front}summary.json",
            ledger=folder / f"{front}ledger.sqlite",
        )

    @classmethod
    def found(cls, output: str | Path, state_dir: str | Path | None = None) -> StateFiles:
        """The files of a run that was: of sidecars, where `output` is a folder with their state."""
        where = Path(output).absolute()
        if not state_dir and not is_url(output) and (where / SIDECAR_STATE).is_dir():
            return cls.of_sidecars(where)
        return cls.of(output, state_dir)

    def all(self) -> list[Path]:
        """Every file that a run may write."""
        files = [self.partial, self.failures, self.summary, self.ledger]
        return files if self.output is None else [self.output, *files]


def _stand_in(url: str, state_dir: str | Path | None) -> Path:
    """Where the output at `url` is written before it is put there."""
    protocol, _, rest = url.partition("://")
    # No two URLs may have one file, nor may any leave the folder.
    parts = [
        quote(part, safe=" @+=,") if part.strip(".") else f"%{len(part)}"
        for part in rest.split("/")
    ]
    folder = Path(state_dir) if state_dir else Path(SIDECAR_STATE, protocol, *parts[:-1])
    return (folder / parts[-1]).absolute()
