"""From a source of images and an OUTPUT folder to sidecars; what cannot be is said beforehand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from captioner.errors import ConfigError, RunStopped
from captioner.formats.inputs import SourceChoice, folder
from captioner.formats.outputs import SinkChoice
from captioner.formats.sharded import Sharded
from captioner.formats.sidecar import Sidecars
from captioner.formats.sidecar_added import Added
from captioner.formats.sidecar_folder import SidecarFolder
from captioner.formats.sidecar_names import SidecarNames, check_clashes
from captioner.formats.sidecar_sink import SidecarSink
from captioner.formats.sidecar_source import SidecarSource
from captioner.formats.state_files import FILES, StateFiles
from captioner.formats.suffixes import suffix_of
from captioner.samples.sample import Sample


def open_sidecars(
    output: str | Path,
    how: Sidecars,
    *,
    input: str | Path,  # noqa: A002 - the name it has on the command line
    source: SourceChoice,
    image_key: str = "images",
    state_dir: str | Path | None = None,
    restart: bool = False,
) -> tuple[SourceChoice, SinkChoice]:
    """What is left to do of `source`, and the sink for it.

    OUTPUT is the folder of the images, or another one, in which the sidecars then stand as the
    images do below INPUT (a list's: below its image base). With `restart` it does not count what a
    stopped run added to sidecars. Of all this only OUTPUT, and the folder for state in it, are made
    here, and after everything was looked at.
    Raises ConfigError where INPUT is none of images, two images would have one sidecar, or OUTPUT
    is no folder; RunStopped (`output_unwritable`) where it may not be written.
    """
    if source.format not in ("images", "list"):
        raise ConfigError(
            f"{input}: sidecars stand beside images: INPUT must be a folder of images, a list of "
            "them, or one image; leave --sidecar out"
        )
    where = _output_of(output)
    if state_dir:
        folder(state_dir, "state_dir")
    base = source.source.image_base
    names = SidecarNames(_root_of(source, Path(input)), base, how.ext)

    def images() -> Iterator[str]:
        for record in source.whole.open():
            if isinstance(record, Sample):
                yield record.fields[image_key][0]

    check_clashes(images, names)
    shard = source.source.shard if isinstance(source.source, Sharded) else None
    part = "" if shard is None else f"shard-{shard.index}-of-{shard.count}"
    state = StateFiles.of_sidecars(where, state_dir, part=part)
    sidecars = SidecarFolder(where)
    added = Added(state.partial, sidecars, restart=restart) if how.adds else None
    left = SidecarSource(
        source.source, how, image_key=image_key, names=names, folder=sidecars, added=added
    )
    _make(where, state)
    sink = SidecarSink(sidecars, how, sidecar_of=left.sidecar_of, added=added)
    return replace(source, source=left), SinkChoice(sink, state, begins_anew=True)


def _output_of(output: str | Path) -> Path:
    where = Path(output).absolute()
    if str(output) == "-" or where.is_file():
        raise ConfigError(f"{output}: with --sidecar OUTPUT must be a folder")
    if not where.exists() and suffix_of(where.name) in FILES:
        raise ConfigError(f"{output} is the name of a file: with --sidecar OUTPUT must be a folder")
    if not where.exists() and not where.parent.is_dir():
        raise ConfigError(f"{where.parent}: no such folder: create it, or choose another OUTPUT")
    return where


def _root_of(source: SourceChoice, given: Path) -> str:
    if source.format == "list":
        return os.path.realpath(source.source.image_base)
    return str(given.resolve() if given.is_dir() else given.parent.resolve())


def _make(where: Path, state: StateFiles) -> None:
    try:
        where.mkdir(exist_ok=True)
        state.summary.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunStopped("output_unwritable", f"{error.filename}: {error.strerror}") from error
    for folder_of_ours in (where, state.summary.parent):
        if not os.access(folder_of_ours, os.W_OK | os.X_OK):
            raise RunStopped(
                "output_unwritable", f"{folder_of_ours} may not be written: choose another OUTPUT"
            )
