"""What INPUT and OUTPUT are: found out before anything is sent, and without changing anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captioner.errors import ConfigError
from captioner.events import Observer
from captioner.formats.base import Source
from captioner.formats.choose import open_sink
from captioner.formats.failures import FailuresFile
from captioner.formats.journal import Journal
from captioner.formats.places import Place, is_url
from captioner.formats.remote_output import Delivery
from captioner.formats.sharded import Shard, Sharded
from captioner.formats.sidecar import Sidecars
from captioner.formats.sidecar_open import open_sidecars
from captioner.formats.state_files import StateFiles
from captioner.jobs.books import ledger_path
from captioner.jobs.resuming import Identity
from captioner.settings import Settings
from captioner.wiring import Kind, rules_of, source_of


@dataclass(frozen=True, slots=True)
class Opened:
    """Where samples come from and where rows go; `notes` are for a person to read.

    `input` is what INPUT names from any working directory. `shard` tells of the part of the input
    that it is, for the summary. With `begins_anew` an earlier run's record has no say. `delivery`
    brings what was written to the URL of OUTPUT.
    """

    input: str
    source: Source
    kind: Kind
    journal: Journal
    state: StateFiles
    ledger: Path
    identity: Identity
    notes: tuple[str, ...]
    shard: Mapping[str, Any] | None = None
    begins_anew: bool = False
    delivery: Delivery | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the output is at its URL."""
        return self.delivery is not None and self.delivery.is_there

    def output_exists(self) -> bool:
        """Whether there is something that has the name of the output."""
        if self.delivery is not None:
            return self.delivery.is_there
        return self.state.output is not None and self.state.output.exists()

    def deliver_summary(self) -> None:
        """Put the summary beside an output that is elsewhere; blocks. Raises OSError."""
        if self.delivery is not None:
            self.delivery.summary()


def opened(
    settings: Settings,
    input: str | Path,  # noqa: A002 - the name it has on the command line
    output: str | Path,
    state_dir: str | Path | None,
    ledger: str | Path | None,
    *,
    shard: Shard | None = None,
    sidecars: Sidecars | None = None,
    anew: bool = False,
    observer: Observer | None = None,
) -> Opened:
    """Find source, sink and the files beside it; `anew` gives an earlier run up.

    `observer` hears how an INPUT that is elsewhere is copied.

    Raises ConfigError where input or output cannot work, and RunStopped where a folder may not be
    written.
    """
    if sidecars is not None and (is_url(input) or is_url(output)):
        raise ConfigError(
            "--sidecar writes beside images on a local disk: leave it out, and name an OUTPUT file"
        )
    if is_url(output):
        Place.of(str(output)).exists()  # where it cannot be, nothing is copied first
    copies = StateFiles.of(output, state_dir).copies
    chosen = source_of(settings, input, shard, copies=copies, observer=observer)
    about = chosen.source.about() if isinstance(chosen.source, Sharded) else None
    if sidecars is not None:
        chosen, sink = open_sidecars(
            output,
            sidecars,
            input=input,
            source=chosen,
            image_key=settings.image_key,
            state_dir=state_dir,
            restart=anew,
        )
    else:
        sink = open_sink(
            output,
            state_dir=state_dir,
            input=input,
            source=chosen,
            rules=rules_of(settings, chosen.kind),
            format=settings.output_format,
        )
    source = chosen.source
    return Opened(
        input=str(input) if str(input) == "-" or is_url(input) else os.path.abspath(input),  # noqa: PTH100
        source=source,
        kind=chosen.kind,
        journal=Journal(sink.sink, FailuresFile(sink.state.failures, source.image_base)),
        state=sink.state,
        ledger=ledger_path(settings, sink.state, ledger),
        identity=Identity.of(chosen.identity(), source.image_base, settings),
        notes=(*chosen.remarks, *source.notes(), *sink.notes),
        shard=about,
        begins_anew=sink.begins_anew,
        delivery=sink.delivery,
    )
