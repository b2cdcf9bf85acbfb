"""Settings of how samples are read and rows are written."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from captioner.settings.declare import ROWS, SAMPLES, setting
from captioner.settings.kinds import (
    Accept,
    Name,
    OptionalFormat,
    OptionalName,
    OptionalPlace,
    OptionalPlaceholders,
    OptionalRows,
)


class Writing(BaseModel):
    """What a sample is, and what becomes of it."""

    format: OptionalFormat = setting(
        None, "Format of INPUT. Unset: by its name and content.", affects="rows", group=SAMPLES
    )
    text_key: Name = setting("text", "Field of a sample's text.", affects="rows", group=SAMPLES)
    image_key: Name = setting(
        "images", "Field of a sample's images.", affects="rows", group=SAMPLES
    )
    image_bytes_key: OptionalName = setting(
        None, "Column of a table that holds the images' bytes.", affects="rows", group=SAMPLES
    )
    image_special_token: Name = setting(
        "<__dj__image>", "What stands for an image in the text.", affects="rows", group=SAMPLES
    )
    eoc_special_token: Name = setting(
        "<|__dj__eoc|>", "What ends a chunk of the text.", affects="rows", group=SAMPLES
    )
    placeholders: OptionalPlaceholders = setting(
        None,
        "Texts without an image token: left alone, or given one an image. Unset: by the input.",
        affects="rows",
        group=SAMPLES,
    )
    image_base: OptionalPlace = setting(
        None,
        "Where relative image paths start, a folder or a URL. Unset: the input's folder.",
        affects="request",
        group=SAMPLES,
    )
    image_root: OptionalName = setting(
        None,
        "Folder, or bucket and prefix, that images may not be outside of. Unset: no such limit.",
        affects="flow",
        group=SAMPLES,
    )
    allow_local_files: bool = setting(
        True,
        "Let samples name any file of this machine; off, only those below image_root.",
        affects="flow",
        group=SAMPLES,
    )
    allow_private_urls: bool = setting(
        False,
        "Fetch images from private addresses, too, but never from a cloud's metadata.",
        affects="flow",
        group=SAMPLES,
    )

    output_format: OptionalFormat = setting(
        None, "Format of an OUTPUT that is a folder. Unset: as INPUT.", affects="rows", group=ROWS
    )
    rows: OptionalRows = setting(
        None,
        "What a row of the output is. Unset: by the input.",
        affects="rows",
        group=ROWS,
    )
    keep_original_sample: bool = setting(
        True, "Write each sample as it was, too.", affects="rows", group=ROWS
    )
    any_or_all: Literal["any", "all"] = setting(
        "any",
        "Whether one caption is enough for a generated sample, or all are needed.",
        affects="rows",
        group=ROWS,
    )
    captions_key: OptionalName = setting(
        None,
        "Field of a generated sample for the list of its captions. Unset: none.",
        affects="rows",
        group=ROWS,
    )
    conversations_key: OptionalName = setting(
        None,
        "Field of a row for its questions and answers as LLaVA has them. Unset: none.",
        affects="rows",
        group=ROWS,
    )
    accept: Accept = setting(
        frozenset(), "Verdicts taken as captions besides ok.", affects="rows", group=ROWS
    )
