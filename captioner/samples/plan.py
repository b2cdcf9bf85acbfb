"""From a sample to what must be asked: rules 1 to 7 of what a sample means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from captioner.record import record
from captioner.samples.placeholders import Chunk, split_chunks
from captioner.samples.prompts import system_prompt_for, user_prompt_for
from captioner.samples.rules import Rules
from captioner.samples.sample import Sample

_MISSING: Final = object()


@record
class Placeholder:
    """One request to make.

    `sample` and `index` (0-based in the sample) are its id; `image` is the user's value, unread.
    An empty prompt means that no such part is sent.
    """

    sample: int
    index: int
    image: object
    system_prompt: str
    user_prompt: str


@record
class Plan:
    """What a sample asks for.

    `chunks` hold the special tokens of each chunk, `placeholders` the requests in reading order.
    `unused_images` counts images beyond the placeholders; `met_images` says that there were any.
    `fault` is empty or `malformed`, `fault_detail` says why; then there are no placeholders.
    """

    sample: Sample
    chunks: tuple[Chunk, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()
    unused_images: int = 0
    met_images: bool = False
    fault: str = ""
    fault_detail: str = ""


class _MalformedError(Exception):
    """The sample's text and images do not fit together; the message says how."""


def plan(sample: Sample, rules: Rules) -> Plan:
    """Return what `sample` asks for. Bad data is a plan with a fault, never an exception."""
    images: Sequence[object] = ()
    try:
        images = _images(sample.fields, rules)
        text = _text(sample.fields, rules, has_images=bool(images))
        return _planned(sample, rules, text, images)
    except _MalformedError as fault:
        return Plan(sample, met_images=bool(images), fault="malformed", fault_detail=str(fault))


def _planned(sample: Sample, rules: Rules, text: str, images: Sequence[object]) -> Plan:
    image_token = rules.image_token
    chunks = split_chunks(text, rules.tokens) if text else ()
    wanted = sum([chunk.count(image_token) for chunk in chunks])
    if not images:
        return Plan(sample, chunks)
    if not wanted and rules.placeholders == "add":
        wanted = len(images)
        if text:
            chunks = split_chunks(image_token * wanted + text, rules.tokens)
        else:
            chunks = ((image_token,) * wanted,)
    if wanted > len(images):
        raise _MalformedError(
            f"{rules.text_key!r} has {wanted} placeholders {image_token}, "
            f"but {rules.image_key!r} has {len(images)}."
        )
    system_prompt = system_prompt_for(rules)
    user_prompt = user_prompt_for(sample.fields, rules)
    return Plan(
        sample,
        chunks,
        tuple(
            [
                Placeholder(sample.id, index, images[index], system_prompt, user_prompt)
                for index in range(wanted)
            ]
        ),
        unused_images=len(images) - wanted,
        met_images=True,
    )


def _images(fields: Mapping[str, Any], rules: Rules) -> Sequence[object]:
    images = fields.get(rules.image_key)
    if images is None:
        return ()
    if isinstance(images, str):
        return (images,)
    # Nearly always: to ask an abstract class takes longer than all else here.
    if isinstance(images, list):
        return images
    if isinstance(images, Sequence) and not isinstance(images, bytes | bytearray | memoryview):
        return images
    raise _MalformedError(
        f"{rules.image_key!r} is {_kind(images)}; it must be a list of images or one string."
    )


def _text(fields: Mapping[str, Any], rules: Rules, *, has_images: bool) -> str:
    text = fields.get(rules.text_key, _MISSING)
    if isinstance(text, str):
        return text
    if rules.placeholders == "add" and (text is None or text is _MISSING):
        return ""
    if text is not _MISSING:
        raise _MalformedError(f"{rules.text_key!r} is {_kind(text)}; it must be a string.")
    if has_images:
        raise _MalformedError(
            f"there is no {rules.text_key!r}, so no placeholder for its images: name the field "
            "of the text with --text-key, or let placeholders be added with --placeholders add."
        )
    return ""


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return f"of type {type(value).__name__}"
