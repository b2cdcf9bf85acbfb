"""A tar written anew: all of its bytes as they were, and the captions beside the images."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from captioner.formats.base import Token
from captioner.formats.partial_file import PartialFile
from captioner.formats.webdataset import Stretch, TarRow
from captioner.samples.outcome import CaptionOutcome, Outcome

_COPY_BYTES: Final = 4 * 1024 * 1024


class WebDatasetSink:
    """Samples of tars in one tar, in `partial` until `finish` gives it the name `output`.

    Behind the members of a sample, which are copied byte for byte, come for each image `a.jpg` of
    it `a.txt` with the caption (none where there is none) and `a.json` with `caption`, `verdict`,
    `sample` and `placeholder`; where the sample has a member of that name, `a.jpg.txt` and
    `a.jpg.json`. A token is the partial file's size in `bytes`: members end on whole blocks.
    """

    def __init__(self, output: Path, *, partial: Path) -> None:
        self._file = PartialFile(output, partial)

    def __repr__(self) -> str:
        return f"<WebDatasetSink {self._file!r}>"

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Append the samples."""
        for outcome in outcomes:
            fields = getattr(outcome.record, "fields", None)
            if isinstance(fields, TarRow):
                for chunk in _copied(fields.stretch):
                    self._file.append(chunk)
                self._file.append(b"".join(_added(fields.stretch, outcome.captions)))

    def checkpoint(self) -> Token:
        """Force what was written to the disk, and return its size."""
        return self._file.checkpoint()

    def resume(self, token: Token) -> None:
        """Open the partial file, cut to `token`."""
        self._file.resume(token)

    def finish(self) -> None:
        """Write the end of the archive, force everything to the disk and rename it."""
        end = 2 * tarfile.BLOCKSIZE
        end += -(self._file.size_bytes + end) % tarfile.RECORDSIZE
        self._file.finish(bytes(end))

    def close(self) -> None:
        """Close the partial file; it stays."""
        self._file.close()


def _copied(stretch: Stretch) -> Iterator[bytes]:
    left = stretch.end - stretch.start
    with stretch.path.open("rb") as file:
        file.seek(stretch.start)
        while left:
            chunk = file.read(min(left, _COPY_BYTES))
            if not chunk:
                raise OSError(f"{stretch.path} became shorter while it was read")
            left -= len(chunk)
            yield chunk


def _added(stretch: Stretch, captions: Sequence[CaptionOutcome]) -> Iterator[bytes]:
    taken = {name.lower() for name in stretch.names}  # as readers take them
    for caption in captions:
        image = stretch.images[caption.index]
        about = {
            "caption": caption.caption,
            "verdict": caption.verdict.value,
            "sample": caption.sample,
            "placeholder": caption.index,
        }
        if caption.caption is not None:
            text = caption.caption.encode("utf-8", "replace")
            yield _member(_free(image.name, "txt", taken), text, image)
        content = json.dumps(about, ensure_ascii=False).encode("utf-8", "replace")
        yield _member(_free(image.name, "json", taken), content, image)


def _free(image: str, suffix: str, taken: set[str]) -> str:
    name = f"{image.rpartition('.')[0]}.{suffix}"
    while name.lower() in taken:
        name = f"{image}.{suffix}"
        image = f"{image}.caption"
    taken.add(name.lower())
    return name


def _member(name: str, content: bytes, like: tarfile.TarInfo) -> bytes:
    """A member with owner and time of the image: the same input gives the same bytes."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mtime = int(like.mtime)
    entry.mode = like.mode
    entry.uid, entry.gid, entry.uname, entry.gname = like.uid, like.gid, like.uname, like.gname
    head = entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return head + content + bytes(-len(content) % tarfile.BLOCKSIZE)
