"""An INPUT in a bucket or another store: files are copied once, images are only listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Final

from captioner.errors import ConfigError
from captioner.formats.copies import Copies, Tell
from captioner.formats.inputs import SourceChoice, open_source
from captioner.formats.places import Place, Stored, is_url
from captioner.formats.recognise import Format, format_of_file, format_of_listing
from captioner.formats.remote_images import RemoteImages, is_hidden
from captioner.formats.sharded import Shard, Sharded
from captioner.formats.suffixes import suffix_of

_SHARDS: Final[dict[Format, str]] = {"parquet": ".parquet", "webdataset": ".tar"}


def open_remote(
    url: str,
    *,
    copies: Path,
    image_base: str | Path | None = None,
    image_key: str = "images",
    image_bytes_key: str | None = None,
    text_key: str = "text",
    format: Format | None = None,  # noqa: A002
    shard: Shard | None = None,
    tell: Tell | None = None,
) -> SourceChoice:
    """The source that a URL names, as `open_source`; what is read as a file is copied to `copies`,
    of which `tell` hears.

    Relative image paths start at the URL of the folder, or of the one that the file is in. What
    makes the input the same is its URL, and the sizes and versions of its objects. Blocks while it
    copies. Raises ConfigError where it cannot be read.
    """
    place = Place.of(url)
    stored = place.look()
    if stored is None:
        files = [file for file in place.files() if not is_hidden(file.path)]
        found = format or format_of_listing([file.path for file in files], place.url)
        base = str(image_base or place.url)
        if found in _SHARDS:
            files = [file for file in files if suffix_of(file.path) == _SHARDS[found]]
        elif found not in ("images", "datasets"):
            raise ConfigError(f"{place.url} is a folder, not a file of format {found}: check INPUT")
        paths = [file.path for file in files]
        folder_url = place.url
    else:
        found = format or format_of_file(place.url)
        files, paths = [stored], [place.name]
        folder_url = place.parent_url
        base = str(image_base or folder_url)
    if found == "images":
        if image_bytes_key is not None:
            raise ConfigError(
                f"{place.url}: image_bytes_key is for parquet and data sets, not for images"
            )
        if image_base and not is_url(base):
            raise ConfigError(
                f"{place.url} is not below image_base {base}: name the URL of a folder above it, "
                "or leave it out"
            )
        images = RemoteImages(folder_url, paths, image_base=base, image_key=image_key)
        listed = SourceChoice(images, "images", "images")
        return listed if shard is None else replace(listed, source=Sharded(images, shard))
    if not files:
        raise ConfigError(f"{place.url} holds no {found} file: check INPUT")
    copy = Copies(place, copies)
    size_bytes = copy.bring(files, tell)
    chosen = open_source(
        copy.path,
        image_base=base,
        image_key=image_key,
        image_bytes_key=image_bytes_key,
        text_key=text_key,
        format=found,
        shard=shard,
    )
    note = (
        f"{place.url}: copied {size_bytes:,} bytes to {copies}, of no use once the run is complete"
    )
    return replace(
        chosen,
        remote={"path": place.url, "listing": _digest(files)},
        remarks=(note,) if size_bytes else (),
    )


def _digest(files: Sequence[Stored]) -> str:
    told = sorted(f"{file.path}\0{file.size_bytes}\0{file.version}\0" for file in files)
    return blake2b("".join(told).encode(), digest_size=16).hexdigest()
