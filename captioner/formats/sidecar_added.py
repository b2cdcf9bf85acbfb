"""Which sidecars were added to by a run that did not come to its end.

Adding cannot be done again as overwriting can. So it is written down before it is done, durably,
together with what the sidecar held: after a crash it can be told whether it was done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from captioner.errors import ConfigError
from captioner.formats.durable import AppendedFile, sync_folder
from captioner.formats.sidecar_folder import SidecarFolder, digest_of, encoded


class Added:
    """A file of lines `{"sidecar": path, "was": digest or null}`, gone once a run is complete.

    With `restart` what it holds does not count. `seen_all` says that the source was read to its
    end: only then is a run, of so many samples as were wanted, a complete one. Raises ConfigError
    where the file is not as a run wrote it.
    """

    def __init__(self, path: Path, folder: SidecarFolder, *, restart: bool = False) -> None:
        self._file = AppendedFile(path)
        self._folder = folder
        self._before: dict[str, str | None] = {}
        self._size_bytes = 0
        self.seen_all = False
        if not restart:
            self._read()

    def __repr__(self) -> str:
        return f"<Added to {len(self._before)} sidecars, by {self._file.path}>"

    def holds(self, sidecar: str) -> bool:
        """Whether it was added to by the earlier run; raises ConfigError as reading it does.

        A sidecar that was removed since counts as one that was not.
        """
        if sidecar not in self._before:
            return False
        now = self._folder.read(sidecar)
        return now is not None and digest_of(encoded(now)) != self._before[sidecar]

    def begin(self) -> None:
        """Open it behind what counts; raises OSError."""
        if self._size_bytes:
            self._file.cut(self._size_bytes)
        else:
            self._file.begin()

    def note(self, before: Mapping[str, str | None]) -> None:
        """Write down, durably, which sidecars are about to be added to, and what they hold."""
        lines = [
            json.dumps({"sidecar": name, "was": None if text is None else digest_of(encoded(text))})
            for name, text in before.items()
        ]
        self._file.append("".join(f"{line}\n" for line in lines).encode())
        self._file.sync()

    def end(self) -> None:
        """Forget it, if all there was has been done."""
        self._file.close()
        if self.seen_all:
            self._file.path.unlink(missing_ok=True)
            sync_folder(self._file.path.parent)

    def close(self) -> None:
        """Close the file; it stays. Safe to call twice."""
        self._file.close()

    def _read(self) -> None:
        try:
            content = self._file.path.read_bytes()
        except FileNotFoundError:
            return
        self._size_bytes = content.rfind(b"\n") + 1  # a last line may have been cut by a crash
        try:
            for line in content[: self._size_bytes].splitlines():
                entry = json.loads(line)
                self._before[entry["sidecar"]] = entry["was"]
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self._file.path} is of a stopped run and was changed ({error}): put it back, or "
                "add to all sidecars anew with --restart"
            ) from error
