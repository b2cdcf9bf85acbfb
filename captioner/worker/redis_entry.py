"""An entry of the stream: from a sample of any source to fields, and from fields to a sample. Pure.

| field      | what it is                                                                 |
|------------|----------------------------------------------------------------------------|
| `id`       | a text that no other entry has                                             |
| `sample`   | the sample, a JSON object                                                  |
| `images`   | if its images are to be asked for otherwise: a JSON list of names, or of   |
|            | objects with `base64` and `path`, the name in rows                          |
| `kind`     | `samples` (default), `texts` or `images`: what placeholders and rows follow |
| `profile`  | whose settings it wants (default: the worker's own)                        |
| `batch`    | the data set that it is part of                                            |
| `position` | its number there, from 0                                                   |
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from captioner.formats.encode import encode_json
from captioner.formats.json_values import json_value
from captioner.formats.jsonl import parse_object
from captioner.formats.table_row import Layout, TableRow
from captioner.samples.sample import Sample
from captioner.vision.image_ref import ImageRef
from captioner.wiring import Kind

_BYTES: Final = (bytes, bytearray, memoryview)


class FaultyEntry(Exception):  # noqa: N818 - what it is
    """It is no sample; `reason` is one of `reasons.REASONS`, the message says what is wrong."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Entry:
    """Who an entry is, whatever it holds: its names and its number, and the text of its sample."""

    id: str
    batch: str
    position: int
    profile: str
    kind: str
    sample: bytes
    images: bytes

    @classmethod
    def of(cls, entry_id: str, fields: Mapping[bytes, bytes]) -> Entry:
        """Read the fields; what is missing is empty, and the id then the entry's own."""

        def text(name: bytes) -> str:
            return fields.get(name, b"").decode("utf-8", "backslashreplace")

        position = text(b"position")
        return cls(
            id=text(b"id") or f"entry {entry_id}",
            batch=text(b"batch"),
            position=int(position) if position.isdecimal() and len(position) < 16 else 0,
            profile=text(b"profile"),
            kind=text(b"kind") or "samples",
            sample=fields.get(b"sample", b""),
            images=fields.get(b"images", b""),
        )

    def checked_kind(self) -> Kind:
        """What placeholders and rows follow. Raises FaultyEntry."""
        for kind in get_args(Kind):
            if kind == self.kind:
                found: Kind = kind
                return found
        raise FaultyEntry("malformed", f"kind {self.kind!r} is none of {', '.join(get_args(Kind))}")

    def parsed(self, fields: Mapping[bytes, bytes], image_key: str, most_bytes: int) -> Sample:
        """The sample. Raises FaultyEntry for what is none, or has more than so many bytes."""
        if not fields.get(b"id"):
            raise FaultyEntry("malformed", "the entry has no field 'id'")
        if not self.sample:
            raise FaultyEntry("malformed", "the entry has no field 'sample'")
        size_bytes = len(self.sample) + len(self.images)
        if size_bytes > most_bytes:
            raise FaultyEntry(
                "too_large", f"{size_bytes:,} bytes; the worker takes {most_bytes:,} at most"
            )
        sample = sample_of(self.position, self.sample)
        if not self.images:
            return sample
        try:
            images = json.loads(self.images)
        except (ValueError, RecursionError):
            images = None
        if not isinstance(images, list):
            raise FaultyEntry("malformed", "the entry's field 'images' is no JSON list")
        given = _Given(sample.fields, image_key, [_received(image) for image in images])
        return Sample(sample.id, given, sample.raw, None, size_bytes)


def sample_of(position: int, text: bytes) -> Sample:
    """A sample from its JSON. Raises FaultyEntry."""
    try:
        return Sample(position, parse_object(text), text, None, len(text))
    except ValueError as error:
        raise FaultyEntry("not_json", str(error)) from None


def entry_of(
    sample: Sample, *, image_key: str, image_base: str | None
) -> tuple[bytes, bytes | None]:
    """The fields `sample` and `images` for a sample of a source; `images` None where not needed.

    With an `image_base` relative paths start there, else with the worker. Bytes become base64.
    Raises TypeError where JSON cannot hold a field.
    """
    fields = sample.fields
    images = fields.get(image_key)
    if isinstance(fields, TableRow):
        text = encode_json(json_value({name: fields.given(name) for name in fields}))
    else:
        text = sample.raw if sample.raw is not None else encode_json(fields)
    if images is None or (isinstance(images, list) and not images):
        return text, None
    if not isinstance(images, str | list | tuple):
        return text, None  # whoever takes it says what is wrong with it
    given = [images] if isinstance(images, str) else list(images)
    asked = [_asked(image, image_base) for image in given]
    unchanged = asked == given and not isinstance(fields, TableRow)
    return text, None if unchanged else encode_json(asked)


def _asked(image: object, image_base: str | None) -> object:
    """An image as another machine can be told of it."""
    path = None
    if isinstance(image, Mapping):
        path, content = image.get("path"), image.get("bytes")
        image = path if content is None else content
    if isinstance(image, _BYTES):
        text = base64.b64encode(image).decode("ascii")
        return {"base64": text, "path": path if isinstance(path, str) else None}
    if isinstance(image, str) and image_base is not None:
        found = ImageRef.of(image, image_base)
        if found.kind == "path" and image:
            return os.path.join(image_base, image)  # noqa: PTH118 - pure, and text as it was given
        return found.source if found.kind in ("url", "remote") else image
    return image if isinstance(image, str) else None


def _received(image: object) -> object:
    """What `_asked` made, as a sample of this machine would have it. Raises FaultyEntry."""
    if not (isinstance(image, dict) and isinstance(text := image.get("base64"), str)):
        return image
    try:
        return {"bytes": base64.b64decode(text, validate=True), "path": image.get("path")}
    except ValueError as error:
        raise FaultyEntry("malformed", f"an image of the entry is no base64: {error}") from None


class _Given(TableRow):
    """The fields of a sample whose images are asked for by other names than stand in it."""

    __slots__ = ("_fields", "_images")

    def __init__(self, fields: Mapping[str, Any], image_key: str, images: list[Any]) -> None:
        columns = {name: number for number, name in enumerate(fields)}
        super().__init__(Layout(columns, image_key, image_key))
        self._fields = fields
        self._values[image_key] = images

    def given(self, name: str) -> Any:
        """The value as it stands in the sample."""
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)
