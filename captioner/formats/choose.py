"""From INPUT and OUTPUT, as they are named, to a source and a sink."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

from captioner.errors import ConfigError
from captioner.formats import inputs, outputs
from captioner.formats.copies import Tell
from captioner.formats.inputs import SourceChoice
from captioner.formats.outputs import SinkChoice
from captioner.formats.places import is_url, plain_url
from captioner.formats.recognise import FORMATS, INPUTS, Format
from captioner.formats.sharded import Shard
from captioner.formats.state_files import FILES, StateFiles
from captioner.formats.suffixes import suffix_of
from captioner.samples.rules import Rules

__all__ = [
    "FORMATS",
    "INPUTS",
    "Format",
    "SinkChoice",
    "SourceChoice",
    "open_sink",
    "open_source",
]


class SourceOptions(TypedDict, total=False):
    """What `inputs.open_source` takes besides INPUT."""

    image_base: str | Path | None
    image_key: str
    image_bytes_key: str | None
    text_key: str
    format: Format | None
    shard: Shard | None


class SinkOptions(TypedDict, total=False):
    """What `outputs.open_sink` takes besides the names of files."""

    source: SourceChoice | None
    rules: Rules | None
    format: Format | None


def open_source(
    input: str | Path,  # noqa: A002 - the name it has on the command line
    *,
    copies: Path | None = None,
    tell: Tell | None = None,
    **options: Unpack[SourceOptions],
) -> SourceChoice:
    """The source that INPUT names, a path or a URL, with the options of `inputs.open_source`.

    What is at a URL and read as a file is copied to `copies` (default: `captions.input` in the
    working directory), of which `tell` hears. Raises ConfigError where INPUT cannot be read.
    """
    if not is_url(input):
        return inputs.open_source(input, **options)
    from captioner.formats.remote_input import open_remote

    return open_remote(str(input), copies=copies or StateFiles.of("-").copies, tell=tell, **options)


def open_sink(
    output: str | Path,
    *,
    state_dir: str | Path | None = None,
    input: str | Path | None = None,  # noqa: A002
    **options: Unpack[SinkOptions],
) -> SinkChoice:
    """The sink that OUTPUT names, a path or a URL, with the options of `outputs.open_sink`.

    For a URL the folder for its state is created. Raises ConfigError where OUTPUT cannot be written
    to, and RunStopped where a folder may not be.
    """
    if not is_url(output):
        return outputs.open_sink(output, state_dir=state_dir, input=input, **options)
    from captioner.formats.remote_output import DeliveredSink, Delivery

    url = str(output)
    _check_apart(url, str(input))
    state = StateFiles.of(url, state_dir)
    delivery = Delivery(state, url)
    if state_dir is None:
        state.failures.parent.mkdir(parents=True, exist_ok=True)
    chosen = outputs.open_sink(url, state_dir=state_dir, input=input, **options)
    return replace(chosen, sink=DeliveredSink(chosen.sink, delivery), delivery=delivery)


def _check_apart(output: str, given: str) -> None:
    """Refuse an input that the run itself would overwrite, or write into."""
    output, given = plain_url(output), plain_url(given) if is_url(given) else given
    if output == given:
        raise ConfigError(f"{given} would be overwritten by this run: choose another OUTPUT")
    of_lines = suffix_of(output) in FILES and suffix_of(output) not in (".parquet", ".tar")
    if output.startswith(f"{given}/") and not of_lines:
        raise ConfigError(f"{output} would be part of its own input {given}: choose another OUTPUT")
