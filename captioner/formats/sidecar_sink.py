"""Captions into sidecars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from captioner.errors import ConfigError
from captioner.formats.base import Token
from captioner.formats.sidecar import Sidecars
from captioner.formats.sidecar_added import Added
from captioner.formats.sidecar_folder import SidecarFolder
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample


class SidecarSink:
    """Writes one file for each image that has a caption; failures leave what was there.

    `sidecar_of` names the file of a sample. What is done shows in the folder itself, or in `added`:
    its token is always None, and a run begins anew over what is left. In mode `skip` a sidecar that
    came while its image was captioned stays as it is.
    """

    def __init__(
        self,
        folder: SidecarFolder,
        how: Sidecars,
        *,
        sidecar_of: Callable[[Sample], str],
        added: Added | None = None,
    ) -> None:
        self._folder = folder
        self._how = how
        self._sidecar_of = sidecar_of
        self._added = added

    def __repr__(self) -> str:
        return f"<SidecarSink {self._folder.path}, {self._how.mode}>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Write the sidecars, each durable. Raises ConfigError where one is no text to add to."""
        captions = {
            self._sidecar_of(outcome.record): caption
            for outcome in outcomes
            if isinstance(outcome.record, Sample)
            and outcome.captions
            and (caption := outcome.captions[0].caption) is not None
        }
        before: dict[str, str | None] = {}
        if self._added is not None:
            before = {sidecar: self._folder.read(sidecar) for sidecar in captions}
            self._added.note(before)
        for sidecar, caption in captions.items():
            if self._how.mode == "skip" and self._folder.size_bytes(sidecar) is not None:
                continue
            self._folder.write(sidecar, self._how.text(caption, before.get(sidecar) or ""))

    def checkpoint(self) -> Token:
        """Force the names of what was written to the disk; None: nothing is to be come back to."""
        self._folder.sync()

    def resume(self, token: Token) -> None:
        """Begin; raises ConfigError for anything but None."""
        if token is not None:
            raise ConfigError("sidecars know by themselves what is done: begin anew with --restart")
        if self._added is not None:
            self._added.begin()

    def finish(self) -> None:
        """Force everything to the disk."""
        self._folder.sync()
        if self._added is not None:
            self._added.end()

    def close(self) -> None:
        """Let go of everything."""
        if self._added is not None:
            self._added.close()
