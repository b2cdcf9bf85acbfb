"""The columns of a table: which holds the images, and which ones a run adds. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, TypeAlias

from captioner.errors import ConfigError
from captioner.samples.rules import CAPTION_COLUMNS, Rules

Content: TypeAlias = Literal["text", "sample", "placeholder", "texts", "messages"]
"""What an added column holds: a string, a sample's or placeholder's id, a list of strings, or the
messages of a conversation (`from`, `value`)."""

IMAGE_NAMES: Final = ("image", "image_path", "image_url", "file_name", "path", "url")
"""Columns taken for the images where there is none of the name that is set; the first one wins."""

_NUMBERS: Final[dict[str, Content]] = {"sample": "sample", "placeholder": "placeholder"}


def image_column(
    names: Collection[str], where: str, *, image_key: str, image_bytes_key: str | None = None
) -> str:
    """The column of the images; raises ConfigError, naming those there are, where none can be."""
    if image_bytes_key is not None:
        if image_bytes_key in names:
            return image_bytes_key
        raise ConfigError(
            f"{where} has no column {image_bytes_key!r} for image_bytes_key; it has {_shown(names)}"
        )
    for name in (image_key, *IMAGE_NAMES):
        if name in names:
            return name
    raise ConfigError(
        f"{where} has no column {image_key!r}: name the one of the images with --image-key; "
        f"it has {_shown(names)}"
    )


def added_columns(rules: Rules) -> dict[str, Content]:
    """The columns that rows have beyond those of the input, in their order."""
    added: dict[str, Content] = {}
    if rules.rows == "captions":
        added |= {name: _NUMBERS.get(name, "text") for name in CAPTION_COLUMNS}
    else:
        added[rules.text_key] = "text"
        if rules.captions_key is not None:
            added[rules.captions_key] = "texts"
    if rules.conversations_key is not None:
        added[rules.conversations_key] = "messages"
    return added


def column_notes(image_column: str, image_key: str, kind: str) -> list[str]:
    """What a person should know about how a table's columns were taken."""
    notes = []
    if image_column != image_key:
        notes.append(f"images are taken from column {image_column!r}")
    if kind == "texts":
        notes.append("there is a column of texts: rows are samples (--rows captions changes that)")
    return notes


def _shown(names: Collection[str]) -> str:
    shown = sorted(names)[:20]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "") if shown else "none"
