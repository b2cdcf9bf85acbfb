"""Sidecars: a caption as one line of text in a file beside its image. What stands in it; pure."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from captioner.errors import ConfigError
from captioner.formats.suffixes import REMEDIES, SUPPORTED

SidecarMode: TypeAlias = Literal["skip", "overwrite", "append", "prepend"]
"""What becomes of an image that has a sidecar already."""

SIDECAR_MODES: Final[tuple[SidecarMode, ...]] = get_args(SidecarMode)
_ENDS: Final = frozenset(".,;:!?…。，、；：！？")
"""What a text ends with that needs no comma to go on."""
_IN_EXT: Final = frozenset(string.ascii_letters + string.digits + "._-")


@dataclass(frozen=True, slots=True)
class Sidecars:
    """The user's choices.

    `prefix` and `suffix` (trigger words) stand around each caption, set apart by one blank unless
    they bring one, or the suffix begins with a mark such as a comma. `ext` is the sidecars' suffix
    with its dot. Raises ConfigError where it cannot be one.
    """

    mode: SidecarMode = "skip"
    prefix: str = ""
    suffix: str = ""
    ext: str = ".txt"

    def __post_init__(self) -> None:
        if self.mode not in SIDECAR_MODES:
            raise ConfigError(f"--sidecar is {', '.join(SIDECAR_MODES)}, not {self.mode!r}")
        bare = self.ext.removeprefix(".")
        if not bare.strip(".") or not _IN_EXT.issuperset(bare):
            raise ConfigError(
                f"--sidecar-ext {self.ext!r} is no suffix of a file: take .txt or .caption"
            )
        last = f".{bare.rpartition('.')[2].lower()}"
        if last in SUPPORTED or last in REMEDIES:
            raise ConfigError(
                f"--sidecar-ext {self.ext} is that of images, which would be overwritten: take "
                ".txt or .caption"
            )
        object.__setattr__(self, "ext", f".{bare}")

    @property
    def adds(self) -> bool:
        """Whether what a sidecar holds is kept, so that it must not be done twice."""
        return self.mode in ("append", "prepend")

    def text(self, caption: str, before: str = "") -> str:
        """The one line of a sidecar; `before` is what it held. Line breaks become blanks."""
        new = _apart(_apart(one_line(caption), self.suffix), self.prefix, in_front=True)
        old = one_line(before) if self.adds else ""
        first, second = (old, new) if self.mode == "append" else (new, old)
        if not (first and second):
            return first or second
        return f"{first}{' ' if first[-1] in _ENDS else ', '}{second}"


def one_line(text: str) -> str:
    """The lines of a text joined by one blank each, those without anything left out."""
    return " ".join(line for part in text.splitlines() if (line := part.strip()))


def _apart(caption: str, word: str, *, in_front: bool = False) -> str:
    flat = " ".join(word.splitlines())
    if not flat.strip():
        return caption
    if in_front:
        return f"{flat}{'' if flat[-1].isspace() else ' '}{caption}".strip()
    joined = flat[0].isspace() or flat[0] in _ENDS
    return f"{caption}{'' if joined else ' '}{flat}".strip()
