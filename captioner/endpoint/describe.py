"""Measurements put into words, in the form that the system prompt asks for. Pure.

Every sentence is true of the pixels, and the last says that no model looked at them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from captioner.endpoint.checks import AskedRequest, digest_int

_HONEST: Final = "These words come from measuring pixels; no model looked at the image."
_PRINT_PX_PER_CM: Final = 300 / 2.54
_SMALLEST_SHARE: Final = 0.05


class Form(Enum):
    """What the text is to look like."""

    PARAGRAPH = "paragraph"
    PAIR = "pair"
    REASONING = "reasoning"
    DIALOGUE = "dialogue"


@dataclass(frozen=True, slots=True)
class Picture:
    """One image, measured: size in px as stored, everything else as shares of 1.

    The last two are the brightness of the one half less that of the other.
    """

    width_px: int
    height_px: int
    colours: tuple[tuple[str, float], ...]
    brightness: float
    contrast: float
    detail: float
    top_minus_bottom: float
    left_minus_right: float


def form_of(system_prompt: str) -> Form:
    """Pairs where the prompt speaks of `Q:` and `A:`, several where it wants a dialogue."""
    if not ("Q:" in system_prompt and "A:" in system_prompt):
        return Form.PARAGRAPH
    if re.search(r"\b(dialogues?|conversations?|several|multiple)\b", system_prompt, re.IGNORECASE):
        return Form.DIALOGUE
    if re.search(r"\breason(s|ing)?\b", system_prompt, re.IGNORECASE):
        return Form.REASONING
    return Form.PAIR


def describe(pictures: Sequence[Picture], form: Form, draw: int) -> str:
    """What the measurements say; `draw` chooses among wordings."""
    texts = [_describe(picture, form, draw >> index) for index, picture in enumerate(pictures)]
    if len(texts) == 1:
        return texts[0]
    return "\n\n".join(f"Image {at}.\n{text}" for at, text in enumerate(texts, 1))


def undecoded(asked: AskedRequest) -> str:
    """The reply where nothing was decoded; it names each image by its digest."""
    if not asked.images:
        return f"There is no image in this request. {_HONEST}"
    marks = ", ".join(image.digest.hex()[:16] for image in asked.images)
    text = f"This is the picture with the digest {marks}, undecoded; no model looked at it."
    if form_of(asked.system_prompt) is Form.PARAGRAPH:
        return text
    return f"Q: Which image was sent?\nA: {text}"


def wording(seed: int, asked: AskedRequest) -> int:
    """What chooses the wording: the same image and prompts always read the same."""
    return digest_int(f"{seed} words {asked.ask}".encode())


def _describe(picture: Picture, form: Form, draw: int) -> str:
    size, colours, light, detail = _facts(picture, draw)
    match form:
        case Form.PARAGRAPH:
            return f"{size} {colours} {light} {detail} {_HONEST}"
        case Form.PAIR:
            question = _choice(
                draw,
                "What can be said about this image?",
                "What does this image consist of?",
                "How would you describe this image?",
            )
            return f"Q: {question}\nA: {size} {colours} {light} {detail} {_HONEST}"
        case Form.REASONING:
            return (
                "Q: How large could this image be printed before it looks coarse, and would a "
                f"small print lose much of it?\nA: {_print(picture)} {size} {colours} {light} "
                f"{detail} {_HONEST}"
            )
        case Form.DIALOGUE:
            pairs = (
                ("What size and shape is the image?", size),
                ("Which colours are seen most?", colours),
                ("How is the light?", light),
                ("Is there much detail in it?", f"{detail} {_HONEST}"),
            )
            return "\n".join(f"Q: {question}\nA: {answer}" for question, answer in pairs)


def _facts(picture: Picture, draw: int) -> tuple[str, str, str, str]:
    width_px, height_px = picture.width_px, picture.height_px
    size = _choice(
        draw,
        f"The image is {width_px} by {height_px} pixels, {_orientation(picture)}.",
        f"This is an image of {width_px} by {height_px} pixels, {_orientation(picture)}.",
        f"At {width_px} by {height_px} pixels, the image is {_orientation(picture)}.",
    )
    named = _listed(picture.colours)
    colours = _choice(
        draw >> 3,
        f"Its main colours are {named}.",
        f"What is seen most is {named}.",
        f"By area it is mostly {named}.",
    )
    light = (
        f"It is {_brightness(picture.brightness)} on the whole "
        f"(mean brightness {picture.brightness:.1%}), with {_contrast(picture.contrast)} contrast "
        f"({picture.contrast:.1%}){_halves(picture)}."
    )
    amount = _detail(picture.detail)
    detail = _choice(
        draw >> 6,
        f"It holds {amount}: {picture.detail:.1%} of its points lie on edges.",
        f"There is {amount} in it, with edges at {picture.detail:.1%} of its points.",
    )
    return size, colours, light, detail


def _print(picture: Picture) -> str:
    width_cm = picture.width_px / _PRINT_PX_PER_CM
    height_cm = picture.height_px / _PRINT_PX_PER_CM
    loss = "much" if picture.detail > 0.25 else "little"
    return (
        f"At 300 pixels per inch it fills {width_cm:.1f} by {height_cm:.1f} centimetres, and a "
        f"smaller print would lose {loss} because of how much of it is edges."
    )


def _orientation(picture: Picture) -> str:
    ratio = picture.width_px / picture.height_px
    if ratio == 1:
        return "a square"
    shape = "landscape" if ratio > 1 else "portrait"
    if max(ratio, 1 / ratio) > 2.5:
        return f"a long strip in {shape} orientation"
    return f"in {shape} orientation"


def _listed(colours: Sequence[tuple[str, float]]) -> str:
    shown = [f"{name} ({share:.0%})" for name, share in colours[:4] if share >= _SMALLEST_SHARE]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _brightness(share: float) -> str:
    return _grade(share, "very dark", "rather dark", "of medium brightness", "bright")


def _contrast(share: float) -> str:
    return _grade(share, "low", "moderate", "strong", "very strong")


def _detail(share: float) -> str:
    return _grade(share * 2, "hardly any detail", "some detail", "much detail", "very much detail")


def _grade(share: float, *words: str) -> str:
    bounds = (0.15, 0.4, 0.7)
    return words[sum(share >= bound for bound in bounds)]


def _halves(picture: Picture) -> str:
    down, across = picture.top_minus_bottom, picture.left_minus_right
    if max(abs(down), abs(across)) < 0.03:
        return ", evenly lit"
    if abs(down) >= abs(across):
        brighter, darker = ("upper", "lower") if down > 0 else ("lower", "upper")
    else:
        brighter, darker = ("left", "right") if across > 0 else ("right", "left")
    return f"; the {brighter} half is brighter than the {darker}"


def _choice(draw: int, *wordings: str) -> str:
    return wordings[draw % len(wordings)]
