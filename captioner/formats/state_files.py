"""Where everything about one output stands: beside it, or in a folder for state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StateFiles:
    """Paths under one pattern: for `captions.jsonl`, `captions.partial.jsonl` and so on.

    `output` is None for standard output, whose files are called `captions` and stand in the working
    directory; it has no partial file. All paths are absolute.
    """

    output: Path | None
    partial: Path
    failures: Path
    summary: Path
    ledger: Path

    @classmethod
    def of(cls, output: str | Path, state_dir: str | Path | None = None) -> StateFiles:
        """The files that belong to `output` (`-`: standard output)."""
        final = None if str(output) == "-" else Path(output).absolute()
        name = final or Path("captions.jsonl").absolute()
        folder = Path(state_dir).absolute() if state_dir else name.parent

        def beside(what: str, suffix: str) -> Path:
            return folder / f"{name.stem}.{what}{suffix}"

        return cls(
            output=final,
            partial=beside("partial", name.suffix),
            failures=beside("failures", ".jsonl"),
            summary=beside("summary", ".json"),
            ledger=beside("ledger", ".sqlite"),
        )

    def all(self) -> list[Path]:
        """Every file that a run may write."""
        files = [self.partial, self.failures, self.summary, self.ledger]
        return files if self.output is None else [self.output, *files]
