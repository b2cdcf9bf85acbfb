"""Of which outputs a part can be asked again, and how they are written anew."""

from __future__ import annotations

from pathlib import Path

from captioner.errors import ConfigError
from captioner.formats.asked_again import AskedAgain
from captioner.formats.layouts import Layout
from captioner.formats.past_lines import LinesAnew
from captioner.formats.replacement import Anew, Replacement, SinkAnew, beside
from captioner.formats.state_files import SIDECAR_STATE, StateFiles
from captioner.report.summary import read_summary
from captioner.samples.rules import Rules

_PARTS_SHOWN = 3


def replaceable(state: StateFiles, output: str) -> Path:
    """The output whose rows can be replaced; raises ConfigError, saying what to do, for another."""
    if state.output is None:
        raise ConfigError(
            "rows that went to standard output cannot be replaced: name an OUTPUT file"
        )
    if state.remote is None and (state.output / SIDECAR_STATE).is_dir():
        raise ConfigError(
            f"{output} has a text file beside each image: give the command of its run again, which "
            "asks for those that are missing; remove a file that is to be asked for again, and add "
            "--no-reuse-captions, or other words"
        )
    parts = (read_summary(state.summary) or {}).get("parts")
    if parts:
        shown = ", ".join(parts[:_PARTS_SHOWN]) + (", …" if len(parts) > _PARTS_SHOWN else "")
        raise ConfigError(
            f"{output} was merged, and only its parts know what was asked: captioner retry the "
            f"parts ({shown}), remove {output}, and captioner merge them again"
        )
    return state.output


def replacement_of(
    layout: Layout, state: StateFiles, again: AskedAgain, rules: Rules
) -> Replacement:
    """What takes the place of output and failures file, written beside them."""
    assert state.output is not None  # noqa: S101 - such an output is not replaceable
    new = beside(state.output)
    if layout.remaking is None:
        output: Anew = LinesAnew(new, state.output.resolve())
    else:
        output = SinkAnew(new, beside(state.partial), layout.sink, layout.remaking)
    return Replacement(
        state.output,
        output,
        state.failures,
        past=again.past,
        end=again.end,
        rules=rules,
        image_base=again.image_base,
    )
